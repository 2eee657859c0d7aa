-- Orders that were shipped within a span and stand in none of some settlements: what the newest row of the order report
-- says of each. What is sent without a price, or in place of something else, is paid by nobody.
WITH rows_of AS (
    SELECT * FROM read_parquet($orders, union_by_name = true)
),
newest AS (
    SELECT
        order_id,
        max(updated_at) AS updated_at,
        any_value(sales_channel) AS sales_channel,
        string_agg(DISTINCT order_status, ', ' ORDER BY order_status) AS order_status,
        sum(coalesce(item_price, 0) + coalesce(shipping_price, 0) + coalesce(gift_wrap_price, 0)
            + coalesce(item_promotion, 0) + coalesce(ship_promotion, 0)) AS prices
    FROM rows_of
    WHERE
        (order_id, updated_at) IN (SELECT (order_id, max(updated_at)) FROM rows_of GROUP BY order_id)
        AND coalesce(is_replacement, false) = false
    GROUP BY order_id
)
SELECT order_id, updated_at, sales_channel, order_status, prices
FROM newest
WHERE
    starts_with(lower(order_status), 'shipped')
    AND updated_at >= $first
    AND updated_at < $last
    AND prices <> 0
    AND list_contains($channels, lower(trim(sales_channel)))
    AND order_id NOT IN (SELECT order_id FROM read_parquet($all_lines, union_by_name = true) WHERE order_id IS NOT NULL)
ORDER BY updated_at, order_id
