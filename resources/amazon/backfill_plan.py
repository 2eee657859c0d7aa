"""What a backfill costs at Amazon: calls and minutes of every road that leads to the same data, and which is cheapest.

In: how many days, how many orders and transactions to expect. Out: roads with their calls per operation and the time
that the published quotas need for them. A bucket holds `burst` tokens and gains `rate` a second, so `n` calls take
(n - burst) / rate seconds, longer where some of the burst is kept for settlements. Operations have buckets of their
own, so a road takes as long as its slowest one, or as Amazon takes to make its reports.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from resources.amazon.quotas import KEPT_FOR_SETTLEMENTS, QUOTAS

TRANSACTIONS_PER_PAGE = 500
ORDERS_PER_PAGE = 100
OLD_EVENTS_PER_PAGE = 100
# A report is looked at about so often before it is made, and takes about so long (seen; Amazon promises nothing).
LOOKS_PER_REPORT = 8
MINUTES_PER_REPORT = 2.0
# A sale that is held is told twice, a refund and its fees once more.
TRANSACTIONS_PER_ORDER = 2.2
# A marketplace is settled every two weeks, and invoices its fees once or twice a month.
DAYS_PER_SETTLEMENT = 14
# So soon the report of fulfilled shipments is asked for anew, with the time that making it takes.
MINUTES_BETWEEN_SHIPMENTS = 45.0
INVOICES_PER_DAY = 2 / 30


# The assets that a backfill is planned for.
ROADS_TO = (
    "financial_events",
    "orders",
    "fba_reimbursements",
    "fba_returns",
    "fba_replacements",
    "fulfilled_shipments",
    "vat_transactions",
    "payouts",
    "balances",
    "settlement_summaries",
    "fee_invoices",
)


@dataclass(frozen=True)
class Span:
    """What is to be read: so many days of so many marketplaces, with so many orders placed or changed on a day.

    `windows` is, by asset, how many days are asked for at once (a report, or a list with its pages).
    """

    days: int
    orders_per_day: float
    windows: Mapping[str, int]
    marketplaces: int = 1
    is_of_old_events: bool = False

    @property
    def orders(self) -> int:
        """Return how many orders to expect."""
        return math.ceil(self.days * self.orders_per_day)

    def asked(self, asset: str) -> int:
        """Return how often an asset is asked for."""
        return math.ceil(self.days / self.windows[asset])


@dataclass(frozen=True)
class Road:
    """One way to the data: calls by operation, what Amazon needs beside them, and why one would take it."""

    asset: str
    name: str
    why: str
    calls: Mapping[str, int]
    minutes_of_making: float = 0.0
    is_for_volume: bool = field(default=True)

    @property
    def calls_total(self) -> int:
        """Return how many calls it takes."""
        return sum(self.calls.values())

    @property
    def minutes(self) -> float:
        """Return how long it takes from full buckets: they go on filling while Amazon makes its reports."""
        return max([self.minutes_of_making, *(quota_minutes(name, count) for name, count in self.calls.items())])


def quota_minutes(operation: str, calls: int) -> float:
    """Return how long so many calls take; at once go as many as a full bucket holds beside what it keeps."""
    quota = QUOTAS[operation]
    at_once = quota.burst - KEPT_FOR_SETTLEMENTS.get(operation, 0)
    return max(0, calls - at_once) / quota.rate_per_second / 60


def roads(span: Span) -> dict[str, list[Road]]:
    """Return the roads to each asset, the cheapest first."""
    found = {
        "financial_events": [_old_events(span) if span.is_of_old_events else _events(span)],
        "orders": [_order_report(span), _search(span.orders), _one_by_one(span.orders)],
        "fba_reimbursements": [_requested(span, "fba_reimbursements", "report of reimbursements", _EVERY_FOUR_HOURS)],
        "fba_returns": [_requested(span, "fba_returns", "report of customer returns", _EVERY_FOUR_HOURS)],
        "fba_replacements": [_requested(span, "fba_replacements", "report of replacements", _EVERY_FOUR_HOURS)],
        "fulfilled_shipments": [_shipments(span)],
        "vat_transactions": [_requested(span, "vat_transactions", "report of VAT transactions", _BY_QUARTER)],
        "payouts": [_payouts(span)],
        "balances": [_balances(span)],
        "settlement_summaries": [_summaries(span)],
        "fee_invoices": [_invoices(span)],
    }
    return {asset: sorted(options, key=lambda one: (one.minutes, one.calls_total)) for asset, options in found.items()}


def _events(span: Span) -> Road:
    window = span.windows["financial_events"]
    pages = math.ceil(span.orders * TRANSACTIONS_PER_ORDER / TRANSACTIONS_PER_PAGE)
    why = f"{TRANSACTIONS_PER_PAGE} transactions a page, at least one page for every {window} days"
    calls = {"listTransactions": max(span.asked("financial_events"), pages)}
    return Road("financial_events", "listTransactions", why, calls)


def _old_events(span: Span) -> Road:
    pages = math.ceil(span.orders * TRANSACTIONS_PER_ORDER / OLD_EVENTS_PER_PAGE)
    why = f"the older API: every day alone, {OLD_EVENTS_PER_PAGE} events a page"
    return Road("financial_events", "listFinancialEvents", why, {"listFinancialEvents": max(span.days, pages)})


def _order_report(span: Span) -> Road:
    window = span.windows["orders"]
    why = f"one report for {window} days, however many orders they hold"
    return _requested(span, "orders", "report of all orders", why, looked_for=span.asked("orders"))


def _requested(span: Span, asset: str, name: str, why: str, looked_for: int = 2) -> Road:
    """Return the road of a report that is made on request; `looked_for` calls look whether it was made before."""
    reports = span.asked(asset)
    calls = {
        "getReports": looked_for,
        "createReport": reports,
        "getReport": reports * LOOKS_PER_REPORT,
        "getReportDocument": reports,
    }
    return Road(asset, name, why, calls, reports * MINUTES_PER_REPORT)


def _shipments(span: Span) -> Road:
    """Return the road of the report of fulfilled shipments, which is made one after the other."""
    window, reports = span.windows["fulfilled_shipments"], span.asked("fulfilled_shipments")
    why = f"one report for {window} days: Amazon makes it every 30 minutes at most"
    road = _requested(span, "fulfilled_shipments", "report of fulfilled shipments", why, 2 * reports)
    pauses = (reports - 1) * MINUTES_BETWEEN_SHIPMENTS
    return replace(road, minutes_of_making=road.minutes_of_making + pauses)


_EVERY_FOUR_HOURS = "one report for a year: Amazon makes it every four hours at most"
_BY_QUARTER = "one report for three months"


def _search(orders: int) -> Road:
    why = f"{ORDERS_PER_PAGE} orders a page, one page in three minutes: for the last minutes, not for volume"
    calls = {"searchOrders": max(1, math.ceil(orders / ORDERS_PER_PAGE))}
    return Road("orders", "searchOrders", why, calls, is_for_volume=False)


def _one_by_one(orders: int) -> Road:
    why = "one call an order: to repair single orders"
    return Road("orders", "getOrder", why, {"getOrder": max(1, orders)}, is_for_volume=False)


def _payouts(span: Span) -> Road:
    asked = span.asked("payouts")
    why = f"one list of payouts and one of settlement periods for {span.windows['payouts']} days"
    return Road("payouts", "listPayouts", why, {"listPayouts": asked, "listFinancialEventGroups": asked})


def _balances(span: Span) -> Road:
    why = "one call a day: Amazon states one day at a time"
    return Road("balances", "listBalances", why, {"listBalances": span.days})


def _summaries(span: Span) -> Road:
    settlements = math.ceil(span.days / DAYS_PER_SETTLEMENT) * span.marketplaces
    why = f"one call a settlement, one in {DAYS_PER_SETTLEMENT} days for each marketplace"
    return Road("settlement_summaries", "listSummary", why, {"listSummary": settlements})


def _invoices(span: Span) -> Road:
    invoices = math.ceil(span.days * INVOICES_PER_DAY) * span.marketplaces
    heads = span.asked("fee_invoices") * span.marketplaces
    why = f"one list for {span.windows['fee_invoices']} days and marketplace, and one call an invoice"
    calls = {"getInvoiceHeaders": heads, "getInvoice": invoices}
    return Road("fee_invoices", "getInvoiceHeaders", why, calls)
