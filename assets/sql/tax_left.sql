-- Orders whose pass-through tax does not meet.
SELECT order_id, source_row, amount
FROM read_parquet($movements)
WHERE kind = 'remainder'
ORDER BY source_row
