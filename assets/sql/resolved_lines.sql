-- Every line with what its combination resolved to.
SELECT
    numbered.source_row,
    numbered.leg,
    numbered.transaction_type,
    numbered.amount_type,
    numbered.amount_description,
    numbered.marketplace_name,
    numbered.part,
    numbered.order_id,
    numbered.order_item_code,
    numbered.shipment_id,
    numbered.sku,
    numbered.quantity,
    numbered.posted_at,
    numbered.amount,
    resolved.category,
    resolved.rule,
    resolved.treatment,
    resolved.marketplace,
    resolved.account,
    resolved.debit,
    resolved.debit_reference,
    resolved.credit,
    resolved.credit_reference,
    resolved.vat_account,
    resolved.vat_share,
    resolved.vat_whole,
    resolved.vat_country,
    resolved.remainder_account,
    resolved.is_sale,
    resolved.is_refund,
    resolved.clears_order
FROM ({lines}) AS numbered
JOIN (SELECT unnest($resolutions, recursive := true)) AS resolved
    ON numbered.transaction_type = resolved.transaction_type
    AND numbered.amount_type = resolved.amount_type
    AND numbered.amount_description = resolved.amount_description
    AND numbered.marketplace_name = resolved.marketplace_name
    AND CASE WHEN $by_sku THEN numbered.sku ELSE '' END = resolved.sku
    AND numbered.fulfilment = resolved.fulfilment
    AND numbered.part = resolved.part
    AND numbered.direction = resolved.direction
    AND numbered.order_has_withheld = resolved.order_has_withheld
    AND numbered.order_has_tax = resolved.order_has_tax
    AND numbered.order_is_opening = resolved.order_is_opening
    AND numbered.order_is_billed = resolved.order_is_billed
    AND numbered.order_is_credited = resolved.order_is_credited
    {by_country}
