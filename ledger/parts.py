"""The parts of a settlement by month, and the date each is booked on.

In: start, end and deposit date of a settlement (aware moments) and the policy. Out: one part, or with `month_end:
split` one per calendar month in the ledger's time zone, whose UTC boundaries follow daylight saving time. A line
belongs to a part by its posted date; the parts together are the settlement.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ledger.errors import InputRefused
from ledger.policy import Policy


@dataclass(frozen=True)
class Part:
    """Lines posted from `from_utc` (included) to `to_utc` (excluded) are booked on `accounting_date`.

    Lines posted before the first part belong to it, lines posted at or after the end of the last part to the last:
    Amazon posts reserve rows at the very end of a settlement.
    """

    number: int
    from_utc: datetime
    to_utc: datetime
    accounting_date: date


def parts(start: datetime, end: datetime, deposit_date: datetime | date | None, policy: Policy) -> tuple[Part, ...]:
    """Return the parts of a settlement in order of time, numbered from 1.

    An earlier part is dated the last day of its month. The last one is dated by the policy's rule; where the
    settlement is split it stays within its own month. Raises InputRefused for moments without a time zone, an end
    before the start, and a missing deposit date where the rule needs it.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise InputRefused("A settlement's start and end must say their time zone.")
    if end < start:
        raise InputRefused(f"A settlement that starts {start.isoformat()} cannot end {end.isoformat()}.")
    dated = _dated(end, deposit_date, policy)
    if policy.month_end != "split":
        return (Part(1, start.astimezone(UTC), end.astimezone(UTC), dated),)
    edges = [start.astimezone(UTC), *_month_starts(start, end, policy.zone), end.astimezone(UTC)]
    count = len(edges) - 1
    result = []
    for number, (since, until) in enumerate(pairwise(edges), start=1):
        month = since.astimezone(policy.zone).date()
        accounting_date = _within_month(dated, month) if number == count else last_day(month)
        result.append(Part(number, since, until, accounting_date))
    return tuple(result)


def part_of(chosen: Sequence[Part], posted_at: datetime) -> Part:
    """Return the part a line belongs to by the moment it was posted."""
    return next((part for part in chosen if posted_at < part.to_utc), chosen[-1])


def last_day(day: date) -> date:
    """Return the last day of a date's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _dated(end: datetime, deposit_date: datetime | date | None, policy: Policy) -> date:
    """Return the date the policy's rule gives, in the ledger's time zone."""
    ended = end.astimezone(policy.zone).date()
    if policy.accounting_date == "settlement_end":
        return ended
    if policy.accounting_date == "month_last_day":
        return last_day(ended)
    if deposit_date is None:
        raise InputRefused(
            "The settlement states no deposit date, and accounting_date is deposit_date: choose settlement_end."
        )
    if not isinstance(deposit_date, datetime):
        return deposit_date
    if deposit_date.tzinfo is None:
        raise InputRefused("A settlement's deposit date must say its time zone.")
    return deposit_date.astimezone(policy.zone).date()


def _within_month(day: date, month: date) -> date:
    """Return the day of `month` closest to a date."""
    return min(max(day, month.replace(day=1)), last_day(month))


def _month_starts(start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the moments strictly between start and end at which a month begins in the zone, in UTC."""
    found: list[datetime] = []
    day = last_day(start.astimezone(zone).date()) + timedelta(days=1)
    # A wall-clock midnight that daylight saving time skips is read with the offset before the change (PEP 495, fold 0).
    while (moment := datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)) < end:
        if moment > start:
            found.append(moment)
        day = last_day(day) + timedelta(days=1)
    return found
