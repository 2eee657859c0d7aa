-- Lines with a mark on those of orders of which an invoice was made, or a credit memo.
SELECT
    flagged.*,
    order_id IN (SELECT unnest($billed_orders)) AS order_is_billed,
    order_id IN (SELECT unnest($credited_orders)) AS order_is_credited
FROM ({lines}) AS flagged
