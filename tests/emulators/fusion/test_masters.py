"""The master data of the general ledger as it stands now: ledgers, periods, accounts, rates."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from emulators.fusion.demo_site import CHART_ID
from emulators.fusion.site import Combination
from tests.emulators.fusion.bench import US


def status(caller, name: str, application: int = 101) -> str:
    """Return a period's status in the form of version 2 and later."""
    query = f"PeriodNameId='{name}' and ApplicationId={application} and LedgerId={US}"
    rows = caller.items("accountingPeriodStatusLOV", q=query)
    return rows[0]["ClosingStatus"] if rows else ""


@pytest.mark.parametrize(
    "name, expected",
    [("Mar-26", "C"), ("Apr-26", "O"), ("Nov-26", "O"), ("Jan-27", "F"), ("Feb-27", "N"), ("Xxx-26", "")],
)
def test_periods_around_today_are_open(caller, name, expected):
    """Seven months back and this one are open, two to come can be entered."""
    assert status(caller, name) == expected


def test_the_documented_form_of_version_1_finds_a_period_and_its_key(caller):
    """Conditions joined by `;`; the item is reached by its opaque key."""
    caller.version = None
    query = f"PeriodNameId=Nov-26;ApplicationId=101;LedgerId={US}"
    found = caller.get("accountingPeriodStatusLOV", q=query).json()["items"]
    assert len(found) == 1
    assert caller.http.get(found[0]["links"][0]["href"], headers=bearer(caller)).json()["PeriodNumber"] == 11


def bearer(caller) -> dict[str, str]:
    """Return the header of the caller's token."""
    return {"Authorization": f"Bearer {caller.token}"}


def test_a_closed_period_is_closed_for_one_ledger_and_application_only(caller):
    """Receivables has periods of its own."""
    caller.app.books.people.close_period(US, "Nov-26")
    assert (status(caller, "Nov-26"), status(caller, "Nov-26", 222)) == ("C", "O")
    with pytest.raises(KeyError, match="no period"):
        caller.app.books.people.close_period(US, "Nov-99")


def test_a_ledger_has_currency_and_chart(caller):
    """One ledger per country."""
    rows = caller.items("ledgersLOV", orderBy="LedgerId")
    assert [(row["CurrencyCode"], row["ChartOfAccountsId"]) for row in rows] == [
        ("USD", CHART_ID),
        ("GBP", CHART_ID),
        ("EUR", CHART_ID),
        ("CAD", CHART_ID),
    ]


def test_an_account_combination_shows_type_and_whether_it_can_be_booked(caller, site):
    """Its own settings, and where the pod inherits those of its values."""

    def flags() -> tuple[str, str, str]:
        query = f"_CHART_OF_ACCOUNTS_ID={CHART_ID} and account='110500' and company='01' and department='000'"
        row = caller.items("accountCombinationsLOV", q=query)[0]
        return row["AccountType"], row["EnabledFlag"], row["DetailPostingAllowedFlag"]

    assert flags() == ("A", "Y", "Y")
    site.replace_value(replace(site.value("account", "110500"), is_enabled=False))
    assert flags() == ("A", "N", "Y")
    site.switches = replace(site.switches, do_combinations_inherit=False)
    assert flags() == ("A", "Y", "Y")
    site.replace_combination(Combination(CHART_ID, "01-000-110500-000", is_postable=False))
    assert flags() == ("A", "Y", "N")


def test_other_lists_of_the_enterprise(caller):
    """Business units lead to their ledger; rates are exact numbers."""
    unit = caller.items("finBusinessUnitsLOV", q="BusinessUnitName = 'US1 Business Unit'")[0]
    assert unit["PrimaryLedgerId"] == US
    query = "FromCurrency = 'EUR' and ToCurrency = 'USD' and ConversionDate = '2026-11-10'"
    rate = caller.items("currencyRates", q=query)[0]["ConversionRate"]
    assert rate == caller.app.site.rate_on(
        "Corporate", "EUR", "USD", caller.app.site.rates[0].day.replace(2026, 11, 10)
    )
    assert isinstance(rate, Decimal)
    assert {row["UserConversionType"] for row in caller.items("currencyConversionTypesLOV")} == {
        "Corporate",
        "Spot",
        "User",
    }
    for name in ("accountingPeriodsLOV", "chartOfAccountsLOV", "legalEntitiesLOV"):
        assert caller.items(name)
