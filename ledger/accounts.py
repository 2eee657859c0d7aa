"""An account as the books name it: a unit and its segments, whatever the ERP calls them.

PeopleSoft calls the segments ChartFields (account, department, product, operating unit, ...), others call them
segments of an account combination. Nothing here knows which; an `AccountKey` is a value with one text form, so that
SQL can group by it and a person can read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ledger.errors import InputRefused

_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_VALUE = re.compile(r"(?! )[^;=/\x00-\x1f\x7f]{1,30}(?<! )")


class Nature(StrEnum):
    """What a category is in the books; the ERP's account type must stand on the same side of the balance sheet."""

    REVENUE = "revenue"
    CONTRA_REVENUE = "contra_revenue"
    EXPENSE = "expense"
    OTHER_INCOME = "other_income"
    RECEIVABLE = "receivable"
    LIABILITY = "liability"
    CASH_IN_TRANSIT = "cash_in_transit"
    CASH = "cash"

    @property
    def is_balance_sheet(self) -> bool:
        """Tell whether it stays on the balance sheet."""
        return self in (Nature.RECEIVABLE, Nature.LIABILITY, Nature.CASH_IN_TRANSIT, Nature.CASH)


@dataclass(frozen=True, order=True)
class AccountKey:
    """A unit and its segments, for example `US001/account=110500;department=10000`.

    Segments are kept in sorted order with `account` first, so equal keys have equal text.
    """

    unit: str
    segments: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, unit: str, /, **segments: str | None) -> AccountKey:
        """Make a key from named segments; segments without a value are left out; raise InputRefused for bad text."""
        kept = {name: value for name, value in segments.items() if value not in (None, "")}
        if "account" not in kept:
            raise InputRefused(f"An account of unit {unit} needs a segment named account.")
        for name, value in (("unit", unit), *kept.items()):
            if not isinstance(value, str) or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                raise InputRefused(
                    f"Segment {name}={value!r} cannot be used: text of 1 to 30 characters, none of ; = / in it, no "
                    "blank at its ends."
                )
        return cls(unit, tuple(sorted(kept.items(), key=lambda pair: (pair[0] != "account", pair[0]))))

    @classmethod
    def parse(cls, text: str) -> AccountKey:
        """Read the text form back; raise InputRefused when it is none."""
        unit, slash, rest = text.partition("/")
        pairs = [pair.partition("=") for pair in rest.split(";")]
        names = [name for name, _, _ in pairs]
        is_well_formed = bool(slash) and all(equals and value for _, equals, value in pairs)
        if not is_well_formed or len(set(names)) < len(names) or "unit" in names:
            raise InputRefused(f"{text!r} is no account: it should look like US001/account=110500;department=10000.")
        return cls.of(unit, **{name: value for name, _, value in pairs})

    @property
    def account(self) -> str:
        """Return the natural account."""
        return dict(self.segments)["account"]

    def __str__(self) -> str:
        return f"{self.unit}/" + ";".join(f"{name}={value}" for name, value in self.segments)
