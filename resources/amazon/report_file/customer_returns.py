"""The report of customer returns: units that came back to an FBA warehouse, and in which condition.

Columns: https://developer-docs.amazon.com/sp-api/docs/fba-customer-concessions-reports-attributes. It has units and no
money. What the buyer wrote is not read.
"""

from __future__ import annotations

import re

from resources.amazon.report_file.table import Column, Kind, ReportTable

CUSTOMER_RETURNS = ReportTable(
    called="a report of customer returns",
    columns=(
        Column("returned_at", "return-date", Kind.INSTANT, is_needed=True, is_filled=True),
        # Amazon gives it where it has it.
        Column("order_id", "order-id", is_needed=True),
        Column("sku", "sku", is_needed=True),
        Column("asin", "asin"),
        Column("fnsku", "fnsku"),
        Column("title", "product-name"),
        Column("quantity", "quantity", Kind.COUNT, is_needed=True, is_filled=True),
        Column("fulfillment_center", "fulfillment-center-id"),
        Column("disposition", "detailed-disposition", is_needed=True, is_filled=True),
        Column("reason", "reason"),
        Column("status", "status"),
        Column("license_plate", "license-plate-number"),
    ),
    currency="",
    dated_by="returned_at",
    left_alone=re.compile("customer-comments"),
)
