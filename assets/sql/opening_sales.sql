-- What settlements brought of some orders: price, promotion and the seller's own tax, and where it is booked.
-- The empty branch names the column that movements staged by an earlier version do not have.
WITH movements AS (
    FROM read_parquet($files, filename = true, union_by_name = true)
    UNION ALL BY NAME
    SELECT false AS is_sale WHERE false
)
SELECT
    filename,
    order_id,
    list_sort(list(DISTINCT CASE WHEN clearing_amount > 0 THEN credit ELSE debit END)) AS accounts,
    sum(clearing_amount) AS amount
FROM movements
WHERE is_sale AND clearing_amount <> 0 AND order_id IN (SELECT unnest($orders))
GROUP BY filename, order_id
ORDER BY order_id, filename
