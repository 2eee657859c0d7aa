"""Reading reports: typed rows of every type, cells that cannot be read, people who stay behind."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.errors import ReportFileRefused
from resources.amazon.report_file import (
    ALL_ORDERS,
    CUSTOMER_RETURNS,
    FULFILLED_SHIPMENTS,
    REIMBURSEMENTS,
    REPLACEMENTS,
    VAT_TRANSACTIONS,
    ReportTable,
    read_report,
)
from tests.resources.amazon.report_file.texts import ORDER_HEADER, minimal_file, order_file, rows_of

TABLES = (ALL_ORDERS, CUSTOMER_RETURNS, FULFILLED_SHIPMENTS, REIMBURSEMENTS, REPLACEMENTS, VAT_TRANSACTIONS)
PENDING = {"order-status": "Pending", "item-status": "Pending", "currency": "", "item-price": "", "item-tax": ""}
PENDING |= {"shipping-price": "", "item-promotion-discount": ""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder for the files of one test."""
    return tmp_path


def _read(folder: Path, content: bytes, table: ReportTable = ALL_ORDERS, charset: str | None = None):
    source = folder / "report.txt"
    source.write_bytes(content)
    return read_report(table, source, folder / "rows.parquet", charset=charset), folder / "rows.parquet"


def _refused(folder: Path, content: bytes, table: ReportTable = ALL_ORDERS) -> ReportFileRefused:
    with pytest.raises(ReportFileRefused) as raised:
        _read(folder, content, table)
    assert not (folder / "rows.parquet").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["report.txt"]
    return raised.value


def test_an_order_report_becomes_typed_rows(folder: Path):
    """Amounts exact, moments in UTC, a discount negative, a blank amount nothing and not zero."""
    other = {"amazon-order-id": "202-0000001-0000002", "purchase-date": "2026-10-11T12:00:00+09:00"}
    report, path = _read(folder, order_file({}, other, {"amazon-order-id": "202-0000001-0000003", **PENDING}))
    assert (report.rows, report.currencies, report.columns_unknown, report.warnings) == (3, ("GBP",), (), ())
    assert report.sums["GBP", "item_price"] == Decimal("48.00")
    assert report.sums["GBP", "item_promotion"] == Decimal("-4.80")
    assert ("GBP", "gift_wrap_price") not in report.sums
    assert (report.first, report.last) == (
        datetime(2026, 10, 11, 3, tzinfo=UTC),
        datetime(2026, 10, 11, 12, tzinfo=UTC),
    )
    first, second, pending = rows_of(path)
    assert first["source_row"] == 2
    assert (first["item_price"], first["item_promotion"], first["gift_wrap_price"]) == (
        Decimal("24.000"),
        Decimal("-2.400"),
        None,
    )
    assert second["purchased_at"] == datetime(2026, 10, 11, 3, tzinfo=UTC)
    assert (first["title"], first["quantity"], first["is_business"]) == ("Mug \u2013 blue", 2, False)
    assert (pending["order_status"], pending["currency"], pending["item_price"]) == ("Pending", None, None)


def test_a_discount_is_negative_whatever_sign_it_comes_with(folder: Path):
    """Other reports write a minus."""
    _, path = _read(folder, order_file({"item-promotion-discount": "-2.40"}, {"item-promotion-discount": "0.00"}))
    assert [row["item_promotion"] for row in rows_of(path)] == [Decimal("-2.400"), Decimal("0.000")]


def test_people_stay_behind(folder: Path):
    """City, state, postal code and the buyer's order number are in the file and not in the rows."""
    _, path = _read(folder, order_file({}))
    written = path.read_bytes()
    for secret in ("Demotown", "Demoshire", "DE1 2MO", "Jane Demo"):
        assert secret.encode() not in written
    assert rows_of(path)[0]["ship_country"] == "GB"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.called)
def test_no_table_reads_a_column_about_people(table: ReportTable):
    """Whatever else is added: no name, no address, no phone, no e-mail."""
    words = (
        "buyer-name",
        "email",
        "phone",
        "address",
        "city",
        "post",
        "state",
        "recipient",
        "company",
        "cpf",
        "licensee",
    )
    named = [column.source for column in table.columns for word in words if word in column.source]
    assert named == []


