-- The first settlement rows behind every side of a line: of movements that are in one version and not in the other,
-- or of all where there is only one version. Grain as in the journals, so that a line finds its own rows.
WITH moved AS (
    SELECT source_row, leg, part, category, order_id, sku, posted_at, debit, debit_reference, credit, credit_reference, amount
    FROM read_parquet($movements)
    WHERE amount <> 0
    EXCEPT
    SELECT source_row, leg, part, category, order_id, sku, posted_at, debit, debit_reference, credit, credit_reference, amount
    FROM read_parquet($others)
    WHERE $is_compared
),
sides AS (
    SELECT debit AS account, debit_reference AS reference, true AS is_debit, * FROM moved
    UNION ALL BY NAME
    SELECT credit AS account, credit_reference AS reference, false AS is_debit, * FROM moved
)
SELECT
    account,
    reference,
    is_debit,
    part,
    CASE $grain
        WHEN 'day' THEN coalesce(strftime(posted_at AT TIME ZONE 'UTC' AT TIME ZONE $zone, '%Y-%m-%d'), '')
        WHEN 'sku' THEN sku
        WHEN 'order' THEN order_id
        ELSE ''
    END AS detail,
    count(*) AS row_count,
    min(source_row, 5) AS first_rows
FROM sides
GROUP BY ALL
