"""What stands in an ERP's books of ours, said the same way whichever ERP it is, so that one oracle judges all of them.

In: descriptions and lines as an ERP's reader finds them. Out: `Booked`, one for each document that counts. A reader
(`peoplesoft_books.py`, `fusion_books.py`) knows its emulator's tables and statuses, and nothing of the connector.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

CLEARING = "110500"
_DESCRIPTION = re.compile(
    r"AMZ (?:(?P<kind>reversal) )?(?P<id>\d{11,20})(?:\.(?P<undoes>\d+))? "
    r"r(?P<revision>\d+) p(?P<part>\d+)/(?P<parts>\d+)"
)


@dataclass(frozen=True)
class BookedLine:
    """One line: natural account, debit positive amount, reference."""

    account: str
    amount: Decimal
    reference: str


@dataclass(frozen=True)
class Booked:
    """One of our journals that counts; `cleared` is what its clearing lines come to, by reference.

    `settlement_id` is "" where the description names none. `revision` is the settlement's: of a reversal the one it
    undoes. `rest` is the sum of all lines, which should be nothing.
    """

    key: str
    description: str
    status: str
    is_posted: bool
    settlement_id: str
    is_reversal: bool
    revision: int
    part: int
    parts: int
    cleared: Mapping[str, Decimal]
    rest: Decimal


class BooksReader(Protocol):
    """Reads one ERP's books for the oracle."""

    def booked(self) -> list[Booked]:
        """Return our documents that are in the books or on their way there."""

    def duplicates(self) -> list[str]:
        """Return what the ERP itself says stands there twice under one key."""

    def waiting(self) -> set[str]:
        """Return the settlements of which something lies before the door and may still be let in."""


def booked(key: str, description: str, status: str, lines: Iterable[BookedLine], *, is_posted: bool) -> Booked:
    """Return one document, read from its description and lines."""
    named = _DESCRIPTION.match(description)
    facts = named.groupdict() if named else {}
    cleared: dict[str, Decimal] = defaultdict(Decimal)
    rest = Decimal(0)
    for line in lines:
        rest += line.amount
        if line.account == CLEARING:
            cleared[line.reference] += line.amount
    return Booked(
        key=key,
        description=description,
        status=status,
        is_posted=is_posted,
        settlement_id=facts.get("id") or "",
        is_reversal=bool(facts.get("kind")),
        revision=int(facts.get("undoes") or facts.get("revision") or 0),
        part=int(facts.get("part") or 0),
        parts=int(facts.get("parts") or 0),
        cleared=cleared,
        rest=rest,
    )


def settlement_named(description: str) -> str:
    """Return the settlement that a description of ours names, or ""."""
    named = _DESCRIPTION.match(description)
    return named["id"] if named else ""
