-- What lending brought over several settlements: paid out is positive, repaid negative.
SELECT coalesce(sum(clearing_amount), 0) AS moved
FROM read_parquet($files)
WHERE category = 'lending'
