-- The country each order was sent to, by the newest row of the order report that names one.
SELECT order_id, ship_country AS country, 2 AS source
FROM read_parquet($orders, union_by_name = true)
WHERE ship_country IS NOT NULL AND order_id IN (FROM wanted)
QUALIFY rank() OVER (PARTITION BY order_id ORDER BY updated_at DESC) = 1
