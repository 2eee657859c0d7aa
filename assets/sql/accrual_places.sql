-- The marketplaces and currencies in which something was sold before a moment.
SELECT DISTINCT
    coalesce(marketplace_id, '') AS marketplace_id,
    coalesce(marketplace_name, '') AS marketplace_name,
    currency
FROM read_parquet($events, union_by_name = true)
WHERE is_accrual AND posted_at >= $since AND posted_at < $until
ORDER BY ALL
