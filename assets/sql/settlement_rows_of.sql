-- The rows of staged settlements that stand under some orders; what is no order id stands under none.
SELECT
    filename,
    coalesce(source_row, file_row_number + 2) AS source_row,
    CASE WHEN regexp_full_match(order_id, '[A-Z0-9]{3}-[0-9]{7}-[0-9]{7}') THEN order_id ELSE '' END AS of_order,
    coalesce(transaction_type, '') AS transaction_type,
    coalesce(amount_type, '') AS amount_type,
    coalesce(amount_description, '') AS amount_description
FROM read_parquet($files, filename = true, file_row_number = true, union_by_name = true)
WHERE amount <> 0 AND of_order IN (SELECT unnest($wanted))
ORDER BY filename, source_row
