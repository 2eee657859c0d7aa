"""Every format of statement comes to the same lines; a file that cannot be read with certainty is refused whole."""

import logging
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.errors import BankFileRefused
from resources.bank.reader import archivable, content_of, read_bank_file
from resources.bank.settings import CsvLayout
from resources.bank.statement import BankFile
from tests.resources.bank.files import CSV, CSV_LAYOUT, MT940, MT942, OFX1, OFX2, balance, camt, entry

LAYOUTS = {"house bank": CsvLayout(**CSV_LAYOUT)}
FORMATS = {"mt940": MT940, "ofx1": OFX1, "ofx2": OFX2, "camt053": camt(), "csv": CSV}
ACCOUNTS = ("0123456789", "DE44500105175407324931")


def read(tmp_path: Path, content: str | bytes, layouts: dict | None = None) -> BankFile:
    """Write a file and read it."""
    path = tmp_path / "statement.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_bank_file(path.name, content_of(path), LAYOUTS if layouts is None else layouts)


def refusal(tmp_path: Path, content: str | bytes, layouts: dict | None = None) -> str:
    """Return the sentence that refuses a file; it always names the file and the cure."""
    with pytest.raises(BankFileRefused) as refused:
        read(tmp_path, content, layouts)
    sentence = str(refused.value)
    assert sentence.startswith("statement.txt")
    assert "Nothing was taken over; " in sentence
    assert not any(account in sentence for account in ACCOUNTS)
    return sentence


@pytest.mark.parametrize("name", FORMATS)
def test_a_statement_comes_to_the_same_lines_in_every_format(tmp_path: Path, name: str) -> None:
    """250.75 from Amazon on 3 November, a fee of 50.00 on the 4th, the trace found, four characters of the account."""
    money_in, fee = read(tmp_path, FORMATS[name]).lines
    assert (money_in.amount, money_in.currency) == (Decimal("250.75"), "EUR")
    assert (fee.amount, fee.currency) == (Decimal("-50.00"), "EUR")
    assert (money_in.booking_date, fee.booking_date) == (date(2026, 11, 3), date(2026, 11, 4))
    assert money_in.value_date == date(2026, 11, 3)
    assert money_in.names("4B03616UONXSAWP")
    assert not fee.names("4B03616UONXSAWP")
    assert money_in.account_tail == ("4931" if name == "camt053" else "6789")


@pytest.mark.parametrize("name", FORMATS)
def test_no_whole_account_number_is_kept(tmp_path: Path, name: str) -> None:
    """Neither a line, nor what is printed of a file, nor what is archived of it holds one."""
    file = read(tmp_path, FORMATS[name])
    kept = archivable("statement.txt", FORMATS[name].encode(), file).decode()
    assert not any(account in f"{file.lines!r}{file!r}{kept}" for account in ACCOUNTS)
    assert ("4931" if name == "camt053" else "6789") in kept


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_statement_gives_the_same_keys(tmp_path: Path, name: str) -> None:
    """A key is that of the line, not of the file it came in."""
    keys = [line.key for line in read(tmp_path, FORMATS[name]).lines]
    assert keys == [line.key for line in read(tmp_path, FORMATS[name]).lines]
    assert len(set(keys)) == 2


def test_a_line_in_an_overlapping_statement_has_the_same_key(tmp_path: Path) -> None:
    """Known by the bank's reference, whatever stands before it and whichever statement it is in."""
    first = read(tmp_path, MT940).lines[0]
    later = MT940.replace(":28C:00012/001", ":28C:00099/001").replace("C261101EUR1000,00", "C261101EUR999,00")
    extra = ":61:2611021102C1,00NMSCNONREF//BANKREF000\n:86:before\n"
    again = read(tmp_path, later.replace(":61:2611031103", extra + ":61:2611031103")).lines
    assert first.key == again[1].key


def test_equal_lines_without_a_reference_are_told_apart_by_their_order_within_the_day(tmp_path: Path) -> None:
    """Two fees of 50.00 on one day are two lines, today and in tomorrow's statement."""
    fee = "04.11.2026;04.11.2026;-50,00;EUR;Fee;0123456789\n"
    keys = [line.key for line in read(tmp_path, CSV + fee).lines]
    assert len(set(keys)) == 3
    assert keys == [line.key for line in read(tmp_path, CSV + fee + fee.replace("04.11", "05.11")).lines][:3]


