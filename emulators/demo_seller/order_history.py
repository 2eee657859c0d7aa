"""The orders behind the demonstration seller's settlements, and those that no settlement holds yet.

In: a market, its chain of settlements, the day it is seen from, a random generator of its own. Out: `OrderRecord`s with
the amounts of the settlement rows, bought and shipped before Amazon released the money: most a week or more before, as
Amazon holds it until seven days after delivery. Beside them orders that are shipped and not settled, not shipped,
pending without a confirmed payment, cancelled. Orders of other shops that Amazon only shipped are no Amazon orders.

Amazon's order reports and its Orders API state European and British prices with VAT; the settlement states them without
where Amazon's VAT service runs (the British market here) and with it elsewhere (the German one). In North America both
state prices without tax.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from emulators.amazon.history import OrderLine, OrderRecord
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.settlement_writer import Row
from emulators.demo_seller.catalog import PRODUCTS, Market
from emulators.demo_seller.orders import Order, OrderMaker, cents
from emulators.demo_seller.series import ChainedSettlement

_ZERO = Decimal("0.00")
_PRODUCTS = {product.sku: product for product in PRODUCTS}
# Where a market's parcels go: countries and their shares.
_SHIPS_TO = {
    "Amazon.com": (("US", 1.0),),
    "Amazon.co.uk": (("GB", 1.0),),
    "Amazon.ca": (("CA", 1.0),),
    "Amazon.de": (("DE", 0.86), ("AT", 0.09), ("NL", 0.03), ("FR", 0.02)),
}
# Share of orders whose money Amazon releases at once, and of those that companies place.
_AT_ONCE, _BUSINESS = 0.15, 0.06
# A payment that is not confirmed by the end of the demonstration.
_NOT_CONFIRMED_WITHIN = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class OpenOrders:
    """How many orders of each kind a market has that no settlement holds."""

    shipped: int
    unshipped: int
    pending: int
    cancelled: int


def unsettled_orders(
    market: Market, count: int, closed: datetime, as_of: date, draw: random.Random
) -> list[tuple[Order, datetime]]:
    """Make orders that are shipped and not settled, each with the moment it was shipped.

    The rows are those that a coming settlement will hold; they are posted when Amazon releases the money, which may lie
    ahead of `as_of`.

    Args:
        closed: End of the newest settlement; nothing of this list was released before.
    """
    maker, midnight = OrderMaker(market, draw), datetime.combine(as_of, time(), UTC)
    made = []
    for _ in range(count):
        if draw.random() < _AT_ONCE:
            released = _between(draw, closed + timedelta(minutes=2), midnight)
            shipped = released - timedelta(minutes=draw.randrange(1, 90))
        else:
            shipped = _between(draw, midnight - timedelta(days=11), midnight)
            released = max(shipped + _held(draw), _between(draw, closed + timedelta(minutes=2), midnight))
        made.append((maker.order(released), shipped))
    return made


def orders_of(
    market: Market,
    chain: Sequence[ChainedSettlement],
    unsettled: Iterable[tuple[Order, datetime]],
    counts: OpenOrders,
    as_of: date,
    draw: random.Random,
) -> list[OrderRecord]:
    """Return all orders of a market as of a day, in order of purchase.

    Args:
        unsettled: What `unsettled_orders` made for this market.
    """
    records = [
        _record(market, rows, _shipped_before(rows[0].posted, draw), draw)
        for link in chain
        for rows in _orders_in(link.settlement.rows)
    ]
    records += [_record(market, order.rows, shipped, draw) for order, shipped in unsettled]
    records += _never_shipped(market, counts, as_of, draw)
    return sorted(records, key=attrgetter("purchased"))


def _orders_in(rows: Iterable[Row]) -> Iterable[list[Row]]:
    # Orders of other shops have ids that begin with S01.
    own = (row for row in rows if row.transaction_type == "Order" and not row.order_id.startswith("S"))
    return (list(group) for _, group in groupby(own, attrgetter("order_id")))


def _shipped_before(released: datetime, draw: random.Random) -> datetime:
    if draw.random() < _AT_ONCE:
        return released - timedelta(minutes=draw.randrange(1, 90))
    return released - _held(draw)


def _held(draw: random.Random) -> timedelta:
    return timedelta(days=7, seconds=draw.randrange(5 * 86_400))


def _between(draw: random.Random, start: datetime, end: datetime) -> datetime:
    return start + timedelta(seconds=draw.randrange(max(1, int((end - start).total_seconds()))))


def _record(market: Market, rows: Sequence[Row], shipped: datetime, draw: random.Random) -> OrderRecord:
    first = rows[0]
    by_amazon = first.fulfillment_id == "AFN"
    return OrderRecord(
        order_id=first.order_id,
        marketplace_id=market.marketplace_id,
        channel=market.name,
        currency=market.currency,
        purchased=shipped - timedelta(seconds=draw.randrange(5 * 3_600, 60 * 3_600)),
        updated=shipped + timedelta(seconds=draw.randrange(40, 2_400)),
        lines=tuple(_line(market, list(group)) for _, group in groupby(rows, attrgetter("order_item_code"))),
        shipped=shipped,
        is_by_amazon=by_amazon,
        is_business=draw.random() < _BUSINESS,
        ship_country=_country(market, draw),
        shipment_id=first.shipment_id,
    )


def _country(market: Market, draw: random.Random) -> str:
    left = draw.random()
    countries = _SHIPS_TO[market.name]
    for country, share in countries:
        left -= share
        if left < 0:
            return country
    return countries[0][0]


def _line(market: Market, rows: Sequence[Row]) -> OrderLine:
    """Make an order's line of its settlement rows."""
    amounts: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        if row.amount_type in ("ItemPrice", "Promotion"):
            amounts[row.amount_type, row.amount_description] = row.amount
    first = rows[0]
    product = _PRODUCTS[first.sku]
    net = OrderLine(
        order_item_id=first.order_item_code,
        sku=first.sku,
        asin=product.asin,
        title=product.title,
        quantity=first.quantity or 0,
        principal=amounts.get(("ItemPrice", "Principal"), _ZERO),
        tax=amounts.get(("ItemPrice", "Tax"), _ZERO),
        shipping=amounts.get(("ItemPrice", "Shipping"), _ZERO),
        shipping_tax=amounts.get(("ItemPrice", "ShippingTax"), _ZERO),
        gift_wrap=amounts.get(("ItemPrice", "GiftWrap"), _ZERO),
        gift_wrap_tax=amounts.get(("ItemPrice", "GiftWrapTax"), _ZERO),
        item_promotion=amounts.get(("Promotion", "Principal"), _ZERO),
        ship_promotion=amounts.get(("Promotion", "Shipping"), _ZERO),
    )
    is_stated_with_tax = market.tax_model == "added" and MARKETPLACES[market.marketplace_id].region == "eu"
    return _with_tax_inside(net, market.tax_rates[0]) if is_stated_with_tax else net


