"""Read an OFX file, version 1 (SGML) or 2 (XML), of bank or card accounts.

In: the bytes of a file. Out: one statement per account. The tokens are ofxtools'; no entity is ever expanded. The days
are those that the bank writes: its 8 digits, not the moment in another zone. OFX states a balance at the end and none
at the beginning, so nothing can be held against the lines. Source: OFX 2.3 specification, sections 3.2.8 and 11.4.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element
from xml.sax.saxutils import unescape

from ofxtools.Parser import OFXTree

from ledger.bank_line import BankLine, clean, keyed, tail
from resources.bank.statement import BankFile, Statement, exact, known_currency, refuse_unlike_accounts, refused, shown

_STATEMENTS = {"STMTRS": "BANKACCTFROM", "CCSTMTRS": "CCACCTFROM"}
_AMOUNT = re.compile(r"([-+]?)(\d{1,15})(?:[.,](\d{1,6}))?")
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_FRACTION = re.compile(r"([-+]?)[.,](\d{1,6})")


def read_ofx(source: str, content: bytes) -> BankFile:
    """Return what an OFX file holds.

    Raises:
        BankFileRefused: It is cut off, or a line cannot be read with certainty.
    """
    if not content.rstrip().upper().endswith(b"</OFX>"):
        raise refused(source, "is an OFX file without its end </OFX>: it is cut off")
    tree = OFXTree()
    try:
        tree.parse(io.BytesIO(content))
        root = tree.getroot()
    except Exception as error:
        # ofxtools raises what it meets; its messages quote the file, so only the kind is told.
        raise refused(source, f"begins like OFX and cannot be read as such ({type(error).__name__})") from None
    if root is None:
        raise refused(source, "begins like OFX and holds nothing")
    found = [(one, _STATEMENTS[one.tag]) for one in root.iter() if one.tag in _STATEMENTS]
    if not found:
        raise refused(source, "is an OFX file without a statement of a bank or card account")
    count = iter(range(1, 10**9))
    accounts = [(_needed(source, one, f"{holder}/ACCTID"), holder) for one, holder in found]
    refuse_unlike_accounts(source, [(number, tail(number)) for number, _ in accounts])
    read = (_statement(source, one, number, count) for (one, _), (number, _) in zip(found, accounts, strict=True))
    # Those of the other side stand in BANKACCTTO.
    numbers = [one.text.strip() for one in root.iter("ACCTID") if one.text]
    return BankFile("ofx", tuple(read), tuple(dict.fromkeys(numbers)))


def _statement(source: str, element: Element, account: str, count: Iterator[int]) -> Statement:
    currency = known_currency(source, None, _needed(source, element, "CURDEF"))
    lines = [_line(source, one, tail(account), currency, next(count)) for one in element.iter("STMTTRN")]
    ordered = sorted(lines, key=lambda line: line.booking_date)
    return Statement("", tail(account), currency, None, None, keyed(ordered))


def _line(source: str, element: Element, end: str, currency: str, number: int) -> BankLine:
    # ORIGCURRENCY only tells what the amount was before; CURRENCY says that this amount is in another one.
    code = _text(element, "CURRENCY/CURSYM")
    if code and code != currency:
        raise refused(
            source, f"has entry {number} in {shown(code)} on an account kept in {currency}", cure=_ONE_CURRENCY
        )
    booked = _day(source, element, "DTPOSTED", number)
    valued = _day(source, element, "DTAVAIL", number) if _text(element, "DTAVAIL") else booked
    names = ("NAME", "PAYEE/NAME", "EXTDNAME", "MEMO")
    references = ("CHECKNUM", "REFNUM", "SRVRTID")
    return BankLine(
        account_tail=end,
        booking_date=booked,
        value_date=valued,
        amount=exact(source, None, _amount(source, element, number), currency),
        currency=currency,
        text=clean(" ".join(filter(None, (_text(element, one) for one in names)))),
        reference=clean(" ".join(filter(None, (_text(element, one) for one in references)))),
        bank_id=clean(_needed(source, element, "FITID")),
        statement_id="",
        source_row=number,
    )


_ONE_CURRENCY = "download the statement in the currency of the account."


def _amount(source: str, element: Element, number: int) -> str:
    """Return an amount with a decimal point; OFX takes a comma as well, and never groups digits."""
    text = _needed(source, element, "TRNAMT")
    found, bare = _AMOUNT.fullmatch(text), _FRACTION.fullmatch(text)
    if found is None and bare is None:
        raise refused(source, f"has {shown(text)} as the amount of entry {number}")
    sign, whole, fraction = (found[1], found[2], found[3]) if found else (bare[1], "0", bare[2])
    return f"{sign.replace('+', '')}{whole}.{fraction or '0'}"


def _day(source: str, element: Element, name: str, number: int) -> date:
    text = _text(element, name)
    found = _DATE.match(text)
    try:
        # `int` takes more than digits: "2_02" is a number to it.
        return date(*map(int, found.groups() if found else ()))
    except (ValueError, TypeError):
        raise refused(source, f"has {shown(text)} as {name} of entry {number}") from None


def _text(element: Element, path: str) -> str:
    return unescape((element.findtext(path) or "").strip(), {"&nbsp;": " "})


def _needed(source: str, element: Element, path: str) -> str:
    text = _text(element, path)
    if not text:
        raise refused(source, f"has no {path.rpartition('/')[2]} where OFX needs one")
    return text
