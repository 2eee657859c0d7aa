"""Open items by age: what stands on clearing at a period's end, item by item, and for how long.

In: what moved the accounts up to that day, and when each settlement's money was due. Out: one item per settlement, and
one per entry that belongs to none, with its days and its bracket of age; together with what stands on the other
accounts they are the balance. An item is late when its receipt, or the settlement that carries a debt in, should have
come by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.closing import DEBT_DAYS

# Last day of each bracket, and its name; the last one has no end.
BRACKETS = ((14, "0-14 days"), (30, "15-30 days"), (60, "31-60 days"), (None, "over 60 days"))


@dataclass(frozen=True)
class ItemMove:
    """What one entry moves on clearing: of a settlement's item, else of none, named by its document."""

    document: str
    day: date
    amount: Decimal
    settlement_id: str = ""


@dataclass(frozen=True)
class OpenItem:
    """One open item: `name` is the settlement or the document, `since` the day its money was due."""

    name: str
    settlement_id: str
    amount: Decimal
    since: date
    days: int
    is_late: bool

    @property
    def bracket(self) -> str:
        """Return the bracket of its age."""
        return bracket_of(self.days)


def bracket_of(days: int) -> str:
    """Return the name of the bracket that an age falls into."""
    return next(name for last, name in BRACKETS if last is None or days <= last)


def open_items(
    moves: Iterable[ItemMove], due: Mapping[str, date], period_end: date, days_max: int
) -> tuple[OpenItem, ...]:
    """Return what is open at a period's end, the oldest first; `days_max` is how long a receipt may take.

    `due` tells for each settlement when its money was to be paid out. One that is not due by then, or has no date, is
    no day old and not late.
    """
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    first: dict[tuple[str, str], date] = {}
    for move in moves:
        key = ("", move.settlement_id) if move.settlement_id else (move.document, "")
        sums[key] += move.amount
        first[key] = min(first.get(key, move.day), move.day)
    items = []
    for (document, settlement_id), amount in sums.items():
        if not amount:
            continue
        since = due.get(settlement_id, period_end) if settlement_id else first[document, settlement_id]
        days = max((period_end - since).days, 0)
        patience = days_max if amount > 0 else max(days_max, DEBT_DAYS)
        late = bool(settlement_id) and days > patience
        items.append(OpenItem(settlement_id or document, settlement_id, amount, since, days, late))
    return tuple(sorted(items, key=lambda one: (-one.days, one.name)))


def by_bracket(items: Iterable[OpenItem]) -> dict[str, Decimal]:
    """Return the sum of every bracket, those without an item as well, in order of age."""
    sums = {name: Decimal(0) for _, name in BRACKETS}
    for one in items:
        sums[one.bracket] += one.amount
    return sums
