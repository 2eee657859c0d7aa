-- Every difference of one settlement's proofs, in the order of each proof.
SELECT check_name, number, order_id, category, sku, settled, other, why, settlement_rows, behind
FROM read_parquet($proofs, union_by_name = true)
ORDER BY check_name, number
