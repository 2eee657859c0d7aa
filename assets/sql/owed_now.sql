-- What Amazon stated last that it owes, by marketplace and currency, and what of it cannot be paid out yet.
WITH stated AS (
    SELECT *, max(as_of) OVER (PARTITION BY marketplace_id, currency) AS newest
    FROM read_parquet($balances, union_by_name = true)
)
SELECT
    marketplace_id,
    currency,
    newest AS as_of,
    sum(total) AS total,
    CASE WHEN count(available) = count(*) THEN sum(total) - sum(available) END AS held_back
FROM stated
WHERE as_of = newest
GROUP BY ALL
