"""Orders read one by one: to the end, each once, money exact, people left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from emulators import faults
from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.order import Order
from resources.amazon.orders import TooManyPages
from tests.resources.amazon.client.order_rig import add_order, rig_with_orders
from tests.resources.amazon.client.rig import CA, US, Rig, answering, make_rig
from tests.resources.transport.rig import START

LONG_AGO = START - timedelta(days=100)
FIRST = "112-0000000-0000000"


@pytest.fixture
def orders() -> Iterator[Rig]:
    """Return Amazon with three orders."""
    made = rig_with_orders()
    yield made
    made.app.close()


def found(rig: Rig, **changes: Any) -> list[str]:
    """Return the last digits of the orders a search brings."""
    arguments = {"created_after": LONG_AGO, **changes}
    return [order.order_id[-3:] for order in rig.client().orders.search(**arguments)]


def test_a_search_reads_every_page_with_unchanged_arguments():
    """250 orders are three calls; a token with other arguments would be a 400."""
    rig = rig_with_orders(250)
    assert found(rig) == [f"{number:03d}" for number in range(250)]
    queries = [exchange.query_names for exchange in rig.app.exchanges if exchange.operation == "searchOrders"]
    assert len(queries) == 3
    assert queries[1] == queries[2] == queries[0] | {"paginationToken"}
    rig.app.close()


def test_a_search_waits_for_its_quota_and_not_longer_than_it_must():
    """A burst of twenty, then a call in three minutes; the pages of a long list are still read to the end."""
    rig = rig_with_orders(3)
    client = rig.client()
    started = rig.clock.now()
    for _ in range(22):
        assert len(list(client.orders.search(created_after=LONG_AGO))) == 3
    assert timedelta(minutes=5) < rig.clock.now() - started < timedelta(minutes=8)
    rig.app.close()


def test_orders_are_read_whole(orders: Rig):
    """Items, money with its decimals, what a discount and a tax are."""
    order = orders.client().orders.get(FIRST)
    assert order is not None
    assert (order.order_id, order.seller_order_id, order.channel, order.marketplace_id) == (FIRST, FIRST, "AMAZON", US)
    assert (order.status, order.fulfilled_by, order.is_business) == ("SHIPPED", "AMAZON", False)
    assert order.created == START - timedelta(days=10)
    assert order.updated == START - timedelta(days=9)
    (item,) = order.items
    assert (item.sku, item.asin, item.quantity_ordered, item.quantity_fulfilled) == ("MUG", "B0DEMOMUG1", 2, 2)
    assert item.unit_price is not None
    assert (item.unit_price.amount, item.unit_price.currency) == (Decimal("10.00"), "USD")
    assert item.proceeds is not None
    assert item.proceeds.parts == {
        "ITEM": Decimal("20.00"),
        "SHIPPING": Decimal("5.00"),
        "TAX": Decimal("2.00"),
        "DISCOUNT": Decimal("-2.00"),
    }
    assert item.proceeds.details["TAX", "SHIPPING"] == Decimal("0.40")
    assert item.proceeds.details["DISCOUNT", "ITEM"] == Decimal("-2.00")
    assert (item.proceeds.total, item.proceeds.is_tax_inside) == (Decimal("25.00"), False)
    assert item.promotion_ids == ("PAWS-DEMO-ITEM",)
    assert item.tax_collection_model == "MARKETPLACE_FACILITATOR"
    assert order.packages == ()


@pytest.mark.parametrize("sign", ["negative", "positive"])
def test_a_discount_is_negative_however_amazon_writes_it(sign: str):
    """The model does not say; the total proves it."""
    rig = rig_with_orders(1, proceeds_discount=sign)
    order = rig.client().orders.get(FIRST)
    assert order is not None
    assert order.proceeds is not None
    assert order.proceeds.parts["DISCOUNT"] == Decimal("-2.00")
    assert order.proceeds.is_tax_inside is False
    rig.app.close()


def test_where_the_tax_is_inside_the_total_says_so(rig: Rig):
    """Prices with VAT: the total is without the tax beside it; where nothing decides, nothing is said."""

    def proceeds(item: str, tax: str, total: str | None) -> dict[str, Any]:
        parts = [
            {"type": "ITEM", "subtotal": {"amount": item, "currencyCode": "GBP"}},
            {"type": "TAX", "subtotal": {"amount": tax, "currencyCode": "GBP"}},
        ]
        return {"breakdowns": parts} | (
            {"proceedsTotal": {"amount": total, "currencyCode": "GBP"}} if total is not None else {}
        )

    cases = [("12.00", "2.00", "12.00", True), ("10.00", "2.00", "12.00", False), ("10.00", "0", "10.00", None)]
    cases += [("10.00", "2.00", "11.00", None), ("10.00", "2.00", None, None)]
    for item, tax, total, expected in cases:
        order = one_order(
            rig, lambda body, made=proceeds(item, tax, total): body["orderItems"][0].update(proceeds=made)
        )
        assert order.items[0].proceeds is not None
        assert order.items[0].proceeds.is_tax_inside is expected


def test_merchants_parcels_tell_when_they_were_shipped():
    """Amazon's own do not."""
    rig = make_rig()
    order_id = add_order(rig, 5, is_by_amazon=False, is_business=True)
    order = rig.client().orders.get(order_id)
    assert order is not None
    assert (order.fulfilled_by, order.is_business) == ("MERCHANT", True)
    assert order.packages[0].shipped == order.updated
    assert order.packages[0].quantities == (("11111111111111", 2),)
    rig.app.close()


