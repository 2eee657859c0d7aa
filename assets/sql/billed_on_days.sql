-- The orders that have an invoice of some days.
SELECT DISTINCT order_id
FROM read_parquet($invoices, union_by_name = true)
WHERE kind = 'invoice'
