-- The orders of one day laid over those that were kept before: of each order its newest state, the new rows where both
-- are of the same moment. A search tells no country of the parcel: what a report said of it before stays.
SELECT * EXCLUDE (is_new) REPLACE (coalesce(ship_country, max(ship_country) OVER (PARTITION BY order_id)) AS ship_country)
FROM (
    SELECT *, true AS is_new FROM {rows}
    UNION ALL BY NAME
    SELECT *, false AS is_new FROM {before}
)
QUALIFY dense_rank() OVER (PARTITION BY order_id ORDER BY updated_at DESC, is_new DESC) = 1
