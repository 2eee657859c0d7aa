-- What Amazon owed at the end of a day in some marketplaces, by marketplace, all its account types together.
SELECT marketplace_id, sum(total) AS total, sum(deferred) AS deferred
FROM read_parquet($balances)
WHERE currency = $currency AND list_contains($marketplaces, marketplace_id)
GROUP BY ALL
