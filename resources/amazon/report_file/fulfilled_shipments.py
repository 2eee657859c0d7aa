"""The report of what Amazon shipped: one row per item of a shipment, with the moment it left.

Columns: https://developer-docs.amazon.com/sp-api/docs/fba-sales-reports-attributes. The join to a settlement is order,
item and shipment id. Prices as in the report of all orders. Nothing of where a parcel goes is read, not even its
country: nobody here needs it.
"""

from __future__ import annotations

import re

from resources.amazon.report_file.all_orders import PEOPLE_OF_ORDERS
from resources.amazon.report_file.table import Column, Kind, ReportTable

FULFILLED_SHIPMENTS = ReportTable(
    called="a report of fulfilled shipments",
    columns=(
        Column("order_id", "amazon-order-id", is_needed=True, is_filled=True),
        Column("merchant_order_id", "merchant-order-id"),
        Column("shipment_id", "shipment-id", is_needed=True),
        Column("shipment_item_id", "shipment-item-id"),
        Column("order_item_id", "amazon-order-item-id", is_needed=True),
        Column("purchased_at", "purchase-date", Kind.INSTANT, is_needed=True, is_filled=True),
        Column("paid_at", "payments-date", Kind.INSTANT),
        Column("shipped_at", "shipment-date", Kind.INSTANT, is_needed=True, is_filled=True),
        Column("reported_at", "reporting-date", Kind.INSTANT),
        Column("sku", "sku", is_needed=True),
        Column("title", "product-name"),
        Column("quantity", "quantity-shipped", Kind.COUNT, is_needed=True, is_filled=True),
        Column("currency", "currency", Kind.CURRENCY, is_needed=True),
        Column("item_price", "item-price", Kind.AMOUNT, is_needed=True),
        Column("item_tax", "item-tax", Kind.AMOUNT, is_needed=True),
        Column("shipping_price", "shipping-price", Kind.AMOUNT, is_needed=True),
        Column("shipping_tax", "shipping-tax", Kind.AMOUNT, is_needed=True),
        Column("gift_wrap_price", "gift-wrap-price", Kind.AMOUNT, is_needed=True),
        Column("gift_wrap_tax", "gift-wrap-tax", Kind.AMOUNT, is_needed=True),
        Column("item_promotion", "item-promotion-discount", Kind.DISCOUNT),
        Column("ship_promotion", "ship-promotion-discount", Kind.DISCOUNT),
        Column("fulfillment_center_id", "fulfillment-center-id"),
        Column("fulfillment_channel", "fulfillment-channel"),
        Column("sales_channel", "sales-channel"),
    ),
    currency="currency",
    dated_by="shipped_at",
    left_alone=re.compile(
        PEOPLE_OF_ORDERS.pattern + r"|ship-country|merchant-order-item-id|ship-service-level|carrier|tracking-number"
        r"|estimated-arrival-date|points-granted"
    ),
)
