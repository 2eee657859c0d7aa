-- The movements that the rows of one order became, in order of their rows.
SELECT
    source_row,
    leg,
    kind,
    part,
    category,
    rule,
    debit,
    debit_reference,
    credit,
    credit_reference,
    amount
FROM read_parquet($movements)
WHERE order_id = $order_id AND amount <> 0
ORDER BY source_row, leg, kind, debit, credit
