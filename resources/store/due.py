"""What is due: partitions that somebody should take up at a moment, and why.

In: asks, from discovery, from an unfinished posting, from a resolved review item. Out: rows for the sensor, each with a
version, so that one ask is one run and an ask that comes while a run works is not lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from resources.clock import Clock
from resources.store.control import ControlDatabase
from resources.store.prepared import Prepared
from resources.store.schema import due_rows

SETTLEMENT_KIND = "settlement"  # kind of the row that takes a settlement, a day or a month up again

_ROW = due_rows.c
_KEY = (
    _ROW.connection == bindparam("of_connection"),
    _ROW.kind == bindparam("of_kind"),
    _ROW.partition == bindparam("of_partition"),
)
# Every run of every settlement asks and closes.
_SELECT_ROW = Prepared(select(due_rows).where(*_KEY))
_SELECT_OPEN_ROWS = Prepared(
    select(due_rows)
    .where(_ROW.connection == bindparam("of_connection"), ~_ROW.is_done)
    .order_by(_ROW.at, _ROW.kind, _ROW.partition)
)
_INSERT_ROW = Prepared(insert(due_rows))
_ASK_ANEW = Prepared(
    update(due_rows)
    .where(*_KEY)
    .values(at=bindparam("to_at"), version=bindparam("to_version"), reason=bindparam("to_reason"), is_done=False)
)
_CLOSE_ROW = Prepared(
    update(due_rows).where(*_KEY, _ROW.version == bindparam("of_version"), ~_ROW.is_done).values(is_done=True)
)


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
        key = {"of_connection": connection, "of_kind": kind, "of_partition": partition}
        row = _SELECT_ROW.row(transaction, **key)
        if row is None:
            values = {"connection": connection, "kind": kind, "partition": partition}
            _INSERT_ROW.run(transaction, **values, at=at, version=1, reason=reason, is_done=False)
        elif row.is_done or row.at != at or row.reason != reason:
            _ASK_ANEW.run(transaction, **key, to_at=at, to_version=row.version + 1, to_reason=reason)

    def ready(
        self, connection: str, now: datetime, kinds: Iterable[str] | None = None, limit: int = 200
    ) -> list[DueRow]:
        """Return what is due by now, oldest first."""
        of_kinds = () if kinds is None else tuple(kinds)
        if kinds is not None and not of_kinds:
            return []
        bound = {f"kind_{number}": kind for number, kind in enumerate(of_kinds)}
        with self._control.reading() as reading:
            rows = _ready(len(of_kinds)).rows(reading, of_connection=connection, until=now, at_most=limit, **bound)
        return [_due_row(row) for row in rows]

    def listing(self, connection: str) -> list[DueRow]:
        """Return everything that is still to be done, future moments included."""
        with self._control.reading() as reading:
            return [_due_row(row) for row in _SELECT_OPEN_ROWS.rows(reading, of_connection=connection)]

    def open_row(self, connection: str, kind: str, partition: str) -> DueRow | None:
        """Return the row of one partition that is still to be done, future moments included; None without one."""
        key = {"of_connection": connection, "of_kind": kind, "of_partition": partition}
        with self._control.reading() as reading:
            row = _SELECT_ROW.row(reading, **key)
        return None if row is None or row.is_done else _due_row(row)

    def done(self, row: DueRow) -> bool:
        """Close a row; False when it was asked for again meanwhile, and then it stays open."""
        key = {"of_connection": row.connection, "of_kind": row.kind, "of_partition": row.partition}
        with self._control.transaction() as transaction:
            return _CLOSE_ROW.run(transaction, **key, of_version=row.version) == 1


@cache
def _ready(kinds: int) -> Prepared:
    """Return the query of what is due of so many kinds, of any kind for none: every tick of a sensor asks it."""
    query = select(due_rows).where(
        _ROW.connection == bindparam("of_connection"), ~_ROW.is_done, _ROW.at <= bindparam("until")
    )
    if kinds:
        query = query.where(or_(*(_ROW.kind == bindparam(f"kind_{number}") for number in range(kinds))))
    return Prepared(query.order_by(_ROW.at, _ROW.kind, _ROW.partition).limit(bindparam("at_most")))


def _due_row(row) -> DueRow:
    return DueRow(row.connection, row.kind, row.partition, row.at, row.version, row.reason)
