"""The lines of a financial transaction: which of its breakdown trees counts, and a key for every leaf.

In: a transaction's total, the leaves of its own tree and those of its items' trees, which describe the same money. Out:
the leaves of one of the two, so that nothing counts twice; what they leave of the total; and keys that stay the same in
whatever order a marketplace tells items and leaves.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

# The path of what the leaves leave of their total; no marketplace writes brackets, so nothing classifies it.
DIFFERENCE_PATH = "(difference)"
SEPARATOR = "/"
_KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Leaf:
    """One end of a breakdown tree: the names from the top down, and the amount."""

    path: tuple[str, ...]
    amount: Decimal

    @property
    def path_text(self) -> str:
        """Return the names in one word, such as `ProductCharges/OurPricePrincipal`."""
        return SEPARATOR.join(name.replace(SEPARATOR, "|") for name in self.path)


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line: where it belongs (the number of the item, None for the transaction as a whole), path and amount."""

    item: int | None
    path: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class EventLines:
    """The lines of one transaction; they add up to `total`.

    `difference` is the total less the leaves: where it is not zero, a line of its own (`DIFFERENCE_PATH`) carries it.
    """

    total: Decimal
    lines: tuple[EventLine, ...]
    difference: Decimal


def lines_of(total: Decimal | None, own: Sequence[Leaf], items: Sequence[Sequence[Leaf]]) -> EventLines | None:
    """Return the lines of a transaction, None when nothing says what it comes to.

    The items' leaves count when they add up to the total, else the transaction's own; without any leaf the total is one
    line without a path. A transaction that states no total comes to what its leaves come to.
    """
    of_items = tuple(
        EventLine(number, leaf.path_text, leaf.amount) for number, leaves in enumerate(items) for leaf in leaves
    )
    of_whole = tuple(EventLine(None, leaf.path_text, leaf.amount) for leaf in own)
    if total is None:
        if not of_whole and not of_items:
            return None
        total = _sum(of_whole or of_items)
    fitting = [lines for lines in (of_items, of_whole) if lines and _sum(lines) == total]
    if fitting:
        return EventLines(total, fitting[0], Decimal(0))
    chosen = of_whole or of_items
    if not chosen:
        return EventLines(total, (EventLine(None, "", total),), Decimal(0))
    difference = total - _sum(chosen)
    return EventLines(total, (*chosen, EventLine(None, DIFFERENCE_PATH, difference)), difference)


def line_keys(transaction_id: str, contents: Iterable[Sequence[str]]) -> list[str]:
    """Return one key per line: of the transaction, of what the line says, and of how many said the same before.

    Lines that say the same are interchangeable, so the keys do not depend on the order of the lines.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    keys = []
    for content in map(tuple, contents):
        written = json.dumps([transaction_id, *content, seen[content]], ensure_ascii=True, separators=(",", ":"))
        keys.append(hashlib.sha256(written.encode()).hexdigest()[:_KEY_LENGTH])
        seen[content] += 1
    return keys


def _sum(lines: Iterable[EventLine]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))