def test_a_statement_that_does_not_end_where_its_lines_lead_to_is_refused_with_both_figures(tmp_path: Path) -> None:
    """1,000.00 and 200.75 make 1,200.75 and not 1,200.76."""
    for content in (MT940.replace("EUR1200,75", "EUR1200,76"), camt(closing="1200.76")):
        said = refusal(tmp_path, content)
        assert "1200.75" in said
        assert "closes with 1200.76" in said


def test_a_reversed_credit_takes_money_away(tmp_path: Path) -> None:
    """MT940's mark RC is a debit, RD a credit."""
    reversal = ":61:2611041104RC0,75NTRFNONREF//R1\n:61:2611041104RD1,00NTRFNONREF//R2\n"
    content = MT940.replace(":62F:C261104EUR1200,75", reversal + ":62F:C261104EUR1201,00")
    assert [line.amount for line in read(tmp_path, content).lines][2:] == [Decimal("-0.75"), Decimal("1.00")]


def test_an_overdrawn_account_opens_with_a_debit(tmp_path: Path) -> None:
    """-300.75 and 250.75 and -50.00 make -100.00."""
    assert read(tmp_path, camt(opening="-300.75", closing="-100.00")).statements[0].closing == Decimal("-100.00")
    content = MT940.replace("C261101EUR1000,00", "D261101EUR300,75").replace("C261104EUR1200,75", "D261104EUR100,00")
    assert read(tmp_path, content).statements[0].opening == Decimal("-300.75")


def test_a_pending_entry_is_not_in_the_books(tmp_path: Path) -> None:
    """It is neither a line nor part of the balances."""
    entries = entry("250.75", "CRDT", "2026-11-03", "A") + entry("9.00", "CRDT", "2026-11-04", "B", status="PDNG")
    assert len(read(tmp_path, camt(entries, closing="1250.75")).lines) == 1


@pytest.mark.parametrize("party", ["<Dbtr><Nm>AMAZON EU</Nm></Dbtr>", "<Dbtr><Pty><Nm>AMAZON EU</Nm></Pty></Dbtr>"])
def test_who_paid_stands_in_an_entry_of_its_own_in_camt(tmp_path: Path, party: str) -> None:
    """Where the words name nobody it alone says whose money it is; who was paid by a credit is ourselves."""
    plain = camt().replace("AMAZON PAYMENTS", "Transfer")
    ours = "<Cdtr><Nm>Our Shop</Nm></Cdtr>"
    named = plain.replace("<RmtInf>", f"<RltdPties>{party}{ours}</RltdPties><RmtInf>", 1)
    before, line = read(tmp_path, plain).lines[0], read(tmp_path, named).lines[0]
    assert line.text == "AMAZON EU Transfer"
    assert (before.names_marketplace(), line.names_marketplace()) == (False, True)
    assert before.key == line.key


def test_an_older_version_of_camt_writes_the_status_bare(tmp_path: Path) -> None:
    """camt.053.001.02 has <Sts>BOOK</Sts>."""
    content = camt().replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>").replace("001.08", "001.02")
    assert len(read(tmp_path, content).lines) == 2


def test_the_day_is_the_banks_and_not_another_zones(tmp_path: Path) -> None:
    """23:30 in New York is the 3rd there, the 4th in UTC."""
    assert read(tmp_path, OFX1).lines[0].booking_date == date(2026, 11, 3)


def test_several_statements_and_accounts_in_one_file_are_checked_each_for_itself(tmp_path: Path) -> None:
    """The second page opens where the first closed; a wrong one refuses the file."""
    second = MT940.replace("STMT1", "STMT2").replace("BANKREF001", "BANKREF009")
    second = second.replace("C261101EUR1000,00", "C261104EUR1200,75").replace(
        "C261104EUR1200,75\n-", "C261105EUR1401,50\n-"
    )
    assert len(read(tmp_path, MT940 + second).statements) == 2
    assert "1401.50" in refusal(tmp_path, MT940 + second.replace("EUR1401,50", "EUR1401,51"))


FEE = ":61:2611041104D50,00NCHGNONREF\n:86:Fee\n"


def page(number: str, opening: str, closing: str, kinds: str = "FF") -> str:
    """Return a page with one fee, which no reference tells from the others of its day."""
    head = f":20:STMT1\n:25:10020030/0123456789\n:28C:{number}\n:60{kinds[0]}:C261104EUR{opening}\n"
    return f"{head}{FEE}:62{kinds[1]}:C261104EUR{closing}\n-\n"


