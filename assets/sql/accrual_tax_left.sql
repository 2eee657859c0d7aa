-- Pass-through tax that does not meet within its order, against the seller's own tax liability; what meets is left out.
WITH left_over AS (
    SELECT
        min(source_row) AS source_row,
        arg_min(category, source_row) AS category,
        arg_min(rule, source_row) AS rule,
        arg_min(marketplace, source_row) AS marketplace,
        max(posted_at) AS posted_at,
        order_id,
        remainder_account,
        sum(amount) AS amount
    FROM ({resolved_lines})
    WHERE treatment = 'pass_through'
    GROUP BY order_id, remainder_account
    HAVING sum(amount) <> 0
)
SELECT
    source_row,
    0::SMALLINT AS leg,
    'line' AS kind,
    1 AS part,
    category,
    rule,
    marketplace,
    posted_at,
    order_id,
    '' AS sku,
    NULL::INTEGER AS quantity,
    CASE WHEN amount > 0 THEN $clearing ELSE remainder_account END AS debit,
    CASE WHEN amount > 0 THEN $reference ELSE '' END AS debit_reference,
    CASE WHEN amount > 0 THEN remainder_account ELSE $clearing END AS credit,
    CASE WHEN amount > 0 THEN '' ELSE $reference END AS credit_reference,
    CAST(abs(amount) AS DECIMAL(18, 3)) AS amount,
    CAST(amount AS DECIMAL(18, 3)) AS clearing_amount,
    false AS is_sale
FROM left_over
