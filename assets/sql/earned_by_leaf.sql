-- What was sold between two moments in one marketplace and currency and is not in the books by hand, by its labels.
SELECT
    coalesce(transaction_type, '') AS transaction_type,
    coalesce(leaf_path, '') AS leaf_path,
    sum(amount) AS amount
FROM read_parquet($events, union_by_name = true) AS events
JOIN (SELECT unnest($places, recursive := true)) AS places
    ON coalesce(events.marketplace_id, '') = places.marketplace_id
    AND coalesce(events.marketplace_name, '') = places.marketplace_name
    AND events.currency = places.currency
WHERE is_accrual
    AND posted_at >= $since
    AND posted_at < $until
    AND transaction_id NOT IN ({accrual_booked})
GROUP BY ALL
