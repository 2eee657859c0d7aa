"""The report of replacements: units that Amazon sent once more, with the order they replace.

Columns: https://developer-docs.amazon.com/sp-api/docs/fba-customer-concessions-reports-attributes. It has units and no
money. Both orders have ids of their own.
"""

from __future__ import annotations

import re

from resources.amazon.report_file.table import Column, Kind, ReportTable

REPLACEMENTS = ReportTable(
    called="a report of replacements",
    columns=(
        Column("shipped_at", "shipment-date", Kind.INSTANT, is_needed=True, is_filled=True),
        Column("sku", "sku", is_needed=True),
        Column("asin", "asin"),
        Column("fulfillment_center", "fulfillment-center-id"),
        Column("original_fulfillment_center", "original-fulfillment-center-id"),
        Column("quantity", "quantity", Kind.COUNT, is_needed=True, is_filled=True),
        Column("reason", "replacement-reason-code"),
        Column("order_id", "replacement-amazon-order-id", is_needed=True),
        Column("original_order_id", "original-amazon-order-id"),
    ),
    currency="",
    dated_by="shipped_at",
    left_alone=re.compile("(?!)"),
)
