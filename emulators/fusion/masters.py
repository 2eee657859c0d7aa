"""The master data that a client reads before it posts: ledgers, periods, account combinations, rates and their kin.

What comes in: the site and its setup as it stands now. What goes out: the `Resource` definitions. A caller sees the
ledgers of its data access; without any, every list is empty with status 200.
Sources: https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/Get_Enterprise_Structures_Using_REST_API.html,
https://docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-accountingperiodstatuslov-accountingperiodstatuslovuniqid-get.html.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from emulators.fusion.resource import DATE, NUMBER, ROW_KEY, TEXT, Attribute, Resource, Row, hash_key
from emulators.fusion.setup import Setup
from emulators.fusion.site import GENERAL_LEDGER, NO_DATA, Chart, Client, Combination, Ledger, Site

CALENDAR = "Seller Calendar"
PERIOD_TYPE = "Month"


def ledgers_of(site: Site, client: Client) -> list[Ledger]:
    """Return the ledgers a client's user has data access to."""
    if client.role == NO_DATA:
        return []
    return [ledger for ledger in site.ledgers if client.ledger_ids is None or ledger.id in client.ledger_ids]


def master_resources(site: Site, setup: Setup) -> dict[str, Resource]:
    """Return the resources of the master data by name."""
    found = (
        _ledgers(site),
        _period_statuses(site, setup),
        _periods(site, setup),
        _combinations(site, setup),
        _charts(site),
        _conversion_types(site),
        _legal_entities(site),
        _business_units(site),
        _rates(site),
    )
    return {resource.name: resource for resource in found}


def keyed_resource(name: str, key: str, attributes: dict[str, str], rows: Callable[[Client], list[Row]]) -> Resource:
    """Return a resource whose rows are listed without a parent; `key` "" takes a hash over all that is queryable."""
    typed = tuple(Attribute(one, kind) for one, kind in attributes.items())

    def keyed(client: Client, parent: Row | None) -> list[Row]:
        return [{ROW_KEY: str(row[key]) if key else hash_key(name, *row.values()), **row} for row in rows(client)]

    return Resource(name, typed, keyed)


def _ledgers(site: Site) -> Resource:
    attributes = {"LedgerId": NUMBER, "Name": TEXT, "CurrencyCode": TEXT, "ChartOfAccountsId": NUMBER}
    attributes |= {"PeriodSetName": TEXT, "AccountedPeriodType": TEXT, "LedgerCategoryCode": TEXT}

    def rows(client: Client) -> list[Row]:
        return [
            {
                "LedgerId": ledger.id,
                "Name": ledger.name,
                "CurrencyCode": ledger.currency,
                "ChartOfAccountsId": ledger.chart_id,
                "PeriodSetName": CALENDAR,
                "AccountedPeriodType": PERIOD_TYPE,
                "LedgerCategoryCode": "PRIMARY",
            }
            for ledger in ledgers_of(site, client)
        ]

    return keyed_resource("ledgersLOV", "LedgerId", attributes, rows)


def _period_statuses(site: Site, setup: Setup) -> Resource:
    name = "accountingPeriodStatusLOV"
    kinds = {"PeriodNameId": TEXT, "ApplicationId": NUMBER, "LedgerId": NUMBER, "ClosingStatus": TEXT}
    kinds |= {"PeriodYear": NUMBER, "PeriodNumber": NUMBER, "AdjustmentPeriodFlag": TEXT}

    def rows(client: Client, parent: Row | None) -> list[Row]:
        allowed = {ledger.id for ledger in ledgers_of(site, client)}
        return [
            {
                ROW_KEY: hash_key(name, period.name, period.application_id, period.ledger_id),
                "PeriodNameId": period.name,
                "ApplicationId": period.application_id,
                "LedgerId": period.ledger_id,
                "ClosingStatus": period.status,
                "PeriodYear": period.first_day.year,
                "PeriodNumber": period.first_day.month,
                "AdjustmentPeriodFlag": period.is_adjustment,
            }
            for period in setup.periods()
            if period.ledger_id in allowed
        ]

    attributes = (Attribute(one, kind, one != "AdjustmentPeriodFlag") for one, kind in kinds.items())
    return Resource(name, tuple(attributes), rows)


def _periods(site: Site, setup: Setup) -> Resource:
    attributes = {"PeriodNameId": TEXT, "PeriodSetNameId": TEXT, "PeriodType": TEXT, "StartDate": DATE}
    attributes |= {"EndDate": DATE, "PeriodYear": NUMBER, "PeriodNumber": NUMBER}

    def rows(client: Client) -> list[Row]:
        if client.role == NO_DATA:
            return []
        once = {period.name: period for period in setup.periods() if period.application_id == GENERAL_LEDGER}
        return [
            {
                "PeriodNameId": period.name,
                "PeriodSetNameId": CALENDAR,
                "PeriodType": PERIOD_TYPE,
                "StartDate": period.first_day.isoformat(),
                "EndDate": period.last_day.isoformat(),
                "PeriodYear": period.first_day.year,
                "PeriodNumber": period.first_day.month,
            }
            for period in once.values()
        ]

    return keyed_resource("accountingPeriodsLOV", "", attributes, rows)


