-- What Amazon has released for a settlement, by order and leaf. Transactions that name no settlement are not looked for.
SELECT order_id, transaction_type, leaf_path, sum(amount) AS amount
FROM read_parquet($events, union_by_name = true)
WHERE settlement_id = $settlement_id AND is_cash
GROUP BY ALL
