-- The order documents of one day as they stand in the ERP, one row each.
SELECT
    order_id,
    kind,
    revision,
    erp_id,
    CAST(accounting_date AS DATE) AS accounting_date,
    CAST(total AS DECIMAL(18, 3)) AS total,
    currency,
    state
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        order_id: 'VARCHAR', kind: 'VARCHAR', revision: 'INTEGER', erp_id: 'VARCHAR', accounting_date: 'VARCHAR',
        total: 'VARCHAR', currency: 'VARCHAR', state: 'VARCHAR'
    }
)
ORDER BY accounting_date, order_id, erp_id
