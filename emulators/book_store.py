"""The books of an emulated ERP in one SQLite file, so that one that is stopped and started again remembers everything.

What comes in: a path, or None for books in memory, and the statements that make the tables. What goes out: rows as
dictionaries of text, and transactions. Every field is stored as text, amounts and ids too: SQLite's own numbers are
floats or end at 64 bits.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

Fields = dict[str, str]
_SETTING = "CREATE TABLE IF NOT EXISTS SETTING (NAME TEXT PRIMARY KEY, VALUE TEXT NOT NULL)"


class BookStore:
    """The tables of one ERP, and SETTING (counters, changed periods)."""

    def __init__(self, path: Path | None, tables: Iterable[str]) -> None:
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.lock = RLock()
        self._depth = 0
        self._connection = sqlite3.connect(str(path or ":memory:"), check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._close = weakref.finalize(self, self._connection.close)
        with self.transaction():
            for statement in (*tables, _SETTING):
                self._connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside as a whole, or nothing of it; may be nested."""
        with self.lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    @property
    def changes(self) -> int:
        """Return how many rows were changed since it was opened: two equal readings mean the same books."""
        return self._connection.total_changes

    def rows(self, statement: str, values: Iterable[object] = ()) -> list[Fields]:
        """Return the rows of a SELECT."""
        with self.lock:
            return [dict(row) for row in self._connection.execute(statement, tuple(values))]

    def run(self, statement: str, values: Iterable[object] = ()) -> int:
        """Run a statement that changes rows; return how many."""
        with self.transaction():
            return self._connection.execute(statement, tuple(values)).rowcount

    def setting(self, name: str, default: str) -> str:
        """Return a remembered value."""
        rows = self.rows("SELECT VALUE FROM SETTING WHERE NAME = ?", [name])
        return rows[0]["VALUE"] if rows else default

    def remember(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        self.run("INSERT INTO SETTING VALUES (?, ?) ON CONFLICT (NAME) DO UPDATE SET VALUE = ?", [name, value, value])

    def count_up(self, name: str, first: int = 1) -> int:
        """Return the next whole number of a named counter."""
        with self.transaction():
            number = int(self.setting(name, str(first - 1))) + 1
            self.remember(name, str(number))
        return number

    def close(self) -> None:
        """Close the file."""
        self._close()
