-- The products in the rows of some days, each once.
SELECT DISTINCT sku
FROM read_parquet($files, union_by_name = true)
WHERE coalesce(sku, '') <> ''
ORDER BY sku
