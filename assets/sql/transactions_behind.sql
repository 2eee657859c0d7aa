-- The transactions released for a settlement that stand under some orders; what is no order id stands under none.
SELECT DISTINCT
    CASE WHEN regexp_full_match(order_id, '[A-Z0-9]{3}-[0-9]{7}-[0-9]{7}') THEN order_id ELSE '' END AS of_order,
    transaction_type,
    leaf_path,
    transaction_id
FROM read_parquet($events, union_by_name = true)
WHERE settlement_id = $settlement_id AND is_cash AND of_order IN (SELECT unnest($wanted))
ORDER BY ALL
