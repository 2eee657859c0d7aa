-- Lines with an amount, each with its source row and the part of the settlement it belongs to.
-- A part begins where the one before ends; a line without a moment belongs to the last part.
SELECT
    coalesce(source_row, file_row_number + 2) AS source_row,
    leg,
    coalesce(transaction_type, '') AS transaction_type,
    coalesce(amount_type, '') AS amount_type,
    coalesce(amount_description, '') AS amount_description,
    coalesce(marketplace_name, '') AS marketplace_name,
    coalesce(fulfillment_id, '') AS fulfilment,
    coalesce(order_id, '') AS order_id,
    order_item_code,
    shipment_id,
    coalesce(sku, '') AS sku,
    quantity,
    posted_at,
    amount,
    sign(amount) AS direction,
    CASE
        WHEN $cut_1 IS NULL OR posted_at < $cut_1 THEN 1
        WHEN $cut_2 IS NULL OR posted_at < $cut_2 THEN 2
        WHEN $cut_3 IS NULL OR posted_at < $cut_3 THEN 3
        WHEN $cut_4 IS NULL OR posted_at < $cut_4 THEN 4
        WHEN $cut_5 IS NULL OR posted_at < $cut_5 THEN 5
        ELSE 6
    END AS part
FROM read_parquet($lines, file_row_number = true)
WHERE amount IS NOT NULL
