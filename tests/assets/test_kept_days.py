"""Only the files of days that are wanted are opened: what lies outside a span, or is empty, is left alone."""

from __future__ import annotations

from datetime import date

import pytest

from assets.stages.kept_days import KeptDays, kept_days


class Opened:
    """A warehouse that remembers which days were opened."""

    def __init__(self) -> None:
        self.days: list[str] = []

    def path(self, version) -> str:
        """Return a path."""
        self.days.append(version.partition)
        return f"{version.partition}.parquet"


class Day:
    """A version of a day with so many rows."""

    def __init__(self, number: int, rows: int) -> None:
        self.partition, self.rows = f"2026-10-{number:02d}", rows


def kept(*rows: int) -> KeptDays:
    """Return the days from the first of October on, with so many rows each."""
    versions = {date(2026, 10, number): Day(number, count) for number, count in enumerate(rows, start=1)}
    return KeptDays(Opened(), versions)


@pytest.mark.parametrize(
    "first, last, opened",
    [
        (date.min, date.max, ["2026-10-01", "2026-10-03", "2026-10-04"]),
        (date(2026, 10, 2), date(2026, 10, 3), ["2026-10-03"]),
        (date(2026, 10, 4), date(2026, 12, 1), ["2026-10-04"]),
        # Nothing in the span: one file, for its columns.
        (date(2026, 10, 2), date(2026, 10, 2), ["2026-10-05"]),
        (date(2027, 1, 1), date(2027, 1, 2), ["2026-10-05"]),
    ],
)
def test_files_of_a_span_are_those_that_hold_something(first, last, opened):
    """And no other is looked at."""
    days = kept(3, 0, 1, 2, 0)
    assert [path.removesuffix(".parquet") for path in days.files(first, last)] == opened
    assert days.warehouse.days == opened


def test_an_asset_that_keeps_no_day_says_so(books):
    """Before the first fetch, and for what is switched off."""
    assert not kept_days(books.road, "balances")
    assert kept(1).first == date(2026, 10, 1)
