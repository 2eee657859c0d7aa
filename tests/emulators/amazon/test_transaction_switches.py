"""What no source says for certain of listTransactions: each switch in both positions, and what stays the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from emulators.amazon.history import Leaf, TransactionItem
from tests.emulators.amazon.bench import NOW, Bench
from tests.emulators.amazon.finance_bench import (
    FIRST,
    OPEN,
    SECOND,
    SELLER,
    TRANSACTIONS,
    D,
    charged,
    every_page,
    finance_bench,
    sold,
)
from tests.emulators.amazon.swagger import assert_fits

PATH = "/finances/2024-06-19/transactions"
SINCE = (NOW - timedelta(days=60)).isoformat()
Json = dict[str, Any]


def told(bench: Bench, **params: Any) -> list[Json]:
    """Return the transactions of one page; the answer fits the model."""
    answer = bench.call(PATH, params={"postedAfter": SINCE, **params})
    assert answer.status_code == 200, answer.text
    assert_fits("listTransactions", 200, answer.json())
    return answer.json()["payload"]["transactions"]


def names(transaction: Json) -> dict[str, str]:
    """Return the identifiers of a transaction."""
    pairs = transaction["relatedIdentifiers"]
    return {one["relatedIdentifierName"]: one["relatedIdentifierValue"] for one in pairs}


def leaves(nodes: list[Json], above: tuple[str, ...] = ()) -> dict[str, float]:
    """Return path -> amount of the ends of a tree."""
    found: dict[str, float] = {}
    for node in nodes:
        path = (*above, node["breakdownType"])
        if node["breakdowns"]:
            found |= leaves(node["breakdowns"], path)
        else:
            found["/".join(path)] = node["breakdownAmount"]["currencyAmount"]
    return found


def test_a_settlement_has_no_id_before_it_closes() -> None:
    """Its group has."""
    before = told(finance_bench(now=SECOND - timedelta(hours=1)))
    assert {"SETTLEMENT_ID" in names(one) for one in before} == {False}
    assert {names(one).get("FINANCIAL_EVENT_GROUP_ID") for one in before} == {"G1", None}
    after = told(finance_bench(now=SECOND + timedelta(hours=1)))
    assert {names(one).get("SETTLEMENT_ID") for one in after} == {"901", None}


@pytest.mark.parametrize(
    ("position", "statuses"), [("release", ["RELEASED"]), ("both", ["DEFERRED_RELEASED", "RELEASED"])]
)
def test_the_deferred_one_may_name_the_group_of_its_release(position: str, statuses: list[str]) -> None:
    """Who adds up a group has to look at the status."""
    bench = finance_bench(deferral_group_on=position)
    found = bench.call(
        PATH, params={"relatedIdentifierName": "FINANCIAL_EVENT_GROUP_ID", "relatedIdentifierValue": "G2"}
    ).json()["payload"]["transactions"]
    assert [one["transactionStatus"] for one in found if one["transactionType"] == "Shipment"] == statuses


@pytest.mark.parametrize(("position", "amount"), [("positive", 70), ("negative", -70), ("absent", None)])
def test_a_transfer_to_the_bank_may_be_a_transaction(position: str, amount: float | None) -> None:
    """Of the settlement's group, with the transfer's name; one that pays nothing is none."""
    found = [one for one in told(finance_bench(transfer_transactions=position)) if one["transactionType"] == "Transfer"]
    british = [one for one in found if one["totalAmount"]["currencyCode"] == "GBP"]
    assert [one["totalAmount"]["currencyAmount"] for one in british] == ([] if amount is None else [amount])
    assert all(names(one)["SETTLEMENT_ID"] == "901" for one in british)
    assert all(leaves(one["breakdowns"]) == {"FundTransfer": amount} for one in british)


def test_reserves_may_be_transactions() -> None:
    """What came back and what was held; a balance does not know them."""
    bench = finance_bench(reserve_transactions=True)
    found = [one for one in told(bench) if one["transactionType"] == "Adjustment"]
    assert [leaves(one["breakdowns"]) for one in found] == [
        {"ReserveCredit": 20},
        {"ReserveDebit": -30},
        {"ReserveCredit": 30},
    ]
    (balance,) = bench.call("/finances/2024-06-19/balances").json()["balances"]
    assert balance["amount"]["currencyAmount"] == 85


def test_leaves_may_have_the_names_integrators_have_seen() -> None:
    """The same money under other names, at both levels."""
    item = TransactionItem(
        (
            Leaf(("ProductCharges", "OurPricePrincipal"), D("-20.00")),
            Leaf(("Promotions", "ShippingPrincipal"), D("5.99")),
            Leaf(("GiftWrap", "GiftWrapPrincipal"), D("-3.49")),
        ),
        "MUG",
    )
    own = (Leaf(("Sales", "ProductCharges"), D("-20.00")), Leaf(("Sales", "Promotions"), D("5.99")))
    own += (Leaf(("Sales", "GiftWrap"), D("-3.49")),)
    day = FIRST + timedelta(days=1)
    bench = finance_bench(leaf_names="seen")
    bench.app.world.histories[SELLER].transactions[:] = [
        sold(1, "0", day, "G1", transaction_type="Refund", items=(item,), leaves=own),
        charged(2, "ProductAdsPayment", ("TransactionTotalAmount",), "-85.00", day + timedelta(hours=1), "G1"),
        charged(3, "ServiceFee", ("FBAInboundPlacementFee", "Base"), "-18.40", day + timedelta(hours=2), "G1"),
        charged(
            4, "Adjustment", ("FBAInventoryReimbursement", "WAREHOUSE_LOST"), "9.87", day + timedelta(hours=3), "G1"
        ),
        charged(5, "Adjustment", ("FBAInventoryReimbursement", "CLAWBACK"), "-4.00", day + timedelta(hours=4), "G1"),
        charged(6, "DebtRecovery", ("DebtPayment",), "15.00", day + timedelta(hours=5), "G1"),
    ]
    found = told(bench)
    assert leaves(found[0]["items"][0]["breakdowns"]) == {
        "ProductCharges/OurPricePrincipal": -20,
        "Promo/ShippingDiscount": 5.99,
        "GiftWrap/GiftwrapPrincipal": -3.49,
    }
    assert set(leaves(found[0]["breakdowns"])) == {
        "Refunded Sales/ProductCharges",
        "Refunded Sales/Promo",
        "Refunded Sales/GiftWrap",
    }
    assert leaves(found[1]["breakdowns"]) == {"Sales": 0, "Expenses/AdvertisingFee": -85}
    assert leaves(found[2]["breakdowns"]) == {"Sales": 0, "Expenses/FBAInboundConvenienceFee/Base": -18.4}
    assert [one["transactionType"] for one in found[3:]] == ["FBAInventoryReimbursement"] * 2 + ["DebtRecovery"]
    assert leaves(found[3]["breakdowns"]) == {"FBAInventoryReimbursement": 9.87}
    assert leaves(found[4]["breakdowns"]) == {"FBAReversedReimbursement": -4}


def test_a_page_may_come_again() -> None:
    """Ids tell that it is the same."""
    bench = finance_bench(transactions_page_size=3, repeated_pages=frozenset({1, 2}))
    found = [one["transactionId"] for one in every_page(bench, PATH, "transactions", postedAfter=SINCE)]
    assert len(found) > len(set(found)) == len(TRANSACTIONS) + 1


@pytest.mark.parametrize(
    ("position", "expected"), [("empty", ([], [], None)), ("null", (None, None, None)), ("absent", ("", "", ""))]
)
def test_a_bare_one_lacks_its_lists_in_three_ways(position: str, expected: tuple[Any, ...]) -> None:
    """Seen in production: no status, no breakdowns; the amount is always there."""
    bench = finance_bench(bare_transactions=1, bare_breakdowns=position)
    for one in bench.call(PATH, params={"postedAfter": SINCE}).json()["payload"]["transactions"]:
        assert tuple(one.get(name, "") for name in ("breakdowns", "items", "transactionStatus")) == expected
        assert one["totalAmount"]["currencyAmount"]


def test_both_ends_of_a_span_differ() -> None:
    """The end has to be later than the beginning."""
    moment = OPEN.isoformat()
    answer = finance_bench().call(PATH, params={"postedAfter": moment, "postedBefore": moment})
    assert answer.status_code == 400


def test_a_matured_sale_is_told_late_if_the_first_was() -> None:
    """The release is as late as the posting."""
    bench = finance_bench()
    record = sold(8, "5.00", NOW - timedelta(days=4), "G3", deferred_until=NOW - timedelta(hours=20))
    bench.app.world.histories[SELLER].transactions[:] = [replace(record, visible=record.posted + timedelta(hours=47))]
    assert [one["transactionStatus"] for one in told(bench)] == ["DEFERRED"]
    bench.clock.advance(28 * 3600)
    bench.tokens.clear()
    assert [one["transactionStatus"] for one in told(bench)] == ["DEFERRED_RELEASED", "RELEASED"]
