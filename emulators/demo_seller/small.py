"""Small settlements of the demo seller's American account, for tests and measurements that need few or many of them.

In: how many, from which day, how many orders each. Out: a chain of one-day settlements whose reserves follow each other
from what the demonstration's books hold at go-live; the last may carry a label that no classification knows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from emulators.amazon.settlement_writer import Row, Settlement

OPENING_RESERVE = Decimal("876.18")
FIRST_ID = 90_000_000_001
UNKNOWN_LABEL = "Moon Landing Fee"


def one_day_settlements(
    count: int, start: datetime, *, orders: int = 1, ends_with_unknown_label: bool = False
) -> list[Settlement]:
    """Return a chain of settlements of one day each, the first starting at an aware moment."""
    made = [_settlement(number, start + timedelta(days=number), orders) for number in range(count)]
    if ends_with_unknown_label:
        odd = Row("AmazonFees", UNKNOWN_LABEL, "Base fee", Decimal("-4.00"), made[-1].start + timedelta(hours=2))
        made[-1] = replace(made[-1], rows=(*made[-1].rows, odd))
    return made


def _settlement(number: int, start: datetime, orders: int) -> Settlement:
    end = start + timedelta(days=1)
    rows = [
        Row("other-transaction", "other-transaction", "Previous Reserve Amount Balance", _reserve(number), start),
        *(row for order in range(orders) for row in _order(number, order, start)),
        Row("other-transaction", "other-transaction", "Current Reserve Amount", -_reserve(number + 1), end),
    ]
    return Settlement(str(FIRST_ID + number), start, end, "USD", tuple(rows))


def _reserve(number: int) -> Decimal:
    return OPENING_RESERVE + number % 7


def _order(day: int, order: int, start: datetime) -> list[Row]:
    price = Decimal(125037 + (order * 37 + day * 11) % 9000) / 100
    tax = (price * 8 / 100).quantize(Decimal("0.01"))
    common = {
        "posted": start + timedelta(minutes=order % 1400),
        "order_id": f"111-{day:07d}-{order:07d}",
        "marketplace_name": "Amazon.com",
        "sku": f"SKU-{order % 40}",
        "fulfillment_id": "AFN",
        "quantity": 1,
    }
    return [
        Row("Order", "ItemPrice", "Principal", price, **common),
        Row("Order", "ItemPrice", "Tax", tax, **common),
        Row("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", -tax, **common),
        Row("Order", "ItemFees", "Commission", -(price * 15 / 100).quantize(Decimal("0.01")), **common),
        Row("Order", "ItemFees", "FBAPerUnitFulfillmentFee", Decimal("-3.22"), **common),
    ]
