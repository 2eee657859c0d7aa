-- When each shipment of a day was posted by the marketplace, in UTC.
SELECT transaction_id, min(posted_at) AS shipped_at
FROM read_parquet($events)
WHERE lower(trim(transaction_type)) = 'shipment'
GROUP BY transaction_id
