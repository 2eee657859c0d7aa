-- What marketplaces and products are matched to in the ERP, a row each.
SELECT
    master,
    name,
    title,
    asked_for,
    result,
    matched_by,
    erp_number,
    status,
    advice
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        master: 'VARCHAR', name: 'VARCHAR', title: 'VARCHAR', asked_for: 'VARCHAR', result: 'VARCHAR',
        matched_by: 'VARCHAR', erp_number: 'VARCHAR', status: 'VARCHAR', advice: 'VARCHAR'
    }
)
ORDER BY master, name
