"""VAT transactions by day: whole months that are out are asked for, and nobody who bought is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, days_between, fetch_days, span_to_fetch
from assets.vat_transactions import VAT_TRANSACTIONS, told_until
from emulators.amazon import report_types, vat_report
from emulators.amazon.report_types import VAT_TYPE
from ledger.errors import InputRefused
from tests.assets.test_report_days import Daily, daily  # noqa: F401
from tests.resources.amazon.client.order_rig import LINE, add_order

STAGE = DAY_STAGES["vat_transactions"]
# Amazon takes the VAT out of the price.
UNTAXED = replace(LINE, tax=Decimal(0), shipping_tax=Decimal(0))


@pytest.mark.parametrize(
    ("today", "last"),
    [
        ("2026-11-03", "2026-10-31"),
        ("2026-11-30", "2026-10-31"),
        ("2026-11-02", "2026-09-30"),
        ("2026-11-01", "2026-09-30"),
        ("2026-01-02", "2025-11-30"),
        ("2026-01-03", "2025-12-31"),
        ("2026-03-15", "2026-02-28"),
    ],
)
def test_a_month_is_told_from_the_third_of_the_next(today: str, last: str):
    """Amazon ends an earlier request FATAL, in both readings of its rule: on the first two days, or of that month."""
    assert told_until(date.fromisoformat(today)) == date.fromisoformat(last)


@pytest.fixture
def sold_abroad(daily: Daily) -> Daily:  # noqa: F811
    """Return a connection on 20 November with a sale of October and one of September, to Austria."""
    for number, days_ago in enumerate((31, 62)):
        add_order(daily.rig, number, days_ago=days_ago, ship_country="AT", currency="EUR", lines=(UNTAXED,))
    return daily


def test_a_month_is_one_report_and_every_day_a_version(sold_abroad: Daily):
    """Asked for from its first moment to its last, whichever days of it are wanted."""
    first, last = date(2026, 9, 20), date(2026, 10, 31)
    outcomes = dict(fetch_days(sold_abroad.road, STAGE, days_between(first, last)))
    assert {day: one.rows_total for day, one in outcomes.items() if one.rows_total} == {
        date(2026, 9, 20): 1,
        date(2026, 10, 21): 1,
    }
    assert _asked(sold_abroad) == [
        ("2026-09-01T00:00:00+00:00", "2026-09-30T23:59:59+00:00"),
        ("2026-10-01T00:00:00+00:00", "2026-10-31T23:59:59+00:00"),
    ]
    [row] = sold_abroad.rows(date(2026, 10, 21), VAT_TRANSACTIONS)
    assert (row["arrival_country"], str(row["item_rate"]), str(row["total_gross"])) == ("AT", "0.200000", "23.000")
    assert all(verdict.passed for one in outcomes.values() for verdict in one.verdicts)


def _asked(daily: Daily) -> list[tuple[str, str]]:  # noqa: F811
    listed = daily.road.source.requested.listed(VAT_TYPE)
    return [(one.data_start.isoformat(), one.data_end.isoformat()) for one in listed]


def test_vat_that_is_not_that_of_its_rate_and_a_sale_without_a_country_are_told(sold_abroad: Daily, monkeypatch):
    """2.00 of VAT stand in 25.00 at 20 %, and nobody says where it went: whoever files the return has to know."""
    add_order(sold_abroad.rig, 7, days_ago=31, ship_country="AT", currency="EUR")
    plain = vat_report._rows
    monkeypatch.setattr(
        vat_report, "_rows", lambda *given: (row | {"SALE_ARRIVAL_COUNTRY": ""} for row in plain(*given))
    )
    day = date(2026, 10, 21)
    up, countries = dict(fetch_days(sold_abroad.road, STAGE, [day]))[day].verdicts
    assert (up.passed, [row["order id"] for row in up.rows]) == (False, ["112-0000000-0000007"])
    assert (countries.passed, len(countries.rows)) == (False, 2)


def test_a_schedule_takes_the_last_month_again_and_what_was_missed(sold_abroad: Daily):
    """Nothing of the present month is wanted yet."""
    stores, name, last = sold_abroad.road.stores, sold_abroad.road.connection, STAGE.told_until(date(2026, 11, 20))
    assert span_to_fetch(stores, name, STAGE, date(2026, 9, 20), last, ()) == (date(2026, 9, 20), date(2026, 10, 31))
    dict(fetch_days(sold_abroad.road, STAGE, days_between(date(2026, 9, 20), last)))
    assert span_to_fetch(stores, name, STAGE, date(2026, 9, 20), last, ()) == (date(2026, 10, 1), date(2026, 10, 31))


def test_a_day_that_is_not_told_yet_is_refused_with_the_last_that_is(sold_abroad: Daily):
    """It is no empty day."""
    with pytest.raises(InputRefused, match="of 2026-11-05 is not told yet: today there is nothing after 2026-10-31"):
        dict(fetch_days(sold_abroad.road, STAGE, [date(2026, 11, 5)]))


def test_nobody_who_bought_is_archived(sold_abroad: Daily, monkeypatch):
    """Neither name nor address: of columns that are not read only the headings are kept."""
    plain = vat_report._rows

    def with_people(*arguments):
        for row in plain(*arguments):
            yield row | {"BUYER_NAME": "Erika Mustermann", "ARRIVAL_ADDRESS": "Musterweg 1", "ARRIVAL_CITY": "Musterau"}

    monkeypatch.setattr(vat_report, "_rows", with_people)
    day = date(2026, 10, 21)
    outcome = dict(fetch_days(sold_abroad.road, STAGE, [day]))[day]
    kept = sold_abroad.road.stores.documents.read_bytes(outcome.links["document"])
    assert b"BUYER_NAME" in kept
    assert b"112-0000000-0000000" in kept
    assert b"Muster" not in kept


def test_a_file_that_is_not_the_report_is_not_archived_at_all(sold_abroad: Daily, monkeypatch):
    """It may hold what must not be kept; its days keep what they had."""
    monkeypatch.setattr(report_types, "VAT_COLUMNS", ("BUYER_NAME",))
    monkeypatch.setattr(vat_report, "_rows", lambda *given: iter([{"BUYER_NAME": "Erika Mustermann"}]))
    day = date(2026, 10, 21)
    [outcome] = dict(fetch_days(sold_abroad.road, STAGE, [day])).values()
    assert isinstance(outcome, RefusedDay)
    assert "transaction-type" in outcome.sentence
