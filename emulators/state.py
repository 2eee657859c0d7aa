"""What an emulator remembers across restarts: a small table of JSON values in one SQLite file.

In: a path, or None for a memory that ends with the process. Out: `get`, `put`, `delete`, `items` by section and key,
each its own durable transaction, and `transaction()` for several at once. Emulators with books of their own (ledgers,
journals) may keep a database of their own; this one is for tokens, buckets and counters.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class State:
    """A persistent dictionary of sections, safe to use from several threads of one process."""

    def __init__(self, path: Path | str | None = None) -> None:
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._database = sqlite3.connect(
            ":memory:" if path is None else str(path), check_same_thread=False, isolation_level=None
        )
        # Survives a killed process; only a power cut may lose the last moments, and nobody's books depend on them.
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS state"
            " (section TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (section, key)) WITHOUT ROWID"
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock and write all that happens inside at once, or nothing of it when it raises."""
        with self._lock:
            if self._depth:
                yield
                return
            self._depth = 1
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            else:
                self._database.execute("COMMIT")
            finally:
                self._depth = 0

    def get(self, section: str, key: str, default: Any = None) -> Any:
        """Return the JSON value stored under section and key, or the default."""
        with self._lock:
            row = self._database.execute(
                "SELECT value FROM state WHERE section = ? AND key = ?", (section, key)
            ).fetchone()
        return default if row is None else json.loads(row[0])

    def put(self, section: str, key: str, value: Any) -> None:
        """Store a JSON value, in place of the one before."""
        with self.transaction():
            self._database.execute(
                "INSERT INTO state VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                (section, key, json.dumps(value)),
            )

    def delete(self, section: str, key: str | None = None) -> None:
        """Remove one key, or the whole section."""
        with self.transaction():
            if key is None:
                self._database.execute("DELETE FROM state WHERE section = ?", (section,))
            else:
                self._database.execute("DELETE FROM state WHERE section = ? AND key = ?", (section, key))

    def items(self, section: str) -> list[tuple[str, Any]]:
        """List a section's keys and values, ordered by key."""
        with self._lock:
            rows = self._database.execute(
                "SELECT key, value FROM state WHERE section = ? ORDER BY key", (section,)
            ).fetchall()
        return [(key, json.loads(value)) for key, value in rows]

    def count_up(self, name: str) -> int:
        """Return the next whole number (1, 2, ...) of a named counter."""
        with self.transaction():
            number = int(self.get("counter", name, 0)) + 1
            self.put("counter", name, number)
            return number

    def close(self) -> None:
        """Close the file; a later `State` on the same path finds everything again."""
        with self._lock:
            self._database.close()
