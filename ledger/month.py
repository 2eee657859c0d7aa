"""A calendar month, as books are closed by it.

In: a day, or a text such as `2026-10`. Out: its days, its neighbours, and the moment it ends in a time zone. A text
that names no month is refused with a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from ledger.errors import InputRefused

_TEXT = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month; in order of time, written `2026-10`."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str) -> Month:
        """Return the month of a text; raise InputRefused for what is none."""
        found = _TEXT.fullmatch(text)
        if found is None or not 1 < int(found[1]) < date.max.year:
            raise InputRefused(f"{text[:40]!r} is no month. Write year and month, such as 2026-10.")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first(self) -> date:
        """Return its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Return its last day."""
        return self.following.first - timedelta(days=1)

    @property
    def following(self) -> Month:
        """Return the month after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def before(self) -> Month:
        """Return the month before it."""
        return Month.of(self.first - timedelta(days=1))

    def end(self, zone: tzinfo) -> datetime:
        """Return the moment it is over in a time zone: the first one of the month after it."""
        return datetime.combine(self.following.first, time(), zone)
