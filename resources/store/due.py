"""What is due: partitions that somebody should take up at a moment, and why.

In: asks, from discovery, from an unfinished posting, from a resolved review item. Out: rows for the sensor, each with a
version, so that one ask is one run and an ask that comes while a run works is not lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from resources.clock import Clock
from resources.store.control import ControlDatabase
from resources.store.schema import due_rows


@dataclass(frozen=True)
class DueRow:
    """One partition that is due at `at`; `version` grows with every new ask."""

    connection: str
    kind: str
    partition: str
    at: datetime
    version: int
    reason: str


class Due:
    """One row per connection, kind and partition."""

    def __init__(self, control: ControlDatabase, clock: Clock) -> None:
        self._control = control
        self._clock = clock

    def ask(self, connection: str, kind: str, partition: str, at: datetime, reason: str) -> None:
        """Ask for a partition at a moment; the last ask counts, and asking the same again changes nothing."""
        with self._control.transaction() as transaction:
            self.ask_within(transaction, connection, kind, partition, at, reason)

    def ask_within(
        self, transaction: Connection, connection: str, kind: str, partition: str, at: datetime, reason: str
    ) -> None:
        """Ask inside the caller's transaction."""
        row = transaction.execute(select(due_rows).where(*_key(connection, kind, partition))).one_or_none()
        if row is None:
            values = {"connection": connection, "kind": kind, "partition": partition}
            values |= {"at": at, "version": 1, "reason": reason, "is_done": False}
            transaction.execute(insert(due_rows).values(values))
        elif row.is_done or row.at != at or row.reason != reason:
            values = {"at": at, "version": row.version + 1, "reason": reason, "is_done": False}
            transaction.execute(update(due_rows).where(*_key(connection, kind, partition)).values(values))

    def ready(
        self, connection: str, now: datetime, kinds: Iterable[str] | None = None, limit: int = 200
    ) -> list[DueRow]:
        """Return what is due by now, oldest first."""
        query = select(due_rows).where(due_rows.c.connection == connection, ~due_rows.c.is_done, due_rows.c.at <= now)
        if kinds is not None:
            query = query.where(due_rows.c.kind.in_(list(kinds)))
        return self._rows(query.order_by(due_rows.c.at, due_rows.c.kind, due_rows.c.partition).limit(limit))

    def listing(self, connection: str) -> list[DueRow]:
        """Return everything that is still to be done, future moments included."""
        query = select(due_rows).where(due_rows.c.connection == connection, ~due_rows.c.is_done)
        return self._rows(query.order_by(due_rows.c.at, due_rows.c.kind, due_rows.c.partition))

    def open_row(self, connection: str, kind: str, partition: str) -> DueRow | None:
        """Return the row of one partition that is still to be done, future moments included; None without one."""
        found = self._rows(select(due_rows).where(*_key(connection, kind, partition), ~due_rows.c.is_done))
        return found[0] if found else None

    def done(self, row: DueRow) -> bool:
        """Close a row; False when it was asked for again meanwhile, and then it stays open."""
        same = (*_key(row.connection, row.kind, row.partition), due_rows.c.version == row.version, ~due_rows.c.is_done)
        with self._control.transaction() as transaction:
            return transaction.execute(update(due_rows).where(*same).values(is_done=True)).rowcount == 1

    def _rows(self, query) -> list[DueRow]:
        with self._control.reading() as reading:
            rows = reading.execute(query).all()
        return [DueRow(row.connection, row.kind, row.partition, row.at, row.version, row.reason) for row in rows]


def _key(connection: str, kind: str, partition: str) -> tuple:
    return due_rows.c.connection == connection, due_rows.c.kind == kind, due_rows.c.partition == partition
