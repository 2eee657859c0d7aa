-- The journals of cost, or of what returns took back, of one day as they stand in the ERP, one row per line.
SELECT
    order_id,
    revision,
    part,
    erp_id,
    CAST(accounting_date AS DATE) AS accounting_date,
    line,
    account,
    description,
    CAST(quantity AS DECIMAL(18, 3)) AS quantity,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    currency,
    state
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        order_id: 'VARCHAR', revision: 'INTEGER', part: 'INTEGER', erp_id: 'VARCHAR', accounting_date: 'VARCHAR',
        line: 'INTEGER', account: 'VARCHAR', description: 'VARCHAR', quantity: 'VARCHAR', amount: 'VARCHAR',
        currency: 'VARCHAR', state: 'VARCHAR'
    }
)
ORDER BY accounting_date, order_id, part, line
