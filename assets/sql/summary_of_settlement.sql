-- Amazon's summary of one settlement by path, over all its marketplaces and account types; net proceeds have no path.
SELECT path, sum(amount) AS amount
FROM read_parquet($summaries, union_by_name = true)
WHERE settlement_id = $settlement_id AND currency = $currency
GROUP BY path
ORDER BY path
