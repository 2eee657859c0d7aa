-- The lines of all journals of a settlement.
SELECT
    CAST(part AS INTEGER) AS part,
    unit,
    CAST(accounting_date AS DATE) AS accounting_date,
    CAST(line AS INTEGER) AS line,
    account,
    reference,
    description,
    CAST(amount AS DECIMAL(18, 3)) AS amount,
    currency,
    CAST(quantity AS DECIMAL(18, 2)) AS quantity
FROM (SELECT unnest($rows, recursive := true))
WHERE part > 0
