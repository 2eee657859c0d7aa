"""Listing financial transactions: spans, pages, lateness, deferral, filters; every answer fits Amazon's model."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from emulators.amazon.history import Leaf, TransactionItem, TransactionRecord
from tests.emulators.amazon.bench import NOW, Bench, make_bench, small_world
from tests.emulators.amazon.swagger import assert_fits

PATH = "/finances/2024-06-19/transactions"
US, CA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"
LEAVES = (
    Leaf(("ProductCharges", "OurPricePrincipal"), Decimal("20.00")),
    Leaf(("Tax", "OurPriceTax"), Decimal("1.60")),
    Leaf(("AmazonFees", "Commission", "Base"), Decimal("-3.05")),
)
OWN = (Leaf(("Sales", "ProductCharges"), Decimal("20.00")), Leaf(("Sales", "Tax"), Decimal("1.60")))
OWN += (Leaf(("Expenses", "AmazonFees"), Decimal("-3.05")),)


def sale(number: int, *, hours_ago: float, late: float = 0.0, **changes: Any) -> TransactionRecord:
    """Return a sale posted so long ago and told so much later."""
    posted = NOW - timedelta(hours=hours_ago)
    plain = TransactionRecord(
        transaction_id=f"T{number}",
        transaction_type="Shipment",
        description="Order Payment",
        posted=posted,
        visible=posted + timedelta(hours=late),
        currency="USD",
        marketplace_id=US,
        marketplace_name="Amazon.com",
        leaves=OWN,
        items=(TransactionItem(LEAVES, "MUG", "B0DEMOMUG1", 2, "AFN"),),
        identifiers=(("ORDER_ID", f"111-{number}"), ("FINANCIAL_EVENT_GROUP_ID", "G1"), ("SETTLEMENT_ID", "24")),
    )
    return replace(plain, **changes)


def bench_of(*records: TransactionRecord, **settings: Any) -> Bench:
    """Build an emulator whose American seller has these transactions."""
    world = small_world()
    world.histories["ADEMONA"].transactions += records
    return make_bench(world, **settings)


def ask(bench: Bench, **params: Any) -> httpx.Response:
    """Ask for a month, or for what `params` say."""
    span = {"postedAfter": (NOW - timedelta(days=30)).isoformat()}
    chosen = {name: value for name, value in {**span, **params}.items() if value is not None}
    return bench.call(PATH, region="na", params=chosen)


def later(bench: Bench, seconds: float) -> None:
    """Let time pass; a token lives for an hour."""
    bench.clock.advance(seconds)
    bench.tokens.clear()


def payload(answer: httpx.Response) -> dict[str, Any]:
    """Return what a page holds."""
    assert answer.status_code == 200, answer.text
    assert_fits("listTransactions", 200, answer.json())
    return answer.json()["payload"]


def ids(answer: httpx.Response) -> list[str]:
    """Return the ids on a page."""
    return [one["transactionId"] for one in payload(answer)["transactions"]]


def test_a_transaction_tells_the_same_money_twice_as_numbers():
    """By its own tree and by its items'; children add up to their parents, the top to the total."""
    [one] = payload(ask(bench_of(sale(1, hours_ago=5))))["transactions"]
    assert one["totalAmount"] == {"currencyCode": "USD", "currencyAmount": 18.55}
    names = {node["breakdownType"]: node["breakdownAmount"]["currencyAmount"] for node in one["breakdowns"]}
    assert names == {"Sales": 21.6, "Expenses": -3.05}
    [item] = one["items"]
    [fees] = [node for node in item["breakdowns"] if node["breakdownType"] == "AmazonFees"]
    assert fees["breakdowns"][0]["breakdowns"][0]["breakdownAmount"]["currencyAmount"] == -3.05
    assert item["totalAmount"]["currencyAmount"] == one["totalAmount"]["currencyAmount"]
    assert item["contexts"][0]["quantityShipped"] == 2


def test_without_a_beginning_nothing_is_told():
    """Unless an identifier chooses."""
    bench = bench_of(sale(1, hours_ago=5))
    answer = ask(bench, postedAfter=None)
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, "Start date cannot be null")
    chosen = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "111-1"}
    assert ids(ask(bench, postedAfter=None, **chosen)) == ["T1"]


@pytest.mark.parametrize("name", ["postedAfter", "postedBefore"])
def test_both_ends_lie_two_minutes_back(name):
    """One minute back is too close."""
    moment = (NOW - timedelta(minutes=1)).isoformat()
    assert ask(bench_of(), **{name: moment}).status_code == 400


