-- What a settlement pays, by order and labels; rows without an order stand under none.
SELECT
    coalesce(order_id, '') AS order_id,
    coalesce(transaction_type, '') AS transaction_type,
    coalesce(amount_type, '') AS amount_type,
    coalesce(amount_description, '') AS amount_description,
    sum(amount) AS amount
FROM read_parquet($lines)
WHERE amount <> 0
GROUP BY ALL
