-- What settlements brought of some orders, sale and refund apart, each as far as it clears the order's own item.
SELECT
    order_id,
    coalesce(sum(clearing_amount) FILTER (is_sale), 0) AS sold,
    coalesce(sum(clearing_amount) FILTER (is_refund), 0) AS refunded,
    coalesce(sum(clearing_amount) FILTER (is_sale AND order_id IN (debit_reference, credit_reference)), 0) AS sold_cleared,
    coalesce(
        sum(clearing_amount) FILTER (is_refund AND order_id IN (debit_reference, credit_reference)), 0
    ) AS refunded_cleared
FROM read_parquet($movements, union_by_name = true)
WHERE (is_sale OR is_refund) AND order_id IN (SELECT unnest($orders))
GROUP BY order_id
ORDER BY order_id
