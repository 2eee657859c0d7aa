-- What settlements booked by category: whole, or what was posted in one month of the ledger's time zone. What clears the
-- item of an order that was billed is left out: its invoice recognised it.
SELECT category, sum(clearing_amount) AS amount
FROM read_parquet($movements, union_by_name = true)
WHERE kind IN ('line', 'net', 'vat')
    AND (
        $month IS NULL
        OR strftime(posted_at AT TIME ZONE 'UTC' AT TIME ZONE $zone, '%Y-%m') = $month
    )
    AND NOT (order_id IN (SELECT unnest($billed)) AND order_id IN (debit_reference, credit_reference))
GROUP BY category
