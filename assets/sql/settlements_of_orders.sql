-- The mapped lines in which the sale or refund of some orders stands.
SELECT DISTINCT filename
FROM read_parquet($movements, union_by_name = true, filename = true)
WHERE (is_sale OR is_refund) AND order_id IN (SELECT unnest($orders))
ORDER BY filename
