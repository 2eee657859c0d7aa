-- The transactions that a version of a day holds.
SELECT DISTINCT transaction_id
FROM read_parquet($path)
