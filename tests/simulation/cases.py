"""The worlds that are simulated: small settlements, each with something in it that once went wrong somewhere.

In: nothing. Out: named cases: one settlement; one over a month end and a change of the clocks, in two parts; two of
which the second carries the debt of the first; one minutes before month and clocks change. Few rows each: what is tried
is the road, not the arithmetic.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from emulators.amazon.settlement_writer import Row, Settlement
from tests.simulation.world import Case


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sale(amount: str, posted: datetime, order: int = 1) -> Row:
    """Return a sale of one unit."""
    facts = {"marketplace_name": "Amazon.com", "fulfillment_id": "AFN", "sku": "SKU-1", "quantity": 1}
    order_id = f"111-{order:07d}-0000001"
    return Row("Order", "ItemPrice", "Principal", Decimal(amount), posted, order_id=order_id, **facts)


def fee(amount: str, posted: datetime, order: int = 1) -> Row:
    """Return the referral fee of a sale."""
    facts = {"marketplace_name": "Amazon.com", "fulfillment_id": "AFN", "sku": "SKU-1"}
    order_id = f"111-{order:07d}-0000001"
    return Row("Order", "ItemFees", "Commission", Decimal(amount), posted, order_id=order_id, **facts)


def of_account(label: str, amount: str, posted: datetime) -> Row:
    """Return a row of the account: a fee, a reserve, a carried debt."""
    return Row("other-transaction", "other-transaction", label, Decimal(amount), posted)


def _settlement(settlement_id: str, start: datetime, days: int, *rows: Row) -> Settlement:
    return Settlement(settlement_id, start, start + timedelta(days=days), "USD", rows)


_FIRST = _at("2026-11-02T12:00:00")
_OVER_MONTH_END = _at("2026-10-28T12:00:00")
_WEEKS = tuple(_at(f"2026-10-{day:02d}T00:00:00") for day in (1, 8))
_LATER = timedelta(hours=1)

SINGLE = Case(
    "one settlement",
    _at("2026-11-10T09:00:00"),
    (_settlement("24000000001", _FIRST, 7, sale("100.00", _FIRST + _LATER), fee("-15.00", _FIRST + _LATER)),),
)
TWO_PARTS = Case(
    "two parts over a month end",
    _at("2026-11-05T09:00:00"),
    (
        _settlement(
            "24000000002",
            _OVER_MONTH_END,
            7,
            sale("60.00", _OVER_MONTH_END + _LATER),
            fee("-9.00", _OVER_MONTH_END + _LATER),
            sale("40.00", _FIRST, 2),
        ),
    ),
)
CARRIED = Case(
    "a debt carried along",
    _at("2026-10-30T09:00:00"),
    (
        _settlement("24000000011", _WEEKS[0], 7, fee("-321.69", _WEEKS[0] + _LATER, 5)),
        _settlement(
            "24000000012",
            _WEEKS[1],
            7,
            of_account("Payable to Amazon", "-321.69", _WEEKS[1] + _LATER),
            sale("500.00", _WEEKS[1] + _LATER, 3),
        ),
    ),
)
AT_MONTH_END = Case(
    "minutes before the month and the clocks change",
    _at("2026-11-01T03:50:00"),
    (
        _settlement(
            "24000000021",
            _at("2026-10-24T20:00:00"),
            7,
            sale("210.00", _at("2026-10-31T19:00:00"), 6),
            fee("-31.50", _at("2026-10-31T19:00:00"), 6),
        ),
    ),
)