@pytest.mark.parametrize(
    ("charset", "encoding"), [("cp1252", "cp1252"), (None, "cp1252"), ("utf-8", "utf-8"), (None, "utf-8")]
)
def test_the_character_set_is_found(folder: Path, charset: str | None, encoding: str):
    """Announced or not; European reports come in Windows' code page."""
    report, path = _read(folder, order_file({}, encoding=encoding), charset=charset)
    assert report.charset == encoding
    assert rows_of(path)[0]["title"] == "Mug \u2013 blue"


def test_files_come_packed_with_returns_and_without_a_last_line_end(folder: Path):
    """As archived, or after a detour through a spreadsheet's hands; the same rows."""
    plain = order_file({}, {})
    for content in (gzip.compress(plain), plain.replace(b"\n", b"\r\n"), plain.rstrip(b"\n") + b"\n\n", plain[:-1]):
        report, _ = _read(folder, content)
        assert report.rows == 2


def test_columns_are_found_by_name(folder: Path):
    """In another order, with blanks and underscores, with further ones: what nobody knows is named."""
    header = [*reversed(ORDER_HEADER), "is-prime-exclusive", "buyer-email", "url"]
    content = order_file({}, header=header).replace(b"item-price", b"Item_Price")
    report, path = _read(folder, content)
    assert rows_of(path)[0]["item_price"] == Decimal("24.000")
    assert report.columns_unknown == ("is-prime-exclusive",)
    assert report.warnings == ("Columns that are not known were left out: is-prime-exclusive.",)


def test_optional_columns_may_be_missing(folder: Path):
    """An older file has fewer; their values are nothing."""
    header = [name for name in ORDER_HEADER if name not in ("asin", "item-status", "is-business-order")]
    _, path = _read(folder, order_file({}, header=header))
    row = rows_of(path)[0]
    assert (row["asin"], row["is_business"], row["is_replacement"]) == (None, None, None)


def test_a_report_may_have_no_rows(folder: Path):
    """A header alone says that there is nothing."""
    report, path = _read(folder, order_file())
    assert (report.rows, report.first, report.currencies, report.sums) == (0, None, (), {})
    assert rows_of(path) == []


@pytest.mark.parametrize(
    ("change", "column", "says"),
    [
        ({"item-price": "24,00"}, "item-price", '"24,00" is no amount'),
        ({"item-price": "1e3"}, "item-price", "is no amount"),
        ({"item-price": "1 000.00"}, "item-price", "is no amount"),
        ({"item-price": "GBP 24.00"}, "item-price", "(text, not shown here) is no amount"),
        ({"item-price": "24.005"}, "item-price", "has more decimals than its currency"),
        ({"item-promotion-discount": "2.405"}, "item-promotion-discount", "more decimals"),
        ({"currency": "JPY"}, "item-tax", "more decimals"),
        ({"currency": ""}, "item-price", "an amount without a currency"),
        ({"currency": "XXX"}, "currency", "currency XXX that is not known"),
        ({"currency": "gbp"}, "currency", "is no currency"),
        ({"quantity": "1.5"}, "quantity", "is no whole number"),
        ({"quantity": ""}, "quantity", "has nothing in column quantity of row 3"),
        ({"amazon-order-id": " "}, "amazon-order-id", "has nothing"),
        ({"purchase-date": "2026-10-11 12:00:00"}, "purchase-date", "time zone"),
        ({"purchase-date": "2026-10-11T12:00:00"}, "purchase-date", "time zone"),
        ({"purchase-date": "2026-02-30T12:00:00Z"}, "purchase-date", "time zone"),
        ({"purchase-date": "11.10.2026"}, "purchase-date", "time zone"),
        ({"purchase-date": "1026-10-11T12:00:00Z"}, "purchase-date", "time zone"),
        ({"ship-country": "England"}, "ship-country", "(text, not shown here) is no country"),
        ({"is-business-order": "maybe"}, "is-business-order", "neither true nor false"),
    ],
)
def test_a_cell_that_cannot_be_read_refuses_the_file(folder: Path, change: dict[str, str], column: str, says: str):
    """By row and column; free text is never repeated."""
    refusal = _refused(folder, order_file({}, change))
    assert says in str(refusal)
    assert refusal.column == column
    assert "Demo" not in str(refusal)


