"""SQL statements of the road, one file each; a statement may stand inside another as `{name}`.

Only statements and fixed column expressions are put together here; values are always bound, never pasted in.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources as packaged
from pathlib import Path
from typing import Any

import duckdb

from ledger.errors import InputRefused

# Fast zstd: a day is written often and read seldom.
PARQUET = "FORMAT parquet, CODEC 'zstd', COMPRESSION_LEVEL 1"


@cache
def statement(name: str) -> str:
    """Return the text of `sql/<name>.sql` without its comment lines."""
    text = packaged.files("assets").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def composed(name: str, **parts: str) -> str:
    """Return a statement with the statements or expressions it is made of."""
    text = statement(name)
    for part, inner in parts.items():
        text = text.replace("{" + part + "}", inner)
    return text


def dicts(relation: duckdb.DuckDBPyRelation) -> list[dict[str, Any]]:
    """Return the rows of an answer by the names of its columns."""
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def write_lines(rows: Iterable[Mapping[str, object]], path: Path) -> str:
    """Write rows as lines of JSON and return the path; amounts go as text: their decimals were checked when read.

    Raises InputRefused for a text with half a character in it, which DuckDB could not read.
    """
    try:
        with path.open("w", encoding="utf-8") as writing:
            writing.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    except UnicodeEncodeError:
        raise InputRefused(
            "A text in it holds half a character (a lone surrogate), which cannot be stored. Nothing was taken over;"
            " fetch it or download it again, and report it as a fault of its source if it stays so."
        ) from None
    return str(path)


def write_parquet(duck: duckdb.DuckDBPyConnection, name: str, rows: Iterable[Mapping[str, object]], path: Path) -> None:
    """Write rows as Parquet, typed by a statement that reads them as `$lines`."""
    lines = path.with_name(f"{path.name}.json")
    try:
        write_lines(rows, lines)
        duck.execute(f"COPY ({statement(name)}) TO $path ({PARQUET})", {"path": str(path), "lines": str(lines)})
    finally:
        lines.unlink(missing_ok=True)
