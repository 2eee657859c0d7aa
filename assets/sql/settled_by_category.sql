-- What settlements booked by category: whole, or what was posted in one month of the ledger's time zone.
SELECT category, sum(clearing_amount) AS amount
FROM read_parquet($movements, union_by_name = true)
WHERE kind IN ('line', 'net', 'vat')
    AND (
        $month IS NULL
        OR strftime(posted_at AT TIME ZONE 'UTC' AT TIME ZONE $zone, '%Y-%m') = $month
    )
GROUP BY category
