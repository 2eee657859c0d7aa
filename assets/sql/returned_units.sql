-- What came back on one day, one row per return. Amazon labels each unit: a label that is told twice for an order and
-- product is one return. What has no label is told apart by where and when it came back, and by its number among those
-- that are alike.
SELECT
    coalesce(order_id, '') AS order_id,
    coalesce(sku, '') AS sku,
    coalesce(license_plate, '') AS license_plate,
    coalesce(fulfillment_center, '') AS fulfillment_center,
    returned_at,
    disposition,
    quantity,
    row_number() OVER (
        PARTITION BY order_id, sku, license_plate, CASE WHEN license_plate IS NULL THEN returned_at END,
            CASE WHEN license_plate IS NULL THEN fulfillment_center END
        ORDER BY returned_at, disposition, source_row
    ) AS number
FROM read_parquet($returns)
QUALIFY license_plate IS NULL OR number = 1
ORDER BY returned_at, order_id, sku, license_plate, number
