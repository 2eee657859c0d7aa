-- Which kinds of tax rows each order has; asked only where a marketplace decides order by order.
SELECT
    order_id,
    bool_or(kinds.is_withheld) AS order_has_withheld,
    bool_or(NOT kinds.is_withheld) AS order_has_tax
FROM ({numbered_lines}) AS numbered
JOIN (SELECT unnest($tax_labels, recursive := true)) AS kinds
    USING (transaction_type, amount_type, amount_description)
WHERE amount <> 0 AND order_id <> ''
GROUP BY order_id
