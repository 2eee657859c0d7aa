-- What was earned within a span of one marketplace and currency, as far as it is wanted: one row per leaf, in the
-- columns of settlement lines, with the transaction and the answer it stands in.
SELECT
    row_number() OVER (ORDER BY events.posted_at, events.transaction_id, events.line_key) + 1 AS source_row,
    0::SMALLINT AS leg,
    coalesce(events.transaction_type, '') AS transaction_type,
    '' AS amount_type,
    coalesce(events.leaf_path, '') AS amount_description,
    places.settlement_name AS marketplace_name,
    coalesce(events.network, '') AS fulfillment_id,
    coalesce(events.order_id, '') AS order_id,
    '' AS order_item_code,
    coalesce(events.shipment_id, '') AS shipment_id,
    coalesce(events.sku, '') AS sku,
    events.quantity,
    events.posted_at,
    events.amount,
    events.currency,
    events.transaction_id,
    events.line_key,
    events.transaction_status,
    coalesce(events.refund_id, '') AS refund_id,
    events.document
FROM read_parquet($events, union_by_name = true) AS events
JOIN (SELECT unnest($places, recursive := true)) AS places
    ON coalesce(events.marketplace_id, '') = places.marketplace_id
    AND coalesce(events.marketplace_name, '') = places.marketplace_name
    AND events.currency = places.currency
WHERE events.is_accrual
    AND events.posted_at >= $since
    AND events.posted_at < $until
    AND ({wanted})
ORDER BY source_row
