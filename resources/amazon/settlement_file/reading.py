"""What both ways of reading a file come to, before it is proved."""

from __future__ import annotations

from dataclasses import dataclass

from resources.amazon.settlement_file.description import Description
from resources.amazon.settlement_file.facts import Facts


@dataclass(frozen=True, slots=True)
class OtherDays:
    """Rows whose posted-date is another day than their posted-date-time; `of` says among how many it was looked."""

    rows: int
    first_row: int
    of: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Summary, formats found, number of data rows other than the summary, and what the lines hold."""

    facts: Facts
    decimal_sign: str
    date_format: str
    lines: int
    description: Description
    other_days: OtherDays | None = None
