"""What the emulated bank writes is read back line by line, in every format and currency."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from emulators.demo_seller.bank import BANK_ACCOUNTS, BankLine, bank_lines, lines_of
from emulators.demo_seller.bank_files import write_camt053, write_csv, write_mt940, write_ofx
from emulators.demo_seller.seller import demo_seller
from resources.bank.reader import archivable, read_bank_file
from resources.bank.settings import CsvLayout

AS_OF = date(2026, 11, 20)
OPENING = Decimal("1000.00")


def layout(currency: str, *names: str) -> CsvLayout:
    """Return the layout of an account whose file names neither currency code nor number."""
    booked, valued, amount, code, party, text, reference = names
    return CsvLayout(
        booking_date=booked,
        value_date=valued,
        amount=amount,
        currency=code,
        text=(party, text),
        bank_id=reference,
        account_tail=BANK_ACCOUNTS[currency].number[-4:],
    )


ENGLISH = ("Booking date", "Value date", "Amount", "Currency", "Party", "Text", "Reference")
GERMAN = ("Buchungstag", "Valuta", "Betrag", "Währung", "Beteiligter", "Verwendungszweck", "Referenz")


@cache
def written_lines(currency: str) -> list[BankLine]:
    """Return what went through an account."""
    return lines_of(bank_lines(demo_seller(7, AS_OF).world.histories.values(), AS_OF), currency)


WRITERS = {
    "csv": lambda account, lines: write_csv(account, lines),
    "ofx": lambda account, lines: write_ofx(account, lines, OPENING),
    "mt940": lambda account, lines: write_mt940(account, lines, OPENING),
    "camt053": lambda account, lines: write_camt053(account, lines, OPENING),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("currency", list(BANK_ACCOUNTS))
def test_an_emulated_statement_is_read_back(tmp_path: Path, currency: str, name: str) -> None:
    """Days, amounts, transfers, the bank's ids; and no account number."""
    account, lines = BANK_ACCOUNTS[currency], written_lines(currency)
    path = tmp_path / "statement"
    path.write_bytes(WRITERS[name](account, lines))
    layouts = {"bank": layout(currency, *(GERMAN if currency == "EUR" else ENGLISH))}
    file = read_bank_file(path.name, path.read_bytes(), layouts)
    assert file.format == name
    read = file.lines
    assert [(one.amount, one.currency, one.booking_date, one.value_date) for one in read] == [
        (one.amount, one.currency, one.booked, one.value) for one in lines
    ]
    for one, line in zip(read, lines, strict=True):
        assert all(one.names(part.trace_id) for part in line.parts)
        assert one.account_tail == account.number[-4:]
    assert len({one.key for one in read}) == len(lines)
    if name != "csv":
        assert account.number not in archivable("statement", path.read_bytes(), file).decode()
