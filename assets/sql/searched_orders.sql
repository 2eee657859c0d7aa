-- Orders that were read one by one, a row per item, with the columns of the report of all orders.
SELECT
    order_id,
    merchant_order_id,
    CAST(purchased_at AS TIMESTAMP) AS purchased_at,
    CAST(updated_at AS TIMESTAMP) AS updated_at,
    order_status,
    fulfillment_channel,
    sales_channel,
    title,
    sku,
    asin,
    item_status,
    tax_collection_model,
    tax_responsible_party,
    quantity,
    currency,
    CAST(item_price AS DECIMAL(18, 3)) AS item_price,
    CAST(item_tax AS DECIMAL(18, 3)) AS item_tax,
    CAST(shipping_price AS DECIMAL(18, 3)) AS shipping_price,
    CAST(shipping_tax AS DECIMAL(18, 3)) AS shipping_tax,
    CAST(gift_wrap_price AS DECIMAL(18, 3)) AS gift_wrap_price,
    CAST(gift_wrap_tax AS DECIMAL(18, 3)) AS gift_wrap_tax,
    CAST(item_promotion AS DECIMAL(18, 3)) AS item_promotion,
    CAST(ship_promotion AS DECIMAL(18, 3)) AS ship_promotion,
    CAST(NULL AS VARCHAR) AS ship_country,
    promotion_ids,
    is_business,
    is_replacement,
    original_order_id,
    CAST(NULL AS BIGINT) AS source_row
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        order_id: 'VARCHAR', merchant_order_id: 'VARCHAR', purchased_at: 'VARCHAR', updated_at: 'VARCHAR',
        order_status: 'VARCHAR', fulfillment_channel: 'VARCHAR', sales_channel: 'VARCHAR', title: 'VARCHAR',
        sku: 'VARCHAR', asin: 'VARCHAR', item_status: 'VARCHAR', tax_collection_model: 'VARCHAR',
        tax_responsible_party: 'VARCHAR', quantity: 'INTEGER', currency: 'VARCHAR', item_price: 'VARCHAR',
        item_tax: 'VARCHAR', shipping_price: 'VARCHAR', shipping_tax: 'VARCHAR', gift_wrap_price: 'VARCHAR',
        gift_wrap_tax: 'VARCHAR', item_promotion: 'VARCHAR', ship_promotion: 'VARCHAR', promotion_ids: 'VARCHAR',
        is_business: 'BOOLEAN', is_replacement: 'BOOLEAN', original_order_id: 'VARCHAR'
    }
)
