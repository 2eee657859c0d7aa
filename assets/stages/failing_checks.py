"""Checks that do not pass, whatever asset they belong to, in the words of those who read books.

In: the verdicts as they were kept, the newest of each. Out: those that fail, what stops money first; what only waits
for the ERP, the bank or a day is told apart. Nobody outside is asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from assets.review_queue import about
from assets.stages.outcome import WAITS
from assets.stages.verdicts import rows_as_told
from resources.store.stores import Stores
from resources.store.verdicts import CheckVerdict


@dataclass(frozen=True)
class FailingCheck:
    """One check that does not pass: what it is about, since when it says so, and the rows behind it."""

    connection: str
    partition: str
    asset: str
    check: str
    weight: str
    sentence: str
    since: datetime
    rows: tuple[dict[str, str], ...]

    @property
    def row(self) -> dict[str, object]:
        """Return the row that people and machines read, without the rows behind it."""
        return {
            "connection": self.connection,
            "about": about(self.partition),
            "check": f"{self.asset}.{self.check}" if self.asset else self.check,
            "weight": self.weight,
            "says": self.sentence,
            "since": self.since,
        }


STOPS, FAILS, WAITING = "stops money", "worth a look", "waits"
_ORDER = (STOPS, FAILS, WAITING)


def failing_checks(stores: Stores, connection: str, partition: str | None = None) -> list[FailingCheck]:
    """Return every check of a connection that does not pass, of one settlement, day or month if that is named."""
    found = [_failing(one) for one in stores.verdicts.latest(connection, partition) if not one.passed]
    return sorted(found, key=lambda one: (_ORDER.index(one.weight), one.partition, one.check))


def counted(checks: Iterable[FailingCheck], weight: str) -> int:
    """Count checks of one weight."""
    return sum(one.weight == weight for one in checks)


def _failing(verdict: CheckVerdict) -> FailingCheck:
    facts = verdict.facts
    weight = WAITING if facts.get(WAITS) else STOPS if verdict.severity == "error" else FAILS
    rows = rows_as_told("rows", facts)
    return FailingCheck(
        verdict.connection,
        verdict.partition,
        facts.get("asset", ""),
        verdict.check,
        weight,
        facts.get("sentence", ""),
        verdict.at,
        rows,
    )
