-- The ASIN that transactions tell of a product, where they agree on one.
SELECT
    sku,
    max(asin) AS asin
FROM read_parquet($files, union_by_name = true)
WHERE coalesce(sku, '') <> '' AND coalesce(asin, '') <> ''
GROUP BY sku
HAVING count(DISTINCT asin) = 1
ORDER BY sku
