-- The rows of staged settlements that pay reimbursements of some products.
SELECT
    filename,
    coalesce(source_row, file_row_number + 2) AS source_row,
    coalesce(sku, '') AS product,
    amount
FROM read_parquet($files, filename = true, file_row_number = true, union_by_name = true)
WHERE
    lower(trim(amount_type)) = 'fba inventory reimbursement'
    AND amount <> 0
    AND product IN (SELECT unnest($wanted))
ORDER BY filename, source_row
