"""A chain of settlements of one market: each begins where the one before ended, with its reserve and its debt.

In: a `Plan` per settlement (length, size, what is special) and a start. Out: `ChainedSettlement`s, whose reserve held
by one is the reserve returned by the next, and whose negative total is the next one's `Payable to Amazon`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from emulators.amazon.settlement_writer import Row, Settlement
from emulators.demo_seller import account_rows
from emulators.demo_seller.catalog import Market
from emulators.demo_seller.orders import Order, OrderMaker, cents, instants

_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one settlement of a chain shall be.

    `ending` is `paid` (the share `held` of the balance kept back, the rest paid), `zero` (all kept back) or `negative`
    (advertising ate the balance and `shortfall` more). `is_charged` says that Amazon charged the card for the debt
    carried in.
    """

    days: int
    orders: int
    ending: str = "paid"
    held: Decimal = Decimal("0.27")
    shortfall: Decimal = _ZERO
    is_charged: bool = False
    has_subscription: bool = False
    extra: Callable[[datetime, datetime], list[Row]] | None = None


@dataclass(frozen=True, slots=True)
class ChainedSettlement:
    """A settlement and its place in the chain; all amounts zero or positive but the total."""

    settlement: Settlement
    reserve_returned: Decimal
    reserve_held: Decimal
    debt_carried: Decimal
    debt_charged: Decimal
    previous_id: str | None


def make_chain(
    market: Market,
    plans: Iterable[Plan],
    *,
    start: datetime,
    settlement_ids: Iterable[str],
    reserve: Decimal,
    draw: random.Random,
) -> list[ChainedSettlement]:
    """Make the settlements of one series.

    Args:
        start: Start of the first one; each lasts its plan's days and one second, as real ones do.
        settlement_ids: One per plan.
        reserve: What the settlement before the first one held back.
    """
    maker, past = OrderMaker(market, draw), list[Order]()
    chain: list[ChainedSettlement] = []
    debt, previous_id = _ZERO, None
    for plan, settlement_id in zip(plans, settlement_ids, strict=True):
        end = start + timedelta(days=plan.days, seconds=1)
        rows = account_rows.reserve_returned(start, reserve)
        rows += account_rows.debt_carried(start, debt, is_charged=plan.is_charged)
        rows += _trade(market, plan, maker, past, draw, start, end)
        held = _close(rows, plan, end)
        settlement = Settlement(settlement_id, start, end, market.currency, tuple(rows))
        charged = debt if plan.is_charged else _ZERO
        chain.append(ChainedSettlement(settlement, reserve, held, debt, charged, previous_id))
        reserve, debt = held, max(_ZERO, -settlement.total)
        start, previous_id = end, settlement_id
    return chain


def _trade(
    market: Market,
    plan: Plan,
    maker: OrderMaker,
    past: list[Order],
    draw: random.Random,
    start: datetime,
    end: datetime,
) -> list[Row]:
    rows: list[Row] = []
    for posted in instants(draw, start, end, plan.orders):
        past.append(maker.order(posted))
        rows += past[-1].rows
    for posted in instants(draw, start, end, 3):
        rows += maker.multi_channel(posted)
    # Refunds come on any older order, of this settlement or an earlier one, each order at most once.
    for posted in instants(draw, start, end, max(2, plan.orders // 18)):
        refunded = past.pop(draw.randrange(len(past)))
        earliest = refunded.rows[0].posted + timedelta(hours=1)
        rows += maker.refund(refunded, min(max(posted, earliest), end - timedelta(minutes=1)))
    rows += account_rows.running_costs(market, draw, start, end)
    if plan.has_subscription:
        rows += account_rows.subscription(market, start + timedelta(days=1))
    if plan.extra is not None:
        rows += plan.extra(start, end)
    return rows


def _close(rows: list[Row], plan: Plan, end: datetime) -> Decimal:
    """Add what ends the settlement as planned and return the reserve held."""
    balance = sum((row.amount for row in rows), _ZERO)
    if plan.ending == "negative":
        rows.append(account_rows.advertising(end - timedelta(hours=2), max(_ZERO, balance) + plan.shortfall))
        return _ZERO
    if balance <= 0:
        raise ValueError(f"The plan cannot end {plan.ending}: the balance is {balance}. Give it more orders.")
    held = balance if plan.ending == "zero" else cents(balance * plan.held)
    rows += account_rows.reserve_held(end, held)
    return held
