-- The rows of one day's financial transactions, one per leaf, in an order that does not depend on Amazon's.
SELECT
    transaction_id,
    line_key,
    transaction_type,
    transaction_status,
    description,
    CAST(posted_at AS TIMESTAMP) AS posted_at,
    currency,
    marketplace_id,
    marketplace_name,
    account_type,
    order_id,
    shipment_id,
    group_id,
    settlement_id,
    refund_id,
    invoice_id,
    deferred_transaction_id,
    release_transaction_id,
    deferral_reason,
    CAST(maturity_date AS DATE) AS maturity_date,
    sku,
    asin,
    quantity,
    network,
    leaf_path,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    CAST(transaction_total AS DECIMAL(18, 3)) AS transaction_total,
    is_cash,
    is_accrual,
    document
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        transaction_id: 'VARCHAR', line_key: 'VARCHAR', transaction_type: 'VARCHAR', transaction_status: 'VARCHAR',
        description: 'VARCHAR', posted_at: 'VARCHAR', currency: 'VARCHAR', marketplace_id: 'VARCHAR',
        marketplace_name: 'VARCHAR', account_type: 'VARCHAR', order_id: 'VARCHAR', shipment_id: 'VARCHAR',
        group_id: 'VARCHAR', settlement_id: 'VARCHAR', refund_id: 'VARCHAR', invoice_id: 'VARCHAR',
        deferred_transaction_id: 'VARCHAR', release_transaction_id: 'VARCHAR', deferral_reason: 'VARCHAR',
        maturity_date: 'VARCHAR', sku: 'VARCHAR', asin: 'VARCHAR', quantity: 'INTEGER', network: 'VARCHAR',
        leaf_path: 'VARCHAR', amount: 'VARCHAR', transaction_total: 'VARCHAR', is_cash: 'BOOLEAN',
        is_accrual: 'BOOLEAN', document: 'VARCHAR'
    }
)
ORDER BY posted_at, transaction_id, line_key
