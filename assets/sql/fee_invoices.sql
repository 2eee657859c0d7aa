-- The lines of the invoices issued on one day, as they stood when they were read; an invoice without lines has one row.
SELECT
    invoice_number,
    identifier,
    status,
    kind,
    is_fee,
    marketplace_id,
    CAST(issued_at AS TIMESTAMP) AS issued_at,
    CAST(period_start AS TIMESTAMP) AS period_start,
    CAST(period_end AS TIMESTAMP) AS period_end,
    issuer,
    issuer_registration,
    currency,
    CAST(invoice_net AS DECIMAL(18, 3)) AS invoice_net,
    CAST(invoice_tax AS DECIMAL(18, 3)) AS invoice_tax,
    CAST(invoice_total AS DECIMAL(18, 3)) AS invoice_total,
    line_id,
    description,
    service,
    tax_country,
    CAST(tax_rate AS DECIMAL(9, 3)) AS tax_rate,
    CAST(net AS DECIMAL(18, 3)) AS net,
    CAST(tax AS DECIMAL(18, 3)) AS tax,
    CAST(total AS DECIMAL(18, 3)) AS total,
    document
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        invoice_number: 'VARCHAR', identifier: 'VARCHAR', status: 'VARCHAR', kind: 'VARCHAR', is_fee: 'BOOLEAN',
        marketplace_id: 'VARCHAR', issued_at: 'VARCHAR', period_start: 'VARCHAR', period_end: 'VARCHAR',
        issuer: 'VARCHAR', issuer_registration: 'VARCHAR', currency: 'VARCHAR', invoice_net: 'VARCHAR',
        invoice_tax: 'VARCHAR', invoice_total: 'VARCHAR', line_id: 'VARCHAR', description: 'VARCHAR',
        service: 'VARCHAR', tax_country: 'VARCHAR', tax_rate: 'VARCHAR', net: 'VARCHAR', tax: 'VARCHAR',
        total: 'VARCHAR', document: 'VARCHAR'
    }
)
ORDER BY invoice_number, identifier, line_id
