-- How many units of each product the orders of one settlement were paid for. The units stand on every row of an item,
-- or on its price alone: each item of a shipment counts once.
WITH items AS (
    SELECT
        order_id,
        coalesce(sku, '') AS sku,
        coalesce(order_item_code, '') AS item,
        coalesce(shipment_id, '') AS shipment,
        min(posted_at) AS posted_at,
        coalesce(max(quantity) FILTER (amount_description = 'Principal'), max(quantity)) AS quantity
    FROM read_parquet($lines)
    WHERE lower(trim(transaction_type)) = 'order' AND coalesce(order_id, '') <> '' AND coalesce(sku, '') <> ''
    GROUP BY ALL
)
SELECT order_id, sku, min(posted_at) AS posted_at, sum(quantity) AS quantity
FROM items
GROUP BY order_id, sku
ORDER BY order_id, sku
