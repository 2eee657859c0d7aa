"""Dates that move: only to an open day, only late, and the same ones again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import AccountKey
from ledger.journal import Journal, JournalLine, JournalSet, SourceKey
from ledger.periods import as_known, belongs_to, in_open_periods, is_late, late_words, moved, units_of

SOURCE = SourceKey("SELLER", "L", "settlement", "1")


def journal(day: str, part: int = 1, unit: str = "US001", other: str = "") -> Journal:
    """Return a journal of two lines, one of them in another unit where one is named."""
    lines = (
        JournalLine(1, AccountKey.of(unit, account="1"), Decimal("5.00")),
        JournalLine(2, AccountKey.of(other or unit, account="2"), Decimal("-5.00")),
    )
    return Journal(SOURCE, 1, part, 2, unit, date.fromisoformat(day), "USD", "CRRNT", "Amazon settlement 1", lines)


def as_set(*journals: Journal) -> JournalSet:
    """Return some journals as one set."""
    return JournalSet(SOURCE, 1, journals)


def opening(**first: str):
    """Return an ERP in which each unit is open from a day on; a unit that is not named has no open day."""

    def open_day(unit, day):
        return max(day, date.fromisoformat(first[unit])) if unit in first else None

    return open_day


# dates | units open since | dates then
MOVES = [
    (("2026-10-31", "2026-11-09"), {"US001": "2026-01-01"}, ("2026-10-31", "2026-11-09")),
    (("2026-10-31", "2026-11-09"), {"US001": "2026-11-01"}, ("2026-11-01", "2026-11-09")),
    (("2026-10-31", "2026-11-09"), {"US001": "2026-12-01"}, ("2026-12-01", "2026-12-01")),
    (("2026-10-31", "2026-11-09"), {}, ("2026-10-31", "2026-11-09")),
]


@pytest.mark.parametrize("days, first, expected", MOVES)
def test_each_document_goes_to_the_first_open_day(days, first, expected):
    """What is open stays; without any open day it stays as well, to be found closed."""
    wanted = as_set(*(journal(day, part) for part, day in enumerate(days, start=1)))
    found = in_open_periods(wanted, opening(**first))
    assert tuple(one.accounting_date.isoformat() for one in found.journals) == expected
    for before, after in zip(wanted.journals, found.journals, strict=True):
        assert is_late(after) is (before.accounting_date != after.accounting_date)
        assert belongs_to(after) == belongs_to(before)


def test_a_document_of_several_units_needs_all_of_them_open():
    """The first day that all agree on."""
    one = journal("2026-10-31", other="US002")
    assert units_of(one) == ["US001", "US002"]
    (found,) = in_open_periods(as_set(one), opening(US001="2026-11-01", US002="2026-12-01")).journals
    assert found.accounting_date == date(2026, 12, 1)


def test_units_that_open_by_turns_end_the_search():
    """Nobody looks for ever, and nothing is invented."""
    one = journal("2026-10-31", other="US002")
    found = in_open_periods(as_set(one), lambda unit, day: day + timedelta(days=1))
    assert found.journals[0] == one


def test_a_late_document_says_so_once_however_often_it_moves():
    """The first month stays; the words are not repeated, and go when the date goes back."""
    one = journal("2026-10-31")
    late = moved(moved(one, date(2026, 11, 1)), date(2026, 12, 1))
    assert (late.original_period, late.description) == (
        "2026-10",
        "Amazon settlement 1 (late: belongs to 2026-10)",
    )
    assert late_words(late) == "late: belongs to 2026-10"
    assert as_known(as_set(late), [one]).journals == (one,)
    assert moved(one, one.accounting_date) is one


def test_what_is_known_keeps_its_late_date():
    """Wanted on its own date again, the period being open by now: it stays the document that is known."""
    one, two = journal("2026-10-31"), journal("2026-11-09", 2)
    late = moved(one, date(2026, 11, 1))
    assert as_known(as_set(one, two), [late, two]).journals == (late, two)


def test_a_changed_date_within_its_month_is_content_and_stays_visible():
    """Settlement end or last day of the month: the alarm for changed content must see it."""
    wanted, known = journal("2026-10-31"), journal("2026-10-20")
    assert as_known(as_set(wanted), [known]).journals == (wanted,)


@pytest.mark.parametrize("change", [{"part": 2}, {"unit": "US002"}])
def test_another_part_or_unit_is_another_document(change):
    """It does not take the date of its neighbour."""
    late = moved(journal("2026-10-31"), date(2026, 11, 1))
    other = replace(journal("2026-10-31"), **change)
    assert as_known(as_set(other), [late]).journals == (other,)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 800), st.integers(0, 800))
def test_moving_is_stable(day, first, second):
    """What was moved is found again from where it began, and moves no further while its day is open."""
    one = journal(day.isoformat())
    opened = day + timedelta(days=first)
    once = in_open_periods(as_set(one), lambda unit, asked: max(asked, opened))
    again = in_open_periods(as_known(as_set(one), once.journals), lambda unit, asked: max(asked, opened))
    assert again == once
    assert once.journals[0].accounting_date == max(day, opened)
    later = in_open_periods(once, lambda unit, asked: max(asked, opened + timedelta(days=second)))
    assert belongs_to(later.journals[0]) == belongs_to(one)
    assert later.journals[0].lines == one.lines
