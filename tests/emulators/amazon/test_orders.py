"""Searching and opening orders: arguments, pages, tokens, datasets, money, and personal data that nobody gets."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from emulators.amazon.world import FINANCE_ROLE, ORDER_ROLE
from tests.emulators.amazon.bench import NOW, REFRESH, Bench
from tests.emulators.amazon.order_bench import DE, ORDERS, UK, orders_bench
from tests.emulators.amazon.swagger import assert_fits

LONG_AGO = (NOW - timedelta(days=700)).isoformat()
ALL = "PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT,FULFILLMENT_ORDERS"
ZERO = Decimal("0.00")


@pytest.fixture
def bench() -> Bench:
    """Return the emulator with a few orders."""
    return orders_bench()


def _search(bench: Bench, **params: Any) -> httpx.Response:
    return bench.call(ORDERS, params={"createdAfter": LONG_AGO, **params})


def _numbers(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    assert_fits("searchOrders", 200, answer.json())
    return [int(order["orderId"][-2:]) for order in answer.json()["orders"]]


def _order(bench: Bench, number: int, *, region: str = "eu", included: str = ALL) -> dict[str, Any]:
    answer = bench.call(f"{ORDERS}/202-0000000-{number:07d}", region=region, params={"includedData": included})
    assert answer.status_code == 200
    assert_fits("getOrder", 200, answer.json())
    return answer.json()["order"]


def test_orders_come_oldest_first_without_a_payload_around_them(bench: Bench) -> None:
    """Neither one of two years ago nor one of tomorrow; what was not asked for is not there."""
    answer = _search(bench)
    assert _numbers(answer) == [1, 2, 3, 4, 7, 5, 6]
    assert "pagination" not in answer.json()
    assert answer.json()["createdBefore"] == "2026-11-20T11:58:00.000Z"
    for order in answer.json()["orders"]:
        assert not {"buyer", "recipient", "proceeds", "fulfillment", "packages"} & set(order)
        assert order["orderItems"]


def test_an_update_is_what_counts_when_asked_by_update(bench: Bench) -> None:
    """An order bought forty days ago was updated when it was shipped."""
    since = NOW - timedelta(days=4, hours=1)
    answer = bench.call(ORDERS, params={"lastUpdatedAfter": since.isoformat()})
    assert _numbers(answer) == [4, 7, 5, 6]
    assert "lastUpdatedBefore" in answer.json()
    assert _numbers(bench.call(ORDERS, params={"createdAfter": since.isoformat()})) == [7, 5, 6]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"fulfillmentStatuses": "SHIPPED"}, [1, 2, 3, 7]),
        ({"fulfillmentStatuses": "PENDING,UNSHIPPED"}, [5, 6]),
        ({"fulfillmentStatuses": "PENDING"}, [6]),
        ({"fulfillmentStatuses": "CANCELLED"}, [4]),
        ({"fulfillmentStatuses": "UNFULFILLABLE"}, []),
        ({"marketplaceIds": DE}, [3]),
        ({"marketplaceIds": [DE, UK]}, [1, 2, 3, 4, 7, 5, 6]),
        ({"fulfilledBy": "MERCHANT"}, [2]),
        ({"createdBefore": (NOW - timedelta(days=25)).isoformat()}, [1, 2]),
    ],
)
def test_filters_select(bench: Bench, params: dict[str, Any], expected: list[int]) -> None:
    """Lists may be repeated or joined by commas."""
    assert _numbers(_search(bench, **params)) == expected


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"createdAfter": LONG_AGO, "lastUpdatedAfter": LONG_AGO},
        {"createdAfter": LONG_AGO, "lastUpdatedBefore": LONG_AGO},
        {"lastUpdatedAfter": LONG_AGO, "createdBefore": LONG_AGO},
        {"createdBefore": LONG_AGO},
        {"createdAfter": "yesterday"},
        {"createdAfter": (NOW - timedelta(minutes=1)).isoformat()},
        {"createdAfter": LONG_AGO, "createdBefore": (NOW - timedelta(seconds=119)).isoformat()},
        {"createdAfter": LONG_AGO, "createdBefore": (NOW - timedelta(days=701)).isoformat()},
        {"createdAfter": LONG_AGO, "maxResultsPerPage": 0},
        {"createdAfter": LONG_AGO, "maxResultsPerPage": 101},
        {"createdAfter": LONG_AGO, "maxResultsPerPage": "all"},
        {"createdAfter": LONG_AGO, "fulfillmentStatuses": "Shipped"},
        {"createdAfter": LONG_AGO, "fulfilledBy": "AFN"},
        {"createdAfter": LONG_AGO, "includedData": "EVERYTHING"},
        {"createdAfter": LONG_AGO, "marketplaceIds": ",".join(f"A{number}" for number in range(51))},
        {"createdAfter": LONG_AGO, "paginationToken": "bm9uZQ=="},
        {"createdAfter": LONG_AGO, "paginationToken": "no token"},
    ],
)
def test_arguments_amazon_does_not_take_are_a_400(bench: Bench, params: dict[str, Any]) -> None:
    """Exactly one of the two beginnings, and nothing of the last two minutes."""
    answer = bench.call(ORDERS, params=params)
    assert answer.status_code == 400
    assert_fits("searchOrders", 400, answer.json())
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_pages_hold_each_order_once_and_the_last_has_no_token(bench: Bench) -> None:
    """Page size and datasets may change from page to page."""
    first = _search(bench, maxResultsPerPage=3)
    assert _numbers(first) == [1, 2, 3]
    token = first.json()["pagination"]["nextToken"]
    second = _search(bench, maxResultsPerPage=2, paginationToken=token, includedData="FULFILLMENT")
    assert _numbers(second) == [4, 7]
    assert "fulfillment" in second.json()["orders"][0]
    third = _search(bench, paginationToken=second.json()["pagination"]["nextToken"])
    assert _numbers(third) == [5, 6]
    assert "pagination" not in third.json()


def test_a_token_wants_the_arguments_it_was_given_for(bench: Bench) -> None:
    """Other dates, another filter, another seller: 400."""
    token = _search(bench, maxResultsPerPage=3).json()["pagination"]["nextToken"]
    for params in ({"createdAfter": NOW - timedelta(days=5)}, {"marketplaceIds": UK}, {"fulfilledBy": "AMAZON"}):
        changed = {name: value.isoformat() if name == "createdAfter" else value for name, value in params.items()}
        assert _search(bench, maxResultsPerPage=3, paginationToken=token, **changed).status_code == 400
    foreign = bench.call(ORDERS, region="na", params={"createdAfter": LONG_AGO, "paginationToken": token})
    assert foreign.status_code == 400


@pytest.mark.parametrize(("hours", "status"), [(23.9, 200), (24.1, 400)])
def test_a_token_lives_a_day(bench: Bench, hours: float, status: int) -> None:
    """Twenty-four hours from the page that brought it."""
    token = _search(bench, maxResultsPerPage=3).json()["pagination"]["nextToken"]
    bench.clock.advance(hours * 3600)
    bench.tokens.clear()
    assert _search(bench, maxResultsPerPage=3, paginationToken=token).status_code == status


def test_an_order_moves_through_its_life_with_the_clock(bench: Bench) -> None:
    """Pending without prices, to be shipped, shipped; each step is an update."""
    pending = _order(bench, 6)
    assert pending["fulfillment"]["fulfillmentStatus"] == "PENDING"
    assert "proceeds" not in pending
    assert "proceeds" not in pending["orderItems"][0]
    assert "price" not in pending["orderItems"][0]["product"]
    bench.clock.advance(1800)
    unshipped = _order(bench, 6)
    assert unshipped["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert unshipped["proceeds"]["grandTotal"] == {"amount": "27.60", "currencyCode": "GBP"}
    assert unshipped["lastUpdatedTime"] > pending["lastUpdatedTime"]
    assert _order(bench, 1)["fulfillment"] == {
        "fulfillmentStatus": "SHIPPED",
        "fulfilledBy": "AMAZON",
        "fulfillmentServiceLevel": "STANDARD",
    }
    assert bench.call(f"{ORDERS}/202-0000000-0000009").status_code == 404
    bench.clock.advance(86_400)
    bench.tokens.clear()
    assert _order(bench, 9)["orderId"].endswith("9")


def _parts(proceeds: dict[str, Any]) -> dict[str, Decimal]:
    return {entry["type"]: Decimal(entry["subtotal"]["amount"]) for entry in proceeds["breakdowns"]}


@pytest.mark.parametrize(
    ("region", "number", "settings", "expected"),
    [
        ("eu", 1, {}, {"ITEM": "24.00", "SHIPPING": "6.00", "TAX": "4.60", "DISCOUNT": "-2.40", "total": "27.60"}),
        (
            "eu",
            1,
            {"proceeds_vat": "beside"},
            {"ITEM": "20.40", "SHIPPING": "5.00", "TAX": "4.60", "DISCOUNT": "-2.40", "total": "27.60"},
        ),
        ("na", 21, {}, {"ITEM": "20.00", "SHIPPING": "5.00", "TAX": "4.60", "DISCOUNT": "-2.00", "total": "27.60"}),
        (
            "na",
            21,
            {"proceeds_discount": "positive"},
            {"ITEM": "20.00", "SHIPPING": "5.00", "TAX": "4.60", "DISCOUNT": "2.00", "total": "27.60"},
        ),
    ],
)
def test_proceeds_are_text_by_type(region: str, number: int, settings: Any, expected: dict[str, str]) -> None:
    """In North America tax comes on top, in Europe it is inside; which shape the answer has is a switch."""
    order = _order(orders_bench(**settings), number, region=region)
    item = order["orderItems"][0]["proceeds"]
    total = expected.pop("total")
    amounts = {name: Decimal(amount) for name, amount in expected.items()}
    assert _parts(item) == _parts(order["proceeds"]) == amounts
    assert item["proceedsTotal"]["amount"] == order["proceeds"]["grandTotal"]["amount"] == total
    assert all(isinstance(entry["subtotal"]["amount"], str) for entry in item["breakdowns"])
    tax = next(entry for entry in item["breakdowns"] if entry["type"] == "TAX")
    details = {one["subtype"]: one["value"]["amount"] for one in tax["detailedBreakdowns"]}
    assert details == {"ITEM": "3.60", "SHIPPING": "1.00"}


def test_packages_are_those_of_the_merchant(bench: Bench) -> None:
    """With the moment of shipment; for Amazon's own shipments there are none."""
    package = _order(bench, 2)["packages"][0]
    assert package["shipTime"] == "2026-10-22T12:00:00.000Z"
    assert package["packageItems"] == [{"orderItemId": "11111111111111", "quantity": 2}]
    assert "packages" not in _order(bench, 1)
    assert "packages" not in _order(bench, 5)


