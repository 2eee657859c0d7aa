-- What the wanted transactions sold or took back, by order, account, category and SKU: prices less promotions, and tax on
-- them that the seller owes. A transaction with a line that is not mapped is left out whole. VAT that was taken out of
-- a gross amount is a kind of its own.
WITH told AS (
    SELECT
        lines.order_id,
        lines.transaction_id,
        lines.refund_id,
        movements.is_refund,
        movements.part,
        movements.category || CASE WHEN movements.kind = 'vat' THEN '_vat' ELSE '' END AS category,
        movements.sku,
        CASE WHEN movements.clearing_amount >= 0 THEN movements.credit ELSE movements.debit END AS account,
        movements.clearing_amount AS amount,
        CASE
            WHEN movements.category = 'revenue' AND movements.clearing_amount > 0 AND movements.kind <> 'vat'
                THEN lines.quantity
        END AS quantity
    FROM read_parquet($movements) AS movements
    JOIN read_parquet($lines) AS lines ON movements.source_row = lines.source_row
    WHERE (movements.is_sale OR movements.is_refund) AND movements.amount <> 0
)
SELECT
    order_id,
    transaction_id,
    any_value(refund_id) AS refund_id,
    is_refund,
    part,
    account,
    category,
    sku,
    sum(amount) AS amount,
    sum(quantity) AS quantity
FROM told
WHERE transaction_id NOT IN (SELECT unnest($left_out))
GROUP BY ALL
ORDER BY is_refund, order_id, part, transaction_id, sku, category, account
