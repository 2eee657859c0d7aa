-- Gross amounts that contain VAT as two movements each: net to the account, VAT to the tax liability.
-- VAT is taken from the running total of the order and rounded half away from zero, so that an order's VAT is exact to
-- the cent; whole minor units only, because a division of DECIMAL would give DOUBLE.
WITH grouped AS (
    SELECT
        *,
        CAST(amount * $minor_factor AS HUGEINT) AS gross,
        {quantity} AS units
    FROM ({resolved_lines}) AS lines
    WHERE treatment = 'split_vat'
),
running AS (
    SELECT
        *,
        sum(gross) OVER (
            PARTITION BY order_id, CASE WHEN order_id = '' THEN source_row END, vat_share, vat_whole
            ORDER BY source_row, leg
        )::HUGEINT AS gross_so_far
    FROM grouped
),
shared AS (
    SELECT
        *,
        sign(gross_so_far) * ((2 * abs(gross_so_far) * vat_share + vat_whole) // (2 * vat_whole))
            - sign(gross_so_far - gross)
            * ((2 * abs(gross_so_far - gross) * vat_share + vat_whole) // (2 * vat_whole)) AS vat
    FROM running
),
halves AS (
    SELECT *, 'net' AS kind, account AS other, gross - vat AS minor FROM shared
    UNION ALL
    SELECT *, 'vat' AS kind, vat_account AS other, vat AS minor FROM shared
)
SELECT
    source_row,
    leg,
    kind,
    part,
    category,
    rule,
    marketplace,
    posted_at,
    order_id,
    sku,
    CASE WHEN kind = 'net' THEN units END AS quantity,
    {country}
    CASE WHEN minor >= 0 THEN $clearing ELSE other END AS debit,
    CASE WHEN minor >= 0 THEN $reference ELSE '' END AS debit_reference,
    CASE WHEN minor >= 0 THEN other ELSE $clearing END AS credit,
    CASE WHEN minor >= 0 THEN '' ELSE $reference END AS credit_reference,
    CAST(CAST(abs(minor) AS DECIMAL(18, 0)) * CAST($minor_unit AS DECIMAL(4, 3)) AS DECIMAL(18, 3)) AS amount,
    CAST(CAST(minor AS DECIMAL(18, 0)) * CAST($minor_unit AS DECIMAL(4, 3)) AS DECIMAL(18, 3)) AS clearing_amount,
    is_sale,
    is_refund
FROM halves
WHERE minor <> 0 OR kind = 'net'
