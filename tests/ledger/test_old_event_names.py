"""Names of the older API beside those of settlements: the same money in the same category."""

from __future__ import annotations

import pytest

from ledger.classification import classify
from ledger.event_classification import classify_event

SAME_MONEY = [
    (("Shipment", "ItemChargeList/Principal"), ("Order", "ItemPrice", "Principal")),
    (("Shipment", "ItemChargeList/ShippingCharge"), ("Order", "ItemPrice", "Shipping")),
    (("Shipment", "OrderChargeList/GiftWrap"), ("Order", "ItemPrice", "GiftWrap")),
    (("Shipment", "ItemFeeList/Commission"), ("Order", "ItemFees", "Commission")),
    (
        ("Shipment", "ShipmentFeeList/FBAPerOrderFulfillmentFee"),
        ("Order", "Shipment-Fees", "FBAPerOrderFulfillmentFee"),
    ),
    (
        ("Shipment", "ItemTaxWithheldList/MarketplaceFacilitatorTax-Principal"),
        ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"),
    ),
    (("Shipment", "PromotionList/PromotionMetaDataDefinitionValue"), ("Order", "Promotion", "Principal")),
    (("Shipment", "CostOfPointsGranted"), ("Order", "Points", "PointsGranted")),
    (("Refund", "ItemChargeAdjustmentList/Principal"), ("Refund", "ItemPrice", "Principal")),
    (("Refund", "ItemFeeAdjustmentList/RefundCommission"), ("Refund", "ItemFees", "RefundCommission")),
    (("Refund", "PromotionAdjustmentList/X"), ("Refund", "Promotion", "Principal")),
    (("GuaranteeClaim", "ItemChargeAdjustmentList/Principal"), ("A-to-z Guarantee Refund", "ItemPrice", "Principal")),
    (("Chargeback", "ItemChargeAdjustmentList/Principal"), ("Chargeback Refund", "ItemPrice", "Principal")),
    (("Retrocharge", "BaseTax"), ("Order_Retrocharge", "ItemPrice", "Tax")),
    (("ProductAdsPayment", "baseValue"), ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount")),
    (("Adjustment", "ReserveDebit"), ("other-transaction", "other-transaction", "Current Reserve Amount")),
    (("ServiceFee", "FeeList/FBAStorageFee"), ("FBAFees", "FBA Inventory Storage Fee", "Base fee")),
    (("LoanServicing", "LoanPayment"), ("other-transaction", "other-transaction", "Amazon Capital Services")),
]


@pytest.mark.parametrize("event, triple", SAME_MONEY)
def test_an_event_of_the_older_api_has_the_category_of_its_settlement_row(event, triple):
    """Charges, fees, taxes and promotions are in lists of their own there; one charge is spelled otherwise."""
    found, settled = classify_event(*event), classify(*triple)
    assert found is not None
    assert settled is not None
    assert found.category == settled.category


@pytest.mark.parametrize(
    "event",
    [
        ("Shipment", "ItemChargeList/MoonLanding"),
        ("Shipment", "ItemChargeList"),
        ("Shipment", "SomeList/Principal"),
        ("Rental", "RentalChargeList/Principal"),
        ("AdhocDisbursement", "TransactionAmount"),
    ],
)
def test_what_has_no_counterpart_has_no_category(event):
    """A new name may be a tax as well as a fee."""
    assert classify_event(*event) is None
