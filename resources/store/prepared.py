"""Statements of the hot path: SQLAlchemy Core writes the SQL once per engine, the driver's own cursor runs it.

In: a Core statement, made once when a module is loaded; a transaction of the control database; values by name. Out:
rows as named tuples, typed as the schema says. Everything around it stays SQLAlchemy's: the connection, its
transaction, the classes of errors. What is left out is its work per statement (cache keys, events, results), which
costs several times what SQLite needs for the same row; so these raise none of SQLAlchemy's execution events.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.types import TypeEngine

_Converter = Callable[[Any], Any]
Row = Any  # a named tuple with the columns of the statement


class Prepared:
    """One statement with named parameters; lists of values (`IN`) are not for it.

    `returns` names the columns of a RETURNING, whole numbers and text only.
    """

    def __init__(self, statement: ClauseElement, returns: tuple[str, ...] = ()) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        self._row = namedtuple("Row", [*(column.name for column in columns), *returns])._make

    def run(self, transaction: Connection, /, **values: Any) -> int:
        """Run a statement that returns nothing; return how many rows it changed."""
        return self._executed(transaction, values).rowcount

    def row(self, transaction: Connection, /, **values: Any) -> Row | None:
        """Return the first row, None when there is none."""
        found = self._executed(transaction, values).fetchone()
        return None if found is None else self._read(transaction, found)

    def rows(self, transaction: Connection, /, **values: Any) -> list[Row]:
        """Return all rows."""
        return [self._read(transaction, found) for found in self._executed(transaction, values).fetchall()]

    def _read(self, transaction: Connection, found: tuple) -> Row:
        readers = self._compiled[transaction.dialect.name].readers
        if not readers:
            return self._row(found)
        values = list(found)
        for number, reader in readers:
            values[number] = reader(values[number])
        return self._row(values)

    def _executed(self, transaction: Connection, values: dict[str, Any]) -> Any:
        """Run the statement inside the transaction; raise what SQLAlchemy would raise for the driver's error."""
        dialect = transaction.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        try:
            return transaction.connection.dbapi_connection.execute(compiled.sql, compiled.bound(values))
        except dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy_says(error, compiled.sql, dialect) from error

    def _compile(self, dialect: Dialect) -> _Compiled:
        self._compiled[dialect.name] = compiled = _compiled(self._statement, dialect)
        return compiled


@dataclass(frozen=True)
class _Compiled:
    """The text for one engine, and what must be converted on the way in and out.

    `order` names the parameters of an engine that counts them (SQLite); empty where they are passed by name. `fixed`
    are those whose value belongs to the statement.
    """

    sql: str
    order: tuple[str, ...]
    fixed: dict[str, Any]
    writers: tuple[tuple[str, _Converter], ...]
    readers: tuple[tuple[int, _Converter], ...]

    def bound(self, values: dict[str, Any]) -> Any:
        """Return the parameters as the driver takes them; a missing one is an error here or in the driver."""
        values |= self.fixed
        for name, writer in self.writers:
            values[name] = writer(values[name])
        return [values[name] for name in self.order] if self.order else values


def _compiled(statement: ClauseElement, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    parameters = {name: parameter for parameter, name in compiled.bind_names.items()}
    writers = {name: _writer(parameter.type, dialect) for name, parameter in parameters.items()}
    columns = statement.selected_columns if isinstance(statement, Select) else ()
    readers = enumerate(_reader(column.type, dialect) for column in columns)
    return _Compiled(
        sql=str(compiled),
        order=tuple(compiled.positiontup or ()),
        fixed={name: parameter.value for name, parameter in parameters.items() if not parameter.required},
        writers=tuple((name, writer) for name, writer in writers.items() if writer is not None),
        readers=tuple((number, reader) for number, reader in readers if reader is not None),
    )


def _writer(kind: TypeEngine, dialect: Dialect) -> _Converter | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: TypeEngine, dialect: Dialect) -> _Converter | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _as_sqlalchemy_says(error: Exception, sql: str, dialect: Dialect) -> BaseException:
    """Return the error as a statement of SQLAlchemy would raise it, without parameters."""
    return DBAPIError.instance(sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect)
