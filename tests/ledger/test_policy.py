"""The accounting settings of a connection."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from ledger.policy import Policy, TaxModel
from ledger.tax import rate_on


def policy(**settings) -> Policy:
    return Policy(**{"time_zone": "UTC", **settings})


def test_what_has_accounting_weight_has_no_default():
    """Without go-live nothing is posted, no marketplace has a tax model, approval is a person's."""
    plain = policy()
    assert plain.books_from is None
    assert plain.marketplaces == {}
    assert plain.approval == "required"
    with pytest.raises(ValidationError, match="time_zone"):
        Policy()


@pytest.mark.parametrize(
    "given, expected",
    [
        ("2026-01-31", date(2026, 1, 31)),
        (date(2026, 1, 31), date(2026, 1, 31)),
        (["12345678901", 12345678902], ("12345678901", "12345678902")),
        (None, None),
    ],
)
def test_books_begin_on_a_date_or_with_named_settlements(given, expected):
    """`books_from` is a date, or the first settlement of each series."""
    assert policy(books_from=given).books_from == expected


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"month_end": "weekly"}, "'split', 'accrue' or 'none'"),
        ({"time_zone": "New York"}, "no IANA time zone: write one like America/New_York"),
        ({"books_from": "31.01.2026"}, "must be a date like 2026-01-31"),
        ({"books_from": 20260131}, "must be a date like 2026-01-31"),
        ({"books_from": "12345678901"}, "must be a date like 2026-01-31"),
        ({"books_from": datetime(2026, 1, 1, 5)}, "must be a date like 2026-01-31"),  # noqa: DTZ001
        ({"books_from": []}, "at least one in it"),
        ({"books_from": [1.5]}, "list of settlement ids"),
        ({"lines_max": 1}, "greater than or equal to 2"),
        ({"closed_period": "move"}, "'hold'"),
        ({"approval": "never"}, "'automatic' or 'required'"),
        ({"aproval": "automatic"}, "Extra inputs are not permitted"),
        ({"marketplaces": {"Amazon.com": {}}}, "tax_model"),
        ({"marketplaces": {"Amazon.com": {"tax_model": "default"}}}, "'facilitator', 'added', 'included' or 'mixed'"),
        ({"marketplaces": {"Amazon.de": {"tax_model": "included"}}}, "vat_rates must list at least one rate"),
        ({"marketplaces": {"Amazon.de": {"tax_model": "mixed"}}}, "otherwise"),
        ({"marketplaces": {"Amazon.de": {"tax_model": "added", "otherwise": "added"}}}, "belongs to tax_model mixed"),
        ({"marketplaces": {"Amazon.de": {"tax_model": "mixed", "otherwise": "included"}}}, "at least one rate"),
        (
            {"marketplaces": {"A.de": {"tax_model": "added"}, "a.DE ": {"tax_model": "added"}}},
            "lists a.de twice",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_refused_with_the_cure(settings, words):
    """Bad settings are a normal case: the sentence says what to write."""
    with pytest.raises(ValidationError) as refusal:
        policy(**settings)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "rate, words",
    [
        ({"rate": 19.5}, "must be written in quotes"),
        ({"rate": "19,5"}, "plain digits with a decimal point"),
        ({"rate": "-1"}, "between 0 and 100"),
        ({"rate": "NaN"}, "finite"),
        ({"rate": True}, "in quotes"),
        ({"rate": "19", "valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "swap them"),
        ({"rate": "19", "valid_from": 0}, "must be a date"),
    ],
)
def test_a_rate_is_exact(rate, words):
    """Rates are text or whole numbers in per cent, with dates in order."""
    with pytest.raises(ValidationError) as refusal:
        policy(marketplaces={"Amazon.de": {"tax_model": "included", "vat_rates": [rate]}})
    assert words in str(refusal.value)


def test_rates_that_hold_together_are_refused():
    """On each date there is one rate."""
    rates = [{"rate": "19"}, {"rate": "16", "valid_from": "2026-07-01"}]
    with pytest.raises(ValidationError, match="hold on the same dates"):
        policy(marketplaces={"Amazon.de": {"tax_model": "included", "vat_rates": rates}})


_GERMAN_RATE = {"rate": "19", "country": "DE"}


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"tax_model": "added", "vat_by": "country"}, "belongs to included"),
        ({"vat_rates": [{"rate": "19"}]}, "the country of the rate 19 must be a country as two capital letters"),
        ({"vat_rates": [{"rate": "19", "country": "Germany"}]}, "two capital letters"),
        ({"vat_rates": [{"rate": "25", "country": False}]}, "YAML reads a bare NO as false"),
        ({"vat_rates": [_GERMAN_RATE, {"rate": "7", "country": "DE"}]}, "19 and 7 of DE hold on the same dates"),
        ({"vat_country_without_order": False}, "YAML reads a bare NO as false"),
        ({"vat_order_countries": {"302-1": "de"}}, "two capital letters"),
        ({"vat_by": "one_rate", "vat_country_without_order": "DE"}, "belong to vat_by: country"),
        ({"vat_by": "one_rate", "vat_order_countries": {"302-1": "DE"}}, "belong to vat_by: country"),
    ],
)
def test_vat_by_country_says_a_country_for_every_rate(settings, words):
    """And only there a country is said of orders; what is not a country is refused with how to write it."""
    given = {"tax_model": "included", "vat_by": "country", "vat_rates": [_GERMAN_RATE], **settings}
    with pytest.raises(ValidationError) as refusal:
        policy(marketplaces={"Amazon.de": given})
    assert words in str(refusal.value)