def test_equal_lines_on_two_pages_are_two_and_a_page_told_twice_is_one(tmp_path: Path) -> None:
    """The second page opens with what the first closed with; the same page again does not."""
    first, second = page("12/1", "100,00", "50,00", "FM"), page("12/2", "50,00", "0,00", "MF")
    assert len({line.key for line in read(tmp_path, first + second).lines}) == 2
    assert len({line.key for line in read(tmp_path, first + first).lines}) == 1
    [alone] = read(tmp_path, first).lines
    assert read(tmp_path, first + second).lines[0].key == alone.key


def test_the_count_of_an_entry_within_its_statement_is_no_name_of_it(tmp_path: Path) -> None:
    """NtryRef 1 of one statement is NtryRef 7 of an overlapping one."""
    plain = entry("250.75", "CRDT", "2026-11-03", "NOTPROVIDED")
    keys = [
        read(tmp_path, camt(plain.replace("<Ntry>", f"<Ntry><NtryRef>{at}</NtryRef>"), closing="1250.75")).lines[0].key
        for at in (1, 7)
    ]
    assert keys[0] == keys[1]


def test_a_long_text_stays_whole_and_a_reference_stays_beside_a_structured_text(tmp_path: Path) -> None:
    """The transfer's name may stand at the end of either."""
    long = MT940.replace("?20AMAZON PAYMENTS ?214B03616UONXSAWP", "?20SVWZ+AMAZON")
    assert read(tmp_path, long).lines[0].names("4B03616UONXSAWP")
    rows = "\n".join("x" * 60 for _ in range(7))
    free = MT940.replace("Fee for the month", f"{rows}\n7C99999ZZZZZZZZ")
    assert read(tmp_path, free).lines[1].names("7C99999ZZZZZZZZ")


@pytest.mark.parametrize(
    "content",
    [
        MT940.replace("?31DE44500105175407324931", "?319876543210"),
        OFX1.replace("<MEMO>4B0", "<BANKACCTTO><BANKID>2<ACCTID>9876543210<ACCTTYPE>CHECKING</BANKACCTTO><MEMO>4B0"),
        camt().replace(
            "<TxDtls>",
            "<TxDtls><RltdPties><DbtrAcct><Id><Othr><Id>9876543210</Id></Othr></Id></DbtrAcct></RltdPties>"
            "<AddtlTxInf>of 9876 5432 10</AddtlTxInf>",
        ),
    ],
    ids=["mt940", "ofx", "camt"],
)
def test_the_other_sides_account_number_is_hidden_as_well(tmp_path: Path, content: str) -> None:
    """In what is kept of a line and in what is archived, an IBAN or not."""
    file = read(tmp_path, content)
    assert "9876543210" in content
    for words in (repr(file), archivable("s", content.encode(), file).decode()):
        assert "987654" not in words.replace(" ", "")


