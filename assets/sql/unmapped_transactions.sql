-- The transactions with a line of these leaves whose combination is not mapped.
SELECT DISTINCT lines.transaction_id, lines.order_id
FROM ({lines}) AS numbered
JOIN read_parquet($lines) AS lines ON numbered.source_row = lines.source_row
WHERE numbered.amount_description IN (SELECT unnest($leaves))
    AND numbered.source_row NOT IN (SELECT source_row FROM ({resolved_lines}))
ORDER BY ALL
