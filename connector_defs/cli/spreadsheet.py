"""Cells that a spreadsheet program takes for what they are: text never as a formula, amounts never as floats.

In: rows of plain values. Out: an .xlsx workbook with one sheet per table, or a folder with one .csv each. Free text of
a marketplace may begin with `=`, `+`, `-` or `@`, which spreadsheets run as a formula (OWASP, CSV Injection).
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector_defs.cli.output import shown
from ledger.errors import InputRefused

Rows = Iterable[Mapping[str, object]]
# Sheet -> column names and rows.
Tables = Mapping[str, tuple[Sequence[str], Rows]]

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
ROWS_MAX = 1_048_575  # Excel's specification, less the header
CELL_MAX = 32_767
DIGITS_EXACT = 15  # a spreadsheet number is a double


def is_formula_like(text: str) -> bool:
    """Tell whether a spreadsheet may read this text as a formula, blanks in front or not."""
    return text.startswith(FORMULA_SIGNS) or text.lstrip().startswith(FORMULA_SIGNS)


def safe_text(text: str) -> str:
    """Return text for a CSV cell; an apostrophe keeps a spreadsheet from running it."""
    return f"'{text}" if is_formula_like(text) else text


def csv_cell(value: object) -> str:
    """Return one CSV cell; amounts are plain digits with a sign, everything else is text."""
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    return safe_text(str(value) if isinstance(value, str) else shown(value))


def write_csv(folder: Path, tables: Tables) -> list[Path]:
    """Write one CSV per table into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (columns, rows) in tables.items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([safe_text(column) for column in columns])
            writer.writerows([csv_cell(row.get(column)) for column in columns] for row in rows)
        written.append(path)
    return written


def write_xlsx(path: Path, tables: Tables) -> Path:
    """Write one workbook with a sheet per table; raise InputRefused when a table has more rows than a sheet."""
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    try:
        for name, (columns, rows) in tables.items():
            _fill(workbook.create_sheet(name), name, columns, rows)
    except BaseException:
        for sheet in workbook.worksheets:
            _abandon(sheet)
        raise
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(path)
    return path


def _fill(sheet: Any, name: str, columns: Sequence[str], rows: Rows) -> None:
    from openpyxl.styles import Font

    sheet.freeze_panes = "A2"
    for position, column in enumerate(columns, start=1):
        sheet.column_dimensions[_letter(position)].width = min(60, max(14, len(column) + 2))
    header = [_cell(sheet, column) for column in columns]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    for number, row in enumerate(rows, start=1):
        if number > ROWS_MAX:
            raise InputRefused(f"{name} has more than {ROWS_MAX:,} rows, a sheet's limit. Use --format csv.")
        sheet.append([_cell(sheet, row.get(column)) for column in columns])


def _abandon(sheet: Any) -> None:
    """End a sheet that is not to be kept; it has been growing in a temporary file of its own."""
    sheet.close()
    sheet._writer.cleanup()


def _letter(position: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(position)


def _cell(sheet: Any, value: object):
    """Return a cell of the right type; text is marked as text whatever it looks like."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(value, Decimal) and len(value.as_tuple().digits) <= DIGITS_EXACT:
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = _number_format(value)
        return cell
    if isinstance(value, int) and not isinstance(value, bool):
        return WriteOnlyCell(sheet, value=value)
    if isinstance(value, date) and not isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = "yyyy-mm-dd"
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub(" ", value if isinstance(value, str) else shown(value))[:CELL_MAX]
    cell = WriteOnlyCell(sheet, value="")
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    # Kept as text when somebody edits the cell, too.
    cell._style.quotePrefix = int(is_formula_like(text))
    return cell


def _number_format(value: Decimal) -> str:
    decimals = max(0, -int(value.as_tuple().exponent))
    return "#,##0" + (f".{'0' * decimals}" if decimals else "")
