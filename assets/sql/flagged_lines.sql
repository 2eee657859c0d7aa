-- Lines with what their order's tax rows show; asked only where a marketplace decides order by order.
SELECT
    numbered.*,
    coalesce(order_has_withheld, false) AS order_has_withheld,
    coalesce(order_has_tax, false) AS order_has_tax
FROM ({numbered_lines}) AS numbered
LEFT JOIN ({order_taxes}) AS order_taxes USING (order_id)
