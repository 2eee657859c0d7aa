"""What a day asset does with an answer before and instead of reading it.

In: the bytes of an answer; a refusal of one. Out: the answer archived, its name kept for the facts of the day; or the
outcome of a day whose answer cannot be used.
"""

from dataclasses import dataclass, field
from datetime import date

from assets.days import UNREADABLE, RefusedDay
from assets.roadmap import Road
from ledger.errors import SourceRefused


@dataclass
class Archiving:
    """Archives every answer it is handed, and keeps their names in the order they came."""

    road: Road
    documents: list[str] = field(default_factory=list)

    def __call__(self, content: bytes) -> str:
        """Archive an answer and return the name it is kept under."""
        self.documents.append(self.road.stores.documents.put_bytes(content).sha256)
        return self.documents[-1]


def unusable_span(refused: SourceRefused, first: date, last: date) -> dict[date, RefusedDay]:
    """Return the outcome of a day alone; an answer for several days is raised as one, not told once for each."""
    if refused.status is None and first < last:
        raise SourceRefused(str(refused), code=UNREADABLE) from refused
    return {first: unusable(refused)}


def unusable(refused: SourceRefused) -> RefusedDay:
    """Return the outcome of a day whose answer is not of the documented shape; raise what Amazon itself refuses."""
    if refused.status is not None:
        raise refused
    return RefusedDay((("an answer", str(refused)),))
