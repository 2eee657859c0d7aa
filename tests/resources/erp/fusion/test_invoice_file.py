"""What invoices become in the files of AutoInvoice: read back by position, counted from 1, as the template has them."""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from ledger.accounts import AccountKey
from ledger.billing import Billing, LineRule
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalLine, SourceKey
from resources.erp.fusion.receivables import import_file, payload
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.erp.fusion.settings import FusionSettings
from tests.resources.erp.fusion.conftest import SETTINGS

ORDER = "111-1234567-1234567"
RECEIVABLES = {
    "business_unit": "US1 Business Unit",
    "transaction_source": "ZB Connector",
    "invoice_type": "Settled Invoice",
    "credit_memo_type": "Settled Credit Memo",
    "payment_terms": "IMMEDIATE",
    "import_from": 2,
    "line_context": "AMAZON",
}
NUMBER = "AZ-AYQMY1PD5W-1"
# Position in RaInterfaceLinesAll.csv -> what stands there for the first line of the invoice below.
FIRST_LINE = {
    2: "ZB Connector",
    3: "Settled Invoice",
    4: "IMMEDIATE",
    5: "2026/11/14",
    6: "2026/11/14",
    7: NUMBER,
    19: "1008",
    26: "LINE",
    27: "revenue SKU-1",
    28: "USD",
    29: "User",
    30: "2026/11/14",
    31: "1",
    32: "100.00",
    33: "2",
    35: "50.00",
    37: "AMAZON",
    38: ORDER,
    39: NUMBER,
    40: "1",
    57: ORDER,
    287: "US1 Business Unit",
    288: f"AMZ invoice {ORDER}.A1B2C3D4 r1 p1/1 Amazon order {ORDER}",
    289: f'["A1SELLER","fusion:1","invoice","{ORDER}.A1B2C3D4"]#1.1',
    372: "END",
}


def account(number: str) -> AccountKey:
    return AccountKey.of("01", account=number)


def invoice(order: str = ORDER, **changes) -> Journal:
    """Return the invoice of ACCOUNTING's example: two units at 50, five off."""
    lines = (
        JournalLine(1, account("110900"), Decimal("95.00"), order),
        JournalLine(2, account("400100"), Decimal("-100.00"), "", "revenue SKU-1", Decimal(2)),
        JournalLine(3, account("410200"), Decimal("5.00"), "", "promotion SKU-1"),
    )
    billing = Billing(order, "1008", account("110900"), ("", "SKU-1", "SKU-1"), ("", "revenue", "promo_rebate"))
    told = {
        "source": SourceKey("A1SELLER", "fusion:1", "invoice", f"{order}.A1B2C3D4"),
        "revision": 1,
        "part": 1,
        "parts": 1,
        "unit": "01",
        "accounting_date": date(2026, 11, 14),
        "currency": "USD",
        "rate_type": "Corporate",
        "description": f"Amazon order {order}",
        "lines": lines,
        "billing": billing,
    }
    return Journal(**{**told, **changes})


@pytest.fixture
def site() -> FusionSettings:
    """A site whose invoices go in files."""
    return site_with()


def site_with(**changes) -> FusionSettings:
    return FusionSettings(**SETTINGS, receivables=RECEIVABLES | changes)


def files(site: FusionSettings, *journals: Journal) -> dict[str, list[list[str]]]:
    """Return the rows of each file in the ZIP that the request carries."""
    body = import_file.request(journals, "az_1.zip", site, site.receivables)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(body["DocumentContent"]))) as opened:
        texts = {name: opened.read(name).decode("utf-8") for name in opened.namelist()}
    assert all(text.endswith("\r\n") for text in texts.values())
    return {name: list(csv.reader(io.StringIO(text, newline=""))) for name, text in texts.items()}


def filled(row: list[str]) -> dict[int, str]:
    """Return what stands in a row, by position from 1."""
    return {place: value for place, value in enumerate(row, start=1) if value}


def test_lines_stand_where_the_template_has_them(site):
    """No header, 372 columns with END, dates with slashes; a discount is a line below zero of one unit."""
    found = files(site, invoice())
    assert list(found) == ["RaInterfaceLinesAll.csv", "RaInterfaceDistributionsAll.csv"]
    first, second = found["RaInterfaceLinesAll.csv"]
    assert filled(first) == FIRST_LINE
    changed = {27: "promotion SKU-1", 32: "-5.00", 33: "1", 35: "-5.00", 40: "2"}
    assert filled(second) == FIRST_LINE | changed
    assert {len(first), len(second)} == {372}


