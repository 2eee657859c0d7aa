-- The shipments of some orders as the report of fulfilled shipments tells them, one row each: when it left, what was in
-- it, where it was sold, and whether its amounts are told. A line without a price says nothing of a sale.
SELECT
    order_id,
    coalesce(shipment_id, '') AS shipment_id,
    max(shipped_at) AS shipped_at,
    min(shipped_at) AS first_shipped_at,
    list_sort(list(sku || ' ' || CAST(quantity AS VARCHAR))) AS content,
    any_value(channel) AS channel,
    any_value(currency) AS currency,
    bool_and(is_told) AND count(DISTINCT channel) = 1 AND count(DISTINCT currency) = 1 AS is_told,
    bool_or(tax <> 0) AS has_tax,
    bool_or(promotion <> 0) AS has_promotion,
    bool_and(price = 0 AND tax = 0 AND promotion = 0) AS is_for_nothing
FROM (
    SELECT
        order_id,
        shipment_id,
        coalesce(sku, '') AS sku,
        sum(quantity) AS quantity,
        max(shipped_at) AS shipped_at,
        any_value(sales_channel) AS channel,
        any_value(currency) AS currency,
        bool_and(
            coalesce(sku, '') <> '' AND item_price IS NOT NULL AND sales_channel IS NOT NULL AND currency IS NOT NULL
        ) AS is_told,
        sum(coalesce(item_price, 0) + coalesce(shipping_price, 0) + coalesce(gift_wrap_price, 0)) AS price,
        sum(coalesce(item_tax, 0) + coalesce(shipping_tax, 0) + coalesce(gift_wrap_tax, 0)) AS tax,
        sum(coalesce(item_promotion, 0) + coalesce(ship_promotion, 0)) AS promotion
    FROM {shipments}
    WHERE order_id IN (SELECT unnest($orders))
    GROUP BY ALL
)
GROUP BY order_id, coalesce(shipment_id, '')
ORDER BY order_id, shipment_id