def test_pending_and_cancelled_orders_have_no_proceeds():
    """They are read all the same."""
    rig = make_rig()
    pending = add_order(rig, 1, days_ago=0.01, shipped=None)
    cancelled = add_order(rig, 2, shipped=None, cancelled=START - timedelta(days=9))
    one, other = (rig.client().orders.get(order_id) for order_id in (pending, cancelled))
    assert one is not None
    assert (one.status, one.proceeds, one.items[0].proceeds, one.items[0].unit_price) == ("PENDING", None, None, None)
    assert other is not None
    assert (other.status, other.items[0].cancelled_by) == ("CANCELLED", "BUYER")
    rig.app.close()


def test_filters_and_spans(orders: Rig):
    """By update, by status, by marketplace; an empty span asks nothing."""
    add_order(orders, 7, days_ago=40)
    assert found(orders) == ["007", "000", "001", "002"]
    after = START - timedelta(days=20)
    assert found(orders, created_after=after) == ["000", "001", "002"]
    assert found(orders, created_after=None, updated_after=after) == ["000", "001", "002"]
    assert found(orders, before=after) == ["007"]
    assert found(orders, statuses=("PENDING",)) == []
    assert found(orders, marketplace_ids=(CA,)) == []
    calls = len(orders.operations())
    assert found(orders, created_after=START - timedelta(seconds=60)) == []
    assert found(orders, before=LONG_AGO) == []
    assert len(orders.operations()) == calls


@pytest.mark.parametrize("included", [("BUYER",), ("PROCEEDS", "RECIPIENT"), ("PAYMENT",)])
def test_people_are_never_asked_for(orders: Rig, included: tuple[str, ...]):
    """That would be our own mistake; and what is asked for names none of it."""
    with pytest.raises(AssertionError, match="people"):
        list(orders.client().orders.search(created_after=LONG_AGO, included=included))
    with pytest.raises(AssertionError, match="people"):
        orders.client().orders.get(FIRST, included=included)
    found(orders)
    sent = [exchange.url for exchange in orders.trail.exchanges if "orders" in exchange.url]
    assert sent
    assert not any(word in url for url in sent for word in ("BUYER", "RECIPIENT", "PAYMENT"))


def test_people_are_not_read_when_they_come_all_the_same(rig: Rig):
    """Neither name nor address has a place in our values."""
    order = one_order(
        rig,
        lambda body: body.update(
            buyer={"buyerName": "Jane Demo"}, recipient={"deliveryAddress": {"city": "Demotown", "name": "Jane Demo"}}
        ),
    )
    assert "Demo" not in repr(replace(order, items=()))


def test_an_order_that_does_not_exist_is_none(orders: Rig):
    """No error: a repair asks for many."""
    assert orders.client().orders.get("112-9999999-9999999") is None