def test_a_span_of_more_than_half_a_year_is_answered_with_nothing():
    """No error: who does not know takes it for no transactions."""
    bench = bench_of(sale(1, hours_ago=5))
    assert ids(ask(bench, postedAfter=(NOW - timedelta(days=179)).isoformat())) == ["T1"]
    assert ids(ask(bench, postedAfter=(NOW - timedelta(days=181)).isoformat())) == []


def test_what_is_told_late_is_not_there_before():
    """Posted yesterday, told today."""
    bench = bench_of(sale(1, hours_ago=30, late=48), sale(2, hours_ago=30))
    assert ids(ask(bench)) == ["T2"]
    later(bench, 19 * 3600)
    assert ids(ask(bench)) == ["T1", "T2"]


@pytest.mark.parametrize(
    "names_on, on_release", [("expected", "DEFERRED_TRANSACTION_ID"), ("swapped", "RELEASE_TRANSACTION_ID")]
)
def test_a_deferred_sale_is_told_twice_over_its_life(names_on, on_release):
    """First DEFERRED with its maturity; once released it stays, and a twin of another id carries the release."""
    bench = bench_of(sale(1, hours_ago=48, deferred_until=NOW + timedelta(hours=5)), deferral_names_on=names_on)
    [early] = payload(ask(bench))["transactions"]
    assert (early["transactionStatus"], early["contexts"][0]["deferralReason"]) == ("DEFERRED", "DD7")
    assert {one["relatedIdentifierName"] for one in early["relatedIdentifiers"]} == {"ORDER_ID"}
    later(bench, 6 * 3600)
    original, twin = payload(ask(bench))["transactions"]
    assert [one["transactionStatus"] for one in (original, twin)] == ["DEFERRED_RELEASED", "RELEASED"]
    assert datetime.fromisoformat(twin["postedDate"]) == NOW + timedelta(hours=5)
    assert twin["totalAmount"] == original["totalAmount"]
    named = {one["relatedIdentifierName"]: one["relatedIdentifierValue"] for one in twin["relatedIdentifiers"]}
    assert named[on_release] == original["transactionId"]
    assert named["SETTLEMENT_ID"] == "24"
    assert ids(ask(bench, transactionStatus="RELEASED")) == [twin["transactionId"]]


def test_a_question_for_one_marketplace_misses_what_americans_ship_themselves():
    """Issue 4226: who names the marketplace loses them."""
    own = replace(sale(2, hours_ago=4), items=(TransactionItem(LEAVES, "MUG", "B0", 1, "MFN"),))
    bench = bench_of(sale(1, hours_ago=5), own, sale(3, hours_ago=3, marketplace_id=CA))
    assert ids(ask(bench)) == ["T1", "T2", "T3"]
    assert ids(ask(bench, marketplaceId=US)) == ["T1"]


def test_pages_lead_on_with_the_same_arguments_and_may_be_empty():
    """A token with other arguments is refused; an empty page with a token is not the end."""
    records = [sale(number, hours_ago=20 - number) for number in range(7)]
    bench = bench_of(*records, transactions_page_size=3, empty_transaction_pages=frozenset({2}))
    token, pages = None, []
    for _ in range(6):
        page = payload(ask(bench, nextToken=token))
        pages.append([one["transactionId"] for one in page["transactions"]])
        token = page.get("nextToken")
        if token is None:
            break
    assert pages == [["T0", "T1", "T2"], [], ["T3", "T4", "T5"], ["T6"]]
    first = payload(ask(bench))["nextToken"]
    assert ask(bench, nextToken=first, marketplaceId=US).status_code == 400
    assert ask(bench, nextToken="nonsense").status_code == 400


def test_what_is_posted_while_somebody_pages_does_not_move_the_pages():
    """The end of the span is that of the first page."""
    bench = bench_of(*(sale(number, hours_ago=1 - number / 10) for number in range(4)), transactions_page_size=3)
    page = payload(ask(bench))
    later(bench, 7200)
    bench.app.world.histories["ADEMONA"].transactions.append(sale(9, hours_ago=0))
    assert ids(ask(bench, nextToken=page["nextToken"])) == ["T3"]


def test_fields_may_be_null():
    """A transaction without status and breakdowns is seen now and then."""
    answer = ask(bench_of(sale(1, hours_ago=5), bare_transactions=1, last_page_token="null")).json()
    [one] = answer["payload"]["transactions"]
    assert answer["payload"]["nextToken"] is None
    assert (one["transactionStatus"], one["breakdowns"], one["items"]) == (None, [], [])
    assert one["totalAmount"]["currencyAmount"] == 18.55


def test_it_is_throttled_as_published():
    """Ten at once, then one in two seconds."""
    bench = bench_of()
    assert [ask(bench).status_code for _ in range(11)] == [200] * 10 + [429]
    bench.clock.advance(2)
    assert ask(bench).status_code == 200
