"""Read a file of which every value can be read in one way only: one scan of the text, proved row by row.

Nearly all V2 files are such: `2026-01-05 09:00:00 UTC` or `05.01.2026 09:00:00 UTC`, and `-15.00` or `-15,00` in a
currency of two decimals, mean one thing whatever the rest of the file says. The first rows only suggest the formats;
each row is then held against them, a row that differs in anything gets no amount, and one such row beside the summary
sends the whole file to the inference. So a suggestion can cost time but never decide anything. In: plain text and
header. Out: the lines and `Reading`, or None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from ledger.errors import SettlementFileRefused
from resources.amazon.settlement_file import amounts, dates
from resources.amazon.settlement_file.description import describe
from resources.amazon.settlement_file.facts import Facts, SummaryTexts, currency_of, facts_of, is_settlement_id
from resources.amazon.settlement_file.header import Header
from resources.amazon.settlement_file.lines import projection, raw_texts
from resources.amazon.settlement_file.plain_text import PlainText
from resources.amazon.settlement_file.reading import OtherDays, Reading
from resources.amazon.settlement_file.scan import FIRST_DATA_ROW, copy_sql, csv_relation

_COMPARED_ROWS_MAX = 20_000
_POSTED_SHAPES = ("9999-99-99 99:99:99 UTC", "99.99.9999 99:99:99 UTC")
_SUMMARY = ("settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency")
# Blanks around these would break the matching of orders and products; labels are looked at after the scan.
_UNPADDED = ("order-id", "merchant-order-id", "sku")


@dataclass(frozen=True, slots=True)
class _Suggestion:
    """Formats the first rows suggest: summary, decimal sign, shape of posted-date-time."""

    facts: Facts
    minor: int
    sign: str
    posted: dates.DateShape


def read_self_evident(
    scanner: duckdb.DuckDBPyConnection, text: PlainText, header: Header, target: Path, *, is_describing: bool
) -> Reading | None:
    """Write the lines to `target` and return the reading, or None when any row could be read in another way."""
    suggestion = _suggested(text, header)
    if suggestion is None:
        return None
    values = _values(header, suggestion)
    select = (
        f"SELECT {projection(values, is_describing=is_describing)} FROM (SELECT *, {_posted_sql(header, suggestion)} "
        f"AS posted FROM {csv_relation(text.path, header.width)})"
    )
    try:
        scanner.execute(copy_sql(select, target))
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        # A row with too many or too long fields: the inference finds it and says which.
        return None
    found = describe(scanner, target, suggestion.minor)
    if found.rows != text.data_lines or found.amounts != found.rows - 1 or found.has_padding:
        return None
    order = suggestion.posted.orders[0]
    other_days = _other_days(text, header)
    return Reading(suggestion.facts, suggestion.sign, suggestion.posted.name(order), found.rows - 1, found, other_days)


def _other_days(text: PlainText, header: Header) -> OtherDays | None:
    """Return the rows whose posted-date is another day; both are written in one way here, so the texts are compared.

    The lines do not hold it, and another pass over a large text would cost more than it tells: its first rows say it.
    """
    if "posted-date" not in header.positions:
        return None
    day, moment = (header.positions[name] for name in ("posted-date", "posted-date-time"))
    compared, differing = 0, []
    with text.path.open(encoding="utf-8", newline="\n") as file:
        for row, line in enumerate(islice(file, 1, _COMPARED_ROWS_MAX + 1), start=FIRST_DATA_ROW):
            cells = line.rstrip("\n").split("\t")
            compared += row > FIRST_DATA_ROW  # the summary comes first, and has no moment
            if max(day, moment) < len(cells) and cells[day] and cells[day] != cells[moment][:10]:
                differing.append(row)
    if not differing:
        return None
    of = f"the first {compared}" if text.data_lines > _COMPARED_ROWS_MAX else str(compared)
    return OtherDays(len(differing), differing[0], of)


def _suggested(text: PlainText, header: Header) -> _Suggestion | None:
    if header.layout != "v2" or "posted-date-time" not in header.positions or len(text.first_lines) < 3:
        return None
    summary, first = (_cells(line, header) for line in text.first_lines[1:3])
    posted = dates.read_shape(amounts.shape_of(first.get("posted-date-time", "")))
    if posted is None or posted.shape not in _POSTED_SHAPES or set(summary) - set(_SUMMARY):
        return None
    if not is_settlement_id(summary.get("settlement-id", "")):
        return None
    try:
        _, minor = currency_of(summary.get("currency"), 2, text.source)
        total = summary.get("total-amount", "")
        sign = next((sign for sign in amounts.DECIMAL_SIGNS if re.fullmatch(_amount_pattern(sign, minor), total)), None)
        texts = tuple(summary.get(column) for column in _SUMMARY[1:4])
        if sign is None or not all(_is_self_evident(date) for date in texts if date):
            return None
        facts = facts_of(SummaryTexts(2, summary["settlement-id"], total, summary["currency"], texts), sign, "", "")
    except SettlementFileRefused:
        # The inference reads the whole file and words the refusal.
        return None
    return _Suggestion(facts, minor, sign, posted) if minor in (0, 2) else None


def _cells(line: str, header: Header) -> dict[str, str]:
    cells = line.split("\t")
    return {name: cells[at] for name, at in header.positions.items() if at < len(cells) and cells[at]}


def _is_self_evident(text: str) -> bool:
    shape = dates.read_shape(amounts.shape_of(text))
    return shape is not None and len(shape.orders) == 1


def _amount_pattern(sign: str, minor: int) -> str:
    whole = f"-?[0-9]{{1,{amounts.WHOLE_DIGITS_MAX - 1}}}"
    return f"{whole}[{sign}][0-9]{{{minor}}}" if minor else whole


def _posted_sql(header: Header, suggestion: _Suggestion) -> str:
    return suggestion.posted.sql(f"c{header.positions['posted-date-time']}", suggestion.posted.orders[0])


def _values(header: Header, suggestion: _Suggestion) -> dict[str, str]:
    """Return the SQL of each column of lines; a row that could be read in another way gets no amount."""
    amount = f"c{header.positions['amount']}"
    digits = f"replace({amount}, ',', '.')" if suggestion.sign == "," else amount
    evident = " AND ".join(_evidence(header, suggestion))
    return {
        **raw_texts(header),
        "amount": f"CASE WHEN {evident} THEN TRY_CAST({digits} AS DECIMAL(18,3)) END",
        "posted_at": "posted",
        "quantity": f"TRY_CAST(c{header.positions['quantity-purchased']} AS INTEGER)",
        "leg": "0",
    }


def _evidence(header: Header, suggestion: _Suggestion) -> list[str]:
    column = {name: f"c{position}" for name, position in header.positions.items()}
    posted, quantity = column["posted-date-time"], column["quantity-purchased"]
    pattern = _amount_pattern(suggestion.sign, suggestion.minor)
    tests = [f"{column['settlement-id']} = '{suggestion.facts.settlement_id}'"]
    tests += [f"{column[name]} IS NULL" for name in _SUMMARY[1:] if name in column]
    tests += [f"regexp_full_match({column['amount']}, '{pattern}')"]
    tests += [f"posted {dates.EXISTS_SQL}", f"length({posted}) = {len(suggestion.posted.shape)}"]
    tests += [f"ends_with({posted}, '{suggestion.posted.zone}')"]
    tests += [f"({quantity} IS NULL OR regexp_full_match({quantity}, '-?[0-9]{{1,9}}'))"]
    if "posted-date" in column:
        date = column["posted-date"]
        day = dates.read_shape(suggestion.posted.shape[:10])
        assert day is not None, suggestion.posted.shape
        is_day = f"length({date}) = 10 AND {day.sql(date, day.orders[0])} {dates.EXISTS_SQL}"
        tests += [f"({date} IS NULL OR {date} = left({posted}, 10) OR ({is_day}))"]
    tests += [
        f"({column[name]} IS NULL OR NOT (starts_with({column[name]}, ' ') OR ends_with({column[name]}, ' ')))"
        for name in _UNPADDED
        if name in column
    ]
    return tests
