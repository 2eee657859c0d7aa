-- What was released into some settlements, or into their parts of one month, of sales that were made before they were
-- ours to accrue, or are not known; what undoes a settlement counts the other way round.
WITH ours AS (
    SELECT DISTINCT transaction_id
    FROM read_parquet($events, union_by_name = true)
    WHERE is_accrual AND posted_at >= $since
),
linked AS (
    SELECT DISTINCT links.moment, links.order_id, links.settlement_id
    FROM ({accrual_links}) AS links
    JOIN ours USING (transaction_id)
)
SELECT
    coalesce(transaction_type, '') AS transaction_type,
    coalesce(leaf_path, '') AS leaf_path,
    sum(amount * parts.sign) AS amount
FROM read_parquet($events, union_by_name = true) AS events
JOIN (SELECT unnest($parts, recursive := true)) AS parts USING (settlement_id)
WHERE is_cash
    AND NOT is_accrual
    AND posted_at < $until
    AND parts.month IN ('', strftime(posted_at AT TIME ZONE 'UTC' AT TIME ZONE $zone, '%Y-%m'))
    AND (date_trunc('second', posted_at), coalesce(order_id, ''), settlement_id) NOT IN (
        SELECT (moment, order_id, settlement_id) FROM linked
    )
GROUP BY ALL