@pytest.mark.parametrize("fault", [faults.status(429), faults.status(500), faults.dropped(), faults.html(502)])
def test_faults_that_pass_are_waited_out(orders: Rig, fault: faults.Fault):
    """Reading is repeated; a 429 costs the three minutes that a token takes to grow."""
    orders.faults.next("searchOrders", fault)
    assert found(orders) == ["000", "001", "002"]


def test_faults_that_stay_end_in_a_sentence(orders: Rig):
    """Bounded in attempts and time."""
    orders.faults.always("searchOrders", faults.status(503))
    with pytest.raises(SourceUnavailable, match="searchOrders"):
        found(orders)


def test_a_missing_role_is_named(orders: Rig):
    """Orders want another role than finance."""
    orders.world.grants[orders.secrets["us_refresh_token"]].roles = frozenset({"Finance and Accounting"})
    with pytest.raises(SourceRefused, match="Inventory and Order Tracking"):
        found(orders)


def test_a_page_token_that_died_begins_the_span_anew():
    """It lives for twenty-four hours; what came out before does not come again."""
    rig = rig_with_orders(150)
    search = rig.client().orders.search(created_after=LONG_AGO)
    read = [next(search) for _ in range(100)]
    rig.clock.advance(86_401)
    read += search
    assert [order.order_id[-3:] for order in read] == [f"{number:03d}" for number in range(150)]
    assert rig.operations().count("searchOrders") == 4
    rig.app.close()


