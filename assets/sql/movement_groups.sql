-- Movements added up by the grain of the connection; each group is one movement of the journal.
-- Days are those of the ledger's time zone. What stands on one account on both sides moves nothing. What clears orders
-- that receipts take is left out where there are any.
WITH by_category AS (
    SELECT
        part,
        debit,
        debit_reference,
        credit,
        credit_reference,
        category,
        CASE $grain
            WHEN 'day' THEN coalesce(strftime(posted_at AT TIME ZONE 'UTC' AT TIME ZONE $zone, '%Y-%m-%d'), '')
            WHEN 'sku' THEN sku
            WHEN 'order' THEN order_id
            ELSE ''
        END AS detail,
        sum(amount) AS amount,
        sum(quantity) AS quantity
    FROM read_parquet($movements)
    WHERE amount <> 0 AND (debit <> credit OR debit_reference <> credit_reference) {received}
    GROUP BY ALL
)
SELECT
    part,
    debit,
    debit_reference,
    credit,
    credit_reference,
    detail,
    list_sort(list(category)) AS categories,
    sum(amount) AS amount,
    sum(quantity) AS quantity
FROM by_category
GROUP BY ALL
ORDER BY part, debit, debit_reference, credit, credit_reference, detail
