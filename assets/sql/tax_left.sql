-- Orders whose pass-through tax does not meet: positive where more was collected than withheld.
SELECT order_id, source_row, CASE kind WHEN 'tax_left' THEN amount ELSE -amount END AS amount
FROM read_parquet($movements)
WHERE kind IN ('tax_left', 'tax_missing')
ORDER BY source_row
