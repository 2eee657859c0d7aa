-- What settlements brought of the sales of some orders: in all, and as far as it clears the order's own item.
SELECT
    order_id,
    sum(clearing_amount) AS settled,
    coalesce(sum(clearing_amount) FILTER (debit_reference = order_id OR credit_reference = order_id), 0) AS cleared
FROM read_parquet($movements, union_by_name = true)
WHERE is_sale AND order_id IN (SELECT unnest($orders))
GROUP BY order_id
ORDER BY order_id