def test_two_accounts_that_end_alike_are_refused(tmp_path: Path) -> None:
    """Four characters could not tell their lines apart."""
    other = CSV.splitlines()[2].replace("0123456789", "9999996789")
    assert "end in 6789" in refusal(tmp_path, f"{CSV}{other}\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (b"PK\x03\x04\x00\x00", "zero bytes"),
        ("hello, world\n", "fits none of the layouts"),
        (MT940.replace(":62F:C261104EUR1200,75\n", ""), "without its closing balance"),
        (MT940.replace(":25:10020030/0123456789\n", ""), "without an account"),
        (MT940.replace("CR250,75NTRF", "XX"), "cannot be read"),
        (MT940.replace(":61:2611", ":61:2613", 1), "an entry or a balance whose date is none"),
        (MT940.replace("EUR1200,75", "XXX1200,75").replace("EUR1000", "XXX1000"), "do not know"),
        (OFX1[:700], "cut off"),
        (OFX1.replace("<TRNAMT>250.75", "<TRNAMT>1,250.75"), '"1,250.75" as the amount of entry 1'),
        (OFX1.replace("<FITID>F1", ""), "has no FITID"),
        (OFX1.replace("<DTPOSTED>20261104", "<DTPOSTED>20261399"), "as DTPOSTED of entry 2"),
        (OFX1.replace("<DTPOSTED>20261104", "<DTPOSTED>02261104"), "has 0226-11-04 as booking day of entry 2"),
        (OFX2.replace("<DTPOSTED>20261103", "<DTAVAIL>21011103</DTAVAIL><DTPOSTED>20261103"), "has 2101-11-03"),
        (camt(entry("200.75", "CRDT", "1026-11-03", "A")), "has 1026-11-03 as booking day of entry 1, on which"),
        (camt(entry("200.75", "CRDT", "9999-12-31", "A")), "has 9999-12-31 as booking day of entry 1, on which"),
        (camt().replace("BkToCstmrStmt", "BkToCstmrAcctRpt"), "is a CAMT.052, a report of the running day"),
        (camt().replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn"), "is a CAMT.054, a notification, whose entries"),
        (MT942, "is an MT942, a report of the running day"),
        (OFX1.replace("<DTPOSTED>20261104", "<DTPOSTED>20261_04"), "as DTPOSTED of entry 2"),
        (camt(entry("1.00", "CRDT", "2026-W45-2", "A")), "as BookgDt of entry 1"),
        (camt()[:-30], "breaks off or is damaged"),
        (camt(head='<!DOCTYPE x [<!ENTITY a "b">]>'), "document type or entities"),
        (camt().replace(">250.75<", ">2,5<"), '"2,5" as entry 1'),
        (camt().replace("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<Sts>"), "neither debit nor credit"),
        (camt(entry("1.00", "CRDT", "soon", "A")), "as BookgDt of entry 1"),
        (camt().replace("<IBAN>DE44500105175407324931</IBAN>", ""), "without an account"),
        (CSV.replace("-50,00", "fifty"), "row 4"),
        (CSV.replace("04.11.2026;04.11.2026", "31.02.2026;04.11.2026"), "where a date is expected"),
        (CSV.replace(";Fee;", ";Fee; and more;"), "row 4 has 7 cells"),
        (CSV.replace("Amount", "Sum"), "fits none of the layouts"),
        (CSV.replace("Currency", "Amount"), "fits none of the layouts"),
        (CSV.replace("-50,00", "-50,001"), "more decimals than EUR allows"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_with_certainty_is_refused(tmp_path: Path, content: str | bytes, said: str) -> None:
    """With a sentence that names what is wrong, never a guess."""
    assert said in refusal(tmp_path, content)


def test_free_text_is_never_repeated_in_a_refusal(tmp_path: Path) -> None:
    """It may name a customer."""
    said = refusal(tmp_path, CSV.replace("-50,00", "Jane Doe"))
    assert "Jane" not in said
    assert "(text, not shown here)" in said


@pytest.mark.parametrize(
    "content",
    [
        MT940.replace("CR250,75NTRF", "XX").replace(":86:166", ":61:DE44500105175407324931\n:86:166"),
        MT940.replace(":61:2611031103CR250,75NTRF", ":61:DE44500105175407324931 Jane Doe "),
        MT940,
        OFX1,
        OFX1.replace("<TRNAMT>250.75", "<TRNAMT>0123456789"),
    ],
)
def test_no_entry_reaches_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str) -> None:
    """The libraries log what they read, and whole entries that they cannot read; the log is nobody's statement."""
    with caplog.at_level(logging.DEBUG):
        with suppress(BankFileRefused):
            read(tmp_path, content)
        logging.getLogger("mt940.tags.statement").error("matching DE44500105175407324931")
        logging.getLogger("elsewhere").info("this stays")
    assert "this stays" in caplog.text
    assert not any(one in caplog.text for one in (*ACCOUNTS, "Jane"))


def test_an_account_number_in_the_place_of_an_amount_is_not_shown_whole(tmp_path: Path) -> None:
    """Columns mixed up are common; four digits are enough to see it."""
    said = refusal(tmp_path, OFX1.replace("<TRNAMT>250.75", "<TRNAMT>10020030/0123456789"))
    assert '"********/******6789" as the amount of entry 1' in said


def test_hostile_text_is_one_plain_line(tmp_path: Path) -> None:
    """No control characters, no line breaks, no whole account number, bounded."""
    text = "\x1b[31mred\u202egnp =1+1 DE89370400440532013000 DE89 3704 0044 0532 0130 00 " + "x" * 900
    [line] = read(tmp_path, CSV.replace("AMAZON PAYMENTS 4B03616UONXSAWP", text)).lines[:1]
    assert "\x1b" not in line.text
    assert "\u202e" not in line.text
    assert "DE8937" not in line.text.replace(" ", "")
    assert len(line.text) <= 500


def test_a_balance_that_is_not_stated_is_not_held_against_the_lines(tmp_path: Path) -> None:
    """OFX states no opening balance, a CSV file neither."""
    for content in (OFX1, CSV):
        assert read(tmp_path, content).statements[0].opening is None
    without = camt(opening="1.00").replace(balance("OPBD", "1.00"), "")
    assert len(read(tmp_path, without).lines) == 2