def _combinations(site: Site, setup: Setup) -> Resource:
    charts = {chart.id: chart for chart in site.charts}
    attributes = {"_CODE_COMBINATION_ID": NUMBER, "_CHART_OF_ACCOUNTS_ID": NUMBER, "AccountType": TEXT}
    attributes |= {"EnabledFlag": TEXT, "DetailPostingAllowedFlag": TEXT}
    attributes |= {"StartDateActive": DATE, "EndDateActive": DATE, "SummaryFlag": TEXT}
    attributes |= {segment: TEXT for chart in site.charts for segment in chart.segments}

    def rows(client: Client) -> list[Row]:
        if client.role == NO_DATA:
            return []
        return [_combination(site, setup, charts[row.chart_id], number, row) for number, row in setup.combinations()]

    return keyed_resource("accountCombinationsLOV", "_CODE_COMBINATION_ID", attributes, rows)


def _combination(site: Site, setup: Setup, chart: Chart, number: int, row: Combination) -> dict[str, Any]:
    """Return one combination; where the pod inherits, a disabled or ended value shows on its combinations."""
    parts = dict(zip(chart.segments, row.account.split(chart.delimiter), strict=False))
    values = [value for value in setup.values_of(chart, row.account) if value is not None]
    natural = site.value(chart.account_segment, parts[chart.account_segment])
    sides = [row, *values] if site.switches.do_combinations_inherit else [row]
    starts = [side.starts_on for side in sides if side.starts_on]
    ends = [side.ends_on for side in sides if side.ends_on]
    return {
        "_CODE_COMBINATION_ID": number,
        "_CHART_OF_ACCOUNTS_ID": row.chart_id,
        "AccountType": natural.account_type if natural else None,
        "EnabledFlag": _flag(all(side.is_enabled for side in sides)),
        "DetailPostingAllowedFlag": _flag(all(side.is_postable for side in sides)),
        "StartDateActive": _day(max(starts, default=None)),
        "EndDateActive": _day(min(ends, default=None)),
        "SummaryFlag": "N",
        **parts,
    }


def _charts(site: Site) -> Resource:
    def rows(client: Client) -> list[Row]:
        found = site.charts if client.role != NO_DATA else ()
        return [{"StructureInstanceNumber": chart.id, "Name": chart.name} for chart in found]

    attributes = {"StructureInstanceNumber": NUMBER, "Name": TEXT}
    return keyed_resource("chartOfAccountsLOV", "StructureInstanceNumber", attributes, rows)


def _conversion_types(site: Site) -> Resource:
    def rows(client: Client) -> list[Row]:
        return [{"UserConversionType": name} for name in site.rate_types if client.role != NO_DATA]

    return keyed_resource("currencyConversionTypesLOV", "", {"UserConversionType": TEXT}, rows)


def _legal_entities(site: Site) -> Resource:
    def rows(client: Client) -> list[Row]:
        return [
            {"LegalEntityId": _related(ledger, 1), "Name": ledger.legal_entity} for ledger in ledgers_of(site, client)
        ]

    return keyed_resource("legalEntitiesLOV", "LegalEntityId", {"LegalEntityId": NUMBER, "Name": TEXT}, rows)


def _business_units(site: Site) -> Resource:
    attributes = {"BusinessUnitId": NUMBER, "BusinessUnitName": TEXT}
    attributes |= {"PrimaryLedgerId": NUMBER, "LegalEntityId": NUMBER}

    def rows(client: Client) -> list[Row]:
        return [
            {
                "BusinessUnitId": business_unit_id(ledger),
                "BusinessUnitName": ledger.business_unit,
                "PrimaryLedgerId": ledger.id,
                "LegalEntityId": _related(ledger, 1),
            }
            for ledger in ledgers_of(site, client)
        ]

    return keyed_resource("finBusinessUnitsLOV", "BusinessUnitId", attributes, rows)


def _rates(site: Site) -> Resource:
    attributes = {"FromCurrency": TEXT, "ToCurrency": TEXT, "UserConversionType": TEXT}
    attributes |= {"ConversionDate": DATE, "ConversionRate": NUMBER}

    def rows(client: Client) -> list[Row]:
        return [
            {
                "FromCurrency": rate.currency_from,
                "ToCurrency": rate.currency_to,
                "UserConversionType": rate.rate_type,
                "ConversionDate": rate.day.isoformat(),
                "ConversionRate": rate.rate,
            }
            for rate in site.rates
            if client.role != NO_DATA
        ]

    return keyed_resource("currencyRates", "", attributes, rows)


def _related(ledger: Ledger, kind: int) -> int:
    """Return the id of a ledger's legal entity (1) or business unit (2), made from the ledger's own."""
    return ledger.id + kind * 1_000_000


def business_unit_id(ledger: Ledger) -> int:
    """Return the id of a ledger's business unit."""
    return _related(ledger, 2)


def _flag(is_set: bool) -> str:
    return "Y" if is_set else "N"


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
