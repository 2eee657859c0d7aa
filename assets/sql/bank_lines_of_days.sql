-- The bank's lines of a span of days over all statements, each once: a line in an overlapping statement is the same one.
SELECT
    key,
    account_tail,
    booking_date,
    value_date,
    amount,
    currency,
    text,
    reference,
    bank_id,
    statement_id,
    source_row,
    document
FROM read_parquet($statements, filename = true)
WHERE booking_date BETWEEN $first AND $last
QUALIFY row_number() OVER (PARTITION BY key ORDER BY list_position($statements, filename)) = 1
ORDER BY booking_date, account_tail, currency, key
