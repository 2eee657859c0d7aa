-- The payouts that Amazon expected on one day, one row each, as they were told last on that day.
SELECT
    status,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    currency,
    marketplace_id,
    account_type,
    account_tail,
    payment_method,
    CAST(scheduled_at AS TIMESTAMP) AS scheduled_at,
    CAST(period_start AS TIMESTAMP) AS period_start,
    CAST(period_end AS TIMESTAMP) AS period_end,
    settlement_ids,
    document
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        status: 'VARCHAR', amount: 'VARCHAR', currency: 'VARCHAR', marketplace_id: 'VARCHAR', account_type: 'VARCHAR',
        account_tail: 'VARCHAR', payment_method: 'VARCHAR', scheduled_at: 'VARCHAR', period_start: 'VARCHAR',
        period_end: 'VARCHAR', settlement_ids: 'VARCHAR[]', document: 'VARCHAR'
    }
)
ORDER BY marketplace_id, account_type, period_start
