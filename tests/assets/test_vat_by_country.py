"""VAT by the country an order was sent to: the right rate, exact to the cent per order; nothing without a country."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assets.journals import out_of_date, planned_journals
from assets.mapped_lines import map_lines
from assets.road import STAGES, run_stage
from assets.sales.order_countries import TOLD_WITHIN
from assets.settlement_lines import read_lines
from assets.settlements.replay import without_doors
from assets.settlements.settlement_books import books_of, made_of
from assets.stages.resumption import ARRIVAL_KIND
from tests.assets.conftest import NOW, Bookkeeping

DE = "Amazon.de"
A, B, C = "302-0000001-0000001", "302-0000002-0000002", "302-0000003-0000003"
RATES = [
    {"rate": "19", "country": "DE"},
    {"rate": "20", "country": "AT", "valid_to": "2026-06-30"},
    {"rate": "0", "country": "CH"},
]


def by_country(**changes) -> dict:
    """Return the tax settings of Amazon.de, by country."""
    return {DE: {"tax_model": "included", "vat_by": "country", "vat_rates": RATES, **changes}}


@pytest.fixture
def german(books: Bookkeeping) -> Bookkeeping:
    """Return a connection that splits VAT by country and has read no order yet."""
    books.policy["marketplaces"] = by_country()
    return books


def kept(books: Bookkeeping, asset: str, select: str, day: str = "2026-03-02") -> None:
    """Keep a day of orders or of the VAT report, as one statement makes it."""

    def produce(path) -> None:
        with books.stores.warehouse.connect() as duck:
            duck.execute(f"COPY ({select}) TO $path (FORMAT parquet)", {"path": str(path)})

    books.stores.warehouse.write(books.connection, asset, day, produce, {})


def orders(books: Bookkeeping, day: str = "2026-03-02", **countries: str | None) -> None:
    """Keep a day on which orders were changed, each with the country it goes to."""
    rows = " UNION ALL ".join(
        f"SELECT '{globals()[name]}' AS order_id, TIMESTAMP '{day} 10:00:00' AS updated_at, "
        f"{'NULL' if country is None else repr(country)}::VARCHAR AS ship_country"
        for name, country in countries.items()
    )
    kept(books, "orders", rows, day)


def vat_report(books: Bookkeeping, *rows: tuple[str, str, str]) -> None:
    """Keep a day of the VAT report: order, kind of transaction, country of arrival."""
    names = "(order_id, transaction_type, arrival_country)"
    kept(books, "vat_transactions", f"SELECT * FROM (VALUES {', '.join(map(repr, rows))}) AS told{names}")


def sold(books: Bookkeeping, row, *sales: tuple[str, str], **given) -> None:
    """Take in a settlement of sales in Germany: order and price."""
    rows = [row("principal", amount, order, DE, **given) for order, amount in sales]
    books.take_in("1", rows, currency="EUR")


def tax(books: Bookkeeping) -> list[str]:
    """Return the tax lines of the journal."""
    return [line for line in books.booked("1") if "tax liability" in line]


def test_each_order_holds_the_vat_of_the_country_it_was_sent_to(german, row):
    """19 % within 119, 20 % within 120, nothing in what leaves the Union: 39 in all."""
    orders(german, A="DE", B="AT", C="CH")
    sold(german, row, (A, "119.00"), (B, "120.00"), (C, "50.00"))
    assert sorted(german.booked("1")) == ["Cr sales 250.00", "Cr tax liability 39.00", "Dr clearing[S1] 289.00"]
    split = {one["order_id"]: one["amount"] for one in german.movements("1") if one["kind"] == "vat"}
    assert {order: str(amount) for order, amount in split.items()} == {A: "19.000", B: "20.000"}
    assert {(one["order_id"], one["vat_country"]) for one in german.movements("1")} == {(A, "DE"), (B, "AT"), (C, "CH")}


def test_the_vat_of_an_order_is_exact_to_the_cent_at_its_own_rate(german, row):
    """Three lines of 0.33 hold 0.16 in Germany and, at 20 %, 0.17 in Austria, though alone 0.05 and 0.06 each."""
    orders(german, A="DE", B="AT")
    sold(german, row, *[(A, "0.33")] * 3, *[(B, "0.33")] * 3)
    german.documents("1")
    vat = {A: 0, B: 0}
    for one in german.movements("1"):
        vat[one["order_id"]] += one["clearing_amount"] if one["kind"] == "vat" else 0
    assert [str(amount) for amount in vat.values()] == ["0.160", "0.170"]


def test_an_order_of_which_nobody_knows_the_country_stops_its_settlement_by_name(german, row):
    """There is no default: the item names order, country (none) and cure, and ends when the order is read."""
    orders(german, A="DE", B=None)
    sold(german, row, (A, "119.00"), (B, "120.00"))
    result = german.mapped("1")
    assert result.stops
    [finding] = result.findings
    assert (finding.code, str(finding.amount)) == ("no_vat_country", "120.00")
    assert f"Orders: {B}." in finding.sentence
    assert "vat_order_countries" in finding.cure
    assert german.stores.warehouse.current(german.connection, "mapped_lines", "1") is None
    [item] = german.stores.review.listing(german.connection)
    assert item.code == "no_vat_country"
    orders(german, "2026-03-03", B="AT")
    assert tax(german) == ["Cr tax liability 39.00"]
    assert german.stores.review.listing(german.connection) == []


def test_a_country_without_a_rate_stops_its_settlement_and_names_its_orders(german, row):
    """A rate is looked for by country and accounting date; the first ten orders are named."""
    orders(german, A="FR")
    sold(german, row, (A, "119.00"))
    [finding] = german.mapped("1").findings
    assert finding.code == "no_vat_rate"
    assert "no VAT rate for FR holds on 2026-03-15" in finding.sentence
    assert f"Orders: {A}." in finding.sentence


def test_a_rate_that_has_ended_is_no_rate(german, row):
    """Austria's ends with June."""
    orders(german, B="AT")
    start = datetime(2026, 7, 1, 12, tzinfo=UTC)
    german.take_in("1", [row("principal", "120.00", B, DE)], start=start, currency="EUR")
    assert [finding.code for finding in german.mapped("1").findings] == ["no_vat_rate"]


