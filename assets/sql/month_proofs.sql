-- The statements of a month: lines in order, per marketplace and currency.
SELECT
    marketplace_id,
    marketplace,
    currency,
    number,
    kind,
    part,
    line,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    CAST(deferred AS DECIMAL(18, 3)) AS deferred
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        marketplace_id: 'VARCHAR', marketplace: 'VARCHAR', currency: 'VARCHAR', number: 'INTEGER', kind: 'VARCHAR',
        part: 'VARCHAR', line: 'VARCHAR', amount: 'VARCHAR', deferred: 'VARCHAR'
    }
)
ORDER BY marketplace_id, currency, number
