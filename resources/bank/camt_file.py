"""Read a CAMT.053 file: the bank-to-customer statement of ISO 20022, whatever its version.

In: the bytes of a file, read by defusedxml without DTD, entities or anything fetched. Out: one statement per `Stmt`,
each held against its balances. One booked entry is one line, a batch included: what counts is what was booked. Elements
are known by their local names, because every version has a namespace of its own. Source: ISO 20022 message definition
camt.053.001.08, "BankToCustomerStatement".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ledger.bank_line import BankLine, clean, keyed, tail
from resources.bank.kinds import other_camt
from resources.bank.statement import (
    BankFile,
    Statement,
    checked,
    exact,
    known_currency,
    numbered_on,
    refuse_unlike_accounts,
    refused,
    shown,
)

_CODE = re.compile("[A-Z]{3}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,6})?")
_SIGNS = {"CRDT": 1, "DBIT": -1}
# Opening: of this statement, or the closing one of the statement before it. Then closing.
_OPENINGS, _CLOSINGS = ("OPBD", "PRCD"), ("CLBD",)
_REFERENCES = ("EndToEndId", "TxId", "InstrId", "UETR", "AcctSvcrRef", "ChqNb")
_TEXTS = ("Ustrd", "AddtlTxInf", "AddtlNtryInf", "AddtlRmtInf")
_NOTHING = {"NOTPROVIDED", "NONREF"}


def refuse_other_camt(source: str, head: str) -> None:
    """Refuse the messages that banks offer beside the statement, by their names."""
    what = other_camt(head)
    if what:
        raise refused(source, f"is a {what}", cure="download the statement (CAMT.053) of these days instead.")


def read_camt(source: str, content: bytes) -> BankFile:
    """Return what a CAMT.053 file holds.

    Raises:
        BankFileRefused: It is no such file, not whole, or a statement does not end where its entries lead to.
    """
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise refused(
            source, f"declares a document type or entities ({type(error).__name__}), which is not read"
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        row = getattr(error, "position", (None,))[0]
        raise refused(source, "is no whole XML document: it breaks off or is damaged here", row) from None
    found = [one for one in root.iter() if _name(one) == "Stmt"]
    if not found:
        raise refused(source, "is a CAMT.053 file without a statement (Stmt)")
    accounts = [_account(source, one) for one in found]
    refuse_unlike_accounts(source, [(account, tail(account)) for account in accounts])
    count = iter(range(1, 10**9))
    others: dict[int, str] = {}
    read = [_statement(source, one, account, count, others) for one, account in zip(found, accounts, strict=True)]
    return BankFile("camt053", _with_names(numbered_on(read), others), _all_accounts(root))


def _with_names(statements: Sequence[Statement], others: Mapping[int, str]) -> tuple[Statement, ...]:
    """Return statements whose lines say who paid or was paid; a line is known by what it said without it."""

    def named(line: BankLine) -> BankLine:
        return replace(line, text=clean(f"{others.get(line.source_row, '')} {line.text}"))

    return tuple(replace(one, lines=tuple(map(named, one.lines))) for one in statements)


def _other_side(entry: Element) -> str:
    """Return the names of who paid a credit, or who was paid by a debit; of a batch each one once."""
    side = "Dbtr" if _text(entry, "CdtDbtInd") == "CRDT" else "Cdtr"
    parties = (one for related in entry.iter() if _name(related) == "RltdPties" for one in _all(related, side))
    # Since version 8 a party stands in an element of its own.
    return " ".join(dict.fromkeys(filter(None, (_text(one, "Nm") or _text(one, "Pty/Nm") for one in parties))))


def _statement(source: str, element: Element, account: str, count: Iterator[int], others: dict[int, str]) -> Statement:
    name, end = _text(element, "Id"), tail(account)
    opening, closing = (_balance(source, element, codes) for codes in (_OPENINGS, _CLOSINGS))
    currency = known_currency(source, None, _currency(source, element, opening, closing))
    if opening and closing and opening[1] != closing[1]:
        raise refused(source, f"opens statement of account ...{end} in {opening[1]} and closes it in {closing[1]}")
    entries = [(next(count), one) for one in element if _name(one) == "Ntry"]
    others.update((number, _other_side(one)) for number, one in entries)
    lines = [_line(source, one, end, currency, clean(name), number) for number, one in entries if _is_booked(one)]
    balances = (None if one is None else exact(source, None, one[0], currency) for one in (opening, closing))
    return checked(source, Statement(clean(name), end, currency, *balances, keyed(lines)))


def _all_accounts(root: Element) -> tuple[str, ...]:
    """Return every account number of the document, those of the other side included."""
    holders = (one for one in root.iter() if _name(one).endswith("Acct"))
    numbers = (_text(one, path) for one in holders for path in ("Id/IBAN", "Id/Othr/Id"))
    return tuple(dict.fromkeys(one for one in numbers if one))


def _account(source: str, statement: Element) -> str:
    account = _text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id")
    if not tail(account):
        raise refused(source, "has a statement without an account (Acct/Id)")
    return account


def _balance(source: str, statement: Element, codes: tuple[str, ...]) -> tuple[Decimal, str] | None:
    """Return amount and currency of the first balance of these kinds; None where the statement has none."""
    for code in codes:
        for one in _all(statement, "Bal"):
            if _text(one, "Tp/CdOrPrtry/Cd") == code:
                return _signed(source, one, f"balance {code}")
    return None


def _currency(source: str, statement: Element, *balances: tuple[Decimal, str] | None) -> str:
    named = [_text(statement, "Acct/Ccy"), *(one[1] for one in balances if one)]
    named += [_find(one, "Amt").get("Ccy", "") for one in _all(statement, "Ntry") if _find(one, "Amt") is not None]
    found = next((one for one in named if one), "")
    if not found:
        raise refused(source, "has a statement that says nothing of its currency")
    return found


def _is_booked(entry: Element) -> bool:
    """Tell whether an entry is in the books of the bank: pending and informative ones are not."""
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    return status in ("BOOK", "")


def _line(source: str, entry: Element, end: str, currency: str, statement: str, number: int) -> BankLine:
    amount, code = _signed(source, entry, f"entry {number}")
    if code != currency:
        raise refused(
            source,
            f"has entry {number} in {code if _CODE.fullmatch(code) else shown(code)} in a statement in {currency}",
        )
    booked = _day(source, entry, "BookgDt", number)
    valued = _day(source, entry, "ValDt", number) if _find(entry, "ValDt") is not None else booked
    # NtryRef is no name of the line: many banks count the entries of each statement in it.
    bank_id = _text(entry, "AcctSvcrRef")
    references = dict.fromkeys(one for one in _words(entry, _REFERENCES) if one.upper() not in _NOTHING)
    return BankLine(
        account_tail=end,
        booking_date=booked,
        value_date=valued,
        amount=exact(source, None, amount, currency),
        currency=currency,
        text=clean(" ".join(_words(entry, _TEXTS))),
        reference=clean(" ".join(references)),
        bank_id="" if bank_id.upper() in _NOTHING else clean(bank_id),
        statement_id=statement,
        source_row=number,
    )


def _signed(source: str, element: Element, what: str) -> tuple[Decimal, str]:
    """Return an amount with its sign, credit positive; `RvslInd` only explains why, the indicator already says it."""
    amount = _find(element, "Amt")
    text = "" if amount is None else (amount.text or "").strip()
    sign = _SIGNS.get(_text(element, "CdtDbtInd"))
    if sign is None or not _AMOUNT.fullmatch(text):
        raise refused(source, f"has {shown(text)} as {what}, or says neither debit nor credit of it")
    return sign * Decimal(text), "" if amount is None else amount.get("Ccy", "")


def _day(source: str, entry: Element, name: str, number: int) -> date:
    text = _text(entry, f"{name}/Dt") or _text(entry, f"{name}/DtTm")
    try:
        # `fromisoformat` takes weeks as well (2026-W45-2), which the message does not know.
        return date.fromisoformat(text[:10] if _DATE.match(text) else "")
    except ValueError:
        raise refused(source, f"has {shown(text)} as {name} of entry {number}") from None


def _words(entry: Element, names: tuple[str, ...]) -> list[str]:
    return [
        " ".join((one.text or "").split()) for one in entry.iter() if _name(one) in names and (one.text or "").strip()
    ]


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(element: Element, name: str) -> list[Element]:
    return [one for one in element if _name(one) == name]


def _find(element: Element, path: str) -> Element | None:
    at: Element | None = element
    for name in path.split("/"):
        at = next((one for one in at if _name(one) == name), None) if at is not None else None
    return at


def _text(element: Element, path: str) -> str:
    found = _find(element, path)
    return "" if found is None else (found.text or "").strip()
