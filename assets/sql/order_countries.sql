-- Where each order of a settlement was sent: what a person says, else the orders as they stand, else the VAT report.
-- Where the best source names two countries none is taken: whoever reads on finds the order without one.
WITH wanted AS (
    SELECT DISTINCT order_id FROM read_parquet($lines) WHERE order_id <> ''
),
told AS (
    SELECT order_id, country, 1 AS source FROM (SELECT unnest($said, recursive := true))
    {told}
),
best AS (
    SELECT order_id, min(source) AS source FROM told GROUP BY order_id
)
SELECT order_id, min(country) AS country
FROM told
JOIN best USING (order_id, source)
WHERE order_id IN (FROM wanted)
GROUP BY order_id
HAVING min(country) = max(country)
