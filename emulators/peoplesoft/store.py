"""Keep the books in one SQLite file, so that an emulator that is stopped and started again remembers everything.

What comes in: a path, or None for books in memory. What goes out: rows as dictionaries of text, and transactions.
Every field is stored as text, amounts too: SQLite's own numbers are floats.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from emulators.peoplesoft.records import HEADER_FIELDS, LINE_FIELDS

# Columns that the component does not show: when the batches are due, control totals a person entered, and so on.
HEADER_EXTRA = ("EDIT_DUE", "POST_DUE", "CONTROL_DEBITS", "CONTROL_LINES", "POST_INTERRUPTIONS")
LINE_KEY = ("HEADER_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ")
LINE_EXTRA = ("IS_GENERATED",)

HEADER_COLUMNS = (*(field.name for field in HEADER_FIELDS), *HEADER_EXTRA)
LINE_COLUMNS = (*LINE_KEY, *(field.name for field in LINE_FIELDS), *LINE_EXTRA)
ERROR_COLUMNS = (*LINE_KEY, "JOURNAL_LINE", "FIELDNAME", "MESSAGE_SET_NBR", "MESSAGE_NBR", "MESSAGE_TEXT")


class Store:
    """Tables JRNL_HEADER, JRNL_LN, EDIT_ERROR, PENDING (saves still to come) and SETTING (counters, period changes)."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.lock = RLock()
        self._depth = 0
        self._connection = sqlite3.connect(str(path or ":memory:"), check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._close = weakref.finalize(self, self._connection.close)
        with self.transaction():
            for statement in _tables():
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

    def rows(self, statement: str, values: Iterable[object] = ()) -> list[dict[str, str]]:
        """Return the rows of a SELECT."""
        with self.lock:
            return [dict(row) for row in self._connection.execute(statement, tuple(values))]

    def run(self, statement: str, values: Iterable[object] = ()) -> int:
        """Run a statement that changes rows; return how many."""
        with self.transaction():
            return self._connection.execute(statement, tuple(values)).rowcount

    def insert(self, table: str, columns: tuple[str, ...], row: Mapping[str, str]) -> None:
        """Insert one row; columns the mapping does not name become blank."""
        marks = ", ".join("?" for _ in columns)
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        self.run(statement, [row.get(column, "") for column in columns])

    def setting(self, name: str, default: str) -> str:
        """Return a remembered value."""
        rows = self.rows("SELECT VALUE FROM SETTING WHERE NAME = ?", [name])
        return rows[0]["VALUE"] if rows else default

    def remember(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        self.run("INSERT INTO SETTING VALUES (?, ?) ON CONFLICT (NAME) DO UPDATE SET VALUE = ?", [name, value, value])

    def count_up(self, name: str) -> int:
        """Return the next whole number (1, 2, ...) of a named counter."""
        with self.transaction():
            number = int(self.setting(name, "0")) + 1
            self.remember(name, str(number))
        return number

    def close(self) -> None:
        """Close the file."""
        self._close()


def _tables() -> list[str]:
    return [
        _table("JRNL_HEADER", HEADER_COLUMNS, ("BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ")),
        _table("JRNL_LN", LINE_COLUMNS, (*LINE_KEY, "JOURNAL_LINE", "BUSINESS_UNIT", "LEDGER")),
        f"CREATE TABLE IF NOT EXISTS EDIT_ERROR ({', '.join(f'{name} TEXT NOT NULL' for name in ERROR_COLUMNS)})",
        "CREATE TABLE IF NOT EXISTS PENDING (ID INTEGER PRIMARY KEY, DUE TEXT NOT NULL, PAYLOAD TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS SETTING (NAME TEXT PRIMARY KEY, VALUE TEXT NOT NULL)",
    ]


def _table(name: str, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    spelled = ", ".join(f"{column} TEXT NOT NULL" for column in columns)
    return f"CREATE TABLE IF NOT EXISTS {name} ({spelled}, PRIMARY KEY ({', '.join(key)}))"
