-- The invoices that are kept, one row each: what it comes to, and what is said of it.
SELECT
    identifier,
    any_value(invoice_number) AS invoice_number,
    any_value(status) AS status,
    bool_and(is_fee) AS is_fee,
    any_value(marketplace_id) AS marketplace_id,
    min(issued_at) AS issued_at,
    any_value(period_start) AS period_start,
    any_value(period_end) AS period_end,
    any_value(currency) AS currency,
    any_value(issuer) AS issuer,
    any_value(invoice_total) AS total,
    coalesce(any_value(invoice_tax), sum(tax), 0) AS tax
FROM read_parquet($invoices, union_by_name = true)
GROUP BY identifier
ORDER BY min(issued_at), identifier
