-- What Amazon owed at the end of one day, a row per marketplace and account type.
SELECT
    CAST(as_of AS DATE) AS as_of,
    marketplace_id,
    account_type,
    currency,
    CAST(total AS DECIMAL(18, 3)) AS total,
    CAST(available AS DECIMAL(18, 3)) AS available,
    CAST(reserved AS DECIMAL(18, 3)) AS reserved,
    CAST(deferred AS DECIMAL(18, 3)) AS deferred,
    CAST(account_level_reserve AS DECIMAL(18, 3)) AS account_level_reserve,
    document
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        as_of: 'VARCHAR', marketplace_id: 'VARCHAR', account_type: 'VARCHAR', currency: 'VARCHAR', total: 'VARCHAR',
        available: 'VARCHAR', reserved: 'VARCHAR', deferred: 'VARCHAR', account_level_reserve: 'VARCHAR',
        document: 'VARCHAR'
    }
)
ORDER BY marketplace_id, account_type, currency
