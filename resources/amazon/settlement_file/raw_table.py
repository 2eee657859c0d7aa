"""The cells of a file as they stand, with their row: what the inference asks its questions of.

In: plain text whose values are not self-evident. Out: a Parquet copy of all known columns as text in the scratch
folder. A question about a column (which shapes, which value cannot be read) is asked of its different values, each with
the number of its rows and the first of them: a fraction of the rows. A row with too many fields and a blank line in
the middle are refused here, by row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ledger.errors import SettlementFileRefused
from resources.amazon.settlement_file.amounts import cell_sql, shape_sql
from resources.amazon.settlement_file.header import Header
from resources.amazon.settlement_file.lines import TEXT_COLUMNS
from resources.amazon.settlement_file.plain_text import PlainText
from resources.amazon.settlement_file.refusals import file_refused
from resources.amazon.settlement_file.scan import (
    FIRST_DATA_ROW,
    LINE_BYTES_MAX,
    copy_sql,
    csv_relation,
    parquet_relation,
)

# Tabs behind the last column are harmless when nothing stands between them.
_SURPLUS_COLUMNS = 16
# A column of a real file has a few dozen shapes; a column of free text has as many as it likes.
_SHAPES_MAX = 2000


@dataclass(frozen=True, slots=True)
class ShapeCount:
    """How many cells of a column have a shape, and the first of them."""

    column: str
    shape: str
    rows: int
    first_row: int
    first_text: str


@dataclass(frozen=True, slots=True)
class RawTable:
    """Cells without blanks around them, NULL when blank; `relation` has c0, c1, … and file_row_number."""

    scanner: duckdb.DuckDBPyConnection
    header: Header
    source: str
    relation: str
    rows: int

    def cell(self, column: str) -> str:
        """Return SQL for a cell of a column; NULL when the file has no such column."""
        position = self.header.positions.get(column)
        return "CAST(NULL AS VARCHAR)" if position is None else f"c{position}"

    def present(self, columns: Iterable[str]) -> list[str]:
        """Return those of the columns that the file has."""
        return [column for column in columns if column in self.header.positions]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.scanner.execute(sql).fetchall()

    def values(self, column: str) -> str:
        """Return the table of a column's different values: cell, rows, first (position of the first row)."""
        name = f"values_{self.cell(column)}"
        self.scanner.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {name} AS SELECT {self.cell(column)} AS cell, count(*) AS rows, "
            f"min(file_row_number) AS first FROM {self.relation} WHERE cell IS NOT NULL GROUP BY cell"
        )
        return name

    def first_where(self, column: str, condition: str) -> tuple[int, str] | None:
        """Return row and text of the first `cell` of a column that meets a condition."""
        found = self.query(f"SELECT first, cell FROM {self.values(column)} WHERE {condition} ORDER BY first LIMIT 1")
        return (found[0][0] + FIRST_DATA_ROW, found[0][1]) if found else None

    def shapes(self, columns: Iterable[str]) -> list[ShapeCount]:
        """Return the shapes of the filled cells of each column, the most frequent first."""
        found = []
        for column in self.present(columns):
            rows = self.query(
                f"SELECT {shape_sql('cell')} AS shape, sum(rows), min(first), arg_min(left(cell, 60), first) "
                f"FROM {self.values(column)} GROUP BY shape ORDER BY 2 DESC, 3 LIMIT {_SHAPES_MAX}"
            )
            found += [ShapeCount(column, shape, count, row + FIRST_DATA_ROW, text) for shape, count, row, text in rows]
        return found


def read_raw_table(scanner: duckdb.DuckDBPyConnection, text: PlainText, header: Header, folder: Path) -> RawTable:
    """Copy the text's cells to Parquet and return the table.

    Raises:
        SettlementFileRefused: A row is too long or has too many fields, or a line in the middle is blank.
    """
    path = folder / "raw.parquet"
    width = header.width + _SURPLUS_COLUMNS
    surplus = " || ".join(f"coalesce(c{position}, '')" for position in range(header.width, width))
    known = ", ".join(f"{_trimmed(name, position)} AS c{position}" for name, position in header.positions.items())
    select = f"SELECT {known}, nullif(trim({surplus}), '') IS NOT NULL AS has_surplus FROM"
    try:
        scanner.execute(copy_sql(f"{select} {csv_relation(text.path, width)}", path))
    except duckdb.InvalidInputException:
        raise _misshapen(text, width) from None
    table = RawTable(scanner, header, text.source, parquet_relation(path), text.data_lines)
    [(rows, surplus_at)] = table.query(
        f"SELECT count(*), min(file_row_number) FILTER (has_surplus) FROM {table.relation}"
    )
    if rows != text.data_lines:
        raise _misshapen(text, width)
    if surplus_at is not None:
        raise _too_many_fields(text.source, surplus_at + FIRST_DATA_ROW, header.width)
    return table


def _trimmed(name: str, position: int) -> str:
    column = f"c{position}"
    # Ids and labels may have blanks around them; only numbers and dates come with the blanks of other locales.
    return f"nullif(trim({column}), '')" if name in TEXT_COLUMNS.values() else cell_sql(column)


def _misshapen(text: PlainText, width: int) -> SettlementFileRefused:
    """Find the line that keeps the text from being a table; only a refused file is walked in Python."""
    with text.path.open("rb") as file:
        for row, line in enumerate(file, start=1):
            if line == b"\n":
                return file_refused(text.source, f"has a blank line in the middle (row {row})", row)
            if len(line) > LINE_BYTES_MAX:
                return file_refused(text.source, f"has a line of more than {LINE_BYTES_MAX:,} bytes (row {row})", row)
            if line.count(b"\t") >= width:
                return _too_many_fields(text.source, row, width - _SURPLUS_COLUMNS)
    return file_refused(text.source, "cannot be read as a table of tab-separated columns")


def _too_many_fields(source: str, row: int, width: int) -> SettlementFileRefused:
    return file_refused(source, f"has more fields in row {row} than the {width} columns of its header", row)
