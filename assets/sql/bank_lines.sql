-- The lines of one statement file, or of one day, in the order of the file.
SELECT
    key,
    account_tail,
    CAST(booking_date AS DATE) AS booking_date,
    CAST(value_date AS DATE) AS value_date,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    currency,
    text,
    reference,
    bank_id,
    statement_id,
    source_row,
    document
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        key: 'VARCHAR', account_tail: 'VARCHAR', booking_date: 'VARCHAR', value_date: 'VARCHAR', amount: 'VARCHAR',
        currency: 'VARCHAR', text: 'VARCHAR', reference: 'VARCHAR', bank_id: 'VARCHAR', statement_id: 'VARCHAR',
        source_row: 'BIGINT', document: 'VARCHAR'
    }
)
ORDER BY source_row
