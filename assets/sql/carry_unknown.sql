-- Lines that bring in something of an earlier settlement while it is not known of which.
SELECT
    transaction_type,
    amount_type,
    amount_description,
    marketplace_name,
    count(*) AS lines,
    sum(amount) AS amount,
    min(lines.source_row) AS first_row
FROM ({resolved_lines}) AS lines
ANTI JOIN (SELECT unnest($carried, recursive := true)) AS carried ON lines.source_row = carried.source_row
WHERE lines.treatment = 'carry' AND lines.amount <> 0
GROUP BY ALL
ORDER BY first_row
