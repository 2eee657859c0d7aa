-- The journals of input tax of one day as they stand in the ERP, one row per line.
SELECT
    invoice_number,
    revision,
    part,
    erp_id,
    CAST(accounting_date AS DATE) AS accounting_date,
    line,
    account,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    currency,
    state
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        invoice_number: 'VARCHAR', revision: 'INTEGER', part: 'INTEGER', erp_id: 'VARCHAR', accounting_date: 'VARCHAR',
        line: 'INTEGER', account: 'VARCHAR', amount: 'VARCHAR', currency: 'VARCHAR', state: 'VARCHAR'
    }
)
ORDER BY accounting_date, invoice_number, part, line
