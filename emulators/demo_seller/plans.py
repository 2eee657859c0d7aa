"""What happens in each settlement of the demonstration seller, series by series.

Out: `us_series`, `uk_series`, `de_series`, `ca_series`. Between them they show what finance people must be able to see
handled: a settlement of zero, a negative one that rolls over, one that was charged to the card, coupons, clawbacks,
identical rows, a debt moved between European accounts, reserves chained through all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from emulators.amazon.settlement_writer import Row
from emulators.demo_seller import account_rows
from emulators.demo_seller.catalog import CA_MARKET, DE_MARKET, UK_MARKET, US_MARKET, Market
from emulators.demo_seller.order_history import OpenOrders
from emulators.demo_seller.series import Plan

_CROSS_ACCOUNT_DEBT = Decimal("46.15")
_GERMAN_COUPON = "Gutschein für Trinkflaschen – 10 % sparen"


@dataclass(frozen=True, slots=True)
class Series:
    """One market's settlements within an account.

    `changes_at` is the time of day (UTC) at which one settlement ends and the next begins, `reserve` what was held back
    before the first, `before_go_live` how many of them the books already hold, `open_orders` what is not settled yet.
    """

    market: Market
    plans: tuple[Plan, ...]
    changes_at: time
    reserve: Decimal
    before_go_live: int
    open_orders: OpenOrders

    @property
    def days(self) -> int:
        """Return how many days the series spans."""
        return sum(plan.days for plan in self.plans)


def us_series(*, has_unknown_label: bool) -> Series:
    """Plan ten settlements in USD, on-demand payouts among them."""
    plans = (
        Plan(14, 130, has_subscription=True),
        Plan(10, 150),
        Plan(7, 120, held=Decimal("0.06"), extra=_us_coupon),
        Plan(8, 24, ending="negative", shortfall=Decimal("184.37"), has_subscription=True),
        Plan(7, 140, extra=lambda start, end: account_rows.twin_reimbursements(start + timedelta(days=3))),
        Plan(9, 110, ending="zero"),
        Plan(7, 150, held=Decimal("0.05"), has_subscription=True),
        Plan(7, 22, ending="negative", shortfall=Decimal("57.92")),
        Plan(8, 170, is_charged=True, extra=_clawback),
        Plan(7, 180, has_subscription=True, extra=_unknown_label if has_unknown_label else None),
    )
    return Series(US_MARKET, plans, time(14, 28, 38), Decimal("412.80"), 1, OpenOrders(70, 4, 4, 9))


def uk_series() -> Series:
    """Plan five biweekly settlements in GBP."""
    plans = (
        Plan(14, 60),
        Plan(14, 75, has_subscription=True),
        Plan(14, 80, extra=_clawback),
        Plan(14, 85, has_subscription=True),
        Plan(14, 95),
    )
    return Series(UK_MARKET, plans, time(8, 12, 41), Decimal("233.10"), 1, OpenOrders(28, 2, 2, 5))


def de_series() -> Series:
    """Plan four biweekly settlements in EUR; a debt of the French account is paid here and comes back later."""
    plans = (
        Plan(14, 70),
        Plan(14, 90, extra=lambda start, end: _debt(start, -_CROSS_ACCOUNT_DEBT)),
        Plan(14, 80, extra=lambda start, end: [account_rows.coupon(start + timedelta(days=4), _GERMAN_COUPON)]),
        Plan(14, 100, extra=lambda start, end: _debt(start, _CROSS_ACCOUNT_DEBT)),
    )
    return Series(DE_MARKET, plans, time(8, 59, 52), Decimal("318.44"), 0, OpenOrders(30, 2, 2, 5))


def ca_series() -> Series:
    """Plan five biweekly settlements in CAD."""
    plans = (
        Plan(14, 45, has_subscription=True),
        Plan(14, 50),
        Plan(14, 55, held=Decimal("0.12"), has_subscription=True),
        Plan(14, 60, extra=_clawback),
        Plan(14, 65, has_subscription=True),
    )
    return Series(CA_MARKET, plans, time(16, 41, 7), Decimal("294.65"), 1, OpenOrders(28, 2, 2, 5))


def _us_coupon(start: datetime, end: datetime) -> list[Row]:
    return [account_rows.coupon(end - timedelta(days=1), "Save 10% on camp mugs")]


def _clawback(start: datetime, end: datetime) -> list[Row]:
    return [account_rows.clawback(start + timedelta(days=2))]


def _debt(start: datetime, amount: Decimal) -> list[Row]:
    return [account_rows.cross_account_debt(start + timedelta(days=6), amount, "FR")]


def _unknown_label(start: datetime, end: datetime) -> list[Row]:
    label = "Peak Season Handling Surcharge"
    return [Row("AmazonFees", label, "Base fee", Decimal("-7.35"), start + timedelta(days=2))]
