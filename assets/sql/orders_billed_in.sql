-- The orders of one marketplace and currency that invoices or credit memos were made of.
SELECT DISTINCT order_id
FROM read_parquet($invoices, union_by_name = true)
WHERE marketplace = $marketplace AND currency = $currency
