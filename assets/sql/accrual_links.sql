-- What was sold before a moment with every release of it that was told by then.
-- No source says on which of the two transactions the other one's id stands, nor under which of two names.
WITH told AS (
    SELECT DISTINCT
        transaction_id,
        date_trunc('second', posted_at) AS moment,
        coalesce(order_id, '') AS order_id,
        coalesce(settlement_id, '') AS settlement_id,
        coalesce(deferred_transaction_id, '') AS deferred_id,
        coalesce(release_transaction_id, '') AS release_id,
        is_accrual,
        is_cash
    FROM read_parquet($events, union_by_name = true)
    WHERE posted_at < $until
),
released AS (
    SELECT * FROM told WHERE is_cash AND NOT is_accrual
)
SELECT transaction_id, moment, order_id, settlement_id FROM told WHERE is_accrual AND is_cash
UNION
SELECT deferred_id, moment, order_id, settlement_id FROM released WHERE deferred_id <> ''
UNION
SELECT release_id, moment, order_id, settlement_id FROM released WHERE release_id <> ''
UNION
SELECT told.transaction_id, released.moment, released.order_id, released.settlement_id
FROM told JOIN released ON told.release_id = released.transaction_id
WHERE told.is_accrual
UNION
SELECT told.transaction_id, released.moment, released.order_id, released.settlement_id
FROM told JOIN released ON told.deferred_id = released.transaction_id
WHERE told.is_accrual
