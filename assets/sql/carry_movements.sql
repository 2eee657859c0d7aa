-- What a line brings in of an earlier settlement: clearing against clearing, two references.
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
    NULL::INTEGER AS quantity,
    CASE WHEN amount >= 0 THEN $clearing ELSE coalesce(carried.account, lines.account) END AS debit,
    CASE WHEN amount >= 0 THEN $reference ELSE coalesce(carried.reference, '') END AS debit_reference,
    CASE WHEN amount >= 0 THEN coalesce(carried.account, lines.account) ELSE $clearing END AS credit,
    CASE WHEN amount >= 0 THEN coalesce(carried.reference, '') ELSE $reference END AS credit_reference,
    abs(amount) AS amount,
    amount AS clearing_amount
FROM ({resolved_lines}) AS lines
LEFT JOIN (SELECT unnest($carried, recursive := true)) AS carried USING (source_row)
WHERE lines.treatment = 'carry'
