-- Moment and order of every row of the settlements that the books hold.
SELECT DISTINCT date_trunc('second', posted_at) AS moment, coalesce(order_id, '') AS order_id
FROM read_parquet($settled_lines, union_by_name = true)
WHERE posted_at IS NOT NULL
