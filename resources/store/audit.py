"""The audit trail: what was done, by which run and person, in a chain that shows every later change.

In: facts, inside the transaction of the change they tell of. Out: events of one connection, numbered without gaps; each
holds a SHA-256 over the one before and over every column of its own, so that a changed, removed or inserted row breaks
the chain from there on. Triggers refuse to change, remove or replace an event on both engines; the hash shows what went
around them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, Text, bindparam, insert, literal_column, select, type_coerce, update

from resources.store.as_stored import is_text, undecoded
from resources.store.columns import facts_text, moment_text
from resources.store.control import ControlDatabase
from resources.store.prepared import Prepared
from resources.store.row_chain import CHAINED, ENDS
from resources.store.schema import audit_chains, audit_events, row_chains

_FIRST = "0" * 64
_PAGE = 1000
_CHAINED_NAMES = tuple(table.name for table in CHAINED)

_HEAD = select(audit_chains.c.sequence, audit_chains.c.hash).where(
    audit_chains.c.connection == bindparam("of_connection")
)
_SELECT_HEAD = Prepared(_HEAD)


def _heads() -> Select:
    """Return the query of a chain's head and, beside it, how far the rows that are written once have come."""
    query = _HEAD
    for table in CHAINED:
        rows = row_chains.alias(f"of_{table.name}")
        at = (rows.c.connection == audit_chains.c.connection) & (rows.c.table_name == literal_column(f"'{table.name}'"))
        told = (rows.c[name].label(f"{table.name}_{name}") for name in ("last_id", "hash", "sealed"))
        query = query.outerjoin_from(audit_chains, rows, at).add_columns(*told)
    return query


_SELECT_HEADS = Prepared(_heads())
# The moment is text already: it was hashed as it is stored.
_INSERT_EVENT = Prepared(
    insert(audit_events).values(
        {column.name: bindparam(column.name) for column in audit_events.columns} | {"at": bindparam("at", type_=Text)}
    )
)
_INSERT_HEAD = Prepared(insert(audit_chains))
_MOVE_HEAD = Prepared(
    update(audit_chains)
    .where(audit_chains.c.connection == bindparam("of_connection"))
    .values(sequence=bindparam("to_sequence"), hash=bindparam("to_hash"))
)


@dataclass(frozen=True)
class AuditEvent:
    """One thing that was done; `facts` are plain JSON values, amounts as text."""

    connection: str
    sequence: int
    at: datetime
    kind: str
    document_key: str
    partition: str
    run: str
    exchange: str
    person: str
    facts: dict
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class Verdict:
    """What recomputing a chain showed; `first_bad` is the number of the first event that is wrong or missing."""

    ok: bool
    events: int
    first_bad: int | None
    sentence: str


