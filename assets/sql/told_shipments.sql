-- The Shipment transactions of some orders: the shipment each names, who sent it, and what was in it, products with
-- units; nothing of it where no product is named.
WITH units AS ({shipped_units}),
contents AS (
    SELECT transaction_id, list_sort(list(sku || ' ' || coalesce(CAST(quantity AS VARCHAR), '?'))) AS content
    FROM units
    WHERE sku <> ''
    GROUP BY transaction_id
)
SELECT
    told.order_id,
    told.transaction_id,
    coalesce(any_value(told.shipment_id), '') AS shipment_id,
    bool_and(upper(coalesce(told.fulfillment_id, '')) = 'MFN') AS is_by_merchant,
    coalesce(any_value(contents.content), []) AS content
FROM ({lines}) AS told
LEFT JOIN contents ON contents.transaction_id = told.transaction_id
GROUP BY told.order_id, told.transaction_id
ORDER BY told.order_id, told.transaction_id
