-- The VAT of the orders a settlement splits it off: what all settlements together hold of each so far, sale and refund
-- apart, beside what the VAT report says of it. An amount is a part of a row (item, shipping, gift wrap) with a price.
-- The empty branch names the column that movements have only where VAT is split by country.
WITH here AS (
    SELECT DISTINCT order_id, is_sale
    FROM read_parquet($movements)
    WHERE kind IN ('net', 'vat') AND order_id <> '' AND amount <> 0
),
moved AS (
    FROM read_parquet($all_movements, union_by_name = true)
    UNION ALL BY NAME
    SELECT NULL::VARCHAR AS vat_country WHERE false
),
ours AS (
    SELECT
        order_id,
        is_sale,
        max(vat_country) AS country,
        max(posted_at) AS posted_at,
        sum(clearing_amount) AS gross,
        coalesce(sum(clearing_amount) FILTER (kind = 'vat'), 0) AS vat
    FROM moved
    WHERE kind IN ('net', 'vat') AND (order_id, is_sale) IN (FROM here)
    GROUP BY order_id, is_sale
),
told AS (
    SELECT *, transaction_type = 'SALE' AS is_sale
    FROM read_parquet($vat_transactions, union_by_name = true)
    WHERE transaction_type IN ('SALE', 'REFUND') AND order_id IN (SELECT order_id FROM here)
),
amounts AS (
    SELECT order_id, is_sale, item_rate AS rate FROM told WHERE item_gross <> 0
    UNION ALL
    SELECT order_id, is_sale, shipping_rate FROM told WHERE shipping_gross <> 0
    UNION ALL
    SELECT order_id, is_sale, gift_wrap_rate FROM told WHERE gift_wrap_gross <> 0
),
rates AS (
    SELECT order_id, is_sale, count(*) AS amounts, list_sort(list(DISTINCT rate)) AS rates
    FROM amounts
    GROUP BY order_id, is_sale
),
theirs AS (
    SELECT
        order_id,
        is_sale,
        string_agg(DISTINCT arrival_country, ', ' ORDER BY arrival_country) AS reported_country,
        sum(total_gross) AS reported_gross,
        -- Where Amazon itself owes the VAT, the seller owes none.
        sum(CASE WHEN upper(tax_responsibility) = 'MARKETPLACE' THEN 0 ELSE total_vat END) AS reported_vat,
        bool_or(upper(tax_responsibility) = 'MARKETPLACE') AS is_of_marketplace
    FROM told
    GROUP BY order_id, is_sale
)
SELECT
    ours.*,
    theirs.* EXCLUDE (order_id, is_sale),
    coalesce(rates.amounts, 0) AS amounts,
    coalesce(rates.rates, []) AS rates
FROM ours
LEFT JOIN theirs USING (order_id, is_sale)
LEFT JOIN rates USING (order_id, is_sale)
ORDER BY order_id, is_sale DESC
