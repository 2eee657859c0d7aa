"""Numbers and dates of a CSV file whose locale nobody states: read when all cells agree on one reading, else refused.

In: the cells of a column with their rows. Out: decimals and dates. "1,250" is a thousand or one and a quarter; 03/04 is
in April or in March: the whole file decides, or the connection's settings do, and nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from ledger.errors import BankFileRefused
from resources.bank.statement import FIRST_YEAR, LAST_YEAR, refused, shown

Cell = tuple[int, str]  # row in the file, text
_GROUPS = " \u00a0\u202f'\u2019"
_SIGNS = "-\u2212"
_DATE = re.compile(r"(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})(?:[ T]\d{1,2}:\d{2}.*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
ORDERS = ("ymd", "dmy", "mdy")


def amounts(source: str, cells: Sequence[Cell], sign: str) -> tuple[Decimal, ...]:
    """Return the numbers of all cells under one decimal sign; `sign` is ".", "," or "infer".

    Raises:
        BankFileRefused: A cell is no number, or two readings of the file are left.
    """
    readings = {one: [_number(text, one) for _, text in cells] for one in (".", ",")}
    candidates = [one for one in (".", ",") if None not in readings[one]] if sign == "infer" else [sign]
    if len(candidates) == 2 and readings["."] == readings[","]:
        candidates = ["."]
    if len(candidates) == 1 and None not in readings[candidates[0]]:
        return tuple(number for number in readings[candidates[0]] if number is not None)
    if len(candidates) == 2:
        at = next(at for at in range(len(cells)) if readings["."][at] != readings[","][at])
        what = f"can be read in two ways: {cells[at][1]} is a thousand or has decimals, and nothing in the file decides"
        raise refused(source, what, cells[at][0], "set `decimal_sign` in the layout of the connection's `bank.csv`.")
    raise _unreadable(source, cells, readings, candidates)


def _unreadable(
    source: str, cells: Sequence[Cell], readings: dict[str, list], candidates: list[str]
) -> BankFileRefused:
    never = [at for at in range(len(cells)) if all(readings[one][at] is None for one in candidates or readings)]
    if never:
        row, text = cells[never[0]]
        return refused(
            source, f"has {shown(text)} where an amount is expected", row, "check the columns in `bank.csv`."
        )
    first = {one: next(at for at in range(len(cells)) if readings[one][at] is None) for one in readings}
    texts = " and ".join(f"{cells[at][1]} (row {cells[at][0]})" for at in sorted(first.values()))
    return refused(source, f"uses both decimal signs: {texts}", cells[max(first.values())][0])


def _number(text: str, sign: str) -> Decimal | None:
    """Read one number; None where it is none under this sign. A minus stands before or behind, or as parentheses."""
    body, is_negative = text.strip(), False
    if body.startswith("(") and body.endswith(")"):
        body, is_negative = body[1:-1].strip(), True
    elif body[:1] and body[0] in _SIGNS + "+":
        body, is_negative = body[1:].strip(), body[0] in _SIGNS
    elif body[-1:] and body[-1] in _SIGNS + "+":
        body, is_negative = body[:-1].strip(), body[-1] in _SIGNS
    group = "," if sign == "." else "."
    whole, has_fraction, fraction = body.partition(sign)
    if has_fraction and not re.fullmatch("[0-9]{1,6}", fraction):
        return None
    if not re.fullmatch("[0-9]{1,15}", whole):
        # Groups of three, all with the same sign between them.
        marks = {one for one in whole if not one.isdigit()}
        if len(marks) != 1 or not marks <= {group, *_GROUPS}:
            return None
        head, *rest = whole.split(next(iter(marks)))
        if not re.fullmatch("[0-9]{1,3}", head) or not all(re.fullmatch("[0-9]{3}", one) for one in rest):
            return None
        whole = head + "".join(rest)
    number = Decimal(f"{whole}.{fraction}" if has_fraction else whole)
    return -number if is_negative else number


def dates(source: str, columns: Sequence[Sequence[Cell]], order: str) -> tuple[tuple[date, ...], ...]:
    """Return the dates of several columns that are written alike, under one order of day, month and year.

    Raises:
        BankFileRefused: A cell is no date, or two readings of the file are left.
    """
    cells = [cell for column in columns for cell in column]
    readings = {one: [_day(text, one) for _, text in cells] for one in ORDERS}
    candidates = [one for one in ORDERS if None not in readings[one]] if order == "infer" else [order]
    if len({tuple(readings[one]) for one in candidates}) > 1:
        two = candidates[:2]
        at = next(at for at in range(len(cells)) if readings[two[0]][at] != readings[two[1]][at])
        what = f"has a date that can be read in two ways: {cells[at][1]}, and nothing in the file decides"
        raise refused(source, what, cells[at][0], "set `date_order` in the layout of the connection's `bank.csv`.")
    if not candidates or None in readings[candidates[0]]:
        row, text = _first_bad(cells, [readings[one] for one in candidates or ORDERS])
        raise refused(source, f"has {shown(text)} where a date is expected", row, "check the columns in `bank.csv`.")
    found = iter(day for day in readings[candidates[0]] if day is not None)
    return tuple(tuple(next(found) for _ in column) for column in columns)


def _first_bad(cells: Sequence[Cell], readings: list[list[date | None]]) -> Cell:
    """Return the cell at which the reading that goes furthest ends."""
    return cells[max(reading.index(None) for reading in readings)]


def _day(text: str, order: str) -> date | None:
    found, compact = _DATE.fullmatch(text.strip()), _COMPACT.fullmatch(text.strip())
    if compact is not None:
        parts, order = compact.groups(), "ymd" if order == "ymd" else ""
    elif found is not None:
        parts = (found[1], found[3], found[4])
    else:
        return None
    if order == "":
        return None
    named = dict(zip(order, parts, strict=True))
    if len(named["d"]) > 2 or len(named["m"]) > 2 or len(named["y"]) not in (2, 4):
        return None
    # A dot between day and month is never American; two digits of a year never stand first.
    if found is not None and found[2] == "." and order == "mdy":
        return None
    if order == "ymd" and len(named["y"]) != 4:
        return None
    year = int(named["y"]) + (2000 if len(named["y"]) == 2 else 0)
    try:
        day = date(year, int(named["m"]), int(named["d"]))
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
