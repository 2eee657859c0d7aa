"""Rows that are written once and never changed: each holds a hash over the one before it and over itself.

In: the values of a row, inside the transaction that writes it. Out: the same with `hash`, and the head of its chain
moved on. There is one chain per table and connection; the head remembers how many rows there were and the last of
them, so that a changed, removed, added or renumbered row shows. For tables whose rows no audit event tells of: each
event only names the ends that these chains had, so that whoever cuts one short contradicts the audit trail.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Connection, Float, Table, bindparam, func, insert, select, update

from resources.store.as_stored import columns_of, flag, is_text
from resources.store.columns import Moment, moment_text
from resources.store.prepared import Prepared
from resources.store.schema import check_verdicts, exchanges, row_chains

CHAINED = (exchanges, check_verdicts)
ENDS = "row_chains"  # under this name an event tells number and hash of the last row, and how many were sealed
FIRST = "0" * 64
_encode = json.JSONEncoder(separators=(",", ":")).encode

_HEAD = Prepared(
    select(row_chains.c.rows, row_chains.c.last_id, row_chains.c.hash).where(
        row_chains.c.connection == bindparam("of_connection"), row_chains.c.table_name == bindparam("of_table")
    )
)
_BEGIN = Prepared(insert(row_chains))
_MOVE = Prepared(
    update(row_chains)
    .where(row_chains.c.connection == bindparam("of_connection"), row_chains.c.table_name == bindparam("of_table"))
    .values(rows=bindparam("to_rows"), last_id=bindparam("to_id"), hash=bindparam("to_hash"))
)


class RowChain:
    """The chains of one table."""

    def __init__(self, table: Table) -> None:
        self._name = table.name
        self._covered = covered(table)
        self._as_read = {one.name: as_read for one in table.columns if (as_read := _as_read(one.type))}
        named = {one.name: bindparam(one.name) for one in table.columns if not one.primary_key}
        self._insert = Prepared(insert(table).values(named).returning(table.c.id), returns=("id",))

    def add(self, transaction: Connection, values: Mapping[str, Any]) -> int:
        """Write one row, given by column without `id` and `hash`; return its number."""
        connection = values["connection"]
        head = _HEAD.row(transaction, of_connection=connection, of_table=self._name)
        rows, last_id, previous = (0, 0, FIRST) if head is None else head
        stored = {**values, **{name: as_read(values[name]) for name, as_read in self._as_read.items()}}
        made = digest(previous, last_id, [stored[name] for name in self._covered])
        [number] = self._insert.row(transaction, **values, hash=made)
        if head is None:
            told = {
                "connection": connection,
                "table_name": self._name,
                "rows": 1,
                "last_id": number,
                "hash": made,
                "sealed": 0,
            }
            _BEGIN.run(transaction, **told)
        else:
            at = {"of_connection": connection, "of_table": self._name}
            _MOVE.run(transaction, **at, to_rows=rows + 1, to_id=number, to_hash=made)
        return number


def covered(table: Table) -> tuple[str, ...]:
    """Return the columns that a row's own hash covers, in order; its number is covered by the next one's."""
    return tuple(one.name for one in table.columns if one.name not in ("id", "hash"))


def digest(previous: str, last_id: int, values: Iterable[Any]) -> str:
    """Return the hash of a row: of hash and number of the one before, and of its own values."""
    return hashlib.sha256(_encode([previous, last_id, *values]).encode()).hexdigest()


@dataclass(frozen=True)
class End:
    """The end that a chain had when an event was written."""

    sequence: int
    last_id: int
    hash: str
    sealed: int


class Ends:
    """What the audit trail tells of the chains of rows, by table and connection, in the order of the events."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], dict[int, End]] = defaultdict(dict)

    def take(self, connection: str, sequence: int, facts: Mapping[str, Any]) -> None:
        """Add what one event tells. The first one that names a row counts: a number can be given out anew by SQLite
        after somebody removed the last row.
        """
        for table, told in facts.get(ENDS, {}).items():
            end = End(sequence, *told)
            self._told[table, connection].setdefault(end.last_id, end)

    def of(self, table: str, connection: str) -> dict[int, End]:
        """Return the ends of one chain by number of the row."""
        return self._told.get((table, connection), {})

    def connections(self, table: str) -> set[str]:
        """Return the connections of which a chain of this table is told."""
        return {connection for name, connection in self._told if name == table}


