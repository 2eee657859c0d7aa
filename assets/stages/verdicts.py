"""What a stage of the road hands back, and what a check says, as plain values.

Dagster turns them into materializations and check results, the command line into tables, the control database keeps
the verdicts. Nothing here knows who reads it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ledger.errors import Finding

Row = dict[str, str]
# What is said of a verdict that had nothing to hold against.
NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class Verdict:
    """What one check says of one settlement.

    A blocking verdict that fails stops the settlement. `is_waiting` marks one that cannot be given yet (the ERP is
    still at work): it warns and never blocks. `rows` are what differs, ready for a table. One that is not `is_compared`
    passes because there was nothing to hold against, and says so.
    """

    check: str
    passed: bool
    sentence: str
    is_blocking: bool = True
    is_waiting: bool = False
    rows: tuple[Row, ...] = ()
    findings: tuple[Finding, ...] = ()
    is_compared: bool = True

    @property
    def agrees(self) -> bool:
        """Tell whether two sides were compared and say the same."""
        return self.passed and self.is_compared and not self.is_waiting

    @property
    def outcome(self) -> str:
        """Return in one or two words what came of it, as commands print it."""
        if self.passed:
            return "fine" if self.is_compared else NOT_COMPARED
        return "waits" if self.is_waiting else "fails"

    @property
    def stops(self) -> bool:
        """Tell whether the settlement must not go on."""
        return self.is_blocking and not self.passed and not self.is_waiting

    def cut(self, rows_max: int, where: str = "") -> "Verdict":
        """Return the verdict with its first rows; what is left out is counted, a short table must not look whole."""
        more = len(self.rows) - rows_max
        if more <= 0:
            return self
        words = f"1 more row {where or 'is not shown'}."
        if more > 1:
            words = f"{more} more rows {where or 'are not shown'}."
        return replace(self, sentence=f"{self.sentence} {words}".lstrip(), rows=self.rows[:rows_max])


def kept_rows(name: str, rows: Iterable[Row]) -> dict[str, Any]:
    """Return a table as facts that are stored: these sort names, so the order of its columns is kept beside it."""
    rows = [dict(row) for row in rows]
    return {name: rows, "columns": list(dict.fromkeys(column for row in rows for column in row))}


def rows_as_told(name: str, facts: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return a stored table with its columns in the order in which they were told."""
    columns = facts.get("columns", ())  # none beside what an older version has kept
    return tuple({column: row[column] for column in (*columns, *row) if column in row} for row in facts.get(name, ()))


def nothing_compared(check: str, sentence: str) -> Verdict:
    """Return the verdict of a proof that has nothing to hold against; the sentence says why."""
    return Verdict(check, True, sentence, is_blocking=False, is_compared=False)


@dataclass(frozen=True)
class StageResult:
    """What one stage made of one settlement.

    `facts` are scalars in the order to be shown, `rows` a small table, `picture` (label, amount) bars for the
    waterfall, `pictures` several of them by title, `links` name -> document hash, URL or ERP key. `version` is the
    warehouse version, empty when nothing was staged.
    """

    facts: dict[str, str | int | Decimal | bool] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    rows_total: int = 0
    verdicts: tuple[Verdict, ...] = ()
    picture: tuple[tuple[str, Decimal], ...] = ()
    pictures: dict[str, tuple[tuple[str, Decimal], ...]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    version: str = ""

    @property
    def stops(self) -> bool:
        """Tell whether a blocking verdict failed."""
        return any(verdict.stops for verdict in self.verdicts)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings of all verdicts."""
        return tuple(finding for verdict in self.verdicts for finding in verdict.findings)
