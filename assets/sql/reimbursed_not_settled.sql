-- Reimbursements that the report names within a span, by product and amount, of which some settlements pay fewer: the
-- settlement names no reimbursement, so product, amount and time are all there is to go by.
WITH named AS (
    SELECT coalesce(sku, '') AS sku, amount, count(*) AS named, string_agg(reimbursement_id, ', ' ORDER BY ALL) AS ids
    FROM read_parquet($reimbursements, union_by_name = true)
    WHERE approved_at >= $first AND approved_at < $last AND amount <> 0 AND currency = $currency
    GROUP BY ALL
),
paid AS (
    SELECT coalesce(sku, '') AS sku, amount, count(*) AS paid
    FROM read_parquet($all_lines, union_by_name = true)
    WHERE lower(trim(amount_type)) = 'fba inventory reimbursement' AND amount <> 0
    GROUP BY ALL
)
SELECT sku, amount, named, coalesce(paid, 0) AS paid, ids
FROM named
LEFT JOIN paid USING (sku, amount)
WHERE coalesce(paid, 0) < named
ORDER BY sku, amount
