-- How many units of each product the shipments of one marketplace and currency took, each item counted once.
-- A transaction has a row per leaf of an item: the price counts, else the leaf that says most.
WITH told AS ({earned_lines}),
leaves AS (
    SELECT
        order_id,
        transaction_id,
        sku,
        amount_description LIKE '%OurPricePrincipal' AS is_price,
        min(posted_at) AS posted_at,
        sum(quantity) AS quantity
    FROM told
    GROUP BY order_id, transaction_id, sku, amount_description
)
SELECT
    order_id,
    transaction_id,
    sku,
    min(posted_at) AS posted_at,
    coalesce(max(quantity) FILTER (is_price), max(quantity)) AS quantity
FROM leaves
GROUP BY order_id, transaction_id, sku
ORDER BY order_id, transaction_id, sku
