"""Whether the file of a control database holds together: what its indexes say is what its tables hold.

In: one reading. Out: the first index that is astray, with table and row as far as SQLite tells, or nothing. SQL changes
a table and its indexes together; damage, or an editor, changes one. Only SQLite is looked at: PostgreSQL has a tool of
its own for this (https://www.postgresql.org/docs/current/amcheck.html), which needs rights that we do not ask for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

# "row 3 missing from index NAME", "wrong # of entries in index NAME", "non-unique entry in index NAME"
_OF_INDEX = re.compile(r"^(?:row (?P<row>\d+) )?.*\bindex (?P<index>\w+)$")


@dataclass(frozen=True)
class Astray:
    """What does not hold together; `table`, `key` and `index` are empty where SQLite does not tell."""

    said: str
    table: str = ""
    key: tuple = ()
    index: str = ""


def first_astray(reading: Connection) -> Astray | None:
    """Return the first index that does not say what its table holds, a row known by name before all others.

    A file whose pages themselves are broken gives what SQLite says of it; None where everything holds together.
    """
    if reading.dialect.name != "sqlite":
        return None
    said = [str(one) for one in reading.execute(text("PRAGMA integrity_check")).scalars()]
    if said == ["ok"]:
        return None
    found = [_astray(reading, one) for one in said]
    return min(found, key=lambda one: (not one.key, not one.index))


def _astray(reading: Connection, said: str) -> Astray:
    matched = _OF_INDEX.match(said)
    table = _table_of(reading, matched["index"]) if matched else ""
    if matched is None or not table:
        return Astray(said)
    key = _key_of(reading, table, int(matched["row"])) if matched["row"] else ()
    return Astray(said, table, key, matched["index"])


def _table_of(reading: Connection, index: str) -> str:
    query = text("SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = :index")
    return reading.execute(query, {"index": index}).scalar_one_or_none() or ""


def _key_of(reading: Connection, table: str, place: int) -> tuple:
    """Return the primary key of the row at a place: integrity_check counts rows, and does not give their numbers."""
    columns = reading.execute(text(f'PRAGMA table_info("{table}")')).all()
    keys = [one.name for one in sorted(columns, key=lambda one: one.pk) if one.pk]
    return _row_at(reading, table, keys, place) if keys else (place,)


def _row_at(reading: Connection, table: str, keys: Sequence[str], place: int) -> tuple:
    names = ", ".join(f'"{name}"' for name in keys)
    chosen = f'SELECT {names} FROM "{table}" NOT INDEXED ORDER BY rowid LIMIT 1 OFFSET {place - 1}'
    found = reading.execute(text(chosen)).first()
    return (place,) if found is None else tuple(found)
