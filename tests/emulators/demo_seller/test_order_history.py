"""The demonstration seller's orders: what they say of the settlement rows that came of them."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

import pytest

from emulators.amazon.history import OrderRecord
from emulators.demo_seller.catalog import MARKETS, UK_MARKET
from emulators.demo_seller.seller import DemoSeller, demo_seller

AS_OF = date(2026, 11, 20)
MIDNIGHT = datetime.combine(AS_OF, time(), UTC)
ZERO = Decimal("0.00")
MARKETPLACES = [market.marketplace_id for market in MARKETS]
Item = tuple[str, str]


@cache
def _seller() -> DemoSeller:
    return demo_seller(7, AS_OF)


def _orders() -> list[OrderRecord]:
    return [order for history in _seller().world.histories.values() for order in history.orders]


@cache
def _settled() -> dict[Item, dict[tuple[str, str], Decimal]]:
    """Return (order, item) -> label -> amount of the Order rows of all published files, each settlement once."""
    amounts: dict[Item, dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    seen = set()
    for document in _seller().world.documents.values():
        charset = document.content_type.partition("charset=")[2] or "utf-8"
        text = io.StringIO(document.content.decode(charset))
        rows = list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
        if not rows or rows[0].get("settlement-id") in seen | {None}:
            continue
        seen.add(rows[0]["settlement-id"])
        for row in rows[1:]:
            if row["transaction-type"] == "Order" and not row["order-id"].startswith("S01"):
                label = row["amount-type"], row["amount-description"]
                amounts[row["order-id"], row["order-item-code"]][label] += Decimal(row["amount"].replace(",", "."))
    return amounts


@cache
def _released() -> dict[str, datetime]:
    """Return order -> the moment its settlement rows were posted."""
    moments = {}
    for document in _seller().world.documents.values():
        text = io.StringIO(document.content.decode("utf-8", errors="replace"))
        for row in csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row.get("transaction-type") == "Order":
                pattern = "%d.%m.%Y %H:%M:%S %Z" if "." in row["posted-date-time"] else "%Y-%m-%d %H:%M:%S %Z"
                moments[row["order-id"]] = datetime.strptime(row["posted-date-time"], pattern).replace(tzinfo=UTC)
    return moments


def test_every_settled_order_is_there_once_and_none_of_another_shop() -> None:
    """Multi-channel orders are no Amazon orders."""
    counted = Counter(order.order_id for order in _orders())
    assert max(counted.values()) == 1
    assert {order_id for order_id, _ in _settled()} <= set(counted)
    assert not any(order_id.startswith("S0") for order_id in counted)


@pytest.mark.parametrize("marketplace_id", MARKETPLACES)
def test_price_less_promotion_less_tax_is_what_the_settlement_has(marketplace_id: str) -> None:
    """In the UK the order states prices with VAT and the settlement without; elsewhere both alike."""
    settled, compared = _settled(), 0
    is_gross = marketplace_id == UK_MARKET.marketplace_id
    for order in _orders():
        for line in order.lines:
            rows = settled.get((order.order_id, line.order_item_id))
            if rows is None or order.marketplace_id != marketplace_id:
                continue
            item = line.principal + line.item_promotion - (line.tax if is_gross else ZERO)
            shipping = line.shipping + line.ship_promotion - (line.shipping_tax if is_gross else ZERO)
            assert item == rows["ItemPrice", "Principal"] + rows["Promotion", "Principal"]
            assert shipping == rows["ItemPrice", "Shipping"] + rows["Promotion", "Shipping"]
            assert line.tax == rows["ItemPrice", "Tax"]
            assert line.shipping_tax == rows["ItemPrice", "ShippingTax"]
            assert line.gift_wrap == rows["ItemPrice", "GiftWrap"]
            compared += 1
    assert compared > 300


def test_a_british_price_is_the_price_the_buyer_saw() -> None:
    """With VAT, before the promotion, which is stated with VAT as well: a tenth of the price."""
    cut = [
        line
        for order in _orders()
        for line in order.lines
        if order.marketplace_id == UK_MARKET.marketplace_id and line.item_promotion
    ]
    assert cut
    for line in cut:
        assert abs(line.principal + line.item_promotion * 10) <= Decimal("0.15")
        assert abs(line.tax - (line.principal + line.item_promotion) / 6) <= Decimal("0.02")


def test_orders_were_bought_and_shipped_before_the_money_came() -> None:
    """Most a week or more before, some on the same day."""
    waits = []
    for order in _orders():
        released = _released().get(order.order_id)
        if released is None:
            continue
        assert order.shipped is not None
        assert order.purchased < order.shipped < released
        assert order.updated >= order.shipped
        waits.append(released - order.shipped)
    assert sum(wait >= timedelta(days=7) for wait in waits) > 0.8 * len(waits)
    assert sum(wait < timedelta(hours=2) for wait in waits) > 0.1 * len(waits)
    assert not any(timedelta(hours=2) <= wait < timedelta(days=7) for wait in waits)


@pytest.mark.parametrize("marketplace_id", MARKETPLACES)
def test_every_market_has_orders_that_no_settlement_holds(marketplace_id: str) -> None:
    """Shipped and not settled, not shipped, pending, cancelled; nothing of it lies ahead of the day."""
    orders = [order for order in _orders() if order.marketplace_id == marketplace_id]
    settled = {order_id for order_id, _ in _settled()}
    unsettled = [order for order in orders if order.order_id not in settled]
    assert sum(order.shipped is not None for order in unsettled) >= 28
    assert sum(order.pending_until is not None for order in unsettled) >= 2
    assert sum(order.cancelled is not None for order in unsettled) >= 5
    unshipped = [o for o in unsettled if o.shipped is None and o.cancelled is None and o.pending_until is None]
    assert len(unshipped) >= 2
    for order in unsettled:
        moments = (order.purchased, order.shipped, order.cancelled)
        assert all(moment < MIDNIGHT for moment in moments if moment is not None)
        assert order.cancelled is None or order.shipped is None
    assert any(order.is_business for order in orders)


def test_merchants_ship_too_and_german_parcels_cross_borders() -> None:
    """Where it goes decides the VAT rate."""
    assert {order.is_by_amazon for order in _orders()} == {True, False}
    countries = {order.ship_country for order in _orders() if order.channel == "Amazon.de"}
    assert countries == {"DE", "AT", "NL", "FR"}
    assert all(line.asin.startswith("B0") and line.title for order in _orders() for line in order.lines)


def test_the_same_seed_and_day_give_the_same_orders() -> None:
    """And other orders for another seed."""
    first, second, other = (
        {name: history.orders for name, history in demo_seller(seed, AS_OF).world.histories.items()}
        for seed in (7, 7, 8)
    )
    assert first == second != other
