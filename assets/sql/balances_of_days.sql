-- What Amazon owed at the end of each of several days, over the account types of a marketplace.
SELECT
    as_of,
    marketplace_id,
    currency,
    sum(total) AS total,
    CASE WHEN count(deferred) = count(*) THEN sum(deferred) END AS deferred,
    CASE WHEN count(available) = count(*) THEN sum(available) END AS available,
    CASE WHEN count(account_level_reserve) = count(*) THEN sum(account_level_reserve) END AS account_level_reserve
FROM read_parquet($balances, union_by_name = true)
GROUP BY ALL
ORDER BY as_of, marketplace_id, currency
