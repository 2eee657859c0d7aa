"""Read an MT940 file: SWIFT's customer statement, with or without its envelope.

In: text. Out: one statement per message, its opening balance, lines and closing balance held against each other. The
tags are taken apart by the library mt-940; the sign is ours, because a reversed credit (RC) takes money away. Pages of
one statement (60M, 62M) are checked each for itself. Source: SWIFT, Category 9 Message Reference Guide, MT 940.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import mt940

from ledger.bank_line import BankLine, clean, keyed, tail
from resources.bank.statement import (
    BankFile,
    Statement,
    checked,
    exact,
    known_currency,
    numbered_on,
    refuse_unlike_accounts,
    refused,
)

# An entry, or a balance behind its sign: year, month and day in two digits each.
_DATED = re.compile(r":6(?:1:|[02][FM]:[CD]|[45]:[CD])(\d\d)(\d\d)(\d\d)")
# What an interim report (MT942) has, and a statement's balances, which it has not.
_INTERIM, _BALANCE = re.compile(r"(?m)^:(34F|13D?):"), re.compile(r"(?m)^:6[02][FM]:")
_SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1}
# What banks write where they have no reference of their own.
_NO_REFERENCE = {"NONREF", "NOTPROVIDED", ""}
_OPENINGS = ("final_opening_balance", "intermediate_opening_balance")
_CLOSINGS = ("final_closing_balance", "intermediate_closing_balance")
_TEXTS = ("posting_text", "purpose", "applicant_name", "additional_purpose", "transaction_details", "extra_details")
_REFERENCES = ("customer_reference", "end_to_end_reference", "additional_position_reference")


def read_mt940(source: str, text: str) -> BankFile:
    """Return what an MT940 file holds.

    Raises:
        BankFileRefused: A message is not whole, or does not end where its lines lead to.
    """
    if _INTERIM.search(text) and not _BALANCE.search(text):
        cure = "download the statement (MT940) of these days instead."
        raise refused(source, "is an MT942, a report of the running day, whose entries may still change", cure=cure)
    found = [one for one in _parsed(source, text) if one.data or len(one)]
    if not found:
        raise refused(source, "is an MT940 file without a statement")
    written = len(re.findall(r"(?m)^:61:", text))
    if sum(len(one) for one in found) != written:
        raise refused(source, f"writes {written} entries (:61:), of which not every one can be read")
    accounts = [_account(source, one.data) for one in found]
    refuse_unlike_accounts(source, [(account, tail(account)) for account in accounts])
    statements, number = [], 0
    for one, account in zip(found, accounts, strict=True):
        statements.append(_statement(source, one, account, number))
        number += len(one)
    others = [str(line.data.get("applicant_iban") or "").strip() for one in found for line in one]
    return BankFile("mt940", numbered_on(statements), tuple(dict.fromkeys(filter(None, [*accounts, *others]))))


def _parsed(source: str, text: str) -> list[Any]:
    try:
        # All that the library has mended since 5.0: long texts stay whole, as does the reference of :61:.
        return mt940.parse_statements(text.encode("utf-8"), encoding="utf-8", options=mt940.Options.all())
    except Exception as error:
        # The library raises what it meets; its messages quote the file, so only the kind is told.
        row = _row_of_no_date(text)
        if row is not None:
            raise refused(source, "has an entry or a balance whose date is none", row) from None
        raise refused(source, f"begins like MT940 and cannot be read as such ({type(error).__name__})") from None


def _row_of_no_date(text: str) -> int | None:
    """Return the first row of an entry or a balance that begins with a date which no calendar has."""
    for row, line in enumerate(text.splitlines(), start=1):
        found = _DATED.match(line)
        try:
            if found:
                date.fromisoformat(f"20{found[1]}-{found[2]}-{found[3]}")
        except ValueError:
            return row
    return None


def _account(source: str, data: dict[str, Any]) -> str:
    account = str(data.get("account_identification") or "").strip()
    if not tail(account):
        raise refused(source, "has a statement without an account (:25:)")
    # A currency behind the number is no part of it, nor is the bank code before it.
    return re.sub(r"[A-Z]{3}$", "", account.rpartition("/")[2]) or account


def _statement(source: str, parsed: Any, account: str, before: int) -> Statement:
    data = parsed.data
    opening = next((data[name] for name in _OPENINGS if data.get(name)), None)
    closing = next((data[name] for name in _CLOSINGS if data.get(name)), None)
    if opening is None or closing is None:
        lacking = "opening balance (:60F:)" if opening is None else "closing balance (:62F:)"
        raise refused(source, f"has a statement of account ...{tail(account)} without its {lacking}: it is cut off")
    currency = known_currency(source, None, str(closing.amount.currency))
    if str(opening.amount.currency) != currency:
        raise refused(source, f"opens a statement in another currency than {currency}, in which it closes")
    name = "/".join(str(data[one]) for one in ("statement_number", "sequence_number") if data.get(one))
    lines = [
        _line(source, one.data, tail(account), currency, name, before + at) for at, one in enumerate(parsed, start=1)
    ]
    balances = (exact(source, None, one.amount.amount, currency) for one in (opening, closing))
    return checked(source, Statement(name, tail(account), currency, *balances, keyed(lines)))


def _line(source: str, data: dict[str, Any], end: str, currency: str, name: str, number: int) -> BankLine:
    sign = _SIGNS.get(str(data.get("status")).upper())
    if sign is None or data.get("amount") is None or data.get("date") is None:
        raise refused(source, f"has entry {number} (:61:) without date, amount or a known debit/credit mark")
    amount = sign * abs(Decimal(data["amount"].amount))
    valued = data["date"]
    booked = data.get("entry_date") or valued
    bank_id = str(data.get("bank_reference") or "").strip()
    return BankLine(
        account_tail=end,
        booking_date=_plain(booked),
        value_date=_plain(valued),
        amount=exact(source, None, amount, currency),
        currency=currency,
        text=clean(" ".join(str(data[one]) for one in _TEXTS if data.get(one))),
        reference=clean(" ".join(_reference(data.get(one)) for one in _REFERENCES)),
        bank_id="" if bank_id.upper() in _NO_REFERENCE else clean(bank_id),
        statement_id=name,
        source_row=number,
    )


def _plain(day: date) -> date:
    """Return the library's own kind of date as an ordinary one."""
    return date(day.year, day.month, day.day)


def _reference(value: Any) -> str:
    text = str(value or "").strip()
    return "" if text.upper() in _NO_REFERENCE else text
