"""Financial events the old way: which list, what is hidden, spans, pages, and the day after the last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from emulators.amazon.event_json import LISTS
from emulators.amazon.history import Leaf, TransactionItem
from tests.emulators.amazon.bench import NOW, Bench
from tests.emulators.amazon.finance_bench import FIRST, OPEN, SECOND, SELLER, D, charged, finance_bench, sold
from tests.emulators.amazon.swagger import assert_fits

PATH = "/finances/v0/financialEvents"
GROUP, ORDER = "/finances/v0/financialEventGroups/{}/financialEvents", "/finances/v0/orders/{}/financialEvents"
LONG_AGO = (NOW - timedelta(days=170)).isoformat()


def ask(bench: Bench, path: str = PATH, **params: Any) -> httpx.Response:
    """Ask and check the shape of what comes."""
    answer = bench.call(path, params=params)
    operation = {"financialEventGroups": "ByGroupId", "orders": "ByOrderId"}.get(path.split("/")[3], "")
    assert_fits(f"listFinancialEvents{operation}", answer.status_code, answer.json())
    return answer


def events(answer: httpx.Response) -> dict[str, list[dict[str, Any]]]:
    """Return the lists of an answer."""
    assert answer.status_code == 200, answer.text
    return answer.json()["payload"]["FinancialEvents"]


def counts(answer: httpx.Response) -> dict[str, int]:
    """Return how many events each list has."""
    return {name: len(found) for name, found in events(answer).items()}


def test_every_kind_has_its_list_and_the_others_are_absent() -> None:
    """Reserves are adjustments; what is deferred is hidden."""
    assert counts(ask(finance_bench(), PostedAfter=LONG_AGO)) == {
        "ShipmentEventList": 3,
        "ServiceFeeEventList": 1,
        "ProductAdsPaymentEventList": 1,
        "DebtRecoveryEventList": 1,
        "AdjustmentEventList": 3,
    }


def test_lists_may_be_there_and_empty() -> None:
    """All 34 of them."""
    found = events(ask(finance_bench(old_empty_lists="empty"), PostedAfter=LONG_AGO))
    assert set(found) == set(LISTS)
    assert len(LISTS) == 34
    assert found["LoanServicingEventList"] == []


def test_a_deferred_sale_appears_when_it_is_released() -> None:
    """With the date of its release."""
    released = SECOND + timedelta(days=4)
    path = ORDER.format("202-0000000-0000002")
    assert events(ask(finance_bench(now=released - timedelta(minutes=1)), path)) == {}
    (event,) = events(ask(finance_bench(), path))["ShipmentEventList"]
    assert event["PostedDate"] == released.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_a_shipment_has_its_money_in_the_old_lists() -> None:
    """Names are those of settlements, but for shipping; base and tax of a fee are one amount."""
    leaves = {
        ("ProductCharges", "OurPricePrincipal"): "20.00",
        ("Tax", "OurPriceTax"): "4.00",
        ("Shipping", "ShippingPrincipal"): "5.99",
        ("Promotions", "ShippingPrincipal"): "-5.99",
        ("Tax", "MarketplaceFacilitatorTax-Principal"): "-4.00",
        ("AmazonFees", "Commission", "Base"): "-3.00",
        ("AmazonFees", "Commission", "Tax"): "-0.60",
        ("AmazonFees", "FBATransportationFee", "Base"): "-2.10",
    }
    item = TransactionItem(
        tuple(Leaf(path, D(amount)) for path, amount in leaves.items()),
        "MUG",
        quantity=2,
        identifiers=(("ORDER_ADJUSTMENT_ITEM_ID", "77"),),
    )
    bench = finance_bench()
    records = bench.app.world.histories[SELLER].transactions
    records[:] = [
        sold(1, "0", FIRST + timedelta(days=1), "G1", items=(item,)),
        sold(1, "0", FIRST + timedelta(days=2), "G1", items=(item,), transaction_type="Refund", transaction_id="R"),
    ]
    found = events(ask(bench, ORDER.format("202-0000000-0000001")))
    (event,), (refund,) = found["ShipmentEventList"], found["RefundEventList"]
    (written,) = event["ShipmentItemList"]
    charges = {one["ChargeType"]: one["ChargeAmount"]["CurrencyAmount"] for one in written["ItemChargeList"]}
    assert charges == {"Principal": 20, "Tax": 4, "ShippingCharge": 5.99}
    assert written["ItemFeeList"] == [
        {"FeeType": "Commission", "FeeAmount": {"CurrencyCode": "GBP", "CurrencyAmount": -3.6}}
    ]
    assert written["ItemTaxWithheldList"][0]["TaxesWithheld"][0]["ChargeAmount"]["CurrencyAmount"] == -4
    assert written["PromotionList"][0]["PromotionAmount"]["CurrencyAmount"] == -5.99
    assert (written["SellerSKU"], written["OrderItemId"], written["QuantityShipped"]) == ("MUG", "77", 2)
    assert event["ShipmentFeeList"][0]["FeeType"] == "FBATransportationFee"
    (turned,) = refund["ShipmentItemAdjustmentList"]
    assert set(turned) >= {"ItemChargeAdjustmentList", "ItemFeeAdjustmentList", "PromotionAdjustmentList"}
    assert turned["OrderAdjustmentItemId"] == "77"


def test_a_groups_events_are_those_of_its_settlement() -> None:
    """With the reserves that came back and were held, in one position of the switch."""
    found = events(ask(finance_bench(), GROUP.format("G1")))
    assert [one["AdjustmentType"] for one in found["AdjustmentEventList"]] == ["ReserveCredit", "ReserveDebit"]
    assert found["AdjustmentEventList"][1]["AdjustmentAmount"]["CurrencyAmount"] == -30
    assert len(found["ShipmentEventList"]) == 1
    without = events(ask(finance_bench(old_reserve_events=False), GROUP.format("G1")))
    assert "AdjustmentEventList" not in without
    assert events(ask(finance_bench(), GROUP.format("nothing"))) == {}


def test_advertising_is_written_with_small_letters() -> None:
    """Its value is base and tax."""
    (event,) = events(ask(finance_bench(), GROUP.format("G2")))["ProductAdsPaymentEventList"]
    assert event["transactionType"] == "charge"
    assert event["transactionValue"]["CurrencyAmount"] == -85


def test_what_is_told_late_is_told_late_here_too() -> None:
    """Two days after it was posted, at worst."""
    bench = finance_bench()
    posted = NOW - timedelta(hours=5)
    late = charged(9, "ServiceFee", ("Subscription", "Base"), "-1.00", posted, "G3")
    late = replace(late, visible=posted + timedelta(hours=47))
    bench.app.world.histories[SELLER].transactions.append(late)
    since = (posted - timedelta(hours=1)).isoformat()
    assert counts(ask(bench, PostedAfter=since)) == {}
    bench.clock.advance(42 * 3600)
    bench.tokens.clear()
    assert counts(ask(bench, PostedAfter=since)) == {"ServiceFeeEventList": 1}


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"PostedAfter": FIRST.isoformat(), "PostedBefore": SECOND.isoformat()}, 3),
        ({"PostedAfter": OPEN.isoformat()}, 2),
        ({"PostedAfter": (NOW - timedelta(days=181)).isoformat()}, 0),
        ({}, 9),
        ({"NextToken": "none"}, 0),
    ],
)
def test_spans_select(params: dict[str, Any], count: int) -> None:
    """From a moment on, before a moment; more than 180 days are answered with nothing, and so is a wrong token."""
    assert sum(counts(ask(finance_bench(), **params)).values()) == count


@pytest.mark.parametrize(
    "params",
    [
        {"PostedBefore": OPEN.isoformat()},
        {"PostedAfter": OPEN.isoformat(), "PostedBefore": SECOND.isoformat()},
        {"PostedAfter": NOW.isoformat()},
        {"PostedAfter": OPEN.isoformat(), "PostedBefore": NOW.isoformat()},
        {"MaxResultsPerPage": "101"},
    ],
)
def test_arguments_amazon_does_not_take_are_a_400(params: dict[str, Any]) -> None:
    """An end needs a beginning; both more than two minutes ago."""
    assert ask(finance_bench(), **params).status_code == 400


def test_pages_add_up_and_a_page_may_be_too_large() -> None:
    """Events are counted over all lists; a smaller page helps."""
    bench = finance_bench(empty_pages=frozenset({2}), old_page_events_max=5)
    assert ask(bench, PostedAfter=LONG_AGO).status_code == 400
    total, token = 0, None
    for _ in range(6):
        params = {"PostedAfter": LONG_AGO, "MaxResultsPerPage": 4, **({"NextToken": token} if token else {})}
        answer = ask(bench, **params)
        total += sum(counts(answer).values())
        token = answer.json()["payload"].get("NextToken")
        if token is None:
            break
    assert (total, token) == (9, None)


@pytest.mark.parametrize("status", [404, 410])
def test_after_the_last_day_the_operations_are_gone(status: int) -> None:
    """Groups stay."""
    last = datetime(2027, 8, 27, 23, 59, tzinfo=UTC)
    bench = finance_bench(now=last, old_events_gone_status=status)
    assert bench.call(PATH).status_code == 200
    bench.clock.advance(60)
    bench.tokens.clear()
    for path in (PATH, GROUP.format("G1"), ORDER.format("202-0000000-0000001")):
        answer = bench.call(path)
        assert answer.status_code == status
        assert answer.json()["errors"][0]["message"]
    assert bench.call("/finances/v0/financialEventGroups").status_code == 200


def test_amounts_are_exact_numbers() -> None:
    """As they are in the settlement."""
    bench = finance_bench()
    bench.app.world.histories[SELLER].transactions[:] = [
        charged(1, "ServiceFee", ("FBAStorageFee", "Base"), "-1234567.89", FIRST + timedelta(days=1), "G1")
    ]
    (fee,) = events(ask(bench, GROUP.format("G1")))["ServiceFeeEventList"]
    assert Decimal(str(fee["FeeList"][0]["FeeAmount"]["CurrencyAmount"])) == Decimal("-1234567.89")
