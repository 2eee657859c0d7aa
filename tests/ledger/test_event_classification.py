"""The lines of financial transactions in the categories of settlement rows."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from ledger.categories import categories
from ledger.classification import classify
from ledger.event_classification import classify_event, known_leaves
from ledger.event_leaves import DIFFERENCE_PATH

ROWS = list(
    csv.DictReader(
        resources.files("ledger").joinpath("data/amazon_event_leaves.csv").read_text(encoding="utf-8").splitlines()
    )
)


def test_every_shipped_row_is_found_by_its_own_labels():
    """A row classifies what it was written for; nothing hides it, and its category has a nature."""
    for number, row in enumerate(ROWS, start=2):
        found = classify_event(row["transaction_type"], row["leaf_path"].replace("*", "anything 7"))
        assert found is not None, row
        assert found.category == row["category"], row
        assert found.usual_sign == row["sign"], row
        assert found.is_verified == (row["source"] != "unverified"), row
        if "*" not in row["leaf_path"]:
            assert found.row == number, row
        assert row["category"] in categories(), row


def test_no_two_rows_mean_the_same_labels():
    """Compared as labels are compared, each row stands once."""
    assert len(known_leaves()) == len({labels for labels, _ in known_leaves()}) == len(ROWS)


SAME_MONEY = [
    (("Shipment", "ProductCharges/OurPricePrincipal"), ("Order", "ItemPrice", "Principal")),
    (("Shipment", "Tax/OurPriceTax"), ("Order", "ItemPrice", "Tax")),
    (("Shipment", "Tax/ShippingTax"), ("Order", "ItemPrice", "ShippingTax")),
    (("Shipment", "Shipping/ShippingPrincipal"), ("Order", "ItemPrice", "Shipping")),
    (("Shipment", "AmazonFees/Commission/Base"), ("Order", "ItemFees", "Commission")),
    (("Shipment", "AmazonFees/FBAPerUnitFulfillmentFee/Base"), ("Order", "ItemFees", "FBAPerUnitFulfillmentFee")),
    (("Shipment", "AmazonFees/FBAPerUnitFulfillmentFee/Tax"), ("FBAFees", "FBA Inventory Storage Fee", "Tax on fee")),
    (("Shipment", "AmazonFees/ShippingChargeback/Base"), ("Order", "ItemFees", "ShippingChargeback")),
    (
        ("Shipment", "TaxWithheld/MarketplaceFacilitatorTax-Principal"),
        ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"),
    ),
    (("Refund", "ProductCharges/OurPricePrincipal"), ("Refund", "ItemPrice", "Principal")),
    (("Refund", "Shipping/ShippingPrincipal"), ("Refund", "ItemPrice", "Shipping")),
    (("Refund", "AmazonFees/RefundCommission/Base"), ("Refund", "ItemFees", "RefundCommission")),
    (("ProductAdsPayment", ""), ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount")),
    (("ServiceFee", "Subscription"), ("other-transaction", "other-transaction", "Subscription Fee")),
    (("Adjustment", "WAREHOUSE_DAMAGE"), ("other-transaction", "FBA Inventory Reimbursement", "WAREHOUSE_DAMAGE")),
    (("DebtRecovery", ""), ("other-transaction", "other-transaction", "Successful charge")),
    (("Transfer", ""), ("Transfer", "other-transaction", "Transfer")),
]


@pytest.mark.parametrize("event, triple", SAME_MONEY)
def test_the_same_money_has_the_same_category_in_events_and_settlements(event, triple):
    """A line of a transaction and the settlement row it becomes cannot disagree."""
    found, settled = classify_event(*event), classify(*triple)
    assert found is not None
    assert settled is not None
    assert found.category == settled.category


@pytest.mark.parametrize(
    "event, category",
    [
        (("shipment", "PRODUCTCHARGES/ourpriceprincipal"), "revenue"),
        ((" Shipment ", " Tax / OurPriceTax"), "tax_collected"),
        (("Service_Fee", "x"), None),
        (("ServiceFee", "FBAStorageFee/Base"), "fba_storage_fee"),
        (("ServiceFee", "FBAStorageFee/Tax"), "tax_on_fees"),
        (("Adjustment", "MISSING_FROM_INBOUND"), "fba_reimbursement"),
        (("Adjustment", "Missing From Inbound Clawback"), "fba_reimbursement_reversal"),
        (("Shipment", "Expenses/AmazonFees"), None),
        (("Shipment", "MoonLanding/Base"), None),
        (("Shipment", ""), None),
        (("Transfer", DIFFERENCE_PATH), None),
        (("", ""), None),
    ],
)
def test_names_are_compared_without_case_and_blanks_and_nothing_has_a_default(event, category):
    """What is not in the table has no category; a difference never has one."""
    found = classify_event(*event)
    assert (found.category if found else None) == category
