-- The distinct labels of a settlement.
WITH numbered AS ({numbered_lines})
SELECT transaction_type, amount_type, amount_description
FROM numbered
GROUP BY ALL
ORDER BY ALL
