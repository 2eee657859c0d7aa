-- The country each order was sent to, by the VAT report: what it says of the sale, else of the refund.
SELECT order_id, arrival_country AS country, CASE transaction_type WHEN 'SALE' THEN 3 ELSE 4 END AS source
FROM read_parquet($vat_transactions, union_by_name = true)
WHERE
    arrival_country IS NOT NULL
    AND transaction_type IN ('SALE', 'REFUND')
    AND order_id IN (FROM wanted)
