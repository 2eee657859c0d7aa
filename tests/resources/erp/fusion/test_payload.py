"""What a journal becomes on its way to Fusion: names, columns, the ZIP and the request around it."""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ledger.accounts import AccountKey
from ledger.errors import InputRefused, TargetUnavailable
from ledger.journal import SourceKey
from ledger.references import reference
from resources.erp.fusion import chart, natural_key, payload
from resources.erp.fusion.columns import COLUMNS

GROUP = 380202597037534
NAME = "AMZ 12345678901 r1 p1/1 AAP7LMPI6L"


def column(rows: list[list[str]], name: str) -> list[str]:
    """Return one column of all rows."""
    return [row[COLUMNS.index(name)] for row in rows]


@pytest.mark.parametrize(
    "name, position",
    [
        ("STATUS", 0),
        ("SEGMENT1", 8),
        ("SEGMENT30", 37),
        ("ENTERED_DR", 38),
        ("ACCOUNTED_CR", 41),
        ("REFERENCE1", 42),
        ("REFERENCE10", 51),
        ("REFERENCE21", 52),
        ("REFERENCE30", 61),
        ("STAT_AMOUNT", 62),
        ("CURRENCY_CONVERSION_RATE", 65),
        ("GROUP_ID", 66),
        ("ATTRIBUTE20", 87),
        ("ATTRIBUTE_CATEGORY3", 88),
        ("JGZZ_RECON_REF", 93),
        ("PERIOD_NAME", 94),
        ("REFERENCE18", 95),
        ("ATTRIBUTE_DATE1", 98),
        ("ATTRIBUTE_NUMBER1", 108),
        ("GLOBAL_ATTRIBUTE_CATEGORY", 118),
        ("GLOBAL_ATTRIBUTE_DATE1", 139),
        ("GLOBAL_ATTRIBUTE_NUMBER5", 148),
    ],
)
def test_columns_stand_where_the_template_has_them(name, position):
    """One column too many shifts every amount."""
    assert COLUMNS.index(name) == position
    assert len(COLUMNS) == len(set(COLUMNS)) == 149


def test_names_are_made_from_the_posting_key_and_stay(journal, settings):
    """Written down: they must be the same in ten years."""
    assert natural_key.batch_name(journal, settings) == NAME
    assert natural_key.journal_name(journal) == "AAP7LMPI6L"
    assert natural_key.group_id(journal.key) == GROUP
    assert natural_key.file_name(journal, settings) == f"amz_{GROUP}.zip"
    assert natural_key.own_name(f"{NAME} ZB Connector {GROUP} 2", settings) == NAME
    assert natural_key.source_id_of(payload.description_text(journal, settings), settings) == "12345678901"


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    source_id=st.from_regex(r"[A-Za-z0-9_.-]{1,40}", fullmatch=True),
    kind=st.sampled_from(["settlement", "accrual", "opening_balance"]),
    revision=st.integers(1, 99),
    part=st.integers(1, 999),
)
def test_names_fit_their_columns_and_begin_alike(settings, make_journal, source_id, kind, revision, part):
    """Whatever the source is called; a search by beginning finds all revisions and parts of it."""
    source = SourceKey("S", "L", kind, source_id)
    made = make_journal(source=source, revision=revision, part=part, parts=999)
    name = natural_key.batch_name(made, settings)
    assert len(name) <= 50
    assert name.startswith(natural_key.reference_text(made.source, settings))
    assert natural_key.own_name(f"{name} Source 1 2", settings) == name
    assert 1 <= natural_key.group_id(made.key) < 10**15
    assert natural_key.source_id_of(payload.description_text(made, settings), settings) == source_id


@pytest.mark.parametrize("source_id", ["12;3", "a'b", "", "x%"])
def test_a_source_that_no_search_can_carry_is_refused(make_journal, settings, source_id):
    """It could be sent and never be found again."""
    journal = make_journal(source=SourceKey("S", "L", "settlement", source_id))
    with pytest.raises(InputRefused, match="cannot be searched for"):
        payload.rows(journal, settings)


