"""A few orders by hand, in Europe and North America, for the emulated Amazon of `bench.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from emulators.amazon.history import OrderLine, OrderRecord
from emulators.amazon.world import World
from tests.emulators.amazon.bench import NOW, Bench, make_bench, small_world

ORDERS = "/orders/2026-01-01/orders"
UK, DE, US = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "ATVPDKIKX0DER"
LINE = OrderLine(
    order_item_id="11111111111111",
    sku="MUG",
    asin="B0DEMOMUG1",
    title="Mug – blue",
    quantity=2,
    principal=Decimal("24.00"),
    tax=Decimal("3.60"),
    shipping=Decimal("6.00"),
    shipping_tax=Decimal("1.00"),
    item_promotion=Decimal("-2.40"),
)


def order(number: int, *, days_ago: float, **changes: Any) -> OrderRecord:
    """Make a British order of Amazon's, bought so long ago and shipped a day later when that is over."""
    bought = NOW - timedelta(days=days_ago)
    shipped = bought + timedelta(days=1) if days_ago > 1 else None
    plain = OrderRecord(
        order_id=f"202-0000000-{number:07d}",
        marketplace_id=UK,
        channel="Amazon.co.uk",
        currency="GBP",
        purchased=bought,
        updated=shipped or bought,
        lines=(LINE,),
        shipped=shipped,
        ship_country="GB",
        shipment_id=f"S{number}",
    )
    return replace(plain, **changes)


def orders_world() -> World:
    """Return the two sellers with orders of every status."""
    world = small_world()
    cancelled = NOW - timedelta(days=4)
    net = replace(LINE, principal=Decimal("20.00"), shipping=Decimal("5.00"), item_promotion=Decimal("-2.00"))
    world.histories["ADEMOEU"].orders += [
        order(1, days_ago=40),
        order(2, days_ago=30, is_by_amazon=False),
        order(3, days_ago=20, marketplace_id=DE, channel="Amazon.de", currency="EUR", ship_country="AT"),
        order(4, days_ago=5, shipped=None, cancelled=cancelled, updated=cancelled),
        order(5, days_ago=0.5),
        order(6, days_ago=0.01),
        order(7, days_ago=3, is_business=True),
        order(8, days_ago=731),
        order(9, days_ago=-1),
    ]
    american = order(21, days_ago=6, marketplace_id=US, channel="Amazon.com", currency="USD", lines=(net,))
    world.histories["ADEMONA"].orders.append(replace(american, ship_country="US"))
    return world


def orders_bench(**settings: Any) -> Bench:
    """Build an emulator with these orders."""
    return make_bench(orders_world(), **settings)
