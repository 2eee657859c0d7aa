"""What a day asset does with an answer before and instead of reading it.

In: the bytes of an answer; a refusal of one. Out: the answer archived, its name kept for the facts of the day; or the
outcome of a day whose answer cannot be used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from assets.stages.days import UNREADABLE, RefusedDay, days_between
from assets.stages.roadmap import Road
from ledger.errors import SourceRefused

# How often a span is halved to find the day that an answer cannot be used for, before all of what is left is refused.
HALVINGS_MAX = 40
T = TypeVar("T")


@dataclass
class Archiving:
    """Archives every answer it is handed, and keeps their names in the order they came."""

    road: Road
    documents: list[str] = field(default_factory=list)

    def __call__(self, content: bytes) -> str:
        """Archive an answer and return the name it is kept under."""
        self.documents.append(self.road.stores.documents.put_bytes(content).sha256)
        return self.documents[-1]


def by_halves(ask: Callable[[date, date], Mapping[date, T]], first: date, last: date) -> dict[date, T | RefusedDay]:
    """Ask for a span; while an answer cannot be used, halve it until the day that it cannot be used for stands alone.

    So one payout or invoice that cannot be used keeps no other day out. Where no day of a span can be used the first
    refusal is raised as one, not told once for each day. Raises what Amazon itself refuses.
    """
    refusals: list[SourceRefused] = []
    found = _halved(ask, first, last, refusals, [HALVINGS_MAX])
    if first < last and all(isinstance(one, RefusedDay) for one in found.values()):
        raise SourceRefused(str(refusals[0]), code=UNREADABLE) from refusals[0]
    return found


def _halved(
    ask: Callable[[date, date], Mapping[date, T]],
    first: date,
    last: date,
    refusals: list[SourceRefused],
    halvings_left: list[int],
) -> dict[date, T | RefusedDay]:
    try:
        return dict(ask(first, last))
    except SourceRefused as refused:
        outcome = unusable(refused)
        refusals.append(refused)
    if first == last or halvings_left[0] <= 0:
        return {day: outcome for day in days_between(first, last)}
    halvings_left[0] -= 1
    middle = first + (last - first) // 2
    earlier = _halved(ask, first, middle, refusals, halvings_left)
    return earlier | _halved(ask, middle + timedelta(days=1), last, refusals, halvings_left)


def unusable(refused: SourceRefused) -> RefusedDay:
    """Return the outcome of a day whose answer is not of the documented shape; raise what Amazon itself refuses."""
    if refused.status is not None:
        raise refused
    return RefusedDay(refused.reasons or (("an answer", str(refused)),))
