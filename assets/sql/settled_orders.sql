-- Which of some orders any settlement has paid for so far.
SELECT DISTINCT order_id
FROM read_parquet($files)
WHERE order_id IN (SELECT unnest($orders)) AND amount <> 0
