-- Lines that one content of a settlement has more often than the other. Where a line stood is no part of it; identical
-- lines are counted. The newest rows first named, and how many such lines there are in all.
WITH both_contents AS (
    SELECT 'then' AS side, * FROM {first}
    UNION ALL BY NAME
    SELECT 'now' AS side, * FROM {newer}
)
SELECT
    * EXCLUDE (side, source_row),
    count(*) FILTER (WHERE side = 'then') AS times_then,
    count(*) FILTER (WHERE side = 'now') AS times_now,
    min(source_row) FILTER (WHERE side = 'then') AS row_then,
    min(source_row) FILTER (WHERE side = 'now') AS row_now
FROM both_contents
GROUP BY ALL
HAVING times_then <> times_now
ORDER BY coalesce(row_now, row_then), times_now
