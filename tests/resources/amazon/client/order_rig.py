"""A few American orders on the emulated Amazon, for the tests of our own clients."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from emulators.amazon.history import OrderLine, OrderRecord
from tests.resources.amazon.client.rig import SELLER, US, Rig, make_rig

LINE = OrderLine(
    order_item_id="11111111111111",
    sku="MUG",
    asin="B0DEMOMUG1",
    title="Mug",
    quantity=2,
    principal=Decimal("20.00"),
    tax=Decimal("1.60"),
    shipping=Decimal("5.00"),
    shipping_tax=Decimal("0.40"),
    item_promotion=Decimal("-2.00"),
)


def add_order(rig: Rig, number: int, *, days_ago: float = 10, seller: str = SELLER, **changes: object) -> str:
    """Put an order into the seller's history, shipped a day after it was placed, and return its id."""
    bought = rig.clock.now() - timedelta(days=days_ago)
    shipped = bought + timedelta(days=1)
    plain = OrderRecord(
        order_id=f"112-0000000-{number:07d}",
        marketplace_id=US,
        channel="Amazon.com",
        currency="USD",
        purchased=bought,
        updated=shipped,
        lines=(LINE,),
        shipped=shipped,
        ship_country="US",
        shipment_id=f"S{number}",
    )
    made = replace(plain, **changes)
    rig.world.histories[seller].orders.append(made)
    return made.order_id


def rig_with_orders(count: int = 3, **settings: object) -> Rig:
    """Build an emulated Amazon with that many orders, a minute apart."""
    rig = make_rig(**settings)
    for number in range(count):
        add_order(rig, number, days_ago=10 - number / 1440)
    return rig
