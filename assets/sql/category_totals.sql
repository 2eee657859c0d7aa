-- What each category does to the settlement's own clearing item; VAT taken out of gross stays with its category.
SELECT category, count(*) FILTER (kind <> 'vat') AS lines, sum(clearing_amount) AS amount
FROM read_parquet($movements)
WHERE kind IN ('line', 'net', 'vat')
GROUP BY category
ORDER BY abs(sum(clearing_amount)) DESC, category