def test_what_a_person_says_of_an_order_comes_first(german, row):
    """Then orders, then the VAT report of the sale, then that of the refund."""
    vat_report(german, (A, "SALE", "CH"), (B, "SALE", "CH"), (C, "REFUND", "DE"), (C, "SALE", "AT"))
    orders(german, A="CH", B="AT")
    german.policy["marketplaces"] = by_country(vat_order_countries={A: "DE"})
    sold(german, row, (A, "119.00"), (B, "120.00"), (C, "120.00"))
    german.documents("1")
    assert {one["order_id"]: one["vat_country"] for one in german.movements("1")} == {A: "DE", B: "AT", C: "AT"}


def test_a_report_that_names_two_countries_of_an_order_names_none(german, row):
    """One of them would be a guess."""
    vat_report(german, (A, "SALE", "DE"), (A, "SALE", "AT"))
    sold(german, row, (A, "119.00"))
    assert [finding.code for finding in german.mapped("1").findings] == ["no_vat_country"]


def test_the_newest_row_of_an_order_counts(german, row):
    """An address that was corrected before it was sent."""
    orders(german, A="DE")
    orders(german, "2026-03-03", A="AT")
    sold(german, row, (A, "120.00"))
    assert tax(german) == ["Cr tax liability 20.00"]


def test_amounts_without_an_order_need_a_country_that_somebody_has_said(german, row):
    """Stops without; with it, its rate."""
    rows = [row("principal", "119.00", A, DE), row("refund", "-11.90", A, DE)]
    german.take_in("1", [replace(one, order_id="") for one in rows], currency="EUR")
    [first, second] = german.mapped("1").findings
    assert (first.code, second.code) == ("no_vat_country", "no_vat_country")
    assert "vat_country_without_order" in first.cure
    german.policy["marketplaces"] = by_country(vat_country_without_order="DE")
    assert sorted(tax(german)) == ["Cr tax liability 19.00", "Dr tax liability 1.90"]


def test_an_amount_of_nothing_needs_no_country(german, row):
    """Multi-channel orders stand in settlements with a price of 0.00; no order report knows them."""
    orders(german, A="DE")
    sold(german, row, (A, "119.00"), ("S02-0000001-0000001", "0.00"))
    assert tax(german) == ["Cr tax liability 19.00"]


