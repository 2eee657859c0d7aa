-- One movement per line: clearing of this settlement against the account. The sign of the amount is part of the
-- combination, so that each combination knows its two sides.
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
    lines.debit,
    {debit_reference} AS debit_reference,
    lines.credit,
    {credit_reference} AS credit_reference,
    abs(lines.amount) AS amount,
    lines.amount AS clearing_amount,
    lines.is_sale,
    lines.is_refund
FROM ({resolved_lines}) AS lines
WHERE lines.treatment IN ('plain', 'tax', 'pass_through')
