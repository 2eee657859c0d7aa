"""Describe one type of report: which columns are read, what each of them holds, what the file cannot do without.

In: nothing. Out: `ReportTable`s, one per type, in modules of their own. What a table does not name is not read: that is
how names, addresses and phone numbers stay out; those of them that Amazon's files are known to have are listed as left
alone, so that only columns nobody knows are worth a warning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What the cells of a column hold."""

    TEXT = "VARCHAR"
    CURRENCY = "VARCHAR CURRENCY"
    COUNTRY = "VARCHAR COUNTRY"
    AMOUNT = "DECIMAL(18,3)"
    # Stated with either sign in different reports; zero or negative here.
    DISCOUNT = "DECIMAL(18,3) DISCOUNT"
    COUNT = "INTEGER"
    # ISO 8601 with its offset; UTC here.
    INSTANT = "TIMESTAMP"
    # 30-04-2022.
    DAY = "DATE"
    TRUTH = "BOOLEAN"
    # 0.19 and 19 are the same rate; a fraction here.
    RATE = "DECIMAL(9,6)"

    @property
    def sql_type(self) -> str:
        """Return the column's type in the rows."""
        return self.value.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the rows and its name in the file, lower case with hyphens.

    `is_needed`: the file must have it; `is_filled`: no cell of it may be blank.
    """

    name: str
    source: str
    kind: Kind = Kind.TEXT
    is_needed: bool = False
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One type of report.

    `called` is what a person calls it, with its article. `currency` and `dated_by` name columns of the rows; a report
    without money has no currency.
    `left_alone` are the names of further columns that real files have and nobody here needs. `adds_up` are triples of
    columns of which the first two come to the third, where all are filled.
    """

    called: str
    columns: tuple[Column, ...]
    currency: str
    dated_by: str
    left_alone: re.Pattern[str]
    adds_up: tuple[tuple[str, str, str], ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        assert len(set(names)) == len(names), "each column once"
        assert {self.dated_by, *([self.currency] if self.currency else [])} <= set(names)
        money = (Kind.AMOUNT, Kind.DISCOUNT)
        assert self.currency or not any(column.kind in money for column in self.columns), "no money without currency"

    def source_of(self, name: str) -> str:
        """Return the name in the file of a column of the rows."""
        return next(column.source for column in self.columns if column.name == name)
