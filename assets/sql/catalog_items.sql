-- What Amazon's catalog said of each SKU, a row per marketplace; no ASIN where it knew none.
SELECT
    sku,
    marketplace_id,
    asin,
    title,
    product_type,
    CAST(asked_on AS DATE) AS asked_on,
    document
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        sku: 'VARCHAR', marketplace_id: 'VARCHAR', asin: 'VARCHAR', title: 'VARCHAR', product_type: 'VARCHAR',
        asked_on: 'VARCHAR', document: 'VARCHAR'
    }
)
ORDER BY sku, marketplace_id
