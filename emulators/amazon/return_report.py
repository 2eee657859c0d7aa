"""The report of customer returns: units that came back to a warehouse of Amazon's, and in which condition.

In: what was asked for. Out: rows by Amazon's column names
(https://developer-docs.amazon.com/sp-api/docs/fba-customer-concessions-reports-attributes), units and no money.
"""

from __future__ import annotations

from collections.abc import Iterator

from emulators.amazon.report_request import Asked

COLUMNS = (
    "return-date",
    "order-id",
    "sku",
    "asin",
    "fnsku",
    "product-name",
    "quantity",
    "fulfillment-center-id",
    "detailed-disposition",
    "reason",
    "status",
    "license-plate-number",
    "customer-comments",
)


def returns(asked: Asked) -> Iterator[dict[str, str]]:
    """Yield a row per return that was processed within the dates."""
    for record in asked.history.returns:
        if record.marketplace_id not in asked.marketplace_ids or not asked.start <= record.returned <= asked.end:
            continue
        if record.returned > asked.as_of:
            continue
        yield {
            "return-date": record.returned.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
            "order-id": record.order_id,
            "sku": record.sku,
            "asin": record.asin,
            "fnsku": f"X00{record.asin[-7:]}",
            "product-name": record.title,
            "quantity": str(record.quantity),
            "fulfillment-center-id": record.fulfillment_center,
            "detailed-disposition": record.disposition,
            "reason": record.reason,
            "status": "Unit returned to inventory" if record.disposition == "SELLABLE" else "",
            "license-plate-number": record.license_plate,
            "customer-comments": record.comments,
        }
