-- Lines with the country their order was sent to: nothing where it is not known, `-` where there is no order.
SELECT lines.*, CASE WHEN lines.order_id = '' THEN '-' ELSE coalesce(countries.country, '') END AS country
FROM ({lines}) AS lines
LEFT JOIN order_countries AS countries USING (order_id)
