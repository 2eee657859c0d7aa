"""Two sources of the same money held against each other: by category, and by order within it.

In: amounts of both sides under (order, category). Out: what differs, largest first; nothing where they agree. An amount
that one side knows under another order is a difference of both orders and of no category.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ledger.categories import DEBT_CARRIED, RESERVE, TRANSFER_RETURNED

# What settlements carry from one to another; the events of the money itself know nothing of it.
CARRIED_BETWEEN = frozenset({RESERVE, DEBT_CARRIED, TRANSFER_RETURNED, "transfer"})
UNKNOWN = "not classified"
# Amazon's own orders and those of other shops that Amazon ships (S01-...).
_ORDER_ID = re.compile(r"[A-Z0-9]{3}-[0-9]{7}-[0-9]{7}")

Amounts = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True)
class Difference:
    """One category, or one order in it, that the two sides do not say the same of."""

    category: str
    order_id: str
    ours: Decimal
    theirs: Decimal

    @property
    def amount(self) -> Decimal:
        """Return how much more the first side says."""
        return self.ours - self.theirs


def added_up(rows: Iterable[tuple[str, str | None, Decimal]]) -> dict[tuple[str, str], Decimal]:
    """Return amounts by order and category, without what settlements carry from one to another.

    What stands in the place of an order id is not always one: a fee names the shipment or the removal it is for, and
    that only one of the two sources may say.
    """
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for name, category, amount in rows:
        if category not in CARRIED_BETWEEN:
            sums[name if _ORDER_ID.fullmatch(name) else "", category or UNKNOWN] += amount
    return dict(sums)


def by_category(ours: Amounts, theirs: Amounts) -> list[Difference]:
    """Return the categories whose sums differ."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for side, amounts in enumerate((ours, theirs)):
        for (_, category), amount in amounts.items():
            sums[category][side] += amount
    found = [Difference(category, "", *pair) for category, pair in sums.items() if pair[0] != pair[1]]
    return sorted(found, key=lambda one: (-abs(one.amount), one.category))


def by_order(ours: Amounts, theirs: Amounts) -> list[Difference]:
    """Return the orders of a category on which the two sides differ."""
    keys = ours.keys() | theirs.keys()
    pairs = ((key, ours.get(key, Decimal(0)), theirs.get(key, Decimal(0))) for key in keys)
    found = [Difference(category, order_id, *both) for (order_id, category), *both in pairs if both[0] != both[1]]
    return sorted(found, key=lambda one: (-abs(one.amount), one.category, one.order_id))