def test_distributions_name_the_account_of_each_line_and_the_receivable_once(site):
    """Whole percents, so that no cent is lost; the key of the line that each belongs to."""
    rows = files(site, invoice())["RaInterfaceDistributionsAll.csv"]
    common = {4: "100", 6: "AMAZON", 7: ORDER, 8: NUMBER, 22: "01", 23: "000", 99: "US1 Business Unit", 100: "END"}
    assert [filled(row) for row in rows] == [
        common | {2: "REC", 9: "1", 24: "110900"},
        common | {2: "REV", 9: "1", 24: "400100"},
        common | {2: "REV", 9: "2", 24: "410200"},
    ]


def test_a_site_lays_its_own_columns_over_those_of_the_distributions():
    """No documentation says where they stand; an unknown name is a sentence."""
    site = site_with(distribution_columns={"SEGMENT1": 40, "BUSINESS_UNIT": 120})
    row = files(site, invoice())["RaInterfaceDistributionsAll.csv"][0]
    assert (filled(row)[40], filled(row)[120], 22 in filled(row)) == ("01", "US1 Business Unit", False)
    with pytest.raises(ValidationError, match="distribution_columns names NONSENSE; known are ACCOUNT_CLASS"):
        site_with(distribution_columns={"NONSENSE": 1})


def test_another_currency_carries_its_rate_type_and_date(site):
    """The ledger's own has a rate of one, which AutoInvoice asks for."""
    row = files(site, invoice(currency="EUR"))["RaInterfaceLinesAll.csv"][0]
    assert [row[place - 1] for place in (28, 29, 30, 31)] == ["EUR", "Corporate", "2026/11/14", ""]


def test_the_request_names_job_unit_source_and_day(site):
    """Twenty-four parameters: unit, source, day, nineteen blanks, due by the transaction date, a blank."""
    body = import_file.request([invoice()], "az_1.zip", site, site.receivables)
    parameters = body.pop("ParameterList").split(",")
    assert (len(parameters), parameters[:3]) == (24, ["US1 Business Unit", "ZB Connector", "2026-11-14"])
    assert (set(parameters[3:22]), parameters[22:]) == ({"#NULL"}, ["Y", "#NULL"])
    del body["DocumentContent"]
    assert body == {
        "OperationName": "importBulkData",
        "ContentType": "zip",
        "FileName": "az_1.zip",
        "DocumentAccount": "fin$/receivables$/import$",
        "JobName": "/oracle/apps/ess/financials/receivables/transactions/autoInvoices,AutoInvoiceImportEss",
        "CallbackURL": "#NULL",
        "NotificationCode": "10",
        "JobOptions": "InterfaceDetails=2,ImportOption=Y,PurgeOption=N,ExtractFileType=ALL",
    }


def test_the_same_invoices_make_the_same_bytes_and_every_send_another_name(site):
    """The file says which send it was; what is in it says which invoices."""
    both = [invoice(), invoice("222-1234567-1234567")]
    first, second = (import_file.archive(both, site, site.receivables) for _ in range(2))
    assert first == second
    names = {import_file.file_name(both, moment, site.receivables) for moment in ("2026-11-14", "2026-11-15")}
    assert len(names) == 2
    assert all(name.startswith("az_a") and name.endswith(".zip") for name in names)


def test_number_and_notes_are_those_of_a_single_invoice(site):
    """What goes in a file can be found as if it had gone alone."""
    alone = payload.invoice(invoice(), site)
    row = files(site, invoice())["RaInterfaceLinesAll.csv"][0]
    assert (row[6], row[287], row[18]) == tuple(
        alone[name] for name in ("TransactionNumber", "Comments", "BillToCustomerNumber")
    )


@examples(max_examples=60, deadline=None)
@given(counts=st.lists(st.integers(1, 6), max_size=12), most=st.integers(1, 9), least=st.integers(2, 4))
def test_files_hold_every_invoice_once_and_in_order_within_the_most_lines(counts, most, least):
    """An invoice that is longer than a file may be goes in one of its own."""
    site = site_with(import_lines_max=most, import_from=least)
    journals = [with_lines(place, count) for place, count in enumerate(counts, start=1)]
    found = import_file.batches(journals, site, site.receivables)
    if len(journals) < least:
        assert found == []
        return
    assert [one for batch in found for one in batch] == journals
    sizes = [[len(one.lines) - 1 for one in batch] for batch in found]
    assert all(sum(size) <= most or len(size) == 1 for size in sizes)
    assert all(sum(before) + after[0] > most for before, after in pairwise(sizes))


