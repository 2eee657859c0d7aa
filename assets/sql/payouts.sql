-- The payouts created on one day, one row each, as they stood when they were read.
SELECT
    payout_id,
    status,
    kind,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    currency,
    CAST(bank_amount AS DECIMAL(18, 3)) AS bank_amount,
    bank_currency,
    marketplace_id,
    account_type,
    account_tail,
    payment_method,
    rail,
    trace_id,
    CAST(created_at AS TIMESTAMP) AS created_at,
    CAST(paid_at AS TIMESTAMP) AS paid_at,
    CAST(period_start AS TIMESTAMP) AS period_start,
    CAST(period_end AS TIMESTAMP) AS period_end,
    settlement_ids,
    failure_reason,
    history,
    document
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        payout_id: 'VARCHAR', status: 'VARCHAR', kind: 'VARCHAR', amount: 'VARCHAR', currency: 'VARCHAR',
        bank_amount: 'VARCHAR', bank_currency: 'VARCHAR', marketplace_id: 'VARCHAR', account_type: 'VARCHAR',
        account_tail: 'VARCHAR', payment_method: 'VARCHAR', rail: 'VARCHAR', trace_id: 'VARCHAR',
        created_at: 'VARCHAR', paid_at: 'VARCHAR', period_start: 'VARCHAR', period_end: 'VARCHAR',
        settlement_ids: 'VARCHAR[]', failure_reason: 'VARCHAR', history: 'VARCHAR', document: 'VARCHAR'
    }
)
ORDER BY payout_id
