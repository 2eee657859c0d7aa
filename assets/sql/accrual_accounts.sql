-- What an accrual books on each account by category, in favour of the seller; VAT taken out of gross is a row of its own.
SELECT
    category,
    CASE WHEN clearing_amount >= 0 THEN credit ELSE debit END AS account,
    count(*) AS lines,
    sum(clearing_amount) AS amount
FROM read_parquet($movements)
GROUP BY ALL
ORDER BY abs(sum(clearing_amount)) DESC, category, account
