-- What Amazon released from one moment up to another in some marketplaces, and is in no settlement that is known.
SELECT sum(amount) AS released
FROM read_parquet($events, union_by_name = true)
WHERE is_cash
    AND currency = $currency
    AND list_contains($marketplaces, coalesce(marketplace_id, ''))
    AND posted_at >= $since
    AND posted_at < $moment
    AND NOT list_contains($settled, coalesce(settlement_id, ''))
