-- In which files of a report some keys stand: orders by their number, reimbursements by their product.
SELECT DISTINCT coalesce({key}, '') AS key, filename
FROM read_parquet($files, filename = true, union_by_name = true)
WHERE coalesce({key}, '') IN (SELECT unnest($wanted))
ORDER BY ALL
