"""What one settlement says of itself and of its neighbours: period, total, and the rows that point elsewhere.

Heads are small, so the place of a settlement among its sisters is found from heads alone, without opening lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from ledger import categories
from ledger.classification import classify

# The types under which Amazon writes rows that carry something between settlements.
_TYPES = (("other-transaction", "other-transaction"), ("Debt Adjustment", "Debt Adjustment"))


@lru_cache(maxsize=4096)
def _shipped(description: str) -> str:
    found = (classify(*types, description) for types in _TYPES)
    return next((classified.category for classified in found if classified), "")


@dataclass(frozen=True)
class CarryRow:
    """A row that carries something: its description, signed amount, and row in the file.

    `category` is what the user's mapping calls it where the shipped classification does not know the description.
    """

    description: str
    amount: Decimal
    source_row: int
    category: str = ""

    @property
    def kind(self) -> str:
        """Return the row's category; empty when nothing knows it."""
        return self.category or _shipped(self.description)


@dataclass(frozen=True)
class SettlementHead:
    """One settlement: `start` and `end` are aware moments, `total` its signed total-amount in `currency`.

    `marketplace` is its only selling marketplace, empty when it has none (fees only): such a settlement may stand in
    any series of its currency.
    """

    settlement_id: str
    marketplace: str
    currency: str
    start: datetime
    end: datetime
    total: Decimal
    carries: tuple[CarryRow, ...] = ()

    def rows(self, category: str) -> tuple[CarryRow, ...]:
        """Return its rows of one category."""
        return tuple(row for row in self.carries if row.kind == category)

    @property
    def reserve_held(self) -> Decimal:
        """Return what Amazon kept back at its end, zero or more."""
        rows = self.rows(categories.RESERVE)
        return -sum((row.amount for row in rows if row.amount < 0), Decimal(0))

    @property
    def reserve_returned(self) -> Decimal:
        """Return what came back of the reserve before, zero or more."""
        rows = self.rows(categories.RESERVE)
        return sum((row.amount for row in rows if row.amount > 0), Decimal(0))

    @property
    def debt_brought_in(self) -> Decimal:
        """Return what `Payable to Amazon` brought in of earlier debts, zero or more."""
        return -sum((row.amount for row in self.rows(categories.DEBT_CARRIED)), Decimal(0))

    @property
    def brings_in(self) -> bool:
        """Tell whether it has rows whose origin must be looked for among all earlier settlements."""
        return bool(self.rows(categories.DEBT_CARRIED) or self.rows(categories.TRANSFER_RETURNED))

    @property
    def debt(self) -> Decimal:
        """Return what it leaves the seller owing: its negative total, else zero."""
        return max(-self.total, Decimal(0))

    def is_sister_of(self, other: SettlementHead) -> bool:
        """Tell whether both can stand in one series: same currency, same marketplace or one without."""
        names = {self.marketplace.strip().casefold(), other.marketplace.strip().casefold()} - {""}
        return self.currency == other.currency and len(names) <= 1