def test_rows_hold_the_journal(journal, settings):
    """Each column of two lines, as the samples show it."""
    rows = payload.rows(journal, settings)
    assert {len(row) for row in rows} == {149}
    first = {name: value for name, value in zip(COLUMNS, rows[0], strict=True) if value}
    description = "AMZ 12345678901 r1 p1/1 Amazon settlement 12345678901"
    assert first == {
        "STATUS": "NEW",
        "LEDGER_ID": "300000046975971",
        "ACCOUNTING_DATE": "2026/11/14",
        "USER_JE_SOURCE_NAME": "ZB Connector",
        "USER_JE_CATEGORY_NAME": "Marketplace",
        "CURRENCY_CODE": "USD",
        "DATE_CREATED": "2026/11/14",
        "ACTUAL_FLAG": "A",
        "SEGMENT1": "01",
        "SEGMENT2": "000",
        "SEGMENT3": "11200",
        "ENTERED_DR": "1150.37",
        "REFERENCE1": NAME,
        "REFERENCE2": description,
        "REFERENCE4": "AAP7LMPI6L",
        "REFERENCE5": description,
        "REFERENCE10": "AMZ 12345678901",
        "REFERENCE21": reference("12345678901"),
        "GROUP_ID": str(GROUP),
        "JGZZ_RECON_REF": reference("12345678901"),
        "PERIOD_NAME": "Nov-26",
    }
    assert column(rows, "ENTERED_DR") == ["1150.37", "", "100.00"]
    assert column(rows, "ENTERED_CR") == ["", "1250.37", ""]
    assert column(rows, "REFERENCE10")[1:] == ["Sales", "Referral fees"]
    assert column(rows, "SEGMENT2") == ["000", "100", "200"]


def test_a_foreign_currency_names_rate_type_and_date(make_journal, settings):
    """Fusion converts; without them a foreign line is refused there."""
    rows = payload.rows(make_journal(currency="CAD"), settings)
    assert set(column(rows, "USER_CURRENCY_CONVERSION_TYPE")) == {"Corporate"}
    assert set(column(rows, "CURRENCY_CONVERSION_DATE")) == {"2026/11/14"}
    assert set(column(rows, "CURRENCY_CONVERSION_RATE")) == {""}


def test_base_amounts_that_are_known_are_stated(make_journal, settings):
    """An item is closed by what it was carried at; Fusion converts nothing then."""
    make = make_journal.line
    lines = (make(1, "11200", "10.00", base="7.31"), make(2, "40100", "-10.00", base="-7.31"))
    rows = payload.rows(make_journal(*lines, currency="CAD", base_currency="USD"), settings)
    assert (column(rows, "ACCOUNTED_DR"), column(rows, "ACCOUNTED_CR")) == (["7.31", ""], ["", "7.31"])
    assert set(column(rows, "USER_CURRENCY_CONVERSION_TYPE")) == {""}
    with pytest.raises(InputRefused, match="kept in USD"):
        payload.rows(make_journal(*lines, currency="CAD", base_currency="EUR"), settings)


def test_quantities_are_statistical_amounts(make_journal, settings):
    """Beside the money of the same line."""
    make = make_journal.line
    journal = make_journal(make(1, "11200", "10.00"), make(2, "40100", "-10.00", quantity=Decimal("3")))
    assert column(payload.rows(journal, settings), "STAT_AMOUNT") == ["", "3"]


def test_references_may_stand_in_descriptions(journal, place):
    """For a site whose journal lines do not show the reconciliation reference."""
    site = place.settings(reference_in="description")
    rows = payload.rows(journal, site)
    text, ref = column(rows, "REFERENCE10")[0], reference("12345678901")
    assert text == f"{ref} 12345678901"
    assert set(column(rows, "JGZZ_RECON_REF")) == {""}
    assert payload.reference_of(text, "", site) == ref
    assert payload.reference_of("Sales", "", site) == ""


def test_long_words_are_cut_and_nothing_else(make_journal, settings):
    """A description is for people; no name or amount is ever cut."""
    journal = make_journal(description="x" * 500)
    assert max(len(one) for one in column(payload.rows(journal, settings), "REFERENCE2")) <= 240


