"""Read the files of AutoInvoice: invoice lines, and where there are any their distributions, by the site's layout.

What comes in: the bytes of a zip. What goes out: rows of the two interface tables; or LoadFailed with the sentence that
the load's log shows. Pure. Columns past the template's end are ignored, an END marker too; what a column means is
looked at when AutoInvoice runs, not here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from emulators.fusion.import_zip import DATE, NUMBER, LoadFailed, entries, records
from emulators.fusion.invoice_layout import (
    ATTRIBUTES,
    DISTRIBUTIONS_ENTRY,
    KEY_LENGTH,
    LINES_ENTRY,
    InvoiceLayout,
)
from emulators.fusion.store import Fields

_DATES = ("TRX_DATE", "GL_DATE", "RATE_DATE", "RULE_START")
_NUMBERS = ("RATE", "AMOUNT", "QUANTITY", "UNIT_PRICE", "RULE_DURATION", "PERCENT", "ACCOUNTED_AMOUNT")
_SIBLINGS = ("ATTRIBUTE1", "LINK_ATTRIBUTE1", "SEGMENT1")
_SEGMENTS = 30
# Lengths of the columns behind; those of the description are the one a long text meets first.
_LENGTHS = {"DESCRIPTION": 240, "INTERNAL_NOTES": 240, "COMMENTS": 1760, "CONTEXT": KEY_LENGTH}


def interface_rows(content: bytes, layout: InvoiceLayout) -> tuple[list[Fields], list[Fields]]:
    """Return the rows of lines and of distributions, dates as ISO text; raises LoadFailed."""
    texts = entries(content, LINES_ENTRY, (DISTRIBUTIONS_ENTRY,))
    lines = [
        _line_row(_cells(number, cells, layout.lines, LINES_ENTRY))
        for number, cells in records(texts[LINES_ENTRY], LINES_ENTRY)
    ]
    if DISTRIBUTIONS_ENTRY not in texts:
        return lines, []
    found = records(texts[DISTRIBUTIONS_ENTRY], DISTRIBUTIONS_ENTRY)
    distributions = [
        _distribution_row(_cells(number, cells, layout.distributions, DISTRIBUTIONS_ENTRY)) for number, cells in found
    ]
    return lines, distributions


def key_of(context: str, attributes: Sequence[str]) -> str:
    """Return a line's key, by which it is unique for ever, in one text."""
    return json.dumps([context, *attributes])


def shown_key(key: str) -> str:
    """Return a line's key as reports show it."""
    context, *attributes = json.loads(key)
    return ".".join([context, *(one for one in attributes if one)])


def _cells(number: int, cells: Sequence[str], columns: Mapping[str, int], entry: str) -> dict[str, str]:
    """Return the cells of a record by column name, checked for type and length."""

    def cell(place: int) -> str:
        return cells[place - 1].strip() if place <= len(cells) else ""

    found = {name: cell(place) for name, place in columns.items() if name not in _SIBLINGS}
    for first in _SIBLINGS:
        if first in columns:
            count = _SEGMENTS if first == "SEGMENT1" else ATTRIBUTES
            found |= {f"{first[:-1]}{one + 1}": cell(columns[first] + one) for one in range(count)}
    for name, text in found.items():
        wrong = _fault_of(name, text)
        if wrong:
            raise LoadFailed(f"{entry}, record {number}: Rejected - column {name}: {wrong}.")
    return {name: text.replace("/", "-") if name in _DATES else text for name, text in found.items()}


def _fault_of(name: str, text: str) -> str:
    if name in _DATES and text and not DATE.fullmatch(text):
        return "date format YYYY/MM/DD expected"
    if name in _NUMBERS and text and not NUMBER.fullmatch(text):
        return "invalid number"
    length = KEY_LENGTH if "ATTRIBUTE" in name else _LENGTHS.get(name, 1760)
    return f"longer than {length} characters" if len(text) > length else ""


def _line_row(cells: dict[str, str]) -> Fields:
    link = [cells.pop(f"LINK_ATTRIBUTE{number + 1}") for number in range(ATTRIBUTES)]
    cells["LINK_KEY"] = key_of(cells["LINK_CONTEXT"], link) if cells["LINK_CONTEXT"] or any(link) else ""
    key = key_of(cells["CONTEXT"], [cells.pop(f"ATTRIBUTE{number + 1}") for number in range(ATTRIBUTES)])
    return {"SOURCE": cells["SOURCE"], "LINE_KEY": key, "BODY": json.dumps(cells)}


def _distribution_row(cells: dict[str, str]) -> Fields:
    key = key_of(cells["CONTEXT"], [cells.pop(f"ATTRIBUTE{number + 1}") for number in range(ATTRIBUTES)])
    segments = [cells.pop(f"SEGMENT{number + 1}") for number in range(_SEGMENTS)]
    return {"LINE_KEY": key, "BODY": json.dumps({**cells, "SEGMENTS": segments})}
