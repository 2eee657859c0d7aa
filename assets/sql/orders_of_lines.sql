-- The orders in the lines of one settlement.
SELECT DISTINCT order_id
FROM read_parquet($lines)
WHERE coalesce(order_id, '') <> ''
