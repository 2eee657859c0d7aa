-- What a settlement and the other sources do not say the same of, with what is behind it; rows in order of each proof.
SELECT
    check_name,
    number,
    order_id,
    category,
    sku,
    CAST(settled AS DECIMAL(18, 3)) AS settled,
    CAST(other AS DECIMAL(18, 3)) AS other,
    why,
    settlement_rows,
    behind
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        check_name: 'VARCHAR', number: 'INTEGER', order_id: 'VARCHAR', category: 'VARCHAR', sku: 'VARCHAR',
        settled: 'VARCHAR', other: 'VARCHAR', why: 'VARCHAR', settlement_rows: 'VARCHAR', behind: 'VARCHAR'
    }
)
ORDER BY check_name, number
