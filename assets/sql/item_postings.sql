-- The items that were planned on one day as they stand in the ERP, a row each.
SELECT
    item,
    description,
    organization,
    revision,
    erp_id,
    state,
    why
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        item: 'VARCHAR', description: 'VARCHAR', organization: 'VARCHAR', revision: 'INTEGER', erp_id: 'VARCHAR',
        state: 'VARCHAR', why: 'VARCHAR'
    }
)
ORDER BY item, revision
