"""What the checks said, per partition, kept by ourselves.

A check that ran for a whole range records nothing per partition in Dagster; the gate of the posting step and the
statement ask here instead. Every verdict is kept, in a chain of hashes; the latest of each check counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from resources.clock import Clock
from resources.store.columns import facts_text
from resources.store.control import ControlDatabase
from resources.store.row_chain import RowChain
from resources.store.schema import check_verdicts

_CHAIN = RowChain(check_verdicts)


@dataclass(frozen=True)
class Said:
    """What one check says now; `facts` may hold decimals, moments and days."""

    check: str
    passed: bool
    severity: str
    facts: dict


@dataclass(frozen=True)
class CheckVerdict:
    """What one check said of one partition; `facts` are plain JSON values."""

    connection: str
    partition: str
    check: str
    passed: bool
    severity: str
    facts: dict
    run: str
    at: datetime


class Verdicts:
    """Verdicts in the control database."""

    def __init__(self, control: ControlDatabase, clock: Clock) -> None:
        self._control = control
        self._clock = clock

    def store(self, connection: str, partition: str, said: Iterable[Said], run: str = "") -> None:
        """Keep what the checks of one look said: all of it, or nothing of it."""
        of_look = {"connection": connection, "partition": partition, "run": run, "at": self._clock.now()}
        rows = [
            {"check_name": one.check, "passed": one.passed, "severity": one.severity, "facts": facts_text(one.facts)}
            for one in said
        ]
        if not rows:
            return
        with self._control.transaction() as transaction:
            for row in rows:
                _CHAIN.add(transaction, {**of_look, **row})

    def latest(self, connection: str, partition: str | None = None) -> list[CheckVerdict]:
        """Return the newest verdict of every check, by partition and name."""
        newest = select(func.max(check_verdicts.c.id)).where(check_verdicts.c.connection == connection)
        if partition is not None:
            newest = newest.where(check_verdicts.c.partition == partition)
        newest = newest.group_by(check_verdicts.c.partition, check_verdicts.c.check_name)
        with self._control.reading() as reading:
            rows = reading.execute(select(check_verdicts).where(check_verdicts.c.id.in_(newest))).all()
        found = [
            CheckVerdict(
                row.connection,
                row.partition,
                row.check_name,
                row.passed,
                row.severity,
                json.loads(row.facts),
                row.run,
                row.at,
            )
            for row in rows
        ]
        return sorted(found, key=lambda one: (one.partition, one.check))
