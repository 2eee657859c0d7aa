-- Reimbursements by product and amount: how often a settlement pays each, and how often the report names it around
-- that time. The settlement names no reimbursement, so product, amount and time are all there is to go by.
WITH paid AS (
    SELECT coalesce(sku, '') AS sku, amount, count(*) AS paid
    FROM read_parquet($lines)
    WHERE lower(trim(amount_type)) = 'fba inventory reimbursement' AND amount <> 0
    GROUP BY ALL
),
named AS (
    SELECT coalesce(sku, '') AS sku, amount, count(*) AS named
    FROM read_parquet($reimbursements, union_by_name = true)
    WHERE approved_at BETWEEN $first AND $last
    GROUP BY ALL
)
SELECT sku, amount, paid, coalesce(named, 0) AS named
FROM paid
LEFT JOIN named USING (sku, amount)
ORDER BY sku, amount
