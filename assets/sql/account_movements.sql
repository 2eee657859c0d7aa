-- What transactions brought into the account of each marketplace, by day and leaf, without transfers to and from the
-- bank. A day begins at the moment given for it; what is posted before the first is left out.
SELECT
    marketplace_id,
    currency,
    day,
    transaction_type,
    leaf_path,
    coalesce(sum(amount) FILTER (WHERE is_accrual), 0) AS occurred,
    coalesce(sum(amount) FILTER (WHERE is_cash), 0) AS released,
    coalesce(sum(amount) FILTER (WHERE NOT is_accrual AND NOT is_cash), 0) AS unknown
FROM read_parquet($events, union_by_name = true) AS events
ASOF JOIN (SELECT unnest($days) AS day, unnest($starts) AS starts_at) AS days ON events.posted_at >= days.starts_at
WHERE lower(trim(transaction_type)) <> 'transfer' AND amount <> 0
GROUP BY ALL
ORDER BY ALL
