"""What a backfill takes: the published quotas decide, and the report of all orders wins by far."""

import pytest

from resources.amazon.backfill_plan import Span, quota_minutes, roads
from resources.amazon.quotas import QUOTAS

WINDOWS = {
    "financial_events": 7,
    "orders": 30,
    "fba_reimbursements": 366,
    "fba_returns": 366,
    "fba_replacements": 366,
    "fulfilled_shipments": 30,
    "vat_transactions": 92,
    "payouts": 60,
    "fee_invoices": 60,
}


def span(days: int, orders_per_day: float, **more: object) -> Span:
    """Return what is to be read."""
    return Span(days, orders_per_day, WINDOWS, **more)


@pytest.mark.parametrize(
    "operation, calls, minutes",
    [
        ("listTransactions", 10, 0),
        ("listTransactions", 11, 2 / 60),
        ("listTransactions", 130, 4),
        ("searchOrders", 20, 0),
        ("searchOrders", 21, 1 / 0.0056 / 60),
        # Five are kept for settlements.
        ("getReportDocument", 10, 0),
        ("getReportDocument", 11, 1 / 0.0167 / 60),
    ],
)
def test_the_first_calls_are_free_and_each_further_one_waits(operation, calls, minutes):
    """A bucket starts full."""
    assert quota_minutes(operation, calls) == pytest.approx(minutes)


def test_a_year_of_a_hundred_thousand_orders_takes_minutes_by_reports_and_days_one_by_one():
    """365 days of 274 orders: half an hour of waiting for reports against two days of single calls."""
    taken, *others = roads(span(365, 100_000 / 365))["orders"]
    assert (taken.name, taken.calls["createReport"]) == ("report of all orders", 13)
    assert taken.minutes < 30
    by_name = {one.name: one.minutes / 60 for one in others}
    assert by_name["searchOrders"] == pytest.approx(48.6, abs=0.5)
    assert by_name["getOrder"] == pytest.approx(55.5, abs=0.5)
    assert not any(one.is_for_volume for one in others)


def test_a_quiet_day_is_searched_for_in_one_call():
    """What was changed in the last minutes costs one page and no report."""
    taken = roads(span(1, 20))["orders"][0]
    assert (taken.name, taken.calls_total, taken.minutes) == ("searchOrders", 1, 0)


def test_events_take_a_page_for_every_window_or_for_every_five_hundred():
    """Whichever is more."""
    assert roads(span(70, 1))["financial_events"][0].calls == {"listTransactions": 10}
    assert roads(span(70, 1000))["financial_events"][0].calls == {"listTransactions": 308}


def test_every_operation_has_a_published_quota():
    """Or minutes could not be told."""
    for one in (span(365, 100), span(365, 100, is_of_old_events=True)):
        for options in roads(one).values():
            for road in options:
                assert set(road.calls) <= set(QUOTAS)


@pytest.mark.parametrize(
    "asset, calls",
    [
        ("payouts", {"listPayouts": 7, "listFinancialEventGroups": 7}),
        ("balances", {"listBalances": 365}),
        ("settlement_summaries", {"listSummary": 27 * 3}),
        ("fee_invoices", {"getInvoiceHeaders": 7 * 3, "getInvoice": 25 * 3}),
        ("vat_transactions", {"getReports": 2, "createReport": 4, "getReport": 32, "getReportDocument": 4}),
        ("fulfilled_shipments", {"getReports": 26, "createReport": 13, "getReport": 104, "getReportDocument": 13}),
        ("fba_reimbursements", {"getReports": 2, "createReport": 1, "getReport": 8, "getReportDocument": 1}),
        ("fba_replacements", {"getReports": 2, "createReport": 1, "getReport": 8, "getReportDocument": 1}),
        ("fba_returns", {"getReports": 2, "createReport": 1, "getReport": 8, "getReportDocument": 1}),
    ],
)
def test_every_source_of_a_year_is_counted(asset, calls):
    """Lists by their windows, balances by the day, summaries and invoices by the settlements and months there are."""
    [road] = roads(span(365, 100, marketplaces=3))[asset]
    assert road.calls == calls


def test_the_older_api_is_asked_day_by_day():
    """Or for a hundred events at once, whichever is more."""
    assert roads(span(70, 1, is_of_old_events=True))["financial_events"][0].calls == {"listFinancialEvents": 70}
    assert roads(span(70, 1000, is_of_old_events=True))["financial_events"][0].calls == {"listFinancialEvents": 1540}
