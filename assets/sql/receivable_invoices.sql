-- The lines of one day's order documents, one row each.
SELECT
    order_id,
    transaction_id,
    kind,
    CAST(accounting_date AS DATE) AS accounting_date,
    marketplace,
    customer,
    line,
    account,
    reference,
    description,
    sku,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    currency,
    CAST(quantity AS DECIMAL(18, 3)) AS quantity
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        order_id: 'VARCHAR', transaction_id: 'VARCHAR', kind: 'VARCHAR', accounting_date: 'VARCHAR',
        marketplace: 'VARCHAR', customer: 'VARCHAR', line: 'INTEGER', account: 'VARCHAR', reference: 'VARCHAR',
        description: 'VARCHAR', sku: 'VARCHAR', amount: 'VARCHAR', currency: 'VARCHAR', quantity: 'VARCHAR'
    }
)
ORDER BY accounting_date, order_id, transaction_id, line
