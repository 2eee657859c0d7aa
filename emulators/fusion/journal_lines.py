"""How rows become journals and their lines balance: grouped, summed up, evened out.

What comes in: interface rows or journal lines as fields. What goes out: groups, or lines whose debits equal their
credits. Pure. That journals are grouped by REFERENCE4, category, currency and conversion is read off the labels of the
template https://www.oracle.com/webfolder/technetwork/docs/fbdi-25c/fbdi/xlsm/JournalImportTemplate.xlsm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from emulators.fusion.journals import amount, totals_of
from emulators.fusion.store import Fields

GroupKey = tuple[str, ...]


def grouped(rows: Iterable[Fields], key_of: Callable[[Fields], GroupKey]) -> dict[GroupKey, list[Fields]]:
    """Group rows by a key, in order of appearance."""
    groups: dict[GroupKey, list[Fields]] = {}
    for row in rows:
        groups.setdefault(key_of(row), []).append(row)
    return groups


def journal_key(row: Fields) -> GroupKey:
    """Return what the rows of one journal share."""
    return tuple(row[name] for name in ("REFERENCE4", "CATEGORY", "CURRENCY", "RATE_TYPE", "RATE_DATE", "RATE"))


def summed(lines: list[Fields]) -> list[Fields]:
    """Return one line per account and side."""
    sums: dict[GroupKey, Fields] = {}
    for line in lines:
        key = (line["ACCOUNT"], "DR" if line["ENTERED_DR"] else "CR")
        if key not in sums:
            sums[key] = {**line}
            continue
        for name in ("ENTERED_DR", "ENTERED_CR", "ACCOUNTED_DR", "ACCOUNTED_CR"):
            if line[name]:
                sums[key][name] = f"{amount(sums[key][name]) + amount(line[name]):f}"
    return list(sums.values())


def evened(lines: list[Fields], suspense_account: str) -> list[Fields]:
    """Let the journal balance: entered differences go to suspense, rounding of conversions to the largest line."""
    totals = totals_of(lines)
    if suspense_account and totals.debit != totals.credit:
        lines = [*lines, _suspense_line(suspense_account, totals.credit - totals.debit, lines)]
        totals = totals_of(lines)
    off = totals.accounted_debit - totals.accounted_credit
    if off:
        largest = max(lines, key=lambda line: amount(line["ACCOUNTED_DR"]) + amount(line["ACCOUNTED_CR"]))
        side, change = ("ACCOUNTED_DR", -off) if largest["ACCOUNTED_DR"] else ("ACCOUNTED_CR", off)
        largest[side] = f"{amount(largest[side]) + change:f}"
    return lines


def _suspense_line(account: str, missing: Decimal, lines: list[Fields]) -> Fields:
    totals = totals_of(lines)
    blank = dict.fromkeys(lines[0], "")
    side = "DR" if missing > 0 else "CR"
    accounted_missing = abs(totals.accounted_credit - totals.accounted_debit)
    amounts = {f"ENTERED_{side}": f"{abs(missing):f}", f"ACCOUNTED_{side}": f"{accounted_missing:f}"}
    return {**blank, "ACCOUNT": account, "DESCRIPTION": "Suspense", **amounts}
