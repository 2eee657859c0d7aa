-- The labels of some rows of a settlement, as Amazon wrote them.
SELECT
    coalesce(source_row, file_row_number + 2) AS source_row,
    concat_ws(' / ', transaction_type, amount_type, amount_description) AS labels
FROM read_parquet($lines, file_row_number = true)
WHERE coalesce(source_row, file_row_number + 2) IN (SELECT unnest($wanted))
