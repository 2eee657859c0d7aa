"""The tables of an emulated pod's books: what the common store of emulated ERPs does not know of them.

What comes in: rows as dictionaries of text. What goes out: the same, by table and key.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emulators.book_store import BookStore, Fields
from emulators.fusion.tables import KEYS, TABLES

__all__ = ["Fields", "Store"]

_SEARCHED = (
    ("JE_HEADER", "JE_BATCH_ID"),
    ("JE_LINE", "JE_HEADER_ID"),
    ("GL_INTERFACE", "GROUP_ID"),
    ("RA_INTERFACE_LINES", "LINE_KEY"),
)


class Store(BookStore):
    """The tables of `tables.py`."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path, _statements())

    def insert(self, table: str, row: Mapping[str, str]) -> None:
        """Insert one row; columns that the mapping does not name become blank."""
        columns = TABLES[table]
        unknown = set(row) - set(columns)
        assert not unknown, f"{table} has no column {sorted(unknown)}"
        marks = ", ".join("?" for _ in columns)
        self.run(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", [row.get(name, "") for name in columns]
        )

    def change(self, table: str, key: str, **fields: str) -> int:
        """Change fields of the row with that key; return how many rows there were."""
        spelled = ", ".join(f"{name} = ?" for name in fields)
        return self.run(f"UPDATE {table} SET {spelled} WHERE {KEYS[table]} = ?", [*fields.values(), key])

    def get(self, table: str, key: str) -> Fields | None:
        """Return the row with that key, or None."""
        rows = self.rows(f"SELECT * FROM {table} WHERE {KEYS[table]} = ?", [key])
        return rows[0] if rows else None


def _statements() -> list[str]:
    found = []
    for name, columns in TABLES.items():
        spelled = ", ".join(
            f"{column} TEXT NOT NULL" + (" PRIMARY KEY" if column == KEYS[name] else "") for column in columns
        )
        found.append(f"CREATE TABLE IF NOT EXISTS {name} ({spelled})")
    for table, column in _SEARCHED:
        found.append(f"CREATE INDEX IF NOT EXISTS {table}_{column} ON {table} ({column})")
    return found
