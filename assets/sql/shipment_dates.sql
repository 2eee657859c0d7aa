-- When each shipment of a day left, as the report of fulfilled shipments tells it: by the id of the shipment; where no
-- such id stands in the report, every shipment of the order that held the same, but those that another one is.
WITH units AS ({shipped_units}),
contents AS (
    SELECT transaction_id, list_sort(list(sku || ' ' || coalesce(CAST(quantity AS VARCHAR), '?'))) AS content
    FROM units
    WHERE sku <> ''
    GROUP BY transaction_id
),
told AS (
    SELECT
        order_id,
        transaction_id,
        any_value(shipment_id) AS shipment_id,
        min(posted_at) AS posted_at,
        bool_or(upper(fulfillment_id) = 'AFN') AS is_by_amazon
    FROM ({lines})
    GROUP BY order_id, transaction_id
),
items AS (
    SELECT order_id, coalesce(shipment_id, '') AS shipment_id, sku, max(shipped_at) AS shipped_at, sum(quantity) AS quantity
    FROM {shipments}
    WHERE order_id IN (SELECT order_id FROM told)
    GROUP BY ALL
),
parcels AS (
    SELECT
        order_id, shipment_id, max(shipped_at) AS shipped_at, list_sort(list(sku || ' ' || CAST(quantity AS VARCHAR))) AS content
    FROM items
    GROUP BY order_id, shipment_id
),
by_id AS (
    SELECT told.transaction_id, parcels.order_id, parcels.shipment_id, parcels.shipped_at
    FROM told
    JOIN parcels ON told.order_id = parcels.order_id AND told.shipment_id = parcels.shipment_id
    WHERE told.shipment_id <> ''
),
alike AS (
    SELECT contents.transaction_id, list_sort(list(parcels.shipped_at)) AS shipped_at
    FROM told
    JOIN contents ON contents.transaction_id = told.transaction_id
    JOIN parcels ON parcels.order_id = told.order_id AND parcels.content = contents.content
    WHERE (parcels.order_id, parcels.shipment_id) NOT IN (SELECT (order_id, shipment_id) FROM by_id)
    GROUP BY contents.transaction_id
)
SELECT
    told.transaction_id,
    told.posted_at,
    told.is_by_amazon,
    CASE WHEN by_id.shipped_at IS NULL THEN coalesce(alike.shipped_at, []) ELSE [by_id.shipped_at] END AS shipped_at
FROM told
LEFT JOIN by_id ON by_id.transaction_id = told.transaction_id
LEFT JOIN alike ON alike.transaction_id = told.transaction_id
ORDER BY told.transaction_id
