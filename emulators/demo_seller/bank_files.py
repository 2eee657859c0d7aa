"""Write bank statements: CSV as banks offer it for download, OFX 2, MT940, CAMT.053.

In: the lines of one account, the balance before them. Out: bytes. Written from the formats' own papers: OFX 2.1.1
(https://financialdataexchange.org), SWIFT MT940 (a German bank's structured `:86:` for euros, free text for the
others), ISO 20022 camt.053.001.08 (https://www.iso20022.org).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

from emulators.demo_seller.bank import BankAccount, BankLine, BankPart

_CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_ZERO = Decimal("0.00")
_CSV_NAMES = ("Booking date", "Value date", "Amount", "Currency", "Party", "Text", "Reference")
_CSV_NAMES_GERMAN = ("Buchungstag", "Valuta", "Betrag", "Währung", "Beteiligter", "Verwendungszweck", "Referenz")


def write_csv(account: BankAccount, lines: Sequence[BankLine]) -> bytes:
    """Write lines as CSV: for euros with semicolons, commas and a byte order mark, else the American way."""
    is_german = account.currency == "EUR"
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if is_german else ",", lineterminator="\r\n")
    writer.writerow(_CSV_NAMES_GERMAN if is_german else _CSV_NAMES)
    for line in lines:
        days = [f"{day:%d.%m.%Y}" if is_german else day.isoformat() for day in (line.booked, line.value)]
        amount = f"{line.amount:.2f}".replace(".", ",") if is_german else f"{line.amount:.2f}"
        writer.writerow([*days, amount, line.currency, line.party, line.text, line.bank_id])
    return text.getvalue().encode("utf-8-sig" if is_german else "utf-8")


def write_ofx(account: BankAccount, lines: Sequence[BankLine], opening: Decimal) -> bytes:
    """Write a statement as OFX 2.1.1."""
    first, last = _days(lines)
    root = ElementTree.Element("OFX")
    signon = _under(root, "SIGNONMSGSRSV1", "SONRS")
    _status(signon)
    _text(signon, "DTSERVER", f"{last:%Y%m%d}120000")
    _text(signon, "LANGUAGE", "ENG")
    answer = _under(root, "BANKMSGSRSV1", "STMTTRNRS")
    _text(answer, "TRNUID", "0")
    _status(answer)
    statement = _under(answer, "STMTRS")
    _text(statement, "CURDEF", account.currency)
    number = _under(statement, "BANKACCTFROM")
    for name, value in (("BANKID", account.bank_code), ("ACCTID", account.number), ("ACCTTYPE", "CHECKING")):
        _text(number, name, value)
    listed = _under(statement, "BANKTRANLIST")
    _text(listed, "DTSTART", f"{first:%Y%m%d}")
    _text(listed, "DTEND", f"{last:%Y%m%d}")
    for line in lines:
        entry = _under(listed, "STMTTRN")
        _text(entry, "TRNTYPE", "CREDIT" if line.amount > 0 else "DEBIT")
        _text(entry, "DTPOSTED", f"{line.booked:%Y%m%d}120000")
        _text(entry, "DTAVAIL", f"{line.value:%Y%m%d}")
        _text(entry, "TRNAMT", f"{line.amount:.2f}")
        _text(entry, "FITID", line.bank_id)
        # NAME has 32 characters at most.
        _text(entry, "NAME", line.party[:32])
        _text(entry, "MEMO", line.text)
    balance = _under(statement, "LEDGERBAL")
    _text(balance, "BALAMT", f"{_closing(lines, opening):.2f}")
    _text(balance, "DTASOF", f"{last:%Y%m%d}120000")
    header = (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        '<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
    )
    return header.encode() + ElementTree.tostring(root, encoding="utf-8") + b"\n"


def write_mt940(account: BankAccount, lines: Sequence[BankLine], opening: Decimal) -> bytes:
    """Write a statement as SWIFT MT940, in its block of a message."""
    first, last = _days(lines)
    fields = [
        f":20:DEMO{last:%y%m%d}",
        f":25:{account.number}",
        ":28C:00001/001",
        f":60F:{_balance(opening, first, account.currency)}",
    ]
    for line in lines:
        side = "C" if line.amount > 0 else "D"
        # The payer's reference: a trace id, or the word for none.
        reference = line.parts[0].trace_id if line.parts else "NONREF"
        amount = f"{abs(line.amount):.2f}".replace(".", ",")
        fields.append(f":61:{line.value:%y%m%d}{line.booked:%m%d}{side}{amount}NTRF{reference}//{line.bank_id}")
        fields += _information(account, line)
    fields += [f":62F:{_balance(_closing(lines, opening), last, account.currency)}", "-}"]
    head = f"{{1:F01{account.bank_code:X<12}0000000000}}{{2:O940{last:%y%m%d}N}}{{4:"
    return "\r\n".join([head, *fields, ""]).encode("ascii")


def write_camt053(account: BankAccount, lines: Sequence[BankLine], opening: Decimal) -> bytes:
    """Write a statement as camt.053.001.08; a line that brings several payouts has the details of each."""
    first, last = _days(lines)
    root = ElementTree.Element("Document", {"xmlns": _CAMT})
    message = _under(root, "BkToCstmrStmt")
    head = _under(message, "GrpHdr")
    _text(head, "MsgId", f"DEMO-{account.currency}-{last:%Y%m%d}")
    _text(head, "CreDtTm", f"{last.isoformat()}T23:00:00Z")
    statement = _under(message, "Stmt")
    _text(statement, "Id", f"{account.currency}-{last:%Y%m%d}")
    _text(statement, "ElctrncSeqNb", "1")
    _text(statement, "CreDtTm", f"{last.isoformat()}T23:00:00Z")
    span = _under(statement, "FrToDt")
    _text(span, "FrDtTm", f"{first.isoformat()}T00:00:00Z")
    _text(span, "ToDtTm", f"{last.isoformat()}T23:00:00Z")
    owned = _under(statement, "Acct")
    if account.is_iban:
        _text(_under(owned, "Id"), "IBAN", account.number)
    else:
        _text(_under(owned, "Id", "Othr"), "Id", account.number)
    _text(owned, "Ccy", account.currency)
    _camt_balance(statement, "OPBD", opening, first, account.currency)
    _camt_balance(statement, "CLBD", _closing(lines, opening), last, account.currency)
    for line in lines:
        _camt_entry(statement, line)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _camt_entry(statement: ElementTree.Element, line: BankLine) -> None:
    entry = _under(statement, "Ntry")
    _amount(entry, line.amount, line.currency)
    _text(_under(entry, "Sts"), "Cd", "BOOK")
    _text(_under(entry, "BookgDt"), "Dt", line.booked.isoformat())
    _text(_under(entry, "ValDt"), "Dt", line.value.isoformat())
    _text(entry, "AcctSvcrRef", line.bank_id)
    domain = _under(entry, "BkTxCd", "Domn")
    _text(domain, "Cd", "PMNT")
    family = _under(domain, "Fmly")
    _text(family, "Cd", "RCDT" if line.amount > 0 else "ICDT")
    _text(family, "SubFmlyCd", "ESCT")
    details = _under(entry, "NtryDtls")
    if len(line.parts) > 1:
        _text(_under(details, "Btch"), "NbOfTxs", str(len(line.parts)))
    for part in line.parts or (None,):
        _camt_details(details, line, part)


def _camt_details(details: ElementTree.Element, line: BankLine, part: BankPart | None) -> None:
    one = _under(details, "TxDtls")
    _text(_under(one, "Refs"), "EndToEndId", part.trace_id if part else "NOTPROVIDED")
    _amount(one, part.amount if part else line.amount, line.currency)
    if part and part.original:
        before, currency = part.original
        changed = _under(one, "AmtDtls", "InstdAmt")
        _text(changed, "Amt", f"{before:.2f}").set("Ccy", currency)
        exchange = _under(changed, "CcyXchg")
        _text(exchange, "SrcCcy", currency)
        _text(exchange, "TrgtCcy", line.currency)
        _text(exchange, "XchgRate", f"{part.amount / before:.6f}")
    side = "Dbtr" if line.amount > 0 else "Cdtr"
    _text(_under(one, "RltdPties", side, "Pty"), "Nm", line.party)
    _text(_under(one, "RmtInf"), "Ustrd", f"AMAZON PAYMENTS {part.trace_id}" if part else line.text)


def _camt_balance(statement: ElementTree.Element, code: str, amount: Decimal, day: date, currency: str) -> None:
    balance = _under(statement, "Bal")
    _text(_under(balance, "Tp", "CdOrPrtry"), "Cd", code)
    _amount(balance, amount, currency)
    _text(_under(balance, "Dt"), "Dt", day.isoformat())


def _amount(parent: ElementTree.Element, amount: Decimal, currency: str) -> None:
    _text(parent, "Amt", f"{abs(amount):.2f}").set("Ccy", currency)
    _text(parent, "CdtDbtInd", "DBIT" if amount < 0 else "CRDT")


def _information(account: BankAccount, line: BankLine) -> Iterator[str]:
    """Yield the lines of `:86:`, 65 characters each, six at most."""
    if account.currency == "EUR":
        kind = "166?00GUTSCHRIFT" if line.amount > 0 else "105?00LASTSCHRIFT"
        pieces = "".join(f"?{20 + number}{piece}" for number, piece in enumerate(_cut(line.text, 27)))
        text = f"{kind}{pieces}?32{line.party[:27]}"
    else:
        text = f"{line.party} {line.text}"
    for number, piece in enumerate(_cut(text, 61)[:6]):
        yield f"{':86:' if number == 0 else ''}{piece}"


def _cut(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


def _balance(amount: Decimal, day: date, currency: str) -> str:
    return f"{'D' if amount < 0 else 'C'}{day:%y%m%d}{currency}{abs(amount):.2f}".replace(".", ",")


def _closing(lines: Iterable[BankLine], opening: Decimal) -> Decimal:
    return opening + sum((line.amount for line in lines), _ZERO)


def _days(lines: Sequence[BankLine]) -> tuple[date, date]:
    return min(line.booked for line in lines), max(line.booked for line in lines)


def _under(parent: ElementTree.Element, *names: str) -> ElementTree.Element:
    for name in names:
        parent = ElementTree.SubElement(parent, name)
    return parent


def _text(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = text
    return child


def _status(parent: ElementTree.Element) -> None:
    status = _under(parent, "STATUS")
    _text(status, "CODE", "0")
    _text(status, "SEVERITY", "INFO")