def test_page_tokens_that_die_again_and_again_end_in_a_sentence(rig: Rig):
    """Bounded: an Amazon that takes no token is not asked for ever."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "paginationToken" in request.url.params:
            return httpx.Response(400, json={"errors": [{"code": "InvalidInput", "message": "not valid"}]})
        return httpx.Response(200, json={"orders": [order_json()], "pagination": {"nextToken": "t"}})

    with pytest.raises(SourceUnavailable, match="24 hours"):
        list(rig.client(answering(rig.clock, answer)).orders.search(created_after=LONG_AGO))


def test_a_search_stops_at_as_many_pages_as_the_caller_waits_for():
    """What was read until then came out, and the caller knows that it is not all."""
    rig = rig_with_orders(250)
    read = []
    with pytest.raises(TooManyPages):
        read.extend(rig.client().orders.search(created_after=LONG_AGO, pages_max=2))
    assert (len(read), rig.operations().count("searchOrders")) == (200, 2)
    rig.app.close()


def order_json(**changes: Any) -> dict[str, Any]:
    """Return an order as Amazon would send it."""
    item = {"orderItemId": "1", "quantityOrdered": 1, "product": {"asin": "B0", "sellerSku": "MUG", "title": "Mug"}}
    return {
        "orderId": "112-1",
        "createdTime": "2026-11-01T00:00:00Z",
        "lastUpdatedTime": "2026-11-02T00:00:00Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": US},
        "orderItems": [item],
        **changes,
    }


def one_order(rig: Rig, change: Callable[[dict[str, Any]], None]) -> Order:
    """Read one order whose answer was changed."""
    body = order_json()
    change(body)
    content = json.dumps({"order": body})  # as Amazon escapes it, half characters included
    order = rig.client(answering(rig.clock, lambda request: httpx.Response(200, text=content))).orders.get("112-1")
    assert order is not None
    return order


def _amount(value: Any, currency: str = "USD") -> Callable[[dict[str, Any]], None]:
    money = {"amount": value, "currencyCode": currency}
    return lambda body: body.update(proceeds={"grandTotal": money})


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.pop("orderId"),
        lambda body: body.update(orderId="112-2"),
        lambda body: body.pop("createdTime"),
        lambda body: body.update(lastUpdatedTime="yesterday"),
        lambda body: body.update(lastUpdatedTime="0001-01-01T00:00:00Z"),
        lambda body: body.update(createdTime="9999-12-31T23:59:59Z"),
        lambda body: body.update(createdTime="1970-01-01T00:00:00Z"),
        lambda body: body.update(
            packages=[{"packageReferenceId": "1", "packageItems": [], "shipTime": "2206-11-01T00:00:00Z"}]
        ),
        lambda body: body["orderItems"][0]["product"].update(title="half a \ud83d"),
        lambda body: body.update(programs=["\udc00"]),
        lambda body: body.pop("salesChannel"),
        lambda body: body.pop("orderItems"),
        lambda body: body.update(orderItems={}),
        lambda body: body.update(orderItems=["1"]),
        lambda body: body["orderItems"][0].pop("orderItemId"),
        lambda body: body["orderItems"][0].pop("quantityOrdered"),
        lambda body: body["orderItems"][0].update(quantityOrdered="1"),
        lambda body: body["orderItems"][0].update(quantityOrdered=True),
        lambda body: body.update(fulfillment={"fulfillmentStatus": "LOST"}),
        lambda body: body.update(fulfillment=[]),
        lambda body: body.update(programs="PRIME"),
        lambda body: body.update(packages=[{"packageReferenceId": "1", "packageItems": [{"orderItemId": "1"}]}]),
        lambda body: body.update(proceeds={"breakdowns": [{"type": "ITEM"}]}),
        _amount(10.5),
        _amount("1e3"),
        _amount("10.505"),
        _amount("1,000.00"),
        _amount("10.50", "JPY"),
        _amount("10.50", "XXX"),
        _amount(None),
        lambda body: body.update(
            proceeds={
                "grandTotal": {"amount": "1.00", "currencyCode": "USD"},
                "breakdowns": [{"type": "ITEM", "subtotal": {"amount": "1.00", "currencyCode": "EUR"}}],
            }
        ),
    ],
)
def test_an_order_of_another_shape_is_refused(rig: Rig, change: Callable[[dict[str, Any]], None]):
    """Half an order would look like a whole one, and a float like an amount."""
    with pytest.raises(SourceRefused, match="not of the documented shape"):
        one_order(rig, change)


def test_lists_that_do_not_end_are_left(rig: Rig):
    """The same token again and nothing new; an answer without orders."""
    page = {"orders": [order_json()], "pagination": {"nextToken": "t"}}
    client = rig.client(answering(rig.clock, lambda request: httpx.Response(200, json=page)))
    with pytest.raises(SourceUnavailable, match="does not come to an end"):
        list(client.orders.search(created_after=LONG_AGO))
    for empty in ({}, {"orders": None}):
        client = rig.client(answering(rig.clock, lambda request, page=empty: httpx.Response(200, json=page)))
        with pytest.raises(SourceRefused, match="orders are missing"):
            list(client.orders.search(created_after=LONG_AGO))


def test_an_order_that_comes_twice_comes_out_once(rig: Rig):
    """And again in its new state, when it changed between two pages."""
    changed = order_json(lastUpdatedTime="2026-11-03T00:00:00Z")
    pages = {
        "": {"orders": [order_json()], "pagination": {"nextToken": "t1"}},
        "t1": {"orders": [order_json()], "pagination": {"nextToken": "t2"}},
        "t2": {"orders": [order_json(), changed]},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=pages[request.url.params.get("paginationToken", "")])

    read = list(rig.client(answering(rig.clock, answer)).orders.search(created_after=LONG_AGO))
    assert [order.updated.day for order in read] == [2, 3]


def test_every_order_that_cannot_be_used_is_named(rig: Rig):
    """A status that nobody knows, an impossible date: by its number, or by its place on the page."""
    bad = [
        order_json(orderId="112-2", fulfillment={"fulfillmentStatus": "LOST"}),
        order_json(orderId="112-3", createdTime="9999-12-31T00:00:00Z"),
        order_json(orderId=None),
    ]
    client = rig.client(
        answering(rig.clock, lambda request: httpx.Response(200, json={"orders": [order_json(), *bad]}))
    )
    with pytest.raises(SourceRefused) as refused:
        list(client.orders.search(created_after=LONG_AGO))
    assert [name for name, _ in refused.value.reasons] == ["Order 112-2", "Order 112-3", "Order number 4"]
    assert "Order 112-2: " in str(refused.value)
    assert "a status that is not known (LOST)" in str(refused.value)
