-- How many differences each proof of each settlement keeps.
SELECT filename, check_name, count(*) AS differences
FROM read_parquet($proofs, filename = true, union_by_name = true)
GROUP BY ALL
