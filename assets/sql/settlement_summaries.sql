-- What the settlements that ended on one day came to by Amazon's summary: net proceeds under no path, then the parts.
SELECT
    settlement_id,
    marketplace_id,
    account_type,
    currency,
    path,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    document
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        settlement_id: 'VARCHAR', marketplace_id: 'VARCHAR', account_type: 'VARCHAR', currency: 'VARCHAR',
        path: 'VARCHAR', amount: 'VARCHAR', document: 'VARCHAR'
    }
)
ORDER BY settlement_id, marketplace_id, account_type, path
