-- Shipments that the report of fulfilled shipments tells, as their transactions would tell them: one row per amount of an
-- item, tax taken out of prices that hold it, and on the invoice where the seller owes it.
WITH chosen AS (SELECT unnest($chosen, recursive := true)),
items AS (
    SELECT
        chosen.name AS transaction_id,
        chosen.marketplace_id,
        chosen.marketplace_name,
        chosen.posted_at,
        rows.order_id,
        rows.shipment_id,
        rows.sku,
        rows.currency,
        CAST(sum(rows.quantity) AS INTEGER) AS quantity,
        sum(coalesce(rows.item_price, 0) - CASE WHEN chosen.without_tax THEN coalesce(rows.item_tax, 0) ELSE 0 END)
            AS "ProductCharges/OurPricePrincipal",
        sum(coalesce(rows.shipping_price, 0) - CASE WHEN chosen.without_tax THEN coalesce(rows.shipping_tax, 0) ELSE 0 END)
            AS "Shipping/ShippingPrincipal",
        sum(coalesce(rows.gift_wrap_price, 0) - CASE WHEN chosen.without_tax THEN coalesce(rows.gift_wrap_tax, 0) ELSE 0 END)
            AS "GiftWrap/GiftWrapPrincipal",
        sum(coalesce(rows.item_promotion, 0)) AS "Promotions/OurPricePrincipal",
        sum(coalesce(rows.ship_promotion, 0)) AS "Promotions/ShippingPrincipal",
        sum(CASE WHEN chosen.bills_tax THEN coalesce(rows.item_tax, 0) ELSE 0 END) AS "Tax/OurPriceTax",
        sum(CASE WHEN chosen.bills_tax THEN coalesce(rows.shipping_tax, 0) ELSE 0 END) AS "Tax/ShippingTax",
        sum(CASE WHEN chosen.bills_tax THEN coalesce(rows.gift_wrap_tax, 0) ELSE 0 END) AS "Tax/GiftWrapTax"
    FROM {shipments} AS rows
    JOIN chosen ON rows.order_id = chosen.order_id AND rows.shipment_id = chosen.shipment_id
    GROUP BY ALL
),
leaves AS (UNPIVOT items ON COLUMNS('/') INTO NAME leaf_path VALUE told)
SELECT
    transaction_id,
    sku || ' ' || leaf_path AS line_key,
    'Shipment' AS transaction_type,
    'REPORTED' AS transaction_status,
    CAST(posted_at AS TIMESTAMP) AS posted_at,
    currency,
    marketplace_id,
    marketplace_name,
    order_id,
    shipment_id,
    '' AS refund_id,
    sku,
    quantity,
    'AFN' AS network,
    leaf_path,
    CAST(told AS DECIMAL(18, 3)) AS amount,
    true AS is_accrual,
    'report' AS document
FROM leaves
WHERE told <> 0
ORDER BY transaction_id, line_key
