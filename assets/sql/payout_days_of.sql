-- The files of payouts that pay a settlement.
SELECT DISTINCT filename
FROM read_parquet($payouts, union_by_name = true, filename = true)
WHERE list_contains(settlement_ids, $settlement_id)
