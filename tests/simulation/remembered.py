"""Answers that are worked out once per process: the same statement on the same bytes gives the same answer.

A walk spends most of its time opening DuckDB, and a simulation walks the same few settlements thousands of times.
In: calls of DuckDB, of the reader of settlement files and of the parser of addresses. Out: the answer that the real one
gave to the very same input before; a file it wrote is written again, through the same doors. A test holds walks with
and without this against each other, byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from httpx._urlparse import urlparse
from sqlalchemy import URL, Engine

from resources.amazon.settlement_file.reader import read_settlement as really_read
from resources.store import control, warehouse
from tests.simulation.doors import acting

_known: dict[tuple, Any] = {}


def _once(key: tuple, work: Callable[[], Any]) -> Any:
    if key not in _known:
        with acting(None):
            _known[key] = work()
    return _known[key]


class RememberedDuck:
    """A DuckDB connection that is opened when something is asked of it that was never asked before."""

    def __init__(self, really_open: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._really_open = really_open
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._said: list[tuple[str, Any]] = []
        self._state = ""

    def __enter__(self) -> RememberedDuck:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def sql(self, statement: str, params: Any = None) -> RememberedRelation:
        """Return an answer that is worked out when it is looked at."""
        return RememberedRelation(self, statement, params)

    def execute(self, statement: str, values: Any = None) -> None:
        """Run a statement that changes something: tables of this connection, or the file at `path`."""
        target = Path(values["path"]) if values and "path" in values else None
        key = ("execute", self._state, statement, _plain(values, leaving_out="path"))
        if target is None:
            self._said.append((statement, values))
            self._state = hashlib.sha256(repr(key).encode()).hexdigest()
            if self._connection is not None:
                self._connection.execute(statement, values)
            return

        def work() -> bytes:
            self.real().execute(statement, values)
            return target.read_bytes()

        target.write_bytes(_once(key, work))

    def real(self) -> duckdb.DuckDBPyConnection:
        """Return the connection itself, told everything that was said to this one."""
        if self._connection is None:
            self._connection = self._really_open()
            for statement, values in self._said:
                self._connection.execute(statement, values)
        return self._connection

    def key(self, statement: str, params: Any) -> tuple:
        """Return what an answer depends on."""
        return ("sql", self._state, statement, _plain(params))


class RememberedRelation:
    """The answer to one statement."""

    def __init__(self, duck: RememberedDuck, statement: str, params: Any) -> None:
        self._duck, self._statement, self._params = duck, statement, params

    def _answer(self) -> tuple[list[str], list[tuple]]:
        def work() -> tuple[list[str], list[tuple]]:
            relation = self._duck.real().sql(self._statement, params=self._params)
            return list(relation.columns), relation.fetchall()

        return _once(self._duck.key(self._statement, self._params), work)

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns."""
        return self._answer()[0]

    def fetchall(self) -> list[tuple]:
        """Return the rows."""
        return list(self._answer()[1])

    def write_parquet(self, path: str, **options: Any) -> None:
        """Write the answer as a file."""
        target = Path(path)

        def work() -> bytes:
            self._duck.real().sql(self._statement, params=self._params).write_parquet(path, **options)
            return target.read_bytes()

        key = ("parquet", str(sorted(options.items())), *self._duck.key(self._statement, self._params))
        target.write_bytes(_once(key, work))


def _plain(values: Any, leaving_out: str = "") -> str:
    """Return bound values as text, files by their content."""
    if isinstance(values, dict):
        kept = {name: _plain(value) for name, value in values.items() if name != leaving_out}
        return repr(sorted(kept.items()))
    if isinstance(values, str) and values.startswith("/") and Path(values).is_file():
        return hashlib.sha256(Path(values).read_bytes()).hexdigest()
    return repr(values)


def _read_once(source: Path, lines_to: Path | None, *, charset: str | None = None, **options: Any) -> Any:
    """Stand in for `read_settlement`; what it refuses is refused anew each time."""
    digest = hashlib.sha256(Path(source).read_bytes()).hexdigest()

    def work() -> tuple[Any, bytes]:
        answer = really_read(source, lines_to, charset=charset, **options)
        return answer, lines_to.read_bytes() if lines_to is not None else b""

    answer, written = _once(("settlement", digest, charset, lines_to is None), work)
    if lines_to is not None:
        lines_to.write_bytes(written)
    return answer


def _cookies_if_any(really_extract: Callable[[httpx.Cookies, httpx.Response], None]) -> Callable[..., None]:
    """Return what looks for cookies only in an answer that sets one; the real one builds a request to find none."""

    def extract(cookies: httpx.Cookies, response: httpx.Response) -> None:
        if "set-cookie" in response.headers:
            really_extract(cookies, response)

    return extract


@contextmanager
def remembering() -> Iterator[None]:
    """Let the road's costly pure parts answer from memory inside the block."""
    really_connect, really_count = warehouse.Warehouse.connect, warehouse._rows_of
    really_make = control._sqlite_engine
    engines: list[Engine] = []

    def connect(self: warehouse.Warehouse, *given: Any, **named: Any) -> RememberedDuck:
        return RememberedDuck(lambda: really_connect(self, *given, **named))

    def count(path: Path, what: str) -> int:
        return _once(("rows", hashlib.sha256(path.read_bytes()).hexdigest()), lambda: really_count(path, what))

    def engine(url: URL) -> Engine:
        """Return an engine that knows the text of every statement that the first one has compiled."""
        made = really_make(url)
        if not engines:
            engines.append(made)
            made.connect().close()
        made.dialect, made._compiled_cache = engines[0].dialect, engines[0]._compiled_cache
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(control, "_sqlite_engine", engine)
        patch.setattr(warehouse.Warehouse, "connect", connect)
        patch.setattr(warehouse, "_rows_of", count)
        patch.setattr("assets.settlement_reports.read_settlement", _read_once)
        patch.setattr("assets.settlement_lines.read_settlement", _read_once)
        parsed = cache(urlparse)
        patch.setattr("httpx._urls.urlparse", parsed)
        # What puts parameters to an address parses it anew, by this name.
        patch.setattr("httpx._urlparse.urlparse", parsed)
        patch.setattr(httpx.Cookies, "extract_cookies", _cookies_if_any(httpx.Cookies.extract_cookies))
        yield
