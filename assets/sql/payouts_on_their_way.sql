-- What Amazon has sent and the bank does not have yet, by marketplace and currency.
SELECT marketplace_id, currency, count(*) AS payouts, sum(amount) AS amount
FROM read_parquet($payouts, union_by_name = true)
WHERE status IN ('STARTED', 'IN_TRANSIT') AND amount IS NOT NULL
GROUP BY ALL