def test_zeros_behind_the_decimals_are_no_decimals(folder: Path):
    """Yen were seen as 24732.00."""
    _, path = _read(folder, order_file({"currency": "JPY", "item-price": "24732.00", "item-tax": "0.00", **_NONE}))
    assert rows_of(path)[0]["item_price"] == Decimal("24732.000")


_NONE = {"shipping-price": "", "item-promotion-discount": "0"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"<html><body>Log in</body></html>", "an HTML page (a login, proxy or error page), not an order report file"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML error with code AccessDenied"),
        (b"<?xml version='1.0'?><AmazonEnvelope></AmazonEnvelope>", "is in XML"),
        (b'{"errorDetails": "Too many days."}', "a JSON answer"),
        (b"PK\x03\x04rest", "a ZIP archive or an Excel workbook, not an order report file"),
        (
            order_file({}).replace(b"MUG", b"M\x00G"),
            "row 2, so it is not the text of an order report",
        ),
        (gzip.compress(order_file({}))[:-9], "gzip stream ends too early"),
        (b"settlement-id\tamount\n1\t2.00\n", "is not an order report: it lacks the columns amazon-order-id"),
        (order_file({}, header=[*ORDER_HEADER, "sku"]), "has the column sku twice"),
        (order_file({}).rstrip(b"\n") + b"\tx\ty\n", "has more fields in row 2"),
        (order_file({}, {})[:-60], "is cut off"),
        (order_file({}, {}).replace(b"\n202", b"\n\n202", 1), "blank line in the middle (row 2)"),
    ],
)
def test_what_is_no_whole_order_report_is_refused(folder: Path, content: bytes, says: str):
    """Each by its own name, and nothing is written; nobody is told to hand in what only Amazon can make."""
    refused = str(_refused(folder, content))
    assert says in refused
    assert "hand in" not in refused.lower()


def test_checking_writes_nothing(folder: Path):
    """As for a file that is only looked at."""
    source = folder / "report.txt"
    source.write_bytes(order_file({}))
    assert read_report(ALL_ORDERS, source, None).rows == 1
    assert [path.name for path in folder.iterdir()] == ["report.txt"]


def test_the_same_content_has_the_same_hash(folder: Path):
    """Packed or plain."""
    one, _ = _read(folder, order_file({}))
    other, _ = _read(folder, gzip.compress(order_file({})))
    third, _ = _read(folder, order_file({"quantity": "3"}))
    assert one.content_hash == other.content_hash != third.content_hash


def test_returns_are_read_without_what_the_buyer_wrote(folder: Path):
    """Units without money; order, label and status may be missing, a condition may not."""
    cells = {"quantity": "1", "order_id": "", "disposition": "SELLABLE", "license_plate": "LPN1", "sku": "MUG"}
    plain = minimal_file(CUSTOMER_RETURNS, **cells, returned_at="2026-11-14T07:03:57+00:00")
    head, row, _ = plain.split(b"\n")
    with_comment = head + b"\tcustomer-comments\n" + row + b"\tFor Jane Demo\n"
    report, path = _read(folder, with_comment, CUSTOMER_RETURNS)
    [row] = rows_of(path)
    assert (report.rows, report.currencies, report.sums, report.columns_unknown) == (1, (), {}, ())
    assert (row["order_id"], row["license_plate"], row["quantity"]) == (None, "LPN1", 1)
    assert row["returned_at"] == datetime(2026, 11, 14, 7, 3, 57, tzinfo=UTC)
    assert b"Jane Demo" not in path.read_bytes()


