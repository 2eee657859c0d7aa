-- When some orders were first shipped, as transactions tell it.
SELECT order_id, min(posted_at) AS shipped_at
FROM read_parquet($events, union_by_name = true)
WHERE lower(trim(transaction_type)) = 'shipment'
    AND is_accrual
    AND order_id IN (SELECT unnest($orders))
GROUP BY order_id
ORDER BY order_id
