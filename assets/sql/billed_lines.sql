-- Lines with a mark on those of orders of which an invoice was made.
SELECT flagged.*, order_id IN (SELECT unnest($billed_orders)) AS order_is_billed
FROM ({lines}) AS flagged
