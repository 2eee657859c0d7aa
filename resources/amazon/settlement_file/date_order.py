"""Decide whether 03/04/26 is the third of April or the fourth of March, from the whole file, or refuse to guess.

In: the date columns' shapes and cells, and the summary's dates. Out: one order per group (summary, posted-date-time,
posted-date) and the name of the format. An order under which any date does not exist is out. Of what is left, the
combination stands that agrees most: the period starts before it ends, both posted columns name the same day, and the
rows lie in the period. If two combinations are left that give different dates, the file is refused. So it is when years
of two digits make a settlement last longer than one: they may stand in front, and 26-03-05 is no day of 2005.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

from resources.amazon.settlement_file import dates
from resources.amazon.settlement_file.amounts import shape_of, shape_sql
from resources.amazon.settlement_file.facts import SUMMARY_DATES, SummaryTexts
from resources.amazon.settlement_file.raw_table import RawTable, ShapeCount
from resources.amazon.settlement_file.reading import OtherDays
from resources.amazon.settlement_file.refusals import cell_refused, file_refused
from resources.amazon.settlement_file.scan import FIRST_DATA_ROW

POSTED_COLUMNS = ("posted-date-time", "posted-date")
_SLASHED = ("dmy", "mdy")
_NEAR = timedelta(days=1)
# A settlement lasts two weeks. Days that were taken for years make years of it.
_SPAN_MAX = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class DateReading:
    """Order of the summary's dates, SQL of the instant posted, name of the format, rows that name two days."""

    summary_order: str
    posted_sql: str
    date_format: str
    other_days: OtherDays | None = None


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    cell: str
    shapes: list[dates.DateShape]
    orders: tuple[str, ...]

    def sql(self, order: str, cell: str | None = None) -> str:
        text = cell or self.cell
        return dates.column_sql(text, shape_sql(text), self.shapes, order)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One combination of orders and what it makes of the file."""

    orders: tuple[str, ...]
    summary: tuple[datetime | None, ...]
    first: datetime | None
    last: datetime | None
    days_apart: int
    fingerprint: object

    @property
    def is_in_time(self) -> bool:
        start, end, deposit = self.summary
        return bool(start and end and start <= end and (deposit is None or deposit >= end))

    @property
    def is_in_period(self) -> bool:
        start, end, _ = self.summary
        if not (start and end and self.first and self.last):
            return True
        return start - _NEAR <= self.first and self.last <= end + _NEAR


def infer_date_reading(table: RawTable, texts: SummaryTexts) -> DateReading:
    """Return how the dates of a file are read.

    Raises:
        SettlementFileRefused: A date cannot be read, or the order of day and month is not certain.
    """
    columns = [_column(table, name) for name in table.present(POSTED_COLUMNS)]
    summary_orders = _summary_orders(texts, table.source)
    combinations = list(product(summary_orders, *(column.orders for column in columns)))
    chosen = combinations[0]
    if len(combinations) > 1:
        chosen = _resolved([_outcome(table, texts, columns, each) for each in combinations], columns, table.source)
    if _has_short_years(columns, texts):
        _refuse_far_apart(_outcome(table, texts, columns, chosen), table.source)
    posted = [column.sql(order) for column, order in zip(columns, chosen[1:], strict=True)]
    return DateReading(
        chosen[0],
        f"coalesce({', '.join(posted)})",
        _format_name(columns, texts, chosen),
        _other_days(table, texts, columns, posted),
    )


def _other_days(table: RawTable, texts: SummaryTexts, columns: list[_Column], posted: list[str]) -> OtherDays | None:
    """Return the rows whose posted columns name different days; with an offset, the day before or after is the same."""
    if len(posted) < 2:
        return None
    apart_max = int(any(shape.offset_sign for column in columns for shape in column.shapes))
    rows, first, of = table.query(
        f"SELECT count(*) FILTER (apart > {apart_max}), min(row) FILTER (apart > {apart_max}), count(*) FROM (SELECT "
        f"abs(datediff('day', {posted[0]}, {posted[1]})) AS apart, file_row_number + {FIRST_DATA_ROW} AS row "
        f"FROM {table.relation}) WHERE row <> {texts.row}"
    )[0]
    return OtherDays(rows, first, str(of)) if rows else None


def _column(table: RawTable, name: str) -> _Column:
    counts = table.shapes([name])
    shapes = [dates.read_shape(count.shape) for count in counts]
    bad = [count for count, shape in zip(counts, shapes, strict=True) if shape is None]
    if bad:
        raise _unreadable(min(bad, key=lambda count: count.first_row), table.source)
    column = _Column(name, table.cell(name), [shape for shape in shapes if shape], _SLASHED)
    if not any(len(shape.orders) > 1 for shape in column.shapes):
        column = _Column(name, column.cell, column.shapes, _SLASHED[:1])
    failures = {order: _first_failure(table, column, order) for order in column.orders}
    orders = tuple(order for order in column.orders if failures[order] is None)
    if not orders:
        # The order that goes furthest names the row.
        row, text = max(failure for failure in failures.values() if failure)
        raise cell_refused(table.source, row, name, text, "cannot be read as a date")
    return _Column(name, column.cell, column.shapes, orders)


def _first_failure(table: RawTable, column: _Column, order: str) -> tuple[int, str] | None:
    instant = column.sql(order, "cell")
    return table.first_where(column.name, f"NOT coalesce({instant} {dates.EXISTS_SQL}, false)")


def _summary_orders(texts: SummaryTexts, source: str) -> tuple[str, ...]:
    filled = [(name, text) for name, text in zip(SUMMARY_DATES, texts.dates, strict=True) if text]
    orders = tuple(order for order in _SLASHED if all(dates.instant(text, order) for _, text in filled))
    if not orders:
        name, text = next(
            ((name, text) for name, text in filled if not any(dates.instant(text, order) for order in _SLASHED)),
            filled[0],
        )
        raise cell_refused(source, texts.row, name, text, "cannot be read as a date")
    is_slashed = any(len(shape.orders) > 1 for _, text in filled if (shape := dates.read_shape(shape_of(text))))
    return orders if is_slashed else orders[:1]


def _outcome(table: RawTable, texts: SummaryTexts, columns: list[_Column], orders: tuple[str, ...]) -> _Outcome:
    summary = tuple(dates.instant(text, orders[0]) if text else None for text in texts.dates)
    posted = [column.sql(order) for column, order in zip(columns, orders[1:], strict=True)]
    # One text a row: hashes of two values are combined so that equal moments of two rows would cancel each other out.
    days_apart = f"max(abs(datediff('day', {posted[0]}, {posted[1]})))" if len(posted) > 1 else "0"
    instant = f"coalesce({', '.join(posted)})"
    first, last, apart, fingerprint = table.query(
        f"SELECT min({instant}), max({instant}), {days_apart}, "
        f"bit_xor(hash(concat({instant}, ' ', file_row_number))) FROM {table.relation}"
    )[0]
    aware = [moment.replace(tzinfo=UTC) if moment else None for moment in (first, last)]
    return _Outcome(orders, summary, *aware, apart or 0, fingerprint)


def _resolved(outcomes: list[_Outcome], columns: list[_Column], source: str) -> tuple[str, ...]:
    for agrees in (
        lambda outcome: outcome.is_in_time,
        lambda outcome: outcome.days_apart <= 1,
        lambda outcome: outcome.is_in_period,
    ):
        outcomes = [outcome for outcome in outcomes if agrees(outcome)] or outcomes
    if len({(outcome.summary, outcome.fingerprint) for outcome in outcomes}) == 1:
        return outcomes[0].orders
    names = [
        name
        for at, name in enumerate(["the summary", *(column.name for column in columns)])
        if len({outcome.orders[at] for outcome in outcomes}) > 1
    ]
    raise file_refused(
        source,
        f"has dates that can be read as day/month or as month/day ({' and '.join(names)}), and nothing in the file "
        "decides",
        column=names[0] if names[0] in POSTED_COLUMNS else SUMMARY_DATES[0],
    )


def _has_short_years(columns: list[_Column], texts: SummaryTexts) -> bool:
    shapes = [shape for column in columns for shape in column.shapes]
    shapes += [shape for text in texts.dates if text and (shape := dates.read_shape(shape_of(text)))]
    return any(shape.year == "%y" for shape in shapes)


def _refuse_far_apart(outcome: _Outcome, source: str) -> None:
    moments = [moment for moment in (*outcome.summary, outcome.first, outcome.last) if moment]
    if moments and max(moments) - min(moments) > _SPAN_MAX:
        raise file_refused(
            source,
            f"has dates with years of two digits that would lie years apart ({min(moments):%Y-%m-%d} and "
            f"{max(moments):%Y-%m-%d}), so it is not certain where the year stands",
            column=SUMMARY_DATES[0],
        )


def _format_name(columns: list[_Column], texts: SummaryTexts, orders: tuple[str, ...]) -> str:
    for column, order in zip(columns, orders[1:], strict=True):
        if column.shapes:
            shape = column.shapes[0]
            return shape.name(order if len(shape.orders) > 1 else shape.orders[0])
    shape = next((shape for text in texts.dates if text and (shape := dates.read_shape(shape_of(text)))), None)
    return shape.name(orders[0] if len(shape.orders) > 1 else shape.orders[0]) if shape else ""


def _unreadable(count: ShapeCount, source: str) -> Exception:
    return cell_refused(source, count.first_row, count.column, count.first_text, "cannot be read as a date")
