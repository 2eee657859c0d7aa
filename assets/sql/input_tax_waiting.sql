-- What tax on fees of one marketplace a settlement left on an account, by the moment it was posted. A fee given back
-- takes its tax away again.
SELECT coalesce(sum(CASE WHEN debit = $account THEN amount ELSE -amount END), 0) AS waiting
FROM read_parquet($movements, union_by_name = true)
WHERE category = $category
    AND marketplace = $marketplace
    AND $account IN (debit, credit)
    AND posted_at BETWEEN $first AND $last
