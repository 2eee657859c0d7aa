-- What happened in a settlement by a moment, without the rows that carry something between settlements.
SELECT sum(amount) AS earned
FROM read_parquet($lines)
WHERE posted_at < $moment AND NOT list_contains($carried, amount_description)
