-- The orders whose sale or refund stands in mapped lines.
SELECT DISTINCT order_id
FROM read_parquet($movements, union_by_name = true)
WHERE (is_sale OR is_refund) AND amount <> 0 AND coalesce(order_id, '') <> ''
ORDER BY order_id