def first_broken(reading: Connection, table: Table, ends: Ends) -> tuple[tuple, str] | None:
    """Return the key of the first row that is not as it was written, and what is wrong; None where all are."""
    told = reading.execute(select(row_chains).where(row_chains.c.table_name == table.name))
    heads = {row.connection: row for row in told}
    begun = reading.execute(select(table.c.connection, func.min(table.c.id)).group_by(table.c.connection))
    firsts = {name: number for name, number in begun}
    names = [*firsts, *(name for name in {*heads, *ends.connections(table.name)} if name not in firsts)]
    nameless = next((one for one in names if not is_text(one)), None)
    if nameless is not None:
        number = firsts[nameless] if nameless in firsts else heads[nameless].last_id
        return (number,), "of a connection whose name is no text"
    columns = [(name, isinstance(table.c[name].type, Boolean)) for name in covered(table)]
    for name in sorted(names, key=lambda one: (one in heads, one)):
        rows = _stored(reading, table, name)
        broken = _broken(rows, columns, heads.get(name), ends.of(table.name, name))
        if broken is not None:
            return broken
    return None


def stray_head(reading: Connection) -> tuple | None:
    """Return the key of an end of a chain of a table that has none, None where every end belongs to a chain."""
    own = row_chains.c
    query = select(own.connection, own.table_name).where(own.table_name.not_in([table.name for table in CHAINED]))
    found = reading.execute(query.order_by(own.connection, own.table_name).limit(1)).first()
    return None if found is None else tuple(found)


def count(reading: Connection, table: Table) -> tuple[int, int]:
    """Return how many rows the chains of a table have, and how many of these were there before the chains."""
    query = select(row_chains.c.rows, row_chains.c.sealed).where(row_chains.c.table_name == table.name)
    told = [row for row in reading.execute(query) if all(isinstance(number, int) for number in row)]
    return sum(row.rows for row in told), sum(row.sealed for row in told)


def _as_read(kind: Any) -> Callable[[Any], Any] | None:
    """Return what makes of a value what will be read: 0 seconds come back as 0.0, and have another text."""
    return next((make for known, make in _READ_AS.items() if isinstance(kind, known)), None)


_READ_AS: dict[type, Callable[[Any], Any]] = {Moment: moment_text, Float: float, Boolean: bool}


def _stored(reading: Connection, table: Table, connection: str) -> Iterator[Any]:
    """Yield the rows of one chain as they are stored."""
    query = select(*columns_of(table)).where(table.c.connection == connection).order_by(table.c.id)
    with reading.execute(query.execution_options(yield_per=1000)) as rows:
        yield from rows


def _counts_hold(head: Any, ends: Mapping[int, End]) -> bool:
    """Tell whether a head counts as it was written: none begins empty, and how many rows are older never changes."""
    if not all(isinstance(number, int) for number in (head.rows, head.sealed)):
        return False
    return 0 <= head.sealed <= head.rows and head.rows > 0 and all(end.sealed == head.sealed for end in ends.values())


def _hashed(previous: str, last_id: int, row: Any, columns: Iterable[tuple[str, bool]]) -> str | None:
    """Return the hash that a stored row should have, None where it holds what no row of ours ever held."""
    values = (flag(getattr(row, name)) if is_flag else getattr(row, name) for name, is_flag in columns)
    try:
        return digest(previous, last_id, values)
    except TypeError:  # bytes, where text or a number was written
        return None


def _broken(
    rows: Iterable[Any], columns: Iterable[tuple[str, bool]], head: Any, ends: Mapping[int, End]
) -> tuple[tuple, str] | None:
    found, last_id, previous, untold = 0, 0, FIRST, dict(ends)
    for row in rows:
        if head is None:
            return (row.id,), "in no chain"
        if _hashed(previous, last_id, row, columns) != row.hash:
            return (row.id,), "other than it was written, or one before it is missing"
        end = untold.pop(row.id, None)
        if end is not None and end.hash != row.hash:
            return (row.id,), f"other than event {end.sequence} tells"
        found, last_id, previous = found + 1, row.id, row.hash
    if untold:
        end = min(untold.values(), key=lambda one: one.last_id)
        return (end.last_id,), f"missing, though event {end.sequence} tells of it"
    if head is not None and (head.rows, head.last_id, head.hash) != (found, last_id, previous):
        return (head.last_id,), f"not the end of its chain: {head.rows} rows were written, {found} are there"
    if head is not None and not _counts_hold(head, ends):
        return (
            head.last_id,
        ), f"the end of a chain of {head.rows} rows, {head.sealed} of them older: not what was told"
    return None
