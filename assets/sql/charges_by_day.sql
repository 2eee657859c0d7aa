-- What settlements charge and pay, by file, marketplace, label and day, between two moments.
SELECT
    filename,
    trim(coalesce(marketplace_name, '')) AS marketplace_name,
    coalesce(transaction_type, '') AS transaction_type,
    coalesce(amount_type, '') AS amount_type,
    coalesce(amount_description, '') AS amount_description,
    CAST(posted_at AS DATE) AS day,
    sum(amount) AS amount
FROM read_parquet($files, filename = true, union_by_name = true)
WHERE posted_at BETWEEN $first AND $last AND amount <> 0
GROUP BY ALL
