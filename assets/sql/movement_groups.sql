-- Movements added up by the grain of the connection; each group is one movement of the journal.
SELECT
    part,
    debit,
    debit_reference,
    credit,
    credit_reference,
    CASE $grain
        WHEN 'day' THEN coalesce(strftime(posted_at, '%Y-%m-%d'), '')
        WHEN 'sku' THEN sku
        WHEN 'order' THEN order_id
        ELSE ''
    END AS detail,
    list_sort(list(DISTINCT category)) AS categories,
    sum(amount) AS amount,
    sum(quantity) AS quantity
FROM read_parquet($movements)
WHERE amount <> 0
GROUP BY ALL
ORDER BY part, debit, debit_reference, credit, credit_reference, detail
