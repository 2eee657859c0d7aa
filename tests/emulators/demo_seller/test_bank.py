"""The bank's side of the demonstration: every payout arrives once, and four formats of statement say the same."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from xml.etree import ElementTree

import pytest

from emulators.amazon.history import PayoutRecord
from emulators.demo_seller.bank import BANK_ACCOUNTS, BankLine, bank_lines, lines_of
from emulators.demo_seller.bank_files import write_camt053, write_csv, write_mt940, write_ofx
from emulators.demo_seller.seller import DemoSeller, demo_seller

AS_OF = date(2026, 11, 20)
OPENING = Decimal("1000.00")
ZERO = Decimal("0.00")
CURRENCIES = list(BANK_ACCOUNTS)
CAMT = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}


@cache
def _seller() -> DemoSeller:
    return demo_seller(7, AS_OF)


@cache
def _lines(until: date = AS_OF) -> list[BankLine]:
    return bank_lines(_seller().world.histories.values(), until)


def _payouts() -> list[PayoutRecord]:
    return [payout for history in _seller().world.histories.values() for payout in history.payouts]


def _closing(currency: str) -> Decimal:
    return OPENING + sum((line.amount for line in lines_of(_lines(), currency)), ZERO)


def test_every_payout_arrives_once_with_its_trace_id() -> None:
    """In the currency of the account; what is on its way is not there yet, what pays nothing never comes."""
    parts = {part.settlement_id: (line, part) for line in _lines(AS_OF + timedelta(days=9)) for part in line.parts}
    assert set(parts) == {payout.settlement_id for payout in _payouts() if payout.amount > 0}
    for payout in _payouts():
        if payout.settlement_id not in parts:
            continue
        line, part = parts[payout.settlement_id]
        assert (part.amount, line.currency) == (payout.converted or (payout.amount, payout.currency))
        assert payout.trace_id in line.text
        assert timedelta(0) <= line.value - payout.statuses[-1][1].date() <= timedelta(days=2)
        assert line.value.weekday() < 5
        assert BANK_ACCOUNTS[line.currency].number.endswith(payout.account_tail)
    assert len(_lines()) < len(_lines(AS_OF + timedelta(days=9)))
    assert all(line.booked <= AS_OF for line in _lines())


def test_one_line_brings_two_payouts_one_of_them_changed() -> None:
    """Its amount is their sum; another changed one has a line of its own on a day with a second line."""
    (pooled,) = (line for line in _lines() if len(line.parts) > 1)
    assert pooled.currency == "GBP"
    assert pooled.amount == sum(part.amount for part in pooled.parts)
    assert [part.original is not None for part in pooled.parts].count(True) == 1
    (single,) = (line for line in _lines() if len(line.parts) == 1 and line.parts[0].original)
    assert sum(line.currency == "GBP" and line.value == single.value for line in _lines()) >= 2


def test_charges_to_the_card_are_debits() -> None:
    """As large as what the settlements call a successful charge, in as many parts."""
    debits = [line for line in _lines() if line.text.startswith("CARD PAYMENT AMAZON")]
    charged = sum((truth.debt_charged for truth in _seller().settlements), ZERO)
    assert len(debits) == 2
    assert -sum(line.amount for line in debits) == charged > 0


def test_lines_of_others_are_among_them() -> None:
    """Nothing of Amazon's in them; every line has an id of its own."""
    others = [line for line in _lines() if "AMAZON" not in f"{line.party} {line.text}"]
    assert len(others) == 2 * len(CURRENCIES)
    assert len({line.bank_id for line in _lines()}) == len(_lines())


@pytest.mark.parametrize("currency", ["GBP", "EUR"])
def test_ibans_have_the_right_check_digits(currency: str) -> None:
    """ISO 13616: the number modulo 97 is one."""
    number = BANK_ACCOUNTS[currency].number
    assert int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


@pytest.mark.parametrize("currency", CURRENCIES)
def test_csv(currency: str) -> None:
    """German files have semicolons, commas and a byte order mark."""
    lines = lines_of(_lines(), currency)
    content = write_csv(BANK_ACCOUNTS[currency], lines)
    assert content.startswith(b"\xef\xbb\xbf") is (currency == "EUR")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";" if currency == "EUR" else ","))[1:]
    assert [Decimal(row[2].replace(",", ".")) for row in rows] == [line.amount for line in lines]
    assert [row[5:] for row in rows] == [[line.text, line.bank_id] for line in lines]
    assert (rows[0][0] == f"{lines[0].booked:%d.%m.%Y}") is (currency == "EUR")


