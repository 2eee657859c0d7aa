-- The orders a settlement pays for: what all settlements together have paid for each so far, and what the order report
-- says of it now. Multi-channel rows are orders of another shop.
WITH here AS (
    SELECT order_id, min(posted_at) AS posted_at, any_value(marketplace_name) AS marketplace_name
    FROM read_parquet($lines)
    WHERE
        lower(trim(transaction_type)) = 'order'
        AND lower(trim(amount_type)) IN ('itemprice', 'promotion')
        AND order_id <> ''
        AND amount <> 0
        AND NOT starts_with(lower(coalesce(marketplace_name, '')), 'non-amazon')
    GROUP BY order_id
),
settled AS (
    SELECT order_id, sum(amount) AS settled
    FROM read_parquet($all_lines, union_by_name = true)
    WHERE
        lower(trim(transaction_type)) = 'order'
        AND lower(trim(amount_type)) IN ('itemprice', 'promotion')
        AND order_id IN (SELECT order_id FROM here)
    GROUP BY order_id
),
rows_of AS (
    SELECT * FROM read_parquet($orders, union_by_name = true) WHERE order_id IN (SELECT order_id FROM here)
),
ordered AS (
    SELECT
        order_id,
        string_agg(DISTINCT order_status, ', ' ORDER BY order_status) AS order_status,
        sum(coalesce(item_price, 0) + coalesce(shipping_price, 0) + coalesce(gift_wrap_price, 0)
            + coalesce(item_promotion, 0) + coalesce(ship_promotion, 0)) AS prices,
        sum(coalesce(item_tax, 0) + coalesce(shipping_tax, 0) + coalesce(gift_wrap_tax, 0)) AS tax
    FROM rows_of
    WHERE (order_id, updated_at) IN (SELECT (order_id, max(updated_at)) FROM rows_of GROUP BY order_id)
    GROUP BY order_id
)
SELECT order_id, marketplace_name, posted_at, settled, order_status, prices, tax
FROM here
JOIN settled USING (order_id)
LEFT JOIN ordered USING (order_id)
ORDER BY order_id
