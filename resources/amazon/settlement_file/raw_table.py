"""The cells of a file as they stand, with their row: what the inference asks its questions of.

In: plain text whose values are not self-evident. Out: a Parquet copy of all known columns as text in the scratch
folder, so that the questions (which shapes, which rows) cost a column each and the row comes for free. A row with too
many fields and a blank line in the middle are refused here, by row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from resources.amazon.settlement_file.amounts import cell_sql, shape_sql
from resources.amazon.settlement_file.header import Header
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
SHAPES_MAX = 2000


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
    """Cells by column name; `relation` has c0, c1, … as text and file_row_number."""

    scanner: duckdb.DuckDBPyConnection
    header: Header
    source: str
    relation: str
    rows: int

    def cell(self, column: str) -> str:
        """Return SQL for a cell of a column without blanks around it, NULL when blank or without the column."""
        position = self.header.positions.get(column)
        return "CAST(NULL AS VARCHAR)" if position is None else cell_sql(f"c{position}")

    def present(self, columns: Iterable[str]) -> list[str]:
        """Return those of the columns that the file has."""
        return [column for column in columns if column in self.header.positions]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.scanner.execute(sql).fetchall()

    def first_row_where(self, condition: str, shown: str) -> tuple[int, str] | None:
        """Return the first row that meets a condition, and the text of an expression there."""
        found = self.query(
            f"SELECT file_row_number, {shown} FROM {self.relation} WHERE {condition} ORDER BY file_row_number LIMIT 1"
        )
        return (found[0][0] + FIRST_DATA_ROW, found[0][1] or "") if found else None

    def shapes(self, columns: Iterable[str]) -> list[ShapeCount]:
        """Return the shapes of the filled cells of each column, the most frequent first."""
        found = []
        for column in self.present(columns):
            rows = self.query(
                f"SELECT {shape_sql('cell')} AS shape, count(*), min(file_row_number), "
                f"arg_min(left(cell, 60), file_row_number) FROM (SELECT {self.cell(column)} AS cell, file_row_number "
                f"FROM {self.relation}) WHERE cell IS NOT NULL GROUP BY shape ORDER BY 2 DESC, 3 LIMIT {SHAPES_MAX}"
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
    known = ", ".join(f"c{position}" for position in sorted(header.positions.values()))
    select = f"SELECT {known}, nullif(trim({surplus}), '') IS NOT NULL AS has_surplus FROM"
    try:
        scanner.execute(copy_sql(f"{select} {csv_relation(text.path, width)}", path))
    except duckdb.InvalidInputException:
        raise _misshapen(text, width) from None
    rows = scanner.execute(f"SELECT count(*) FROM {parquet_relation(path)}").fetchone()
    table = RawTable(scanner, header, text.source, parquet_relation(path), rows[0] if rows else 0)
    if table.rows != text.data_lines:
        raise _misshapen(text, width)
    surplus_row = table.first_row_where("has_surplus", "NULL")
    if surplus_row:
        raise _too_many_fields(text.source, surplus_row[0], header.width)
    return table


def _misshapen(text: PlainText, width: int) -> Exception:
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


def _too_many_fields(source: str, row: int, width: int) -> Exception:
    return file_refused(source, f"has more fields in row {row} than the {width} columns of its header", row)