def test_countries_have_rates_beside_each_other():
    """Norway needs its quotes; two rates of one country follow each other."""
    rates = [_GERMAN_RATE, {"rate": "25", "country": "NO"}]
    rates += [{"rate": "20", "country": "AT", "valid_to": "2026-06-30"}]
    rates += [{"rate": "21", "country": "AT", "valid_from": "2026-07-01"}]
    read = policy(marketplaces={"Amazon.de": {"tax_model": "included", "vat_by": "country", "vat_rates": rates}})
    german = read.marketplaces["Amazon.de"]
    found = [rate_on(german, date(2026, 7, 1), country) for country in ("DE", "NO", "AT", "FR", "")]
    assert [one and str(one.rate) for one in found] == ["19", "25", "21", None, None]


@pytest.mark.parametrize(
    "opening, words",
    [
        ({"marketplace": "Amazon.com", "currency": "USD", "reserve": 12.5}, "in quotes"),
        ({"marketplace": "Amazon.com", "currency": "USD", "debt": "-5"}, "debt must be zero or more"),
        ({"marketplace": "Amazon.com", "currency": "USD", "loan": "0.001"}, "more decimals than USD allows"),
        ({"marketplace": "Amazon.com", "currency": "usd"}, "ISO 4217"),
        ({"marketplace": "Amazon.com"}, "currency"),
    ],
)
def test_opening_balances_are_exact_amounts_without_a_sign(opening, words):
    """What the books held is stated to the cent."""
    with pytest.raises(ValidationError) as refusal:
        policy(opening=[opening])
    assert words in str(refusal.value)


def test_an_opening_can_be_stated_per_series():
    """Where a marketplace has two series, the entry that names the settlement comes first."""
    two = [
        {"marketplace": "Amazon.com", "currency": "USD", "reserve": "10"},
        {"marketplace": "amazon.com", "currency": "USD", "reserve": "20", "first_settlement": 77},
    ]
    stated = policy(opening=two)
    assert stated.opening_of("AMAZON.COM", "USD", "77").reserve == Decimal(20)
    assert stated.opening_of("Amazon.com", "USD", "78").reserve == Decimal(10)
    assert stated.opening_of("Amazon.com", "EUR", "78") is None
    with pytest.raises(ValidationError, match="twice"):
        policy(opening=[two[0], two[0]])


def test_marketplaces_are_found_by_name_in_any_case():
    """Names in settlements differ in case."""
    listed = policy(marketplaces={"Amazon.com": {"tax_model": "facilitator"}})
    assert listed.marketplace(" AMAZON.COM ").tax_model is TaxModel.FACILITATOR
    assert listed.marketplace("Amazon.ca") is None
    assert not listed.decides_by_order
    assert policy(marketplaces={"A": {"tax_model": "mixed", "otherwise": "added"}}).decides_by_order


def test_quantities_are_off_unless_a_code_is_given():
    """YAML reads `off` as false; both mean no statistical amounts."""
    assert [policy(quantities=given).quantities for given in (False, "off", None, "UNT")] == [None, None, None, "UNT"]


def test_settings_do_not_change_once_read():
    """A policy is a value."""
    with pytest.raises(ValidationError, match="frozen"):
        policy().month_end = "none"


COSTS = {"shipped_from": "2026-10-01"}
BILLED = {"shipped_from": "2026-10-01", "bill_to": {"*": "1008"}}


@pytest.mark.parametrize(
    ("revenue", "at_settlement"),
    [({"invoicing": BILLED}, False), ({"month_end": "accrue"}, False), ({}, True), ({"month_end": "none"}, True)],
)
def test_cost_of_goods_is_booked_with_its_revenue(revenue, at_settlement):
    """At shipment with invoices or accruals, else with the settlement; off unless set."""
    costs = policy(catalogue="products.csv", cost_of_goods=COSTS, **revenue)
    assert (costs.cost_of_goods.shipped_from.month, costs.costs_at_settlement) == (10, at_settlement)
    without = policy(catalogue="products.csv", **revenue)
    assert (without.cost_of_goods, without.costs_at_settlement) == (None, False)


def test_returns_take_cost_back_from_the_day_that_is_set():
    """From the first shipment on unless something is said; the day itself counts."""
    plain = {"catalogue": "products.csv", "month_end": "accrue"}
    costs = policy(cost_of_goods=COSTS, **plain).cost_of_goods
    assert (costs.takes_back(date(2026, 9, 30)), costs.takes_back(date(2026, 10, 1))) == (False, True)
    costs = policy(cost_of_goods=COSTS | {"returned_from": "2026-12-01"}, **plain).cost_of_goods
    assert (costs.takes_back(date(2026, 11, 30)), costs.takes_back(date(2026, 12, 1))) == (False, True)


@pytest.mark.parametrize("asked", [{"invoicing": BILLED}, {"cost_of_goods": COSTS, "catalogue": "p.csv"}])
def test_what_was_shipped_before_go_live_is_neither_billed_nor_costed(asked):
    """It is in the books by hand; from go-live on it may be."""
    told = {"month_end": "accrue", **asked}
    with pytest.raises(ValidationError, match="shipped_from 2026-10-01 lies before books_from 2026-10-02: what was"):
        policy(books_from="2026-10-02", **told)
    assert policy(books_from="2026-10-01", **told)
    assert policy(books_from=["24758260539"], **told)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cost_of_goods": COSTS, "invoicing": BILLED}, "cost_of_goods needs catalogue"),
        ({"cost_of_goods": {}, "catalogue": "p.csv", "invoicing": BILLED}, "shipped_from"),
        ({"catalogue": ""}, "catalogue"),
    ],
)
def test_cost_of_goods_without_what_it_needs_is_refused(changes, said):
    """A catalogue for the unit costs, and a day from which on they count."""
    with pytest.raises(ValidationError, match=said):
        policy(**changes)
