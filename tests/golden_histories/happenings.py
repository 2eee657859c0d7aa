"""What happens in each history: the settlements that come, and what is done until all is posted.

In: a road. Out: settlements posted through the emulators. Kept small, so that a person can read the journals; each name
is one kind of posting that later versions must make again exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from assets.road import walk
from assets.settlement_reports import import_file
from assets.stages.roadmap import Road
from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal
from emulators.amazon.settlement_writer import EUR, US, Locale, Row, Settlement, write_v2
from ledger.four_eyes import Decider
from ledger.mapping import load_mapping

Walk = Callable[[Road, str], object]


@dataclass(frozen=True)
class Happening:
    """One history: connection, settings of its books other than the demonstration's, settlements in order, how walked.

    `walks` are tried one after the other on every settlement; the last one leaves everything posted.
    """

    connection: str
    settlements: tuple[Settlement, ...]
    locale: Locale = US
    books: dict = field(default_factory=dict)
    walks: tuple[Walk, ...] = (walk,)
    erp: str = "peoplesoft"

    def happen(self, road: Road, folder: Path) -> None:
        """Let every settlement come in and go down the road."""
        for settlement in self.settlements:
            path = folder / f"{settlement.settlement_id}.txt"
            path.write_bytes(write_v2(settlement, self.locale))
            import_file(road, path)
            for step in self.walks:
                step(road, settlement.settlement_id)


_US = {"books_from": "2026-08-01", "opening": []}
_OCTOBER, _NOVEMBER = datetime(2026, 10, 28, 12, tzinfo=UTC), datetime(2026, 11, 2, 12, tzinfo=UTC)
_WEEK = timedelta(days=7)
_ACCOUNT = ("other-transaction", "other-transaction")


def _order(number: int, posted: datetime, *amounts: tuple[str, str, str], marketplace: str = "Amazon.com") -> list[Row]:
    """Return the rows of one order: amount type, description and amount of each."""
    facts = {"order_id": f"111-000000{number}-000000{number}", "order_item_code": f"1000{number}", "quantity": 1}
    facts |= {
        "shipment_id": f"D{number}",
        "marketplace_name": marketplace,
        "fulfillment_id": "AFN",
        "sku": f"SKU-{number}",
    }
    return [Row("Order", kind, words, Decimal(amount), posted, **facts) for kind, words, amount in amounts]


def _account(label: str, amount: str, posted: datetime) -> Row:
    return Row(*_ACCOUNT, label, Decimal(amount), posted)


def _settlement(number: int, start: datetime, rows: list[Row], currency: str = "USD") -> Settlement:
    return Settlement(str(24000000000 + number), start, start + _WEEK, currency, tuple(rows))


def _plain() -> Happening:
    taxed = (("ItemPrice", "Tax", "8.00"), ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", "-8.00"))
    sold = (("ItemPrice", "Principal", "100.00"), *taxed, ("ItemFees", "Commission", "-15.00"))
    rows = _order(1, _NOVEMBER + timedelta(hours=1), *sold)
    rows += [_account("Subscription Fee", "-39.99", _NOVEMBER + timedelta(hours=2))]
    return Happening("amazon_us", (_settlement(1, _NOVEMBER, rows),), books=_US)


def _over_month_end() -> Happening:
    october = _order(1, _OCTOBER + timedelta(hours=1), ("ItemPrice", "Principal", "60.00"))
    november = _order(2, _NOVEMBER, ("ItemPrice", "Principal", "40.00"), ("ItemFees", "Commission", "-6.00"))
    return Happening("amazon_us", (_settlement(1, _OCTOBER, october + november),), books=_US)


def _carried() -> Happening:
    """Fees leave a debt; the next settlement carries it in, charges a part, and holds a reserve for the last."""
    ends = _NOVEMBER + _WEEK
    first = _order(3, _NOVEMBER + timedelta(hours=1), ("ItemPrice", "Principal", "10.00"))
    first += [_account("Storage Fee", "-331.69", _NOVEMBER + timedelta(hours=2))]
    second = [_account("Payable to Amazon", "-321.69", ends), _account("Successful charge", "200.00", ends)]
    second += _order(1, ends + timedelta(hours=1), ("ItemPrice", "Principal", "500.00"))
    second += [_account("Current Reserve Amount", "-50.00", ends + timedelta(days=6))]
    third = [_account("Previous Reserve Amount Balance", "50.00", ends + _WEEK)]
    third += _order(2, ends + _WEEK + timedelta(hours=1), ("ItemPrice", "Principal", "25.00"))
    chain = ((1, _NOVEMBER, first), (2, ends, second), (3, ends + _WEEK, third))
    return Happening("amazon_us", tuple(_settlement(*one) for one in chain), books=_US)


class _Unchecking:
    """A target whose gate lets every account pass, so that PeopleSoft itself refuses."""

    def __init__(self, target) -> None:
        self._target = target

    def __getattr__(self, name: str):
        return getattr(self._target, name)

    def check_accounts(self, uses, journals=()) -> list:
        """Find nothing."""
        return []


def _walk_wrongly(road: Road, settlement_id: str) -> None:
    """Walk with an account that PeopleSoft does not have: it refuses, and nothing is saved."""
    text = next(one.content for one in road.configuration() if one.kind == "mapping").decode()
    wrong = load_mapping(text.replace('revenue: "400100"', 'revenue: "499999"', 1), "mapping.yaml")
    walk(replace(road, target=_Unchecking(road.target), load_mapping=lambda: wrong), settlement_id)


def _corrected() -> Happening:
    rows = _order(1, _NOVEMBER + timedelta(hours=1), ("ItemPrice", "Principal", "100.00"))
    return Happening("amazon_us", (_settlement(1, _NOVEMBER, rows),), books=_US, walks=(_walk_wrongly, walk))


def _undo(road: Road, settlement_id: str) -> None:
    apply_reversal(road, plan_reversal(road, settlement_id), "booked to the wrong product")
    walk(road, settlement_id)


def _post_again(road: Road, settlement_id: str) -> None:
    repost(road, settlement_id, Decider("tester"), "corrected")
    walk(road, settlement_id)


def _undone() -> Happening:
    """Posted, reversed, and posted again: three documents, of which a later version sends none."""
    rows = _order(1, _NOVEMBER + timedelta(hours=1), ("ItemPrice", "Principal", "100.00"))
    return Happening("amazon_us", (_settlement(1, _NOVEMBER, rows),), books=_US, walks=(walk, _undo, _post_again))


def _vat_included() -> Happening:
    """Prices contain 19 % VAT, split off per order; a refund gives its VAT back."""
    at = _NOVEMBER + timedelta(hours=1)
    rows = _order(
        1, at, ("ItemPrice", "Principal", "119.00"), ("ItemPrice", "Shipping", "4.99"), marketplace="Amazon.de"
    )
    rows += _order(
        2, at, ("ItemPrice", "Principal", "9.99"), ("ItemFees", "Commission", "-1.50"), marketplace="Amazon.de"
    )
    back = _order(1, at + timedelta(days=1), ("ItemPrice", "Principal", "-119.00"), marketplace="Amazon.de")
    rows += [replace(one, transaction_type="Refund") for one in back]
    books = {"books_from": "2026-08-01", "opening": []}
    return Happening("amazon_eu", (_settlement(1, _NOVEMBER, rows, "EUR"),), EUR, books)


def _fusion_over_month_end() -> Happening:
    """Two batches in Fusion, one for each month."""
    return replace(_over_month_end(), books={}, erp="fusion")


def _fusion_undone() -> Happening:
    """Posted to Fusion, reversed there, and posted again."""
    return replace(_undone(), books={}, erp="fusion")


HAPPENINGS: dict[str, Callable[[], Happening]] = {
    "plain": _plain,
    "over_month_end": _over_month_end,
    "carried": _carried,
    "corrected": _corrected,
    "undone": _undone,
    "vat_included": _vat_included,
    "fusion_over_month_end": _fusion_over_month_end,
    "fusion_undone": _fusion_undone,
}
