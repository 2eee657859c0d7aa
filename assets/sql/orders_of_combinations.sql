-- The orders behind combinations that cannot be booked: how many, and the first of them.
SELECT
    transaction_type,
    amount_type,
    amount_description,
    marketplace_name,
    part,
    direction,
    country,
    count(DISTINCT order_id) AS orders,
    list_slice(list_sort(list(DISTINCT order_id)), 1, $shown) AS first_orders
FROM ({lines})
JOIN (SELECT unnest($stopped, recursive := true)) AS stopped
    USING (transaction_type, amount_type, amount_description, marketplace_name, part, direction, country)
WHERE order_id <> ''
GROUP BY ALL
