-- The rows of one order in the staged settlements, in file order.
SELECT
    filename,
    coalesce(source_row, file_row_number + 2) AS source_row,
    leg,
    coalesce(transaction_type, '') AS transaction_type,
    coalesce(amount_type, '') AS amount_type,
    coalesce(amount_description, '') AS amount_description,
    coalesce(marketplace_name, '') AS marketplace,
    coalesce(sku, '') AS sku,
    posted_at,
    amount
FROM read_parquet($files, filename = true, file_row_number = true, union_by_name = true)
WHERE order_id = $order_id AND amount IS NOT NULL
ORDER BY filename, source_row, leg
