"""Read the file of a journal load: a zip with `GlInterface.csv` at its root, columns by position, no header.

What comes in: bytes. What goes out: one row of the interface table per line of the file; or LoadFailed with the
sentence that the load's log shows. Pure. Nothing of a faulty file is loaded.
Positions: the template https://www.oracle.com/webfolder/technetwork/docs/fbdi-25c/fbdi/xlsm/JournalImportTemplate.xlsm.
"""

from __future__ import annotations

import json

from emulators.fusion.import_zip import DATE, NUMBER, LoadFailed, entries, records
from emulators.fusion.store import Fields

ENTRY_NAME = "GlInterface.csv"
COLUMNS_MAX = 149

_POSITIONS = {
    0: "STATUS",
    1: "LEDGER_ID",
    2: "ACCOUNTING_DATE",
    3: "SOURCE",
    4: "CATEGORY",
    5: "CURRENCY",
    7: "ACTUAL_FLAG",
    38: "ENTERED_DR",
    39: "ENTERED_CR",
    40: "ACCOUNTED_DR",
    41: "ACCOUNTED_CR",
    42: "REFERENCE1",
    43: "REFERENCE2",
    45: "REFERENCE4",
    46: "REFERENCE5",
    47: "REFERENCE6",
    51: "REFERENCE10",
    62: "STAT_AMOUNT",
    63: "RATE_TYPE",
    64: "RATE_DATE",
    65: "RATE",
    66: "GROUP_ID",
    93: "RECONCILIATION",
    94: "PERIOD_NAME",
}
_DATE_CREATED = 6
_SEGMENTS = range(8, 38)
_REFERENCES = range(42, 62)
_REFERENCES_KEPT = range(52, 62)
_REFERENCE_LENGTH = 240
_DATES = (2, _DATE_CREATED, 64)
_NUMBERS = (1, 38, 39, 40, 41, 62, 65, 66)
_MANDATORY = (0, 1, 2, 3, 4, 5, 7)


def interface_rows(content: bytes, *, are_extra_columns_ignored: bool) -> list[Fields]:
    """Return the rows of a zip file, amounts and dates as text (dates ISO).

    Raises:
        LoadFailed: No zip, no such entry, not UTF-8, too many columns, a date or number that is none.
    """
    text = entries(content, ENTRY_NAME)[ENTRY_NAME]
    return [_row(number, cells, are_extra_columns_ignored) for number, cells in records(text, ENTRY_NAME)]


def _row(number: int, cells: list[str], are_extra_columns_ignored: bool) -> Fields:
    if len(cells) > COLUMNS_MAX and not are_extra_columns_ignored:
        raise LoadFailed(f"Record {number}: Rejected - {len(cells)} columns, the template has {COLUMNS_MAX}.")
    # Fewer columns are fine: those that are missing at the end are null.
    cells = [cell.strip() for cell in cells[:COLUMNS_MAX]] + [""] * (COLUMNS_MAX - len(cells))
    _check(number, cells)
    row = {name: cells[place] for place, name in _POSITIONS.items()}
    row["ACCOUNTING_DATE"] = cells[2].replace("/", "-")
    row["RATE_DATE"] = cells[64].replace("/", "-")
    row["SEGMENTS"] = json.dumps([cells[place] for place in _SEGMENTS])
    row["REFERENCES_KEPT"] = json.dumps([cells[place] for place in _REFERENCES_KEPT])
    return row


def _check(number: int, cells: list[str]) -> None:
    for place in _MANDATORY:
        if not cells[place]:
            name = _POSITIONS[place]
            raise LoadFailed(f"Record {number}: Rejected - column {name} (position {place}) can't be null.")
    for place in _DATES:
        if cells[place] and not DATE.fullmatch(cells[place]):
            raise LoadFailed(f"Record {number}: Rejected - position {place}: date format YYYY/MM/DD expected.")
    for place in _NUMBERS:
        if cells[place] and not NUMBER.fullmatch(cells[place]):
            raise LoadFailed(f"Record {number}: Rejected - position {place}: invalid number.")
    for place in _REFERENCES:
        if len(cells[place]) > _REFERENCE_LENGTH:
            raise LoadFailed(
                f"Record {number}: Rejected - position {place}: longer than {_REFERENCE_LENGTH} characters."
            )
