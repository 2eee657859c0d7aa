-- The transactions whose money stands in a settlement that the books hold.
-- A settlement is known by its id where the transaction names one that is registered here; else by its rows, which
-- carry the same order and the same second.
WITH settled AS ({settled})
SELECT DISTINCT transaction_id
FROM ({accrual_links})
WHERE settlement_id IN (SELECT unnest($booked))
    OR (
        settlement_id NOT IN (SELECT unnest($registered))
        AND (
            (moment, order_id) IN (SELECT (moment, order_id) FROM settled)
            OR moment IN (SELECT moment FROM settled WHERE order_id = '')
        )
    )
