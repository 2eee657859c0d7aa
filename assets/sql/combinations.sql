-- The distinct combinations of everything the mapping looks at, with a sample row and what they amount to.
SELECT
    transaction_type,
    amount_type,
    amount_description,
    marketplace_name,
    CASE WHEN $by_sku THEN sku ELSE '' END AS sku,
    fulfilment,
    part,
    direction,
    order_has_withheld,
    order_has_tax,
    order_is_opening,
    order_is_billed,
    order_is_credited,
    country,
    count(*) AS lines,
    sum(amount) AS amount,
    min(source_row) AS first_row
FROM ({lines})
GROUP BY ALL
ORDER BY ALL