def _with_tax_inside(net: OrderLine, rate: Decimal) -> OrderLine:
    """Put the VAT into the prices: price less promotion less tax stays what the settlement has."""
    item_off, ship_off = cents(net.item_promotion * rate), cents(net.ship_promotion * rate)
    return replace(
        net,
        principal=net.principal + net.tax - item_off,
        shipping=net.shipping + net.shipping_tax - ship_off,
        gift_wrap=net.gift_wrap + net.gift_wrap_tax,
        item_promotion=net.item_promotion + item_off,
        ship_promotion=net.ship_promotion + ship_off,
    )


def _never_shipped(market: Market, counts: OpenOrders, as_of: date, draw: random.Random) -> list[OrderRecord]:
    midnight, maker = datetime.combine(as_of, time(), UTC), OrderMaker(market, draw)

    def bought(purchased: datetime) -> OrderRecord:
        order = maker.order(purchased)
        record = _record(market, order.rows, purchased, draw)
        return replace(record, purchased=purchased, updated=purchased, shipped=None, shipment_id="")

    records = []
    for _ in range(counts.unshipped):
        record = bought(_between(draw, midnight - timedelta(hours=20), midnight))
        records.append(replace(record, updated=record.purchased + timedelta(minutes=30)))
    for _ in range(counts.pending):
        record = bought(_between(draw, midnight - timedelta(hours=9), midnight))
        records.append(replace(record, pending_until=midnight + _NOT_CONFIRMED_WITHIN))
    for _ in range(counts.cancelled):
        record = bought(_between(draw, midnight - timedelta(days=50), midnight - timedelta(days=1)))
        cancelled = record.purchased + timedelta(minutes=draw.randrange(5, 900))
        records.append(replace(record, cancelled=cancelled, updated=cancelled))
    return records
