"""What a backfill costs at Amazon: calls and minutes of every road that leads to the same data, and which is cheapest.

In: how many days, how many orders and transactions to expect. Out: roads with their calls per operation and the time
that the published quotas need for them. A bucket holds `burst` tokens and gains `rate` a second, so `n` calls take
(n - burst) / rate seconds, longer where some of the burst is kept for settlements. Operations have buckets of their
own, so a road takes as long as its slowest one, or as Amazon takes to make its reports.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from resources.amazon.quotas import KEPT_FOR_SETTLEMENTS, QUOTAS

TRANSACTIONS_PER_PAGE = 500
ORDERS_PER_PAGE = 100
DAYS_PER_ORDER_REPORT = 30
# A report is looked at about so often before it is made, and takes about so long (seen; Amazon promises nothing).
LOOKS_PER_REPORT = 8
MINUTES_PER_REPORT = 2.0
# A sale that is held is told twice, a refund and its fees once more.
TRANSACTIONS_PER_ORDER = 2.2


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


def roads(days: int, orders_per_day: float, days_per_events_window: int) -> dict[str, list[Road]]:
    """Return the roads to each asset, the cheapest first.

    Args:
        days: Length of the backfill.
        orders_per_day: How many orders are placed or changed on a day.
        days_per_events_window: How many days one question for transactions spans.
    """
    orders = math.ceil(days * orders_per_day)
    found = {
        "financial_events": [_events(days, orders, days_per_events_window)],
        "orders": [_report(days), _search(orders), _one_by_one(orders)],
        "fba_reimbursements": [_reimbursements()],
    }
    return {asset: sorted(options, key=lambda one: (one.minutes, one.calls_total)) for asset, options in found.items()}


def _events(days: int, orders: int, window: int) -> Road:
    pages = math.ceil(orders * TRANSACTIONS_PER_ORDER / TRANSACTIONS_PER_PAGE)
    calls = max(math.ceil(days / window), pages)
    why = f"{TRANSACTIONS_PER_PAGE} transactions a page, at least one page for every {window} days"
    return Road("financial_events", "listTransactions", why, {"listTransactions": calls})


def _report(days: int) -> Road:
    reports = math.ceil(days / DAYS_PER_ORDER_REPORT)
    calls = {
        "getReports": reports,
        "createReport": reports,
        "getReport": reports * LOOKS_PER_REPORT,
        "getReportDocument": reports,
    }
    why = f"one report for {DAYS_PER_ORDER_REPORT} days, however many orders they hold"
    return Road("orders", "report of all orders", why, calls, reports * MINUTES_PER_REPORT)


def _search(orders: int) -> Road:
    why = f"{ORDERS_PER_PAGE} orders a page, one page in three minutes: for the last minutes, not for volume"
    calls = {"searchOrders": max(1, math.ceil(orders / ORDERS_PER_PAGE))}
    return Road("orders", "searchOrders", why, calls, is_for_volume=False)


def _one_by_one(orders: int) -> Road:
    why = "one call an order: to repair single orders"
    return Road("orders", "getOrder", why, {"getOrder": max(1, orders)}, is_for_volume=False)


def _reimbursements() -> Road:
    calls = {"getReports": 2, "createReport": 1, "getReport": LOOKS_PER_REPORT, "getReportDocument": 1}
    why = "one report for the whole span: Amazon makes it every four hours at most"
    return Road("fba_reimbursements", "report of reimbursements", why, calls, MINUTES_PER_REPORT)
