"""Read a file whose formats must be inferred from the whole of it: archived V1, odd locales, damaged files.

In: plain text and header. Out: the lines and `Reading`, or a refusal that names row and column. Everything is asked of
all cells, nothing of a sample: which settlement, which currency, which decimal sign, which order of day and month.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from resources.amazon.settlement_file import amounts
from resources.amazon.settlement_file.amounts import NumberFormat
from resources.amazon.settlement_file.date_order import infer_date_reading
from resources.amazon.settlement_file.decimal_sign import infer_decimal_sign, unreadable_number
from resources.amazon.settlement_file.description import describe
from resources.amazon.settlement_file.facts import currency_of, facts_of
from resources.amazon.settlement_file.header import V1_AMOUNTS, Header
from resources.amazon.settlement_file.layout_v1 import v1_select
from resources.amazon.settlement_file.layout_v2 import v2_select
from resources.amazon.settlement_file.plain_text import PlainText
from resources.amazon.settlement_file.raw_table import RawTable, ShapeCount, read_raw_table
from resources.amazon.settlement_file.reading import Reading
from resources.amazon.settlement_file.refusals import cell_refused
from resources.amazon.settlement_file.scan import copy_sql
from resources.amazon.settlement_file.summary import find_summary

_QUANTITY = "quantity-purchased"
_QUANTITY_DIGITS_MAX = 9


def read_by_inference(
    scanner: duckdb.DuckDBPyConnection,
    text: PlainText,
    header: Header,
    folder: Path,
    target: Path,
    *,
    is_describing: bool,
) -> Reading:
    """Write the lines to `target` and return the reading.

    Raises:
        SettlementFileRefused: The file is not one settlement, or a value cannot be read with certainty.
    """
    table = read_raw_table(scanner, text, header, folder)
    columns = _amount_columns(header)
    summary = find_summary(table, columns)
    currency, minor = currency_of(summary.texts.currency, summary.texts.row, text.source)
    shapes = table.shapes([*columns, "total-amount"])
    sign = _decimal_sign(table, shapes, columns, currency, minor, summary.texts.total_amount)
    _refuse_grouped_zeros(table, shapes, sign)
    _refuse_surplus_decimals(table, shapes, sign, currency, minor)
    quantities = table.shapes([_QUANTITY])
    _refuse_bad_quantities(table, quantities, sign, currency)
    in_lines = [each for each in [*shapes, *quantities] if each.column != "total-amount"]
    numbers = NumberFormat(sign, all(amounts.is_plain(each.shape, sign) for each in in_lines))
    dates = infer_date_reading(table, summary.texts)
    facts = facts_of(summary.texts, sign, dates.summary_order, text.source)
    select = v2_select if header.layout == "v2" else v1_select
    scanner.execute(copy_sql(select(table, numbers, dates.posted_sql, is_describing=is_describing), target))
    found = describe(scanner, target, minor)
    return Reading(facts, sign, dates.date_format, table.rows - summary.rows, found, dates.other_days)


def _amount_columns(header: Header) -> list[str]:
    return ["amount"] if header.layout == "v2" else [column for column in V1_AMOUNTS if column in header.positions]


def _decimal_sign(
    table: RawTable, shapes: list[ShapeCount], columns: list[str], currency: str, minor: int, total: str
) -> str:
    def ties(sign: str) -> bool:
        numbers = NumberFormat(sign, is_plain=False)
        sums = " + ".join(f"coalesce(sum({numbers.sql(table.cell(column))}), 0)" for column in columns)
        found = table.query(f"SELECT {sums} FROM {table.relation}")[0][0]
        return bool(found == amounts.amount(total, sign))

    def fits_currency(sign: str) -> bool:
        return not _surplus_decimals(table, shapes, sign, minor)

    return infer_decimal_sign(
        shapes, currency, table.source, has_decimals=minor > 0, fits_currency=fits_currency, ties=ties
    )


def _surplus_decimals(
    table: RawTable, shapes: list[ShapeCount], sign: str, decimals: int
) -> tuple[str, int, str] | None:
    """Return column, row and text of the first number that needs more decimals; only shapes that long are looked at."""
    long = [each for each in shapes if sign in each.shape and len(each.shape.rpartition(sign)[2]) > decimals]
    for column in dict.fromkeys(each.column for each in long):
        found = table.first_where(column, f"{amounts.decimals_needed_sql('cell', sign)} > {decimals}")
        if found:
            return column, *found
    return None


def _refuse_grouped_zeros(table: RawTable, shapes: list[ShapeCount], sign: str) -> None:
    for column in dict.fromkeys(each.column for each in shapes):
        found = table.first_where(column, amounts.grouped_zero_sql("cell", sign))
        if found:
            raise cell_refused(table.source, found[0], column, found[1], "cannot be read as a number")


def _refuse_surplus_decimals(table: RawTable, shapes: list[ShapeCount], sign: str, currency: str, minor: int) -> None:
    found = _surplus_decimals(table, shapes, sign, minor)
    if found:
        column, row, text = found
        raise cell_refused(table.source, row, column, text, f"has more decimals than {currency} ({minor})")


def _refuse_bad_quantities(table: RawTable, shapes: list[ShapeCount], sign: str, currency: str) -> None:
    bad = [
        each
        for each in shapes
        if amounts.decimals(each.shape, sign, currency) is None
        or each.shape.partition(sign)[0].count("9") > _QUANTITY_DIGITS_MAX
    ]
    if bad:
        raise unreadable_number(min(bad, key=lambda each: each.first_row), table.source)
    found = _surplus_decimals(table, shapes, sign, 0)
    if found:
        raise cell_refused(table.source, found[1], _QUANTITY, found[2], "is no whole number of units")