class Audit:
    """Append-only events, one chain per connection."""

    def __init__(self, control: ControlDatabase) -> None:
        self._control = control

    def append(
        self,
        transaction: Connection,
        connection: str,
        kind: str,
        facts: dict,
        *,
        document_key: str = "",
        partition: str = "",
        run: str = "",
        exchange: str = "",
        person: str = "",
        at: datetime | None = None,
    ) -> int:
        """Write one event inside the caller's transaction (scope `books`); return its number.

        `at` is the moment that the row it tells of bears, so that the two can be compared; else it is now. The facts
        get the ends of the connection's chains of rows, so that these hang on this chain.
        """
        sequence, previous_hash, ends = self._head(transaction, connection)
        values = {
            "connection": connection,
            "sequence": sequence + 1,
            "at": moment_text(at or self._control.clock.now()),
            "kind": kind,
            "document_key": document_key,
            "partition": partition,
            "run": run,
            "exchange": exchange,
            "person": person,
            "facts": facts_text({**facts, ENDS: ends} if ends else facts),
            "previous_hash": previous_hash,
        }
        values["hash"] = _hash(values)
        _INSERT_EVENT.run(transaction, **values)
        self._move_head(transaction, connection, sequence + 1, values["hash"])
        return sequence + 1

    def events(
        self,
        connection: str,
        *,
        partition: str | None = None,
        document_key: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[AuditEvent]:
        """Return events in order, the first `limit` of those after number `after`."""
        query = select(audit_events).where(audit_events.c.connection == connection, audit_events.c.sequence > after)
        if partition is not None:
            query = query.where(audit_events.c.partition == partition)
        if document_key is not None:
            query = query.where(audit_events.c.document_key == document_key)
        with self._control.reading() as reading:
            rows = reading.execute(query.order_by(audit_events.c.sequence).limit(limit)).all()
        return [_event(row) for row in rows]

    def as_stored(self, connection: str, after: int = 0) -> Iterator[dict]:
        """Yield events in order with every column as it was hashed, the ones committed meanwhile too."""
        query = select(*_RAW).where(audit_events.c.connection == connection).order_by(audit_events.c.sequence)
        while True:
            with self._control.reading() as reading:
                page = reading.execute(query.where(audit_events.c.sequence > after).limit(_PAGE)).mappings().all()
            yield from map(dict, page)
            if len(page) < _PAGE:
                return
            after = page[-1]["sequence"]

    def connections(self) -> list[str]:
        """Return every connection that has a chain, or events without one."""
        with self._control.reading() as reading:
            return connections_in(reading)

    def verify(self, connection: str) -> Verdict:
        """Recompute a chain from its first event; name the first row that is wrong."""
        with self._control.reading() as reading, undecoded(reading):
            return verdict_on(reading, connection)

    def _head(self, transaction: Connection, connection: str) -> tuple[int, str, dict[str, tuple]]:
        row = _SELECT_HEADS.row(transaction, of_connection=connection)
        if row is None:
            return 0, _FIRST, {}
        sequence, last_hash, *ends = row
        told = zip(_CHAINED_NAMES, zip(ends[::3], ends[1::3], ends[2::3], strict=True), strict=True)
        return sequence, last_hash, {name: end for name, end in told if end[0] is not None}

    def _move_head(self, transaction: Connection, connection: str, sequence: int, event_hash: str) -> None:
        if sequence == 1:
            _INSERT_HEAD.run(transaction, connection=connection, sequence=sequence, hash=event_hash)
        else:
            _MOVE_HEAD.run(transaction, of_connection=connection, to_sequence=sequence, to_hash=event_hash)


def connections_in(reading: Connection) -> list[str]:
    """Return every connection that has a chain, or events without one."""
    return sorted(filter(is_text, _names(reading)))


def nameless_in(reading: Connection) -> str | bytes | None:
    """Return what stands where the name of a connection should be and is no text; None where all are names."""
    return next((one for one in _names(reading) if not is_text(one)), None)


def _names(reading: Connection) -> list:
    both = select(audit_chains.c.connection).union(select(audit_events.c.connection))
    return list(reading.execute(both).scalars())


def verdict_on(reading: Connection, connection: str, seen: Callable[[Row], None] | None = None) -> Verdict:
    """Recompute a chain as one reading shows it; hand every event to `seen` that stands as it was written."""
    head = _SELECT_HEAD.row(reading, of_connection=connection)
    query = select(*_RAW).where(audit_events.c.connection == connection).order_by(audit_events.c.sequence)
    with reading.execute(query.execution_options(yield_per=1000)) as rows:
        return _verdict(connection, rows, head, seen)


_encode = json.JSONEncoder(separators=(",", ":")).encode
_HASHED = tuple(column.name for column in audit_events.columns if column.name != "hash")
# Read as it stands: a time that somebody changed may be no time any more.
_RAW = tuple(type_coerce(column, Text) if column.name == "at" else column for column in audit_events.columns)


def _hash(values: dict) -> str:
    """Return the SHA-256 over every column but the hash itself, as a JSON array in the order of the columns."""
    return hashlib.sha256(_encode([values[name] for name in _HASHED]).encode()).hexdigest()


def _verdict(connection: str, rows: Iterator[Row], head: Row | None, seen: Callable[[Row], None] | None) -> Verdict:
    """Walk the chain; `head` is how far it should reach."""
    number, previous = 0, _FIRST
    for row in rows:
        number += 1
        wrong = _wrong(row, number, previous)
        if wrong:
            return Verdict(False, number - 1, number, f"Event {number} of {connection} {wrong}.")
        previous = row.hash
        if seen is not None:
            seen(row)
    reach, last_hash = (0, _FIRST) if head is None else (head.sequence, head.hash)
    if not isinstance(reach, int):
        return Verdict(False, number, number or 1, f"How many events of {connection} were written cannot be read.")
    if number < reach:
        sentence = f"Event {number + 1} of {connection} is missing: {reach} were written, {number} are left."
        return Verdict(False, number, number + 1, sentence)
    if number > reach or previous != last_hash:
        sentence = f"Event {number} of {connection} is not the one the chain ends with: {reach} were written."
        return Verdict(False, number, min(number, reach + 1) or 1, sentence)
    return Verdict(True, number, None, f"All {number} events of {connection} are as they were written.")


def _wrong(row: Row, number: int, previous: str) -> str:
    """Say what is wrong with one row, or nothing."""
    if row.sequence != number:
        return f"is missing; the next one is {row.sequence}"
    if row.previous_hash != previous:
        return "does not follow the one before it"
    if not _is_as_hashed(row):
        return "was changed after it was written"
    return ""


def _is_as_hashed(row: Row) -> bool:
    try:
        return row.hash == _hash(row._asdict())
    except TypeError:  # bytes, where text was written
        return False


def _event(row: Row) -> AuditEvent:
    return AuditEvent(**{**row._asdict(), "facts": json.loads(row.facts)})
