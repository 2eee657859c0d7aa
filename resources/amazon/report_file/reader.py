"""Read one report: bytes as archived in, one Parquet file of typed rows and a description out.

The road: plain text (bytes checked, unpacked, UTF-8, no zero bytes) → header by name → cells as text, as many rows as
the text has lines → every cell held against the kind of its column → typed rows. A file is taken whole or refused whole
with one sentence. A column that its table does not name never leaves the text: names and addresses stay behind.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from ledger.errors import SettlementFileRefused, UnknownCurrency
from ledger.money import minor_units
from resources.amazon.report_file.kinds import unreadable_sql, value_sql, what_is_wrong
from resources.amazon.report_file.refusal import of_report
from resources.amazon.report_file.table import Column, Kind, ReportTable
from resources.amazon.settlement_file.amounts import decimals_needed_sql
from resources.amazon.settlement_file.content_hash import ContentHash
from resources.amazon.settlement_file.header import Header, normal_name, shown_name
from resources.amazon.settlement_file.plain_text import PlainText, as_plain_text
from resources.amazon.settlement_file.raw_table import RawTable, read_raw_table
from resources.amazon.settlement_file.refusals import cell_refused, file_refused
from resources.amazon.settlement_file.scan import FIRST_DATA_ROW, copy_sql, open_scanner, parquet_relation

_MONEY = (Kind.AMOUNT, Kind.DISCOUNT)


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One report, read whole: how many rows, from when to when, which sums by (currency, column).

    `first` and `last` are of the column that dates the table: aware UTC instants, or days. `columns_unknown` are those
    that neither the table nor its list of columns left alone knows.
    """

    called: str
    rows: int
    first: datetime | date | None
    last: datetime | date | None
    currencies: tuple[str, ...]
    sums: dict[tuple[str, str], Decimal]
    charset: str
    columns_unknown: tuple[str, ...]
    warnings: tuple[str, ...]
    content_hash: str


def read_report(
    table: ReportTable,
    source: Path,
    rows_to: Path | None,
    *,
    charset: str | None = None,
    memory_limit_mb: int = 512,
    scratch: Path | None = None,
) -> ReportFile:
    """Check and describe a report, and write its rows.

    Args:
        table: What the report should be.
        source: The file as archived, plain or packed with gzip.
        rows_to: The Parquet file to write, one row per source row in file order; read it with `rows_relation`. It
            appears whole or not at all. None: only check.
        charset: Character set announced with the download, if any.
        memory_limit_mb: What DuckDB may hold before it spills to `scratch`.
        scratch: Folder for temporary copies; the system's by default.

    Raises:
        ReportFileRefused: The file is not this report, not whole, or cannot be read with certainty.
    """
    with TemporaryDirectory(prefix="report-", dir=scratch) as name, ContentHash() as hashing:
        folder = Path(name)
        target = folder / "rows.parquet" if rows_to is None else _beside(rows_to)
        try:
            text = as_plain_text(source, folder, charset, hashing, wanted=table.called)
            answer = _read(table, text, folder, target, memory_limit_mb)
            if rows_to is not None:
                os.replace(target, rows_to)
        except SettlementFileRefused as refused:
            # The checks are those of settlements; what they refuse here is this report.
            raise of_report(refused) from None
        finally:
            target.unlink(missing_ok=True)
        return answer


def rows_relation(path: Path) -> str:
    """Return the table expression of a report's rows with `source_row`, the row in the file."""
    relation = parquet_relation(path)
    return f"(SELECT * EXCLUDE (file_row_number), file_row_number + {FIRST_DATA_ROW} AS source_row FROM {relation})"


def _read(table: ReportTable, text: PlainText, folder: Path, target: Path, memory_limit_mb: int) -> ReportFile:
    header = header_of(table, text)
    if text.is_cut_off:
        row = text.data_lines + 1
        raise file_refused(text.source, f"is cut off: row {row} has no line end and fewer fields than the others", row)
    with open_scanner(folder, memory_limit_mb) as scanner:
        raw = read_raw_table(scanner, text, header, folder)
        _refuse_unreadable(table, raw)
        currencies = _refuse_wrong_money(table, raw)
        scanner.execute(copy_sql(_select(table, raw), target))
        return _described(table, text, header, scanner, target, currencies)


def header_of(table: ReportTable, text: PlainText) -> Header:
    """Return where the columns of a table stand; raise SettlementFileRefused for a file that is not this report."""
    names = [normal_name(cell) for cell in text.first_lines[0].split("\t")]
    known = {column.source for column in table.columns}
    positions: dict[str, int] = {}
    for position, name in enumerate(names):
        if name in positions:
            what = f"has the column {name} twice, so its values cannot be told apart"
            raise file_refused(text.source, what, 1, name)
        if name in known:
            positions[name] = position
    missing = [column.source for column in table.columns if column.is_needed and column.source not in positions]
    if missing:
        several = "columns" if len(missing) > 1 else "column"
        what = f"is not {table.called}: it lacks the {several} {', '.join(missing[:6])}"
        raise file_refused(text.source, what, 1, missing[0])
    strange = [name for name in names if name and name not in known and not table.left_alone.fullmatch(name)]
    return Header("report", positions, len(names), tuple(shown_name(name) for name in strange))


