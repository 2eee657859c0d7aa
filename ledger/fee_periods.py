"""Fee invoices by the time they are for: which of them must be held together against what settlements charged.

In: invoices with their periods. Out: groups of those whose periods overlap, in order of time: fees of one day may stand
on any invoice of a period that holds it (one for selling, one for advertising), so only their sum can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Billed:
    """One invoice: number, period (both ends included), what it comes to with tax, and the tax in it.

    Where it has no number yet, `is_numbered` is False and `number` is what else it is known by.
    """

    number: str
    start: datetime
    end: datetime
    total: Decimal
    tax: Decimal
    is_numbered: bool = True


@dataclass(frozen=True)
class Span:
    """Invoices whose periods overlap, from the first moment of the earliest to the last of the latest."""

    invoices: tuple[Billed, ...]

    @property
    def start(self) -> datetime:
        """Return the first moment."""
        return min(one.start for one in self.invoices)

    @property
    def end(self) -> datetime:
        """Return the last moment."""
        return max(one.end for one in self.invoices)

    @property
    def total(self) -> Decimal:
        """Return what the invoices come to, with tax; credit notes are negative."""
        return sum((one.total for one in self.invoices), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """Return the tax of the invoices."""
        return sum((one.tax for one in self.invoices), Decimal(0))

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment lies within any of the periods."""
        return any(one.start <= moment <= one.end for one in self.invoices)


def last_moment(end: datetime) -> datetime:
    """Return the last moment of a period as it is stated.

    The model does not say whether an end is the last second, the last day or the next period's first: midnight of the
    first of a month is read as the end of the month before, any other midnight as a whole last day.
    """
    if end.time() != time():
        return end
    return end - timedelta(microseconds=1) if end.day == 1 else end + _DAY - timedelta(microseconds=1)


def spans(billed: Iterable[Billed]) -> list[Span]:
    """Return invoices grouped so that no two groups overlap, in order of time."""
    groups: list[list[Billed]] = []
    reach: datetime | None = None
    for one in sorted(billed, key=lambda one: (one.start, one.end, one.number)):
        if reach is not None and one.start <= reach:
            groups[-1].append(one)
            reach = max(reach, one.end)
        else:
            groups.append([one])
            reach = one.end
    return [Span(tuple(group)) for group in groups]
