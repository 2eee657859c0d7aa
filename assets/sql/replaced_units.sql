-- What Amazon sent once more on one day: the units of each product by replacement, which is an order of its own.
SELECT
    order_id,
    sku,
    min(shipped_at) AS shipped_at,
    any_value(original_order_id) AS original_order_id,
    sum(quantity) AS quantity
FROM read_parquet($replacements)
WHERE coalesce(order_id, '') <> '' AND coalesce(sku, '') <> ''
GROUP BY order_id, sku
ORDER BY order_id, sku
