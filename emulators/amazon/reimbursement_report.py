"""The reimbursement report: what Amazon paid for units it lost or damaged, and took back when they were found.

In: what was asked for. Out: rows by Amazon's column names
(https://developer-docs.amazon.com/sp-api/docs/fba-payments-reports-attributes).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from emulators.amazon.report_request import Asked

COLUMNS = (
    "approval-date",
    "reimbursement-id",
    "case-id",
    "amazon-order-id",
    "reason",
    "sku",
    "fnsku",
    "asin",
    "product-name",
    "condition",
    "currency-unit",
    "amount-per-unit",
    "amount-total",
    "quantity-reimbursed-cash",
    "quantity-reimbursed-inventory",
    "quantity-reimbursed-total",
    "original-reimbursement-id",
    "original-reimbursement-type",
)


def reimbursements(asked: Asked) -> Iterator[dict[str, str]]:
    """Yield a row per reimbursement approved within the dates."""
    for record in asked.history.reimbursements:
        if record.marketplace_id not in asked.marketplace_ids or not asked.start <= record.approved <= asked.end:
            continue
        if record.approved > asked.as_of:
            continue
        each = (record.amount / record.quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)
        yield {
            "approval-date": record.approved.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
            "reimbursement-id": record.reimbursement_id,
            "reason": record.reason,
            "sku": record.sku,
            "fnsku": f"X00{record.asin[-7:]}",
            "asin": record.asin,
            "product-name": record.title,
            "condition": "NewItem",
            "currency-unit": record.currency,
            "amount-per-unit": f"{each:f}",
            "amount-total": f"{record.amount:f}",
            "quantity-reimbursed-cash": str(record.quantity),
            "quantity-reimbursed-inventory": "0",
            "quantity-reimbursed-total": str(record.quantity),
            "original-reimbursement-id": record.original_id,
            "original-reimbursement-type": record.original_reason,
        }
