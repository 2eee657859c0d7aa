-- The items of the ERP as they were read last, a row each; moments are of UTC.
SELECT
    erp_id,
    number,
    description,
    status,
    is_active,
    unit,
    CAST(updated AS TIMESTAMP) AS updated,
    other_names
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        erp_id: 'VARCHAR', number: 'VARCHAR', description: 'VARCHAR', status: 'VARCHAR', is_active: 'BOOLEAN',
        unit: 'VARCHAR', updated: 'VARCHAR', other_names: 'VARCHAR[]'
    }
)
ORDER BY number, erp_id
