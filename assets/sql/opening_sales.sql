-- What a settlement brings of the orders that were shipped before go-live, and where it is booked.
SELECT
    order_id,
    list_sort(list(DISTINCT account)) AS accounts,
    sum(amount) AS amount
FROM ({resolved_lines})
WHERE is_sale AND order_id IN (SELECT unnest($listed_orders))
GROUP BY order_id
ORDER BY order_id