@pytest.mark.parametrize(("name", "text"), [("quantity", "one"), ("disposition", ""), ("returned_at", "14-11-2026")])
def test_a_return_without_units_condition_or_day_refuses_the_file(folder: Path, name: str, text: str):
    """Nothing of it is taken over."""
    cells = {"quantity": "1", "disposition": "SELLABLE", "returned_at": "2026-11-14T07:03:57+00:00"}
    refused = _refused(folder, minimal_file(CUSTOMER_RETURNS, **cells | {name: text}), CUSTOMER_RETURNS)
    assert (refused.column, refused.row) == (CUSTOMER_RETURNS.source_of(name), 2)


def test_reimbursements_are_read(folder: Path):
    """What was taken back is negative."""
    cells = {
        "approved_at": "2026-11-17T12:00:00-08:00",
        "reimbursement_id": "92",
        "reason": "Reimbursement_Reversal",
        "sku": "MUG",
        "currency": "USD",
        "amount": "-9.87",
        "quantity_cash": "-1",
        "quantity_inventory": "0",
        "quantity": "-1",
        "original_reimbursement_id": "91",
    }
    report, path = _read(folder, minimal_file(REIMBURSEMENTS, **cells), REIMBURSEMENTS)
    row = rows_of(path)[0]
    assert row["approved_at"] == datetime(2026, 11, 17, 20, tzinfo=UTC)
    assert (row["amount"], row["quantity_cash"], row["original_reimbursement_id"]) == (Decimal("-9.870"), -1, "91")
    assert report.sums["USD", "amount"] == Decimal("-9.87")


def _vat(**changes: str) -> bytes:
    cells = {
        "transaction_type": "SALE",
        "order_id": "302-1",
        "completed_on": "30-04-2026",
        "item_rate": "0.19",
        "total_net": "100.00",
        "total_vat": "19.00",
        "total_gross": "119.00",
        "currency": "EUR",
        "depart_country": "DE",
        "arrival_country": "DE",
        "is_export": "NO",
    }
    return minimal_file(VAT_TRANSACTIONS, **{**cells, **changes})


@pytest.mark.parametrize(
    ("written", "rate"), [("0.19", "0.19"), ("19", "0.19"), ("8.1", "0.081"), ("0.0", "0"), ("", None)]
)
def test_a_vat_rate_is_a_fraction(folder: Path, written: str, rate: str | None):
    """Whichever of the two ways it comes in."""
    _, path = _read(folder, _vat(item_rate=written), VAT_TRANSACTIONS)
    assert rows_of(path)[0]["item_rate"] == (None if rate is None else Decimal(rate))


def test_vat_transactions_are_read(folder: Path):
    """Days as Amazon writes them, exports, amounts of nothing."""
    report, path = _read(folder, _vat(shipping_vat="0.0"), VAT_TRANSACTIONS)
    row = rows_of(path)[0]
    assert (row["completed_on"], row["is_export"], row["total_vat"]) == (date(2026, 4, 30), False, Decimal("19.000"))
    assert row["shipping_vat"] == Decimal("0.000")
    assert report.first == date(2026, 4, 30)
    assert report.warnings == ()


def test_vat_that_does_not_add_up_is_a_warning(folder: Path):
    """The file is Amazon's; the person who files the return has to know."""
    report, _ = _read(folder, _vat(total_gross="119.01"), VAT_TRANSACTIONS)
    assert "In 1 rows, the first of them row 2" in report.warnings[0]


@pytest.mark.parametrize("day", ["2026-04-30", "31-02-2026", "30/04/2026", "4-30-2026"])
def test_a_day_is_written_day_first(folder: Path, day: str):
    """Anything else could be another day."""
    assert "30-04-2022" in str(_refused(folder, _vat(completed_on=day), VAT_TRANSACTIONS))


def test_rows_without_money_need_no_currency(folder: Path):
    """Goods moved between warehouses stand in the same file."""
    moved = {"transaction_type": "FC_TRANSFER", "currency": "", "total_net": "", "total_vat": "0.0", "total_gross": ""}
    report, path = _read(folder, _vat(**moved), VAT_TRANSACTIONS)
    assert (report.rows, report.currencies) == (1, ())
    assert rows_of(path)[0]["transaction_type"] == "FC_TRANSFER"
