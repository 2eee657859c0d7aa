"""Financial events of the older API: every list, undated events, twins, pages that come twice or hold too much."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import SourceRefused, SourceUnavailable
from ledger.event_leaves import lines_of
from ledger.event_status import standing_of
from resources.amazon.old_event import LISTS, transaction_of
from resources.amazon.transaction import Transaction
from tests.resources.amazon.client.money_rig import Json, Pages, denied, old_usd, scripted
from tests.resources.transport.rig import START

MODEL = json.loads((Path(__file__).parents[3] / "emulators/amazon/models/financesV0.json").read_text())["definitions"]
DAY = START.replace(hour=0, minute=0) - timedelta(days=3)
FEE = {"FeeReason": "Storage", "FeeList": [{"FeeType": "FBAStorageFee", "FeeAmount": old_usd(-4.5)}]}


def page(token: str | None = None, **lists: list[Json]) -> Json:
    """Write a page."""
    return {"payload": {"FinancialEvents": lists} | ({"NextToken": token} if token else {})}


def told(pages: Pages) -> list[Transaction]:
    """Read the day."""
    return [one for read in pages.client().old_events.transactions(DAY, pages.archive) for one in read.transactions]


def total_of(one: Transaction) -> Decimal:
    """Return what a transaction comes to, its lines adding up."""
    lines = lines_of(one.total, one.leaves, [item.leaves for item in one.items])
    assert lines is not None
    assert not lines.difference, one
    return lines.total


def filled(name: str) -> Any:
    """Return a value of the model's type with every field filled; each amount is one dollar."""
    shape = MODEL[name]
    if name == "Currency":
        return old_usd(1)
    if name in ("Date",):
        return DAY.isoformat()
    if shape["type"] == "array":
        return [filled(shape["items"]["$ref"].rsplit("/", 1)[-1])]
    return {field: _value(one) for field, one in shape.get("properties", {}).items()}


def _value(shape: Json) -> Any:
    if "$ref" in shape:
        return filled(shape["$ref"].rsplit("/", 1)[-1])
    if shape["type"] == "array":
        return [_value(shape["items"])]
    return {"string": "x", "integer": 1}[shape["type"]]


def test_the_lists_of_the_model_are_known():
    """All of them and no other."""
    assert set(MODEL["FinancialEvents"]["properties"]) == LISTS


@pytest.mark.parametrize("list_name", sorted(LISTS))
def test_an_event_of_every_list_is_read_with_its_money(list_name):
    """Every amount is a line, but for sums, and for what stands beside the money."""
    [answer] = filled(MODEL["FinancialEvents"]["properties"][list_name]["$ref"].rsplit("/", 1)[-1])
    one = transaction_of("demo", list_name, answer, "v0-1", DAY)
    assert one is not None
    lines = lines_of(one.total, one.leaves, [item.leaves for item in one.items])
    assert (one.kind, one.status, one.posted, one.currency) == (
        list_name.removesuffix("EventList"),
        "RELEASED",
        DAY,
        "USD",
    )
    assert sum(line.amount for line in lines.lines) == lines.total
    assert all(line.path for line in lines.lines)


def test_a_liquidations_fee_is_told_positive_and_taken():
    """The seller receives the proceeds minus the fee, as the model says."""
    event = {"LiquidationProceedsAmount": old_usd(10), "LiquidationFeeAmount": old_usd(Decimal("1.5"))}
    one = transaction_of("demo", "FBALiquidationEventList", event, "v0-1", DAY)
    assert total_of(one) == Decimal("8.50")


def test_a_sum_that_is_stated_beside_its_parts_counts_once():
    """Advertising and deals state base, tax and both."""
    event = {"baseValue": old_usd(-10), "taxValue": old_usd(-2), "transactionValue": old_usd(-12)}
    one = transaction_of("demo", "ProductAdsPaymentEventList", event, "v0-1", DAY)
    assert total_of(one) == Decimal("-12.00")


def test_an_adjustment_has_the_product_of_its_only_item():
    """And the amount of the event, not of the item as well."""
    items = [{"SellerSKU": "MUG", "ASIN": "B0", "Quantity": "1", "TotalAmount": old_usd(7)}]
    event = {"AdjustmentType": "WAREHOUSE_LOST", "AdjustmentAmount": old_usd(7), "AdjustmentItemList": items}
    one = transaction_of("demo", "AdjustmentEventList", event, "v0-1", DAY)
    assert total_of(one) == Decimal("7.00")
    assert (one.items[0].product.sku, one.items[0].leaves[0].path) == ("MUG", ("WAREHOUSE_LOST",))


