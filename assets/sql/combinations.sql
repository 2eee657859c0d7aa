-- The distinct combinations of everything the mapping looks at, with a sample row and what they amount to.
WITH numbered AS ({numbered_lines}),
order_taxes AS ({order_taxes})
SELECT
    transaction_type,
    amount_type,
    amount_description,
    marketplace_name,
    CASE WHEN $by_sku THEN sku ELSE '' END AS sku,
    fulfilment,
    part,
    direction,
    coalesce(order_has_withheld, false) AS order_has_withheld,
    coalesce(order_has_tax, false) AS order_has_tax,
    count(*) AS lines,
    sum(amount) AS amount,
    min(source_row) AS first_row
FROM numbered
LEFT JOIN order_taxes USING (order_id)
GROUP BY ALL
ORDER BY ALL
