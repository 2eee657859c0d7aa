"""VAT of settlements against the VAT report: what differs is named by order, country and rate; what is late waits."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from assets.proofs.vat_proof import compared_verdict

FIRST, LAST = date(2026, 6, 1), date(2026, 10, 31)
D = Decimal


def order(order_id: str = "302-1", **changes) -> dict:
    """Return both sides of a sale of 119.00 in Germany, paid in October."""
    return {
        "order_id": order_id,
        "is_sale": True,
        "country": "DE",
        "posted_at": datetime(2026, 10, 15, 9, tzinfo=UTC),
        "gross": D("119.00"),
        "vat": D("19.00"),
        "reported_country": "DE",
        "reported_gross": D("119.00"),
        "reported_vat": D("19.00"),
        "is_of_marketplace": False,
        "amounts": 1,
        "rates": [D("0.19")],
    } | changes


UNTOLD = {"reported_country": None, "reported_gross": None, "reported_vat": None, "amounts": 0, "rates": []}
LATE, EARLY = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "passed", "waits", "words"),
    [
        ({}, True, False, "1 of 1 sales and refunds hold the VAT"),
        ({"vat": D("19.01")}, True, False, "1 of 1"),  # a cent may lie between two ways of rounding
        ({"vat": D("19.02")}, False, False, "the VAT differs"),
        ({"vat": D("19.02"), "amounts": 2}, True, False, "1 of 1"),
        ({"vat": D("0.00")}, False, False, "the VAT differs"),
        ({"reported_gross": D("118.99")}, False, False, "the amounts differ"),
        ({"country": "AT"}, False, False, "booked for AT"),
        ({"country": None}, True, False, "1 of 1"),  # one rate for all: nobody has said a country
        ({"reported_country": "AT, DE"}, False, False, "booked for DE"),
        ({"rates": [D("0.07"), D("0.19")], "reported_vat": D("12.00")}, False, False, "DE 7 %, 19 %: the VAT differs"),
        ({"is_of_marketplace": True, "reported_vat": D(0)}, False, False, "DE VAT of the marketplace: the VAT differs"),
        (UNTOLD, False, False, "the report does not name it"),
        ({**UNTOLD, "posted_at": LATE}, True, True, "1 more are not told yet"),
        ({"reported_gross": D("50.00"), "posted_at": LATE}, True, True, "1 more are not told yet"),
        ({**UNTOLD, "posted_at": EARLY}, True, False, "1 more were completed before VAT transactions are read"),
        ({**UNTOLD, "posted_at": None}, True, True, "1 more are not told yet"),
    ],
)
def test_an_order_holds_the_vat_that_is_reported_in_the_country_that_is_reported(changes, passed, waits, words):
    """To a cent per amount; what is told later is no difference yet, nor what nobody reads."""
    verdict = compared_verdict([order(**changes), order("302-2")], "EUR", FIRST, LAST)
    assert (verdict.passed, verdict.is_waiting, verdict.stops) == (passed, waits, False)
    said = verdict.sentence.replace("2 of 2", "1 of 1") + " ".join(row["what"] for row in verdict.rows)
    assert words in said


def test_the_table_has_the_sums_by_country_and_rate_and_then_the_orders_that_differ():
    """Refunds take away; the rows behind a difference name order and reason."""
    back = {name: -order()[name] for name in ("gross", "vat", "reported_gross", "reported_vat")}
    refund = order("302-3", is_sale=False, **back)
    austrian = {"reported_country": "AT", "reported_gross": D("120.00"), "reported_vat": D("20.00")}
    austrian |= {"gross": D("120.00"), "vat": D("19.16"), "rates": [D("0.2")]}
    found = [order(), order("302-2", **austrian), refund]
    verdict = compared_verdict(found, "EUR", FIRST, LAST)
    assert not verdict.passed
    assert [(row["what"], row["count"], row["VAT settled"], row["VAT reported"]) for row in verdict.rows] == [
        ("AT 20 %", "1", "19.16", "20.00"),
        ("DE 19 %", "2", "0.00", "0.00"),
        ("sale of order 302-2, AT 20 %: booked for DE", "1", "19.16", "20.00"),
    ]
    assert {row["VAT difference"] for row in verdict.rows} == {"-0.84", "0.00"}


@pytest.mark.parametrize("rate", [None, D(0)])
def test_where_amazon_calculates_no_vat_amounts_and_countries_are_compared(rate):
    """A seller outside its VAT service: rates and VAT are empty, or nothing."""
    blank = {"reported_vat": None if rate is None else D(0), "rates": [rate]}
    verdict = compared_verdict([order(**blank), order("302-2", **blank)], "EUR", FIRST, LAST)
    assert (verdict.passed, verdict.sentence) == (
        True,
        "2 of 2 sales and refunds have the amount and country that Amazon reports; it calculates no VAT for them.",
    )
    wrong = compared_verdict([order(**blank, country="AT")], "EUR", FIRST, LAST)
    assert not wrong.passed


def test_a_settlement_that_splits_nothing_has_nothing_to_compare():
    """American ones, and British ones with tax rows."""
    assert compared_verdict([], "GBP", FIRST, LAST).sentence.startswith("No amount of this settlement")


def test_where_nothing_is_told_yet_nothing_has_passed():
    """None of one sale was compared: it waits."""
    verdict = compared_verdict([order(**UNTOLD | {"posted_at": LATE})], "EUR", FIRST, LAST)
    assert (verdict.passed, verdict.is_waiting, verdict.stops) == (False, True, False)
