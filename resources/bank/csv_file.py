"""Read a bank's CSV file by the layout that the connection gives it.

In: text and layouts. Out: one statement per account and currency, lines in file order. The header is looked for in the
first rows, because banks write words above it; a file that fits no layout, or several, is refused. A CSV file states no
balances that could be held against its lines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.bank_line import BankLine, clean, keyed, tail
from ledger.errors import BankFileRefused
from resources.bank.settings import CsvLayout
from resources.bank.statement import BankFile, Statement, exact, known_currency, refuse_unlike_accounts, refused
from resources.bank.values import Cell, amounts, dates

_HEADER_ROWS_MAX = 30
_DELIMITERS = (",", ";", "\t", "|")
_CELL_LENGTH_MAX = 10_000


@dataclass(frozen=True)
class _Table:
    """The rows below a header that fits a layout; `rows` are (row in the file, cells)."""

    layout: CsvLayout
    header: Mapping[str, int]
    rows: Sequence[tuple[int, list[str]]]

    def cell(self, row: list[str], column: str) -> str:
        return row[self.header[column]].strip() if column else ""

    def cells(self, column: str) -> list[Cell]:
        return [(number, self.cell(row, column)) for number, row in self.rows]

    def words(self, row: list[str], columns: Sequence[str]) -> str:
        return " ".join(filter(None, (self.cell(row, one) for one in columns)))


def read_csv(source: str, text: str, layouts: Mapping[str, CsvLayout]) -> BankFile:
    """Return what a CSV file holds.

    Raises:
        BankFileRefused: No layout fits, or a row cannot be read with certainty.
    """
    if not layouts:
        cure = "name its columns under `bank.csv` in the connection's settings."
        raise refused(source, "is no OFX, MT940 or CAMT.053 file, and no CSV layout is known", cure=cure)
    fitting = [table for name in layouts for table in _tables(source, text, layouts[name])]
    if len({id(table.layout) for table in fitting}) != 1 or len(fitting) != 1:
        said = "fits several of the layouts" if fitting else "fits none of the layouts"
        cure = "correct the column names under `bank.csv` in the connection's settings, so that exactly one fits."
        raise refused(source, f"{said} {', '.join(layouts)} by its header", cure=cure)
    return _read(source, fitting[0])


def fits_layout(source: str, text: str, layouts: Mapping[str, CsvLayout]) -> bool:
    """Tell whether a text has the header of a layout; what stands below it may be wrong or cut off."""
    try:
        return any(_tables(source, text, layout) for layout in layouts.values())
    except BankFileRefused:
        return True  # only what stands under a header that fits is refused


def _tables(source: str, text: str, layout: CsvLayout) -> list[_Table]:
    wanted = set(layout.columns)
    for delimiter in [layout.delimiter] if layout.delimiter else _DELIMITERS:
        rows, broken_row = _rows(source, text, delimiter)
        for at, (number, cells) in enumerate(rows[:_HEADER_ROWS_MAX]):
            names = [" ".join(cell.lstrip("\ufeff").split()) for cell in cells]
            if not wanted <= set(names):
                continue
            twice = sorted({name for name in wanted if names.count(name) > 1})
            if twice:
                raise refused(source, f"has the column {twice[0]} twice, so its values cannot be told apart", number)
            if broken_row is not None:
                raise refused(source, "breaks off inside a quoted cell, or quotes it wrongly", broken_row)
            filled = [(row, cells) for row, cells in rows[at + 1 :] if any(cell.strip() for cell in cells)]
            _refuse_uneven(source, filled, len(names))
            return [_Table(layout, {name: names.index(name) for name in wanted}, filled)]
    return []


def _refuse_uneven(source: str, rows: Sequence[tuple[int, list[str]]], columns: int) -> None:
    """Refuse rows with other cells than the header: a delimiter inside a text would move every amount behind it."""
    for row, cells in rows:
        if len(cells) < columns or any(cell.strip() for cell in cells[columns:]):
            raise refused(source, f"has {len(cells)} cells under a header of {columns} columns", row)


def _rows(source: str, text: str, delimiter: str) -> tuple[list[tuple[int, list[str]]], int | None]:
    """Return the rows, and the row at which they cannot be read any further."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(len(cell) > _CELL_LENGTH_MAX for cell in cells):
                return rows, len(rows) + 1
            rows.append((len(rows) + 1, cells))
    except csv.Error:
        return rows, len(rows) + 1
    return rows, None


def _read(source: str, table: _Table) -> BankFile:
    layout = table.layout
    columns = [table.cells(layout.booking_date)]
    if layout.value_date:
        columns.append(table.cells(layout.value_date))
    days = dates(source, columns, layout.date_order)
    found = _amounts(source, table)
    by_account: dict[tuple[str, str], list[BankLine]] = {}
    accounts: list[tuple[str, str]] = []
    for at, (number, row) in enumerate(table.rows):
        currency = known_currency(source, number, table.cell(row, layout.currency) or layout.in_currency)
        account = table.cell(row, layout.account) or layout.account_tail
        end = tail(account)
        if not end:
            raise refused(source, f"names no account in column {layout.account}", number)
        accounts.append((account, end))
        line = _line(
            table, row, number, end, days[0][at], days[-1][at], exact(source, number, found[at], currency), currency
        )
        by_account.setdefault((end, currency), []).append(line)
    refuse_unlike_accounts(source, accounts)
    statements = (
        Statement("", end, currency, None, None, keyed(_in_order(lines)))
        for (end, currency), lines in by_account.items()
    )
    return BankFile("csv", tuple(statements), tuple({number for number, _ in accounts}))


def _in_order(lines: list[BankLine]) -> list[BankLine]:
    """Return lines oldest first: which of several equal ones is meant must not depend on how a file is sorted."""
    return sorted(lines, key=lambda line: line.booking_date)


def _line(
    table: _Table, row: list[str], number: int, end: str, booked: date, valued: date, amount: Decimal, currency: str
) -> BankLine:
    layout = table.layout
    return BankLine(
        account_tail=end,
        booking_date=booked,
        value_date=valued,
        amount=amount,
        currency=currency,
        text=clean(table.words(row, layout.text)),
        reference=clean(table.words(row, layout.reference)),
        bank_id=clean(table.cell(row, layout.bank_id)),
        statement_id="",
        source_row=number,
    )


def _amounts(source: str, table: _Table) -> Sequence[Decimal]:
    """Return the signed amount of every row, from one column or from two."""
    layout = table.layout
    if layout.amount:
        return amounts(source, table.cells(layout.amount), layout.decimal_sign)
    debits, credits = table.cells(layout.debit), table.cells(layout.credit)
    filled = [(row, text or "0") for row, text in [*debits, *credits]]
    read = amounts(source, filled, layout.decimal_sign)
    out, into = read[: len(debits)], read[len(debits) :]
    for (row, _), debit, credit in zip(debits, out, into, strict=True):
        if bool(debit) == bool(credit):
            raise refused(source, "has an amount in both or in neither of the columns debit and credit", row)
    if any(one < 0 for one in into):
        raise refused(
            source, "has a negative credit", next(row for (row, _), one in zip(credits, into, strict=True) if one < 0)
        )
    if any(one < 0 for one in out) and any(one > 0 for one in out):
        row = next(row for (row, _), one in zip(debits, out, strict=True) if one < 0)
        raise refused(source, "has a negative debit beside positive ones, which may be a debit or its return", row)
    return [credit - abs(debit) for debit, credit in zip(out, into, strict=True)]
