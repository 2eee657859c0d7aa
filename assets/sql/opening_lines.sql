-- Lines with a mark on those of orders that the books held as receivables at go-live.
SELECT flagged.*, order_id IN (SELECT unnest($opening_orders)) AS order_is_opening
FROM ({lines}) AS flagged