def _refuse_unreadable(table: ReportTable, raw: RawTable) -> None:
    """Refuse the file for the first cell that is no value of its column's kind, or blank where it must not be."""
    tests: list[tuple[Column, str, str]] = []
    for column in table.columns:
        cell = raw.cell(column.source)
        wrong = unreadable_sql(column.kind, cell) if column.source in raw.header.positions else None
        if wrong is not None:
            tests.append((column, wrong, what_is_wrong(column.kind)))
        if column.is_filled:
            tests.append((column, f"{cell} IS NULL", ""))
    found = raw.query(
        f"SELECT {', '.join(f'min(file_row_number) FILTER ({wrong})' for _, wrong, _ in tests)} FROM {raw.relation}"
    )
    hits = [(row, column, what) for (column, _, what), row in zip(tests, found[0], strict=True) if row is not None]
    if hits:
        position, column, what = min(hits, key=lambda hit: hit[0])
        raise _refused(raw, position, column, what)


def _refused(raw: RawTable, position: int, column: Column, what: str) -> SettlementFileRefused:
    row = position + FIRST_DATA_ROW
    if not what:
        return file_refused(raw.source, f"has nothing in column {column.source} of row {row}", row, column.source)
    [(text,)] = raw.query(f"SELECT {raw.cell(column.source)} FROM {raw.relation} WHERE file_row_number = {position}")
    return cell_refused(raw.source, row, column.source, text or "", what)


def _refuse_wrong_money(table: ReportTable, raw: RawTable) -> tuple[str, ...]:
    """Refuse amounts with more decimals than their currency has, or without a currency; return the currencies."""
    if not table.currency:
        return ()
    currency = raw.cell(table.source_of(table.currency))
    currencies = [
        code for (code,) in raw.query(f"SELECT DISTINCT {currency} AS code FROM {raw.relation} ORDER BY code")
    ]
    units = {code: _minor_units(raw, table, code) for code in currencies if code is not None}
    allowed = " ".join(f"WHEN '{code}' THEN {minor}" for code, minor in units.items())
    decimals_allowed = f"CASE {currency} {allowed} END" if allowed else "NULL"
    for column in table.columns:
        if column.kind not in _MONEY or column.source not in raw.header.positions:
            continue
        cell = raw.cell(column.source)
        too_long = f"{decimals_needed_sql(cell, '.')} > {decimals_allowed}"
        homeless = f"{currency} IS NULL AND regexp_matches({cell}, '[1-9]')"
        firsts = ", ".join(f"min(file_row_number) FILTER ({wrong})" for wrong in (too_long, homeless))
        [(long_at, homeless_at)] = raw.query(f"SELECT {firsts} FROM {raw.relation}")
        if homeless_at is not None:
            raise _refused(raw, homeless_at, column, "is an amount without a currency")
        if long_at is not None:
            raise _refused(raw, long_at, column, "has more decimals than its currency")
    return tuple(units)


def _minor_units(raw: RawTable, table: ReportTable, code: str) -> int:
    try:
        return minor_units(code)
    except UnknownCurrency:
        column = table.source_of(table.currency)
        raise file_refused(raw.source, f"is in a currency {code} that is not known here", None, column) from None


def _select(table: ReportTable, raw: RawTable) -> str:
    values = ", ".join(
        f"CAST({value_sql(column.kind, raw.cell(column.source))} AS {column.kind.sql_type}) AS {column.name}"
        for column in table.columns
    )
    return f"SELECT {values} FROM {raw.relation}"


def _described(
    table: ReportTable,
    text: PlainText,
    header: Header,
    scanner: duckdb.DuckDBPyConnection,
    rows: Path,
    currencies: tuple[str, ...],
) -> ReportFile:
    relation = rows_relation(rows)
    [(count, first, last)] = scanner.execute(
        f"SELECT count(*), min({table.dated_by}), max({table.dated_by}) FROM {relation}"
    ).fetchall()
    assert count == text.data_lines, "a row per line"
    money = [column.name for column in table.columns if column.kind in _MONEY]
    groups = _sums(table, money, scanner, relation) if table.currency else []
    sums = {
        (code, name): amount.quantize(Decimal(1).scaleb(-minor_units(code)))
        for code, *amounts in groups
        for name, amount in zip(money, amounts, strict=True)
        if amount is not None
    }
    return ReportFile(
        called=table.called,
        rows=count,
        first=_aware(first),
        last=_aware(last),
        currencies=currencies,
        sums=sums,
        charset=text.charset,
        columns_unknown=header.unknown,
        warnings=(*text.warnings, *_warnings(table, header, scanner, relation)),
        content_hash=text.content_hash.result(),
    )


def _sums(table: ReportTable, money: list[str], scanner: duckdb.DuckDBPyConnection, relation: str) -> list[tuple]:
    return scanner.execute(
        f"SELECT {table.currency}, {', '.join(f'sum({name})' for name in money)} FROM {relation} "
        f"WHERE {table.currency} IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()


def _aware(moment: datetime | date | None) -> datetime | date | None:
    return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) else moment


def _warnings(table: ReportTable, header: Header, scanner: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    warnings = []
    if header.unknown:
        warnings.append(f"Columns that are not known were left out: {', '.join(header.unknown)}.")
    for one, other, total in table.adds_up:
        [(count, first)] = scanner.execute(
            f"SELECT count(*), min(source_row) FROM {relation} WHERE {one} + {other} <> {total}"
        ).fetchall()
        if count:
            names = ", ".join(table.source_of(name) for name in (one, other, total))
            warnings.append(f"In {count} rows, the first of them row {first}, {names} do not add up.")
    return warnings


def _beside(rows_to: Path) -> Path:
    return rows_to.with_name(f".{rows_to.name}.{secrets.token_hex(4)}.partial")