def test_what_journal_import_would_refuse_is_refused_here(make_journal, settings, place):
    """By name, before anything is sent."""
    make = make_journal.line
    with pytest.raises(InputRefused, match="out of balance"):
        payload.rows(make_journal(make(1, "11200", "10.00"), make(2, "40100", "-9.99")), settings)
    with pytest.raises(InputRefused, match="takes 2 in one journal"):
        payload.rows(make_journal(), place.settings(lines_max=2))
    with pytest.raises(InputRefused, match="number its lines"):
        payload.rows(make_journal(make(1, "11200", "1.00"), make(3, "40100", "-1.00")), settings)
    with pytest.raises(InputRefused, match="no segment of the chart"):
        payload.rows(make_journal(make(1, "11200", "1.00", product="X"), make(2, "40100", "-1.00")), settings)
    with pytest.raises(InputRefused, match="cannot be a segment value"):
        payload.rows(make_journal(make(1, "112-00", "1.00"), make(2, "40100", "-1.00")), settings)
    with pytest.raises(InputRefused, match="holds 30 characters"):
        payload.rows(make_journal(currency="CAD", rate_type="x" * 31), settings)
    with pytest.raises(InputRefused, match="no lines"):
        payload.rows(replace(make_journal(), lines=()), settings)


def test_the_archive_holds_one_file_in_these_letters(journal, settings):
    """And is the same, byte for byte, whenever it is made."""
    packed = payload.archive(journal, settings)
    assert packed == payload.archive(journal, settings)
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.namelist() == ["GlInterface.csv"]
        read = list(csv.reader(io.StringIO(opened.read("GlInterface.csv").decode("utf-8"), newline="")))
    assert read == payload.rows(journal, settings)


def test_a_line_with_commas_quotes_and_breaks_stays_one_line(make_journal, settings):
    """CSV quoting carries what people write; control characters become blanks."""
    make = make_journal.line
    journal = make_journal(make(1, "11200", "1.00", text='a, "b"\r\nc'), make(2, "40100", "-1.00"))
    with zipfile.ZipFile(io.BytesIO(payload.archive(journal, settings))) as opened:
        read = list(csv.reader(io.StringIO(opened.read("GlInterface.csv").decode("utf-8"), newline="")))
    assert [len(row) for row in read] == [149, 149]
    assert column(read, "REFERENCE10")[0] == 'a, "b" c'


def test_the_request_names_our_group_and_no_other(journal, settings):
    """Parameter 4 is the GROUP_ID of the rows; `ALL` would import what others left."""
    request = payload.import_request(journal, settings)
    assert base64.b64decode(request.pop("DocumentContent")) == payload.archive(journal, settings)
    assert request == {
        "OperationName": "importBulkData",
        "ContentType": "zip",
        "FileName": f"amz_{GROUP}.zip",
        "DocumentAccount": "fin$/generalLedger$/import$",
        "JobName": "/oracle/apps/ess/financials/generalLedger/programs/common,JournalImportLauncher",
        "ParameterList": f"300000046975980,ZB Connector,300000046975971,{GROUP},N,N,N",
        "CallbackURL": "#NULL",
        "NotificationCode": "10",
        "JobOptions": "ImportOption=Y,PurgeOption=N,ExtractFileType=ALL",
    }


@pytest.mark.parametrize(
    "account, shown",
    [("01/account=11200", "01-000-11200"), ("01/account=11200;department=100", "01-100-11200")],
)
def test_a_combination_leads_back_to_its_account(settings, account, shown):
    """Defaults are left out on the way back."""
    key = AccountKey.parse(account)
    assert chart.combination(key, settings) == shown
    assert chart.account_of(shown, settings) == key


def test_a_combination_of_another_chart_is_not_read(settings):
    """Two segments are not three."""
    with pytest.raises(TargetUnavailable, match="has 2 segments"):
        chart.account_of("01-11200", settings)
    with pytest.raises(TargetUnavailable, match="cannot be read"):
        chart.account_of("-000-11200", settings)