@pytest.mark.parametrize("currency", CURRENCIES)
def test_ofx(currency: str) -> None:
    """The header names the version, the ledger balance is opening and lines."""
    lines = lines_of(_lines(), currency)
    content = write_ofx(BANK_ACCOUNTS[currency], lines, OPENING)
    assert b'<?OFX OFXHEADER="200" VERSION="211"' in content.splitlines()[1]
    root = ElementTree.fromstring(content)
    entries = list(root.iter("STMTTRN"))
    assert [Decimal(entry.findtext("TRNAMT", "")) for entry in entries] == [line.amount for line in lines]
    assert [entry.findtext("FITID") for entry in entries] == [line.bank_id for line in lines]
    assert [entry.findtext("TRNTYPE") == "DEBIT" for entry in entries] == [line.amount < 0 for line in lines]
    assert all(len(entry.findtext("NAME", "")) <= 32 for entry in entries)
    assert Decimal(root.findtext(".//LEDGERBAL/BALAMT", "")) == _closing(currency)
    assert root.findtext(".//ACCTID") == BANK_ACCOUNTS[currency].number


@pytest.mark.parametrize("currency", CURRENCIES)
def test_mt940(currency: str) -> None:
    """Opening, lines and closing tie; no line is longer than 65 characters."""
    lines = lines_of(_lines(), currency)
    text = write_mt940(BANK_ACCOUNTS[currency], lines, OPENING).decode("ascii")
    assert max(len(line) for line in text.split("\r\n")) <= 65
    found = re.findall(
        r"^:61:(\d{6})(\d{4})([CD])(\d+,\d\d)NTRF([A-Z0-9]{1,16})//([A-Z0-9]{1,16})\r$", text, re.MULTILINE
    )
    amounts = [Decimal(one[3].replace(",", ".")) * (1 if one[2] == "C" else -1) for one in found]
    assert amounts == [line.amount for line in lines]
    assert [one[0] for one in found] == [f"{line.value:%y%m%d}" for line in lines]
    opening, closing = re.findall(r"^:6[02]F:C\d{6}[A-Z]{3}(\d+,\d\d)\r$", text, re.MULTILINE)
    assert [Decimal(one.replace(",", ".")) for one in (opening, closing)] == [OPENING, _closing(currency)]
    assert ("?20" in text) is (currency == "EUR")
    assert text.count(":86:") == len(lines)
    assert text.endswith("-}\r\n")


@pytest.mark.parametrize("currency", CURRENCIES)
def test_camt053(currency: str) -> None:
    """Booked entries with the details of every payout they bring; balances tie."""
    lines = lines_of(_lines(), currency)
    root = ElementTree.fromstring(write_camt053(BANK_ACCOUNTS[currency], lines, OPENING))
    entries = root.findall(".//c:Ntry", CAMT)
    signs = {"CRDT": 1, "DBIT": -1}
    amounts = [
        Decimal(entry.findtext("c:Amt", "", CAMT)) * signs[entry.findtext("c:CdtDbtInd", "", CAMT)] for entry in entries
    ]
    assert amounts == [line.amount for line in lines]
    for entry, line in zip(entries, lines, strict=True):
        details = entry.findall(".//c:TxDtls", CAMT)
        traces = [one.findtext(".//c:EndToEndId", "", CAMT) for one in details]
        assert traces == ([part.trace_id for part in line.parts] or ["NOTPROVIDED"])
        assert sum(Decimal(one.findtext("c:Amt", "", CAMT)) for one in details) == abs(line.amount)
        changed = [one for one in details if one.find("c:AmtDtls", CAMT) is not None]
        assert len(changed) == sum(part.original is not None for part in line.parts)
    balances = [Decimal(one.findtext("c:Amt", "", CAMT)) for one in root.findall(".//c:Bal", CAMT)]
    assert balances == [OPENING, _closing(currency)]
