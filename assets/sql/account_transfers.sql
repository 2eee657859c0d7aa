-- Transactions that move money between account and bank, each with its day, which begins at the moment given for it.
SELECT
    transaction_id,
    marketplace_id,
    currency,
    day,
    settlement_id,
    sum(amount) AS amount
FROM read_parquet($events, union_by_name = true) AS events
ASOF JOIN (SELECT unnest($days) AS day, unnest($starts) AS starts_at) AS days ON events.posted_at >= days.starts_at
WHERE lower(trim(transaction_type)) = 'transfer' AND is_cash
GROUP BY ALL
HAVING sum(amount) <> 0
ORDER BY ALL
