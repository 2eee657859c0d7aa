"""The tables of the emulated PeopleSoft's books: what the common store of emulated ERPs does not know of them.

What comes in: rows as dictionaries of text. What goes out: the tables they lie in.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emulators.book_store import BookStore
from emulators.peoplesoft.records import HEADER_FIELDS, LINE_FIELDS

# Columns that the component does not show: when the batches are due, control totals a person entered, and so on.
HEADER_EXTRA = ("EDIT_DUE", "POST_DUE", "CONTROL_DEBITS", "CONTROL_LINES", "POST_INTERRUPTIONS")
LINE_KEY = ("HEADER_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ")
LINE_EXTRA = ("IS_GENERATED",)

HEADER_COLUMNS = (*(field.name for field in HEADER_FIELDS), *HEADER_EXTRA)
LINE_COLUMNS = (*LINE_KEY, *(field.name for field in LINE_FIELDS), *LINE_EXTRA)
ERROR_COLUMNS = (*LINE_KEY, "JOURNAL_LINE", "FIELDNAME", "MESSAGE_SET_NBR", "MESSAGE_NBR", "MESSAGE_TEXT")


class Store(BookStore):
    """Tables JRNL_HEADER, JRNL_LN, EDIT_ERROR and PENDING (saves still to come)."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path, _tables())

    def insert(self, table: str, columns: tuple[str, ...], row: Mapping[str, str]) -> None:
        """Insert one row; columns the mapping does not name become blank."""
        marks = ", ".join("?" for _ in columns)
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        self.run(statement, [row.get(column, "") for column in columns])


def _tables() -> list[str]:
    return [
        _table("JRNL_HEADER", HEADER_COLUMNS, ("BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ")),
        _table("JRNL_LN", LINE_COLUMNS, (*LINE_KEY, "JOURNAL_LINE", "BUSINESS_UNIT", "LEDGER")),
        f"CREATE TABLE IF NOT EXISTS EDIT_ERROR ({', '.join(f'{name} TEXT NOT NULL' for name in ERROR_COLUMNS)})",
        "CREATE TABLE IF NOT EXISTS PENDING (ID INTEGER PRIMARY KEY, DUE TEXT NOT NULL, PAYLOAD TEXT NOT NULL)",
    ]


def _table(name: str, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    spelled = ", ".join(f"{column} TEXT NOT NULL" for column in columns)
    return f"CREATE TABLE IF NOT EXISTS {name} ({spelled}, PRIMARY KEY ({', '.join(key)}))"
