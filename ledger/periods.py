"""The accounting date of a document whose period may be closed: what stands, and where it moves.

In: the documents that are wanted, those that are known already, and a way to ask for the first open day. Out: the same
documents, some with another date and the month they belong to. A date moves only while nothing of the set can be in
the ERP; the caller says so. Everything else about a document stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from ledger.journal import Journal, JournalSet

# unit, day -> the first day on or after it that is open in the unit; None when there is none within reach.
OpenDay = Callable[[str, date], date | None]

# Units that open by turns never agree: after so many rounds nobody looks further.
_ROUNDS_MAX = 24


def period_of(day: date) -> str:
    """Return the month of a date as people write it: 2026-10."""
    return f"{day:%Y-%m}"


def belongs_to(journal: Journal) -> str:
    """Return the month a document belongs to, whenever it is booked."""
    return journal.original_period or period_of(journal.accounting_date)


def is_late(journal: Journal) -> bool:
    """Tell whether a document is booked in another period than the one it belongs to."""
    return bool(journal.original_period)


def late_words(journal: Journal) -> str:
    """Say of a late document where it belongs, of any other nothing."""
    return f"late: belongs to {journal.original_period}" if is_late(journal) else ""


def units_of(journal: Journal) -> list[str]:
    """Return the units whose periods a document needs open: its own and those of its lines."""
    return sorted({journal.unit, *(line.account.unit for line in journal.lines)})


def as_known(wanted: JournalSet, known: Sequence[Journal]) -> JournalSet:
    """Return what is wanted on the dates that known documents of the same parts have, where one of the two is late.

    A part is the same when number, unit and the month it belongs to are. Within its own month a date is content like
    any other, so that a changed one is seen.
    """
    dates = {(one.part, one.unit, belongs_to(one)): one for one in known}

    def standing(journal: Journal) -> Journal:
        same = dates.get((journal.part, journal.unit, belongs_to(journal)))
        if same is None or not (is_late(same) or is_late(journal)):
            return journal
        return _redated(journal, same.accounting_date, same.original_period)

    return replace(wanted, journals=tuple(standing(one) for one in wanted.journals))


def in_open_periods(wanted: JournalSet, open_day: OpenDay) -> JournalSet:
    """Return the documents, those in a closed period moved to the first day after it that is open in all their units.

    A document for which no such day is found keeps its date: it is then found closed, and waits.
    """
    return replace(wanted, journals=tuple(_in_open_period(one, open_day) for one in wanted.journals))


def moved(journal: Journal, day: date) -> Journal:
    """Return a document on another date; the first month it had is kept, and said in its description."""
    return journal if day == journal.accounting_date else _redated(journal, day, belongs_to(journal))


def redated(journal: Journal, known: Journal) -> Journal:
    """Return a document on the date of another one, and of the month that one belongs to."""
    return _redated(journal, known.accounting_date, known.original_period)


def on_day(journal: Journal, day: date) -> list[Journal]:
    """Return what a document may look like when it is booked on a day: late, or not, as far as that is its own month.

    A document that is on that day already is returned as it stands, too.
    """
    late = _redated(journal, day, belongs_to(journal))
    plain = [_redated(journal, day, "")] if period_of(day) == belongs_to(journal) else []
    return [*plain, late]


def _redated(journal: Journal, day: date, original_period: str) -> Journal:
    words = journal.description.removesuffix(_said(journal))
    dated = replace(journal, accounting_date=day, original_period=original_period)
    return replace(dated, description=words + _said(dated))


def _said(journal: Journal) -> str:
    return f" ({late_words(journal)})" if is_late(journal) else ""


def _in_open_period(journal: Journal, open_day: OpenDay) -> Journal:
    day = journal.accounting_date
    for _ in range(_ROUNDS_MAX):
        days = [open_day(unit, day) for unit in units_of(journal)]
        if None in days:
            return journal
        latest = max(one for one in days if one is not None)
        if latest == day:
            return moved(journal, day)
        day = latest
    return journal