def test_a_country_may_have_an_account_of_its_own(german, row):
    """A rule on the tax and on the sale; where no rule fits, the account of all."""
    german.mapping += (
        "  - when: {category: tax_collected, country: AT}\n    book: {account: '210500'}\n"
        "  - when: {category: revenue, country: [AT, CH]}\n    book: {account: '400200'}\n"
    )
    orders(german, A="DE", B="AT")
    sold(german, row, (A, "119.00"), (B, "120.00"))
    assert sorted(german.booked("1")) == [
        "Cr pass-through tax 20.00",
        "Cr sales 100.00",
        "Cr shipping 100.00",
        "Cr tax liability 19.00",
        "Dr clearing[S1] 239.00",
    ]


def test_a_rule_by_country_does_not_fall_back_where_the_country_is_not_known(german, row):
    """A fee would be booked to the account of all without a word."""
    german.mapping += "  - when: {category: referral_fee, country: AT}\n    book: {account: '600200'}\n"
    german.take_in("1", [row("commission", "-15.00", A, DE)], currency="EUR")
    assert [finding.code for finding in german.mapped("1").findings] == ["no_vat_country"]


def test_a_country_that_changes_afterwards_is_seen(german, row):
    """Before posting the lines are mapped anew, after it the difference is told."""
    orders(german, A="DE")
    sold(german, row, (A, "119.00"))
    german.documents("1")
    planned = planned_journals(german.road, "1")
    assert out_of_date(german.road, "1", planned) == ""
    orders(german, "2026-03-03", A="AT")
    assert "the countries its orders were sent to" in out_of_date(german.road, "1", planned)


def test_a_replay_reads_the_same_countries(german, row):
    """It stages nothing of its own but the settlement: orders are read as they are kept."""
    orders(german, A="AT")
    sold(german, row, (A, "120.00"))
    german.documents("1")
    with without_doors(german.road) as road:
        read_lines(road, "1")
        assert not map_lines(road, "1").stops


def test_a_settlement_that_came_by_itself_comes_back_while_a_country_may_be_told(german, row):
    """Every few hours, until the VAT report of its month is long there; then it is a person's."""
    start = NOW - timedelta(days=20)
    german.take_in("1", [row("principal", "119.00", A, DE)], start=start, currency="EUR")
    german.lines("1")
    due = german.stores.due
    stage = next(one for one in STAGES if one.asset == "mapped_lines")
    run_stage(german.road, stage, "1")
    [arrived] = _settlement_rows(german)
    assert arrived.reason == "found by import", "a person looked, and sees the finding"
    due.ask(german.connection, ARRIVAL_KIND, "1", NOW, "run run-1 is on its way")
    run_stage(german.road, stage, "1")
    [again] = _settlement_rows(german)
    assert (again.at, again.reason) == (NOW + timedelta(hours=6), "the country of an order is not told yet")


def test_a_settlement_does_not_wait_for_ever(german, row):
    """Its item stays open for a person; nothing asks for it any more."""
    start = NOW - TOLD_WITHIN - timedelta(days=15)
    german.take_in("1", [row("principal", "119.00", A, DE)], start=start, currency="EUR")
    german.lines("1")
    german.stores.due.ask(german.connection, ARRIVAL_KIND, "1", NOW, "run run-1 is on its way")
    run_stage(german.road, next(one for one in STAGES if one.asset == "mapped_lines"), "1")
    assert _settlement_rows(german) == []
    assert [item.code for item in german.stores.review.listing(german.connection)] == ["no_vat_country"]


def _settlement_rows(books: Bookkeeping) -> list:
    return [one for one in books.stores.due.listing(books.connection) if one.partition == "1"]


def test_who_does_not_split_by_country_has_the_same_marks_as_before(books, row):
    """What was staged before the setting existed is still what would be staged: this is what was hashed then."""
    books.policy["marketplaces"] = {DE: {"tax_model": "included", "vat_rates": [{"rate": "19"}]}}
    rate = {"country": "", "rate": "19", "valid_from": None, "valid_to": None}
    then = {
        "accounting_date": "settlement_end",
        "carried": [],
        "inter_unit": "accounts",
        "marketplaces": {DE: {"otherwise": None, "tax_model": "included", "vat_rates": [rate]}},
        "month_end": "split",
        "quantities": None,
        "time_zone": "America/New_York",
    }
    books.take_in("1", [row("principal", "119.00", A, DE)], currency="EUR")
    books.lines("1")
    mark = made_of(books.road, books_of(books.road, "1"))["settings"]
    assert mark == hashlib.sha256(json.dumps(then, separators=(",", ":")).encode()).hexdigest()
