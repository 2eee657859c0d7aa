"""The books survive a restart, and the oracle reads nothing but the books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import httpx
import pytest

from emulators.peoplesoft.app import build_app
from emulators.peoplesoft.books import Books
from emulators.peoplesoft.demo_site import OpeningBalance, demo_site
from emulators.peoplesoft.mischief import commits_later
from emulators.serve import serve

TODAY = date(2026, 11, 14)
HEADER = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A1", "JOURNAL_DATE": "2026-11-14", "LEDGER_GROUP": "ACTUALS"}
HEADER |= {"SOURCE": "AMZ", "DESCR254": "AMZ settlement 1"}
LINES = [
    {"ACCOUNT": "110500", "FOREIGN_AMOUNT": "5.00", "JRNL_LN_REF": "S1"},
    {"ACCOUNT": "400100", "FOREIGN_AMOUNT": "-5.00"},
]


def test_a_restart_keeps_journals_due_batches_numbers_and_closed_periods(site, clock, tmp_path):
    """What is on disk is all there is; the batch that was due meanwhile runs at the next look."""
    path = tmp_path / "books" / "peoplesoft.sqlite"
    before = Books(site, clock, path)
    assert before.create(HEADER, LINES, None).is_saved
    assert before.create(HEADER | {"JOURNAL_ID": "NEXT"}, LINES, None).key.id == "0000000001"
    before.set_periods("UK001", (2026, 1), (2026, 6))
    before.close()
    clock.advance(10)
    after = Books(site, clock, path)
    assert [(journal.key.id, journal.status) for journal in after.journals("US001")] == [
        ("0000000001", "P"),
        ("A1", "P"),
        ("CONTROL001", "P"),
    ]
    assert not after.create(HEADER, LINES, None).is_saved
    assert after.create(HEADER | {"JOURNAL_ID": "NEXT"}, LINES, None).key.id == "0000000002"
    assert not after.batches.is_period_open("UK001", "ACTUALS", "AMZ", TODAY)
    after.close()


def test_a_late_save_survives_a_restart(site, clock, caller, tmp_path):
    """The application server goes on, whoever restarts what."""
    path = tmp_path / "peoplesoft.sqlite"
    app = build_app(site, clock, caller.faults, path)
    other = type(caller)(app, clock, caller.faults)
    caller.faults.next("Create", commits_later(100, code=504))
    assert other.post("Create", other.envelope("Create", other.inner(HEADER, LINES))).status_code == 504
    app.close()
    clock.advance(100)
    again = Books(site, clock, path)
    assert [journal.key.id for journal in again.journals("US001")] == ["A1", "CONTROL001"]
    again.close()


def test_opening_journals_are_booked_once(clock, tmp_path):
    """Starting again, even on another day, does not book them again."""
    opening = [
        OpeningBalance("US001", "110700", Decimal("300.00"), description="Reserve"),
        OpeningBalance("US001", "110500", Decimal("-20.00"), "S0"),
    ]
    for day in (1, 2):
        site = demo_site(TODAY, opening=opening, opening_on=date(2026, 8, day))
        books = Books(site, clock, tmp_path / "books.sqlite")
        opened = [line for line in books.lines() if line.key.id == "OPENING001"]
        assert [(line.account, line.amount) for line in opened] == [
            ("110700", Decimal(300)),
            ("110500", Decimal(-20)),
            ("300100", Decimal(-280)),
        ]
        assert books.open_items("US001", "110500") == {("S0", "USD"): Decimal(-20)}
        books.close()


def test_the_oracle_sees_two_journals_of_one_description(site, clock):
    """What exactly-once must never let happen is what `duplicates` shows."""
    books = Books(site, clock)
    first = books.create(HEADER, LINES, None).key
    assert books.duplicates() == {}
    second = books.create(HEADER | {"JOURNAL_ID": "A2"}, LINES, None).key
    assert books.duplicates() == {("US001", "AMZ settlement 1"): [first, second]}
    assert books.open_items("US001", "110500") == {("S1", "USD"): Decimal(10)}
    books.people.delete(second)
    assert books.duplicates() == {}


def test_a_refused_create_leaves_nothing_behind(site, clock):
    """One transaction: all or nothing."""
    books = Books(site, clock)
    before = books.store.rows("SELECT COUNT(*) AS N FROM JRNL_LN")
    assert not books.create(HEADER, [*LINES, {"ACCOUNT": "999999"}], None).is_saved
    assert books.store.rows("SELECT COUNT(*) AS N FROM JRNL_LN") == before
    assert [journal.key.id for journal in books.journals("US001")] == ["CONTROL001"]


def _create_and_fail(books: Books) -> None:
    with books.store.transaction():
        books.create(HEADER, LINES, None)
        raise RuntimeError("power cut")


def test_a_failing_transaction_is_rolled_back_whole(site, clock):
    """Nested transactions end with the outermost."""
    books = Books(site, clock)
    with pytest.raises(RuntimeError, match="power cut"):
        _create_and_fail(books)
    assert [journal.key.id for journal in books.journals("US001")] == ["CONTROL001"]


def test_the_demo_site_offers_what_a_seller_needs(site):
    """Three units with their currencies, rates between them, accounts of every type, one open-item account."""
    assert {unit.name: unit.base_currency for unit in site.units} == {"US001": "USD", "UK001": "GBP", "DE001": "EUR"}
    types = {row.account_type for row in site.values if row.field == "ACCOUNT"}
    assert types == set("ALQRE")
    assert [row.value for row in site.values if row.is_open_item] == ["110500"]
    for pair in (("EUR", "USD"), ("GBP", "USD"), ("USD", "EUR")):
        assert site.rate_on("CRRNT", *pair, TODAY) is not None
        assert site.rate_on("CRRNT", *pair, date(2020, 1, 1)) is None


def test_it_serves_on_a_port(site, clock, caller):
    """The same callable answers on a loopback socket."""
    with serve({"": caller.app}) as served:
        response = httpx.get(f"{served.url}/PSIGW/PeopleSoftServiceListeningConnector/CI_JOURNAL_ENTRY_CI.1.wsdl")
        page = httpx.get(
            f"{served.url}/psp/DEMO/EMPLOYEE/ERP/c/PROCESS_JOURNALS.JOURNAL_ENTRY_IE.GBL",
            params={"BUSINESS_UNIT": "US001", "JOURNAL_ID": "CONTROL001", "JOURNAL_DATE": "2026-06-17"},
        )
    assert f'location="{served.url}/PSIGW/PeopleSoftServiceListeningConnector"' in response.text
    assert "Opening control record" in page.text


@pytest.mark.parametrize("change", [{}, {"JOURNAL_ID": "NONE"}, {"JOURNAL_DATE": "x"}, {"UNPOST_SEQ": "x"}])
def test_the_journal_page_shows_a_journal_or_says_there_is_none(caller, change):
    """A link from outside opens one journal; hostile values end in 404, never in an error."""
    caller.create(DESCR254="<b>bold</b>")
    asked = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A1K9Z03QX7", "JOURNAL_DATE": "2026-11-14"} | change
    page = caller.http.get("/psp/DEMO/EMPLOYEE/ERP/c/PROCESS_JOURNALS.JOURNAL_ENTRY_IE.GBL", params=asked)
    is_found = not {"JOURNAL_ID", "JOURNAL_DATE"} & set(change)
    assert page.status_code == (200 if is_found else 404)
    assert ("&lt;b&gt;bold&lt;/b&gt;" in page.text) == is_found
