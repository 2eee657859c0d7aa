"""The report of replacements: units that Amazon sent once more for an order that went wrong.

In: what was asked for. Out: rows by Amazon's column names
(https://developer-docs.amazon.com/sp-api/docs/fba-customer-concessions-reports-attributes), units and no money.
"""

from __future__ import annotations

from collections.abc import Iterator

from emulators.amazon.report_request import Asked

COLUMNS = (
    "shipment-date",
    "sku",
    "asin",
    "fulfillment-center-id",
    "original-fulfillment-center-id",
    "quantity",
    "replacement-reason-code",
    "replacement-amazon-order-id",
    "original-amazon-order-id",
)


def replacements(asked: Asked) -> Iterator[dict[str, str]]:
    """Yield a row per product of a replacement that was shipped within the dates."""
    for record in asked.history.replacements:
        if record.marketplace_id not in asked.marketplace_ids or not asked.start <= record.shipped <= asked.end:
            continue
        if record.shipped > asked.as_of:
            continue
        yield {
            "shipment-date": record.shipped.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
            "sku": record.sku,
            "asin": record.asin,
            "fulfillment-center-id": record.fulfillment_center,
            "original-fulfillment-center-id": record.fulfillment_center,
            "quantity": str(record.quantity),
            "replacement-reason-code": record.reason,
            "replacement-amazon-order-id": record.order_id,
            "original-amazon-order-id": record.original_order_id,
        }
