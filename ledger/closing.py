"""Whether a settlement's clearing item is closed, and by which entry: read from the books, never booked here.

In: what stands on the item, which of it is ours, what the settlement came to, and how long it is open. Out: a verdict
with the entries of others, and whether that is late. An item is closed by a bank receipt, or by a later settlement that
carries it in (ACCOUNTING: one open item per settlement).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.reconciliation import Compared

# A debt waits for the settlement that carries it in, which comes two weeks later or more.
DEBT_DAYS = 45
_NO_RECEIPT = " Look whether the bank has it: its receipt is booked on this item."
_NO_CARRIER = " Look for the settlement that carries it in, or for Amazon's charge at the bank or on the card."


@dataclass(frozen=True)
class Moved:
    """One entry on an item: who made it by name of document, when, by how much; `is_ours` as our records say."""

    document: str
    day: date
    amount: Decimal
    is_ours: bool


@dataclass(frozen=True)
class Closing:
    """How an item stands: what is left on it, what of others and what at all stands on it, for how many days."""

    left: Decimal
    by_others: tuple[Moved, ...]
    days: int
    compared: Compared
    moved: tuple[Moved, ...] = ()

    @property
    def words(self) -> str:
        """Return by which entries of others it was closed, or that none is there."""
        return ", ".join(f"{one.document} of {one.day}" for one in self.by_others) or "none"


def closing(
    moved: Iterable[Moved], total: Decimal, currency: str, since: date, today: date, days_max: int, *, is_carried: bool
) -> Closing:
    """Return how the clearing item of a settlement stands.

    Args:
        moved: Everything on the item, debit positive.
        total: What the settlement came to; below zero it is a debt that a later settlement carries in.
        currency: Of the item.
        since: The day money was to be paid out, or the settlement's end.
        today: The day it is in the ledger's time zone.
        days_max: How many days a receipt may take.
        is_carried: A later settlement of ours carries the item in.
    """
    everything = tuple(moved)
    others = tuple(one for one in everything if not one.is_ours)
    left = money.total((one.amount for one in everything), currency)
    days = max((today - since).days, 0)
    late = days > (days_max if total >= 0 else max(days_max, DEBT_DAYS))
    # Nobody closes more than there is, and nothing adds to it: such an entry stands there by mistake.
    is_beyond = not min(total, Decimal(0)) <= left <= max(total, Decimal(0))
    sentence = _sentence(left, others, currency, days, is_carried=is_carried)
    if left and late:
        sentence += _NO_CARRIER if total < 0 else _NO_RECEIPT
    if is_beyond:
        sentence += f" That is not a part of the settlement's {money.text(total, currency)} {currency}."
    passed = not left or not (late or is_beyond)
    return Closing(left, others, days, Compared(passed, sentence, _rows(others, currency), left), everything)


def _sentence(left: Decimal, others: Sequence[Moved], currency: str, days: int, *, is_carried: bool) -> str:
    names = ", ".join(f"{one.document} of {one.day} ({money.text(one.amount, currency)})" for one in others)
    if not left:
        if others:
            return f"The clearing item is closed by {names}."
        return f"The clearing item is closed{' by a later settlement that carries it in' if is_carried else ''}."
    partly = f" {names} stands on it." if others else ""
    amount = f"{money.text(left, currency)} {currency}"
    return f"The clearing item is open with {amount}, {days} days after the money was due.{partly}"


def _rows(others: Sequence[Moved], currency: str) -> tuple[dict[str, str], ...]:
    return tuple(
        {"document": one.document, "date": one.day.isoformat(), "amount": money.text(one.amount, currency)}
        for one in others
    )
