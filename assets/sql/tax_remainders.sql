-- Tax of an order that was collected and not withheld (or the reverse) moves on to the seller's own tax liability,
-- order by order; orders never offset each other. An order that meets over a month end leaves nothing in either month.
-- First which orders leave something, from their sums alone: most leave nothing, and what else is told of an order
-- costs five times its sum.
WITH left_by_order AS (
    SELECT
        order_id,
        account,
        remainder_account,
        sum(amount) AS amount
    FROM ({resolved_lines})
    WHERE treatment = 'pass_through'
    GROUP BY order_id, account, remainder_account
    HAVING sum(amount) <> 0
),
left_over AS (
    SELECT
        min(source_row) AS source_row,
        max(part) AS part,
        arg_min(category, (source_row, leg)) AS category,
        arg_min(rule, (source_row, leg)) AS rule,
        arg_min(marketplace, (source_row, leg)) AS marketplace,
        max(posted_at) AS posted_at,
        order_id,
        account,
        remainder_account,
        any_value(left_by_order.amount) AS amount
    FROM ({resolved_lines}) AS passed
    JOIN left_by_order USING (order_id, account, remainder_account)
    WHERE treatment = 'pass_through'
    GROUP BY order_id, account, remainder_account
)
SELECT
    source_row,
    0::SMALLINT AS leg,
    CASE WHEN amount > 0 THEN 'tax_left' ELSE 'tax_missing' END AS kind,
    part,
    category,
    rule,
    marketplace,
    posted_at,
    order_id,
    '' AS sku,
    NULL::INTEGER AS quantity,
    CASE WHEN amount > 0 THEN account ELSE remainder_account END AS debit,
    '' AS debit_reference,
    CASE WHEN amount > 0 THEN remainder_account ELSE account END AS credit,
    '' AS credit_reference,
    CAST(abs(amount) AS DECIMAL(18, 3)) AS amount,
    CAST(0 AS DECIMAL(18, 3)) AS clearing_amount
FROM left_over
ORDER BY source_row