def test_what_else_an_order_tells(bench: Bench) -> None:
    """Business orders, cancellations, promotions, who collects the tax."""
    assert _order(bench, 7)["programs"] == ["AMAZON_BUSINESS"]
    cancelled = _order(bench, 4)["orderItems"][0]
    assert cancelled["cancellation"]["cancellationExecution"]["cancelledBy"] == "BUYER"
    assert cancelled["fulfillment"] == {"quantityFulfilled": 0, "quantityUnfulfilled": 0}
    assert _order(bench, 1)["orderItems"][0]["promotion"]["breakdowns"] == [{"promotionId": "PAWS-DEMO-ITEM"}]
    american = _order(bench, 21, region="na")["orderItems"][0]
    assert american["tax"]["taxCollections"][0]["model"] == "MARKETPLACE_FACILITATOR"
    assert "tax" not in _order(bench, 1)["orderItems"][0]


@pytest.mark.parametrize("dataset", ["BUYER", "RECIPIENT", "PROCEEDS,RECIPIENT"])
def test_personal_data_is_refused_without_the_role(bench: Bench, dataset: str) -> None:
    """No role, no data; with the role no more than the country is known here."""
    for path, params in ((ORDERS, {"createdAfter": LONG_AGO}), (f"{ORDERS}/202-0000000-0000001", {})):
        answer = bench.call(path, params={**params, "includedData": dataset})
        assert answer.status_code == 403
        assert_fits("getOrder", 403, answer.json())
    absent = orders_bench(personal_data_without_role="absent")
    assert not {"buyer", "recipient"} & set(_order(absent, 1, included=dataset))
    roles = frozenset({FINANCE_ROLE, ORDER_ROLE, "Tax Invoicing (Restricted)"})
    bench.app.world.grants[REFRESH["eu"]].roles = roles
    body = _order(bench, 1, included="BUYER,RECIPIENT")
    assert body["recipient"] == {"deliveryAddress": {"countryCode": "GB"}}
    assert "buyer" not in body


def test_orders_want_a_role_of_their_own(bench: Bench) -> None:
    """Finance alone does not open them."""
    bench.app.world.grants[REFRESH["eu"]].roles = frozenset({FINANCE_ROLE})
    assert _search(bench).status_code == 403
    assert bench.settlements().status_code == 200


def test_searching_is_one_call_in_three_minutes(bench: Bench) -> None:
    """A burst of twenty, then 0.0056 a second; single orders are another bucket."""
    assert [_search(bench).status_code for _ in range(21)] == [200] * 20 + [429]
    bench.clock.advance(178)
    assert _search(bench).status_code == 429
    bench.clock.advance(1)
    assert _search(bench).status_code == 200
    statuses = [bench.call(f"{ORDERS}/202-0000000-0000001").status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]


def test_an_unknown_order_or_another_sellers_is_not_found(bench: Bench) -> None:
    """In Amazon's shape."""
    for number, region in ((99, "eu"), (8, "eu"), (1, "na")):
        answer = bench.call(f"{ORDERS}/202-0000000-{number:07d}", region=region)
        assert answer.status_code == 404
        assert_fits("getOrder", 404, answer.json())
