"""Rows as they lie in the database, whatever somebody made of them: verification names such a row and does not fail.

In: one reading. Out: values as the driver gives them. SQLite keeps any kind of value in any column, and bytes that are
no text in a column of text; both come back as what no row of ours ever held, so that they differ from it. Either engine
answers from an index alone where it can: then that is what is read, and not the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Boolean, Connection, Table, text, type_coerce
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import NullType

from resources.store.columns import Moment
from resources.store.schema import metadata

_CONVERTED = (Moment, Boolean)
_FLAGS = {0: False, 1: True}


def columns_of(table: Table) -> list[ColumnElement]:
    """Return the columns of a table: a moment that was changed may be none any more, a flag neither yes nor no."""
    return [type_coerce(one, NullType()) if isinstance(one.type, _CONVERTED) else one for one in table.columns]


def flag(value: Any) -> Any:
    """Return a stored flag as it was written, anything else as it is: SQLite keeps flags as 0 and 1."""
    return _FLAGS.get(value, value)


def is_text(value: Any) -> bool:
    """Tell whether a value is text that a database takes: not bytes, and none that could not be decoded."""
    try:
        value.encode()
    except (AttributeError, UnicodeEncodeError):
        return False
    return True


@contextmanager
def undecoded(reading: Connection) -> Iterator[None]:
    """Let bytes that are no UTF-8 be read for a while, each as a character that no text has; PostgreSQL keeps none."""
    driver = reading.connection.dbapi_connection
    if reading.dialect.name != "sqlite":
        yield
        return
    before = driver.text_factory
    driver.text_factory = _any_text
    try:
        yield
    finally:
        driver.text_factory = before


@contextmanager
def tables_alone(reading: Connection) -> Iterator[None]:
    """Let queries take what they return from tables for a while, never from an index alone.

    On SQLite no index is used at all, by a view in front of each table that is the connection's own: an index that was
    changed in the file leads astray. PostgreSQL reads each row itself that an index leads to.
    """
    begin, end = _SQLITE_ALONE if reading.dialect.name == "sqlite" else _POSTGRES_ALONE
    for statement in begin:
        reading.execute(text(statement))
    try:
        yield
    finally:
        for statement in end:
            reading.execute(text(statement))


_SQLITE_ALONE = (
    [f'CREATE TEMP VIEW "{name}" AS SELECT * FROM main."{name}" NOT INDEXED' for name in metadata.tables],
    [f'DROP VIEW temp."{name}"' for name in metadata.tables],
)
_POSTGRES_ALONE = (["SET LOCAL enable_indexonlyscan = off"], ["SET LOCAL enable_indexonlyscan TO DEFAULT"])


def _any_text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
