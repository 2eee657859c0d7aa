-- What the wanted transactions sold, by order, account, category and SKU: sales less discounts, and tax on them that the
-- seller owes. A transaction with a line that is not mapped is left out whole.
WITH sold AS (
    SELECT
        lines.order_id,
        lines.transaction_id,
        movements.part,
        movements.category,
        movements.sku,
        CASE WHEN movements.clearing_amount >= 0 THEN movements.credit ELSE movements.debit END AS account,
        movements.clearing_amount AS amount,
        CASE WHEN movements.category = 'revenue' AND movements.clearing_amount > 0 THEN lines.quantity END AS quantity
    FROM read_parquet($movements) AS movements
    JOIN read_parquet($lines) AS lines ON movements.source_row = lines.source_row
    WHERE movements.is_sale AND movements.amount <> 0
)
SELECT
    order_id,
    transaction_id,
    part,
    account,
    category,
    sku,
    sum(amount) AS amount,
    sum(quantity) AS quantity
FROM sold
WHERE transaction_id NOT IN (SELECT unnest($left_out))
GROUP BY ALL
ORDER BY order_id, transaction_id, part, sku, category, account
