-- Orders of some transactions whose sale a settlement books as revenue: what clears an invoice carries the order as its
-- reference, everything else of a sale is revenue.
SELECT DISTINCT movements.order_id, movements.filename
FROM read_parquet($movements, union_by_name = true, filename = true) AS movements
WHERE movements.is_sale
    AND movements.amount <> 0
    AND movements.order_id IN (
        SELECT order_id
        FROM read_parquet($events, union_by_name = true)
        WHERE coalesce(order_id, '') <> ''
        UNION ALL
        SELECT unnest($besides)
    )
    AND movements.debit_reference <> movements.order_id
    AND movements.credit_reference <> movements.order_id
ORDER BY ALL
