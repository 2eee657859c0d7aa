"""Fee invoices by the time they are for: what overlaps is held together, whatever way an end is written."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.fee_periods import Billed, last_moment, spans


def billed(number: str, first: int, last: int, total: str = "10.00") -> Billed:
    """Return an invoice for some days of October."""
    start, end = datetime(2026, 10, first, tzinfo=UTC), datetime(2026, 10, last, 23, 59, 59, tzinfo=UTC)
    return Billed(number, start, end, Decimal(total), Decimal("1.60"))


@pytest.mark.parametrize(
    ("periods", "groups"),
    [
        ([(1, 31)], ["A"]),
        ([(1, 15), (16, 31)], ["A", "B"]),
        ([(1, 31), (1, 31)], ["AB"]),
        ([(1, 20), (15, 31)], ["AB"]),
        ([(1, 31), (5, 6), (8, 9)], ["ABC"]),
        ([(1, 5), (4, 8), (8, 12), (13, 14)], ["ABC", "D"]),
        ([(20, 31), (1, 10)], ["B", "A"]),
        ([], []),
    ],
)
def test_invoices_whose_times_overlap_are_one(periods, groups):
    """In order of time; one second apart is apart."""
    invoices = [billed(name, *period) for name, period in zip("ABCD", periods, strict=False)]
    assert ["".join(one.number for one in span.invoices) for span in spans(invoices)] == groups


def test_a_credit_note_takes_away():
    """It is negative, and so is its tax."""
    credit = Billed("B", *_times(), Decimal("-4.00"), Decimal("-0.64"))
    [span] = spans([billed("A", 1, 31), credit])
    assert (span.total, span.tax) == (Decimal("6.00"), Decimal("0.96"))


def test_a_moment_between_two_periods_of_a_chain_is_in_none():
    """A span may have a gap only where none of its invoices is."""
    [span] = spans([billed("A", 1, 10), billed("B", 10, 20)])
    assert span.holds(datetime(2026, 10, 10, 12, tzinfo=UTC))
    assert not span.holds(datetime(2026, 10, 21, tzinfo=UTC))
    assert (span.start.day, span.end.day) == (1, 20)


@pytest.mark.parametrize(
    ("stated", "last"),
    [
        ("2026-10-31T23:59:59", "2026-10-31T23:59:59"),
        ("2026-10-31T22:59:59", "2026-10-31T22:59:59"),
        ("2026-10-31T00:00:00", "2026-10-31T23:59:59.999999"),
        ("2026-11-01T00:00:00", "2026-10-31T23:59:59.999999"),
        ("2026-10-15T00:00:00", "2026-10-15T23:59:59.999999"),
    ],
)
def test_the_end_of_a_period_is_read_whichever_way_it_is_written(stated, last):
    """The last second, the last day, or the first of the next month."""
    assert last_moment(datetime.fromisoformat(stated)) == datetime.fromisoformat(last)


def _times() -> tuple[datetime, datetime]:
    return billed("x", 1, 31).start, billed("x", 1, 31).end
