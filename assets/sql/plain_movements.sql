-- One movement per line: clearing of this settlement against the account; a carried line against an earlier item.
SELECT
    lines.source_row,
    lines.leg,
    'line' AS kind,
    lines.part,
    lines.category,
    lines.rule,
    lines.marketplace,
    lines.posted_at,
    lines.order_id,
    lines.sku,
    {quantity} AS quantity,
    CASE WHEN amount >= 0 THEN $clearing ELSE coalesce(carried.account, lines.account) END AS debit,
    CASE WHEN amount >= 0 THEN $reference ELSE coalesce(carried.reference, '') END AS debit_reference,
    CASE WHEN amount >= 0 THEN coalesce(carried.account, lines.account) ELSE $clearing END AS credit,
    CASE WHEN amount >= 0 THEN coalesce(carried.reference, '') ELSE $reference END AS credit_reference,
    abs(amount) AS amount,
    amount AS clearing_amount
FROM ({resolved_lines}) AS lines
LEFT JOIN (SELECT unnest($carried, recursive := true)) AS carried
    ON lines.source_row = carried.source_row AND lines.treatment = 'carry'
WHERE lines.treatment <> 'split_vat'
