"""DuckDB in memory, opened once per thread and handed out as connections of their own.

In: where to spill, how much memory, how many threads. Out: a connection that is closed like any other. Opening an
engine takes 26 ms, most of what a small statement costs; a connection to one that is open a hundredth. Temporary
tables are seen by the connection that made them alone and end with it. An engine is one thread's and one process's: no
other's work counts against its memory, and a forked child has none of its parent's threads.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

import duckdb

_SAFE = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "preserve_insertion_order": "true",
}


@dataclass
class _Engine:
    """An open engine and the folder it spills to."""

    root: duckdb.DuckDBPyConnection
    spill: Path


class _Mine(threading.local):
    """The engines of this thread, by process, memory and threads."""

    def __init__(self) -> None:
        self.engines: dict[tuple[int, int, int | None], _Engine] = {}


_MINE = _Mine()


def bounded_duckdb(spill: Path, memory_limit_mb: int, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Return a connection to a bounded DuckDB that never fetches an extension and spills into a folder.

    Args:
        spill: A folder that need not exist; the one above it must. DuckDB takes its own files out of it again.
        memory_limit_mb: What all open connections of this thread with this limit may hold together.
        threads: How many threads work on a statement; as many as there are processors by default.
    """
    key = (os.getpid(), memory_limit_mb, threads)
    engine = _MINE.engines.get(key)
    if engine is None or not _spills_to(engine, spill):
        engine = _MINE.engines[key] = _opened(spill, memory_limit_mb, threads)
    return engine.root.cursor()


def _opened(spill: Path, memory_limit_mb: int, threads: int | None) -> _Engine:
    config = {**_SAFE, "memory_limit": f"{memory_limit_mb}MB", "temp_directory": str(spill)}
    if threads is not None:
        config["threads"] = str(threads)
    return _Engine(duckdb.connect(":memory:", config=config), spill)


def _spills_to(engine: _Engine, spill: Path) -> bool:
    """Let an engine spill into a folder; it cannot once it has spilled into another."""
    if engine.spill != spill:
        try:
            engine.root.execute("SET temp_directory = ?", [str(spill)])
        except duckdb.NotImplementedException:
            return False
        engine.spill = spill
    return True
