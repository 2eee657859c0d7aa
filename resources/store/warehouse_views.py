"""A DuckDB file of views over the current versions, for people and their tools.

In: table name to (connection, partition, path of the Parquet file). Out: a small file that holds no data, so that
nobody who reads it locks the pipeline out; written beside its place and moved there whole.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

_ADDED = ("connection", "partition", "filename")


def write_views(path: Path, files: Mapping[str, Sequence[tuple[str, str, str]]]) -> list[str]:
    """Write the file; return the names of its views. The files behind it are listed in `current_versions`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with duckdb.connect(str(temporary), config={"autoinstall_known_extensions": "false"}) as connection:
            connection.execute(
                'CREATE TABLE current_versions ("table" TEXT, "connection" TEXT, "partition" TEXT, filename TEXT)'
            )
            for table, places in sorted(files.items()):
                _list_files(connection, table, places)
                connection.execute(_view(connection, table, [file for _, _, file in places]))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        temporary.with_name(f"{temporary.name}.wal").unlink(missing_ok=True)
    return sorted(files)


def _list_files(connection: duckdb.DuckDBPyConnection, table: str, places: Sequence[tuple[str, str, str]]) -> None:
    columns = [list(column) for column in zip(*places, strict=True)]
    connection.execute(
        "INSERT INTO current_versions SELECT ?, unnest(?::TEXT[]), unnest(?::TEXT[]), unnest(?::TEXT[])",
        [table, *columns],
    )


def _view(connection: duckdb.DuckDBPyConnection, table: str, paths: Sequence[str]) -> str:
    """Return the statement of one view; a view cannot take bound values, so names and paths are quoted."""
    source = f"read_parquet([{', '.join(_text(path) for path in paths)}], union_by_name = true, filename = true)"
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    columns = ", ".join(f"staged.{_word(name)}" for name, *_ in described if name not in _ADDED)
    return (
        f"CREATE VIEW {_word(table)} AS "
        f'SELECT version."connection", version."partition", {columns} FROM {source} AS staged '
        f'JOIN current_versions AS version ON version."table" = {_text(table)} AND version.filename = staged.filename'
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _word(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