def with_lines(place: int, count: int) -> Journal:
    """Return an invoice of so many lines of one."""
    total = JournalLine(1, account("110900"), Decimal(count), ORDER)
    billed = (JournalLine(number, account("400100"), Decimal(-1)) for number in range(2, count + 2))
    return invoice(f"{place:03}-1234567-1234567", lines=(total, *billed))


def ruled() -> Journal:
    """Return the invoice below earned over a year from October on; its discount has no rule of its own."""
    rules = (None, LineRule("Monthly", date(2026, 10, 1), 12), None)
    return replace(invoice(), billing=replace(invoice().billing, rules=rules))


def test_an_invoice_whose_revenue_is_scheduled_goes_with_the_others(site):
    """Invoicing rule on every line, the rule with duration and start, the other lines earned at once."""
    plain = with_lines(1, 1)
    assert import_file.batches([plain, ruled()], site, site.receivables) == [[plain, ruled()]]
    found = files(site, ruled())
    price, discount = found["RaInterfaceLinesAll.csv"]
    assert filled(price) == FIRST_LINE | {63: "In Advance", 64: "Monthly", 65: "12", 66: "2026/10/01"}
    assert [discount[place - 1] for place in (63, 64, 65, 66)] == ["In Advance", "Immediate", "", ""]
    assert [row[1] for row in found["RaInterfaceDistributionsAll.csv"]] == ["REC", "REV", "REV"]


def test_a_site_that_wants_no_accounts_beside_rules_gets_none():
    """Neither by amount nor by percent; of the other invoices in the file it gets them."""
    site = site_with(ruled_distributions="none", immediate_rule="")
    found = files(site, ruled(), invoice("222-1234567-1234567"))
    assert {row[6] for row in found["RaInterfaceDistributionsAll.csv"]} == {"222-1234567-1234567"}
    assert found["RaInterfaceLinesAll.csv"][1][63] == ""


def test_a_site_lays_its_own_columns_over_those_of_the_lines():
    """Positions behind END, and names that nobody knows, are sentences."""
    site = site_with(line_columns={"ACCOUNTING_RULE": 70})
    row = files(site, ruled())["RaInterfaceLinesAll.csv"][0]
    assert (filled(row)[70], 64 in filled(row)) == ("Monthly", False)
    with pytest.raises(ValidationError, match="line_columns names NONSENSE; known are SOURCE"):
        site_with(line_columns={"NONSENSE": 1})
    with pytest.raises(ValidationError, match="less than 372"):
        site_with(line_columns={"TERMS": 372})


def test_the_legal_entity_stands_on_every_line_where_it_is_named(site):
    """Nothing where it is not."""
    named = site_with(legal_entity="US Seller Inc")
    assert {row[54] for row in files(named, invoice())["RaInterfaceLinesAll.csv"]} == {"US Seller Inc"}
    assert {row[54] for row in files(site, invoice())["RaInterfaceLinesAll.csv"]} == {""}


def test_what_no_invoice_can_be_is_refused(site):
    """Out of balance, or a part of a document."""
    broken = replace(invoice(), lines=invoice().lines[:2])
    with pytest.raises(InputRefused, match="out of balance"):
        list(import_file.line_rows(broken, site, site.receivables))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"line_context": ""}, "import_from needs line_context"),
        ({"import_from": 1}, "import_from"),
        ({"import_lines_max": 0}, "import_lines_max"),
        ({"import_parameters": "{unit}"}, "import_parameters may name"),
        ({"distribution_columns": {"SEGMENT1": 0}}, "distribution_columns"),
        ({"line_context": "A" * 31}, "line_context"),
    ],
)
def test_settings_that_cannot_be_are_named(changes, said):
    """By their key, before anything is sent."""
    with pytest.raises(ValidationError, match=said):
        site_with(**changes)


def test_without_the_setting_nothing_goes_in_a_file():
    """Absent is always alone."""
    site = FusionSettings(**SETTINGS, receivables={**RECEIVABLES, "import_from": None, "line_context": ""})
    assert isinstance(site.receivables, ReceivablesSettings)
    assert import_file.batches([invoice()] * 3, site, site.receivables) == []
