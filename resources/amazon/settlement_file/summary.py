"""Find the one summary of a settlement among all rows of a file.

In: the raw table. Out: the summary's texts and how many rows are nothing but summary. Amazon writes one summary row
and leaves its columns empty elsewhere; some tools repeat them on every row, which is accepted as long as all agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from resources.amazon.settlement_file.facts import SUMMARY_DATES, SummaryTexts, is_settlement_id
from resources.amazon.settlement_file.raw_table import RawTable
from resources.amazon.settlement_file.refusals import cell_refused, file_refused
from resources.amazon.settlement_file.scan import FIRST_DATA_ROW

_COMBINATIONS_MAX = 100


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary's texts, and the number of rows (one or none) that hold the summary alone."""

    texts: SummaryTexts
    rows: int


def find_summary(table: RawTable, amount_columns: list[str]) -> Summary:
    """Return the summary of the file's only settlement.

    Raises:
        SettlementFileRefused: No id, an id that is none, several settlements, no summary, or two that differ.
    """
    settlement_id = _settlement_id(table)
    row, total = _only(table, "total-amount", is_needed=True)
    currency_row, currency = _only(table, "currency", is_needed=False)
    dates = tuple(_only(table, column, is_needed=False)[1] or None for column in SUMMARY_DATES)
    rows = _summary_rows(table, amount_columns)
    texts = SummaryTexts(row or currency_row, settlement_id, total, currency, dates)
    return Summary(texts, rows)


def _values(table: RawTable, column: str) -> list[tuple[str | None, int]]:
    """Return the different texts of a column with the first row of each."""
    found = table.query(
        f"SELECT {table.cell(column)} AS cell, min(file_row_number) FROM {table.relation} "
        f"GROUP BY cell ORDER BY 2 LIMIT {_COMBINATIONS_MAX}"
    )
    return [(text, row + FIRST_DATA_ROW) for text, row in found]


def _settlement_id(table: RawTable) -> str:
    found = _values(table, "settlement-id")
    for text, row in found:
        if text is None:
            raise file_refused(table.source, f"has no settlement-id in row {row}", row, "settlement-id")
        if not is_settlement_id(text):
            raise cell_refused(table.source, row, "settlement-id", text, "is no settlement id (1 to 20 digits)")
    if len(found) > 1:
        (first, _), (second, row) = found[:2]
        raise file_refused(
            table.source, f"holds several settlements ({first}, and {second} from row {row})", row, "settlement-id"
        )
    return found[0][0] or ""


def _only(table: RawTable, column: str, *, is_needed: bool) -> tuple[int, str]:
    """Return the one text of a summary column with its row; empty when there is none."""
    found = [(text, row) for text, row in _values(table, column) if text is not None] if table.present([column]) else []
    if not found:
        if is_needed:
            raise file_refused(table.source, f"has no summary row: {column} is empty in every row", 2, column)
        return 0, ""
    if len(found) > 1:
        first_row, row = found[0][1], found[1][1]
        raise file_refused(
            table.source,
            f"has two different values of {column} (rows {first_row} and {row}), so it is not one settlement",
            row,
            column,
        )
    return found[0][1], found[0][0]


def _summary_rows(table: RawTable, amount_columns: list[str]) -> int:
    blank = " AND ".join(f"{table.cell(column)} IS NULL" for column in ["transaction-type", *amount_columns])
    count, last = table.query(
        f"SELECT count(*), max(file_row_number) FROM {table.relation} "
        f"WHERE {table.cell('total-amount')} IS NOT NULL AND {blank}"
    )[0]
    if count > 1:
        row = last + FIRST_DATA_ROW
        raise file_refused(table.source, f"has {count} summary rows (the last in row {row}): it was put together", row)
    return int(count)
