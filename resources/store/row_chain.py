"""Rows that are written once and never changed: each holds a hash over the one before it and over itself.

In: the values of a row, inside the transaction that writes it. Out: the same with `hash`, and the head of its chain
moved on. There is one chain per table and connection; the head remembers how many rows there were and the last of
them, so that a changed, removed, added or renumbered row shows. For tables whose rows no audit event tells of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, Text, bindparam, insert, select, type_coerce, update

from resources.store.columns import Moment, moment_text
from resources.store.prepared import Prepared
from resources.store.schema import check_verdicts, exchanges, row_chains

CHAINED = (exchanges, check_verdicts)
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
        self._moments = tuple(one.name for one in table.columns if isinstance(one.type, Moment))
        named = {one.name: bindparam(one.name) for one in table.columns if not one.primary_key}
        self._insert = Prepared(insert(table).values(named).returning(table.c.id), returns=("id",))

    def add(self, transaction: Connection, values: Mapping[str, Any]) -> int:
        """Write one row, given by column without `id` and `hash`; return its number."""
        connection = values["connection"]
        head = _HEAD.row(transaction, of_connection=connection, of_table=self._name)
        rows, last_id, previous = (0, 0, FIRST) if head is None else head
        text = {name: moment_text(values[name]) for name in self._moments}
        made = digest(previous, last_id, [text.get(name, values[name]) for name in self._covered])
        [number] = self._insert.row(transaction, **values, hash=made)
        if head is None:
            told = {"connection": connection, "table_name": self._name, "rows": 1, "last_id": number, "hash": made}
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


def first_broken(reading: Connection, table: Table) -> tuple[tuple, str] | None:
    """Return the key of the first row that is not as it was written, and what is wrong; None where all are."""
    heads = {
        row.connection: row for row in reading.execute(select(row_chains).where(row_chains.c.table_name == table.name))
    }
    names = set(reading.execute(select(table.c.connection).distinct()).scalars()) | set(heads)
    for name in sorted(names, key=lambda one: (one in heads, one)):
        broken = _broken(_stored(reading, table, name), covered(table), heads.get(name))
        if broken is not None:
            return broken
    return None


def count(reading: Connection, table: Table) -> int:
    """Return how many rows the chains of a table have."""
    return sum(reading.execute(select(row_chains.c.rows).where(row_chains.c.table_name == table.name)).scalars())


def _stored(reading: Connection, table: Table, connection: str) -> Iterator[Any]:
    """Yield the rows of one chain as they are stored: a moment that was changed may be none any more."""
    columns = [type_coerce(one, Text) if isinstance(one.type, Moment) else one for one in table.columns]
    query = select(*columns).where(table.c.connection == connection).order_by(table.c.id)
    with reading.execute(query.execution_options(yield_per=1000)) as rows:
        yield from rows


def _broken(rows: Iterable[Any], names: tuple[str, ...], head: Any) -> tuple[tuple, str] | None:
    found, last_id, previous = 0, 0, FIRST
    for row in rows:
        if head is None:
            return (row.id,), "in no chain"
        if digest(previous, last_id, [getattr(row, name) for name in names]) != row.hash:
            return (row.id,), "other than it was written, or one before it is missing"
        found, last_id, previous = found + 1, row.id, row.hash
    if head is not None and (head.rows, head.last_id, head.hash) != (found, last_id, previous):
        return (head.last_id,), f"not the end of its chain: {head.rows} rows were written, {found} are there"
    return None
