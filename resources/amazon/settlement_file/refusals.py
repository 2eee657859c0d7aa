"""Word the refusals that point at one cell, and keep people's data out of them.

A refused value is shown only when it looks like a number or a date; free text may name a customer and is never
repeated.
"""

from __future__ import annotations

import re

from ledger.errors import SettlementFileRefused

_NUMBER_OR_DATE = re.compile(r"[0-9.,:/+()\-\u2212 \u00a0\u202f'\u2019TZUCGMEe_]{1,40}")


def shown(text: str) -> str:
    """Return the text in quotes when it is like a number or a date, else a hint that it is not shown."""
    if _NUMBER_OR_DATE.fullmatch(text) and re.search("[0-9]", text):
        return f'"{text}"'
    return "(text, not shown here)"


def cell_refused(source: str, row: int, column: str, text: str, what: str) -> SettlementFileRefused:
    """Return the refusal of one cell: what is wrong with it, in which row and column."""
    return SettlementFileRefused(
        f"{source}: row {row}, column {column}: {shown(text)} {what}. Nothing was taken over; hand in the file as "
        "Amazon delivered it.",
        source=source,
        row=row,
        column=column,
    )


def file_refused(source: str, what: str, row: int | None = None, column: str | None = None) -> SettlementFileRefused:
    """Return the refusal of the whole file: what is wrong with it."""
    return SettlementFileRefused(
        f"{source} {what}. Nothing was taken over; hand in the file as Amazon delivered it.",
        source=source,
        row=row,
        column=column,
    )