def test_what_was_released_is_cash_and_says_nothing_of_when_it_was_sold():
    """Held money is not told before its release, so no sale can be laid under its day."""
    standing = standing_of("RELEASED", "", "", tells_deferral=False)
    assert (standing.is_cash, standing.is_accrual) == (True, False)


def test_two_fees_that_say_the_same_are_two_and_keep_their_ids():
    """An event has no id: it gets one of what it says, and of how many said the same before."""
    first = told(scripted(page(ServiceFeeEventList=[FEE, FEE])))
    again = told(scripted(page(ServiceFeeEventList=[FEE, FEE])))
    assert [one.transaction_id for one in first] == [one.transaction_id for one in again]
    assert len({one.transaction_id for one in first}) == 2
    assert {one.posted for one in first} == {DAY}


def test_a_page_that_comes_twice_counts_once_and_twins_on_two_pages_are_two():
    """Pages are told apart by all they say."""
    one, other = page("t1", ServiceFeeEventList=[FEE]), page("t2", ServiceFeeEventList=[FEE])
    last = page(ServiceFeeEventList=[FEE], AdjustmentEventList=[{"AdjustmentAmount": old_usd(1)}])
    assert len(told(scripted(one, other, last))) == 3


def test_an_empty_page_leads_on_and_every_page_is_archived():
    """What is not asked for to its end would be money missed."""
    pages = scripted(page("t1"), page(ServiceFeeEventList=[FEE]))
    assert len(told(pages)) == 1
    assert len(pages.archived) == 2
    assert [one.get("NextToken") for one in pages.asked] == [None, "t1"]
    assert {one["PostedAfter"] for one in pages.asked} == {"2026-11-17T00:00:00Z"}


def test_a_page_that_holds_too_much_is_asked_for_smaller():
    """Amazon answers 400; the day begins anew with fewer events a page."""
    pages = scripted(denied(400, "InvalidInput"), page(ServiceFeeEventList=[FEE]))
    assert len(told(pages)) == 1
    assert [one["MaxResultsPerPage"] for one in pages.asked] == ["100", "25"]


def test_a_refusal_that_stays_is_told():
    """Bounded: four sizes, then a person."""
    pages = scripted(denied(400, "InvalidInput"))
    with pytest.raises(SourceRefused):
        told(pages)
    assert len(pages.asked) == 4


def test_pages_that_do_not_end_are_left():
    """The same token again."""
    with pytest.raises(SourceUnavailable, match="does not come to an end"):
        told(scripted(page("t", ServiceFeeEventList=[FEE])))


@pytest.mark.parametrize("body", [{}, {"payload": {}}, {"payload": {"FinancialEvents": None}}, b"<html>"])
def test_a_page_without_its_lists_is_refused(body):
    """A list that is not there is no empty list."""
    with pytest.raises(SourceRefused, match="not of the documented shape"):
        told(scripted(body))


@pytest.mark.parametrize(
    "lists",
    [
        {"MoonEventList": [{"Amount": old_usd(1)}]},
        {"AdjustmentEventList": [{"AdjustmentAmount": old_usd("1.00")}]},
        {"AdjustmentEventList": [{"AdjustmentAmount": old_usd(1.005)}]},
        {"AdjustmentEventList": [{"AdjustmentAmount": old_usd(1, "XXX")}]},
        {"AdjustmentEventList": [{"AdjustmentAmount": old_usd(1), "PostedDate": "0001-01-01T00:00:00Z"}]},
        {"ServiceFeeEventList": [{"FeeList": [{"FeeAmount": old_usd(1)}, {"FeeAmount": old_usd(1, "EUR")}]}]},
    ],
)
def test_an_event_that_cannot_be_used_is_named_with_its_day(lists):
    """A list that is new, an amount that is none, two currencies: the day is refused, not the event left out."""
    pages = scripted(page(**lists))
    [read] = pages.client().old_events.transactions(DAY, pages.archive)
    [unreadable] = read.unreadable
    assert (read.transactions, unreadable.posted) == ((), DAY)
    assert "not of the documented shape" in unreadable.sentence


def test_an_event_without_money_is_no_transaction():
    """A trial without a fee moves nothing."""
    assert told(scripted(page(TrialShipmentEventList=[{"AmazonOrderId": "1", "FeeList": []}]))) == []
