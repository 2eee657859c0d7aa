"""A transaction as an event of Amazon's model financesV0: which of the 34 lists it is in, and how it looks there.

In: a `TransactionRecord`. Out: the list's name and the event. Charges, withheld taxes, fees and promotions stand in
lists of their own; those of a refund have names that end with Adjustment. Names of charges are those of settlements,
but for shipping.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from emulators.amazon.answers import date_time
from emulators.amazon.history import GroupRecord, Leaf, TransactionItem, TransactionRecord
from emulators.amazon.old_answers import old_money

LISTS = (
    *("ShipmentEventList", "ShipmentSettleEventList", "RefundEventList", "GuaranteeClaimEventList"),
    *("EBTRefundReimbursementOnlyEventList", "ChargebackEventList", "PayWithAmazonEventList"),
    *("ServiceProviderCreditEventList", "RetrochargeEventList", "RentalTransactionEventList"),
    *("ProductAdsPaymentEventList", "ServiceFeeEventList", "SellerDealPaymentEventList", "DebtRecoveryEventList"),
    *("LoanServicingEventList", "AdjustmentEventList", "SAFETReimbursementEventList"),
    *("SellerReviewEnrollmentPaymentEventList", "FBALiquidationEventList", "CouponPaymentEventList"),
    *("ImagingServicesFeeEventList", "NetworkComminglingTransactionEventList", "AffordabilityExpenseEventList"),
    *("AffordabilityExpenseReversalEventList", "RemovalShipmentEventList", "RemovalShipmentAdjustmentEventList"),
    *("TrialShipmentEventList", "TDSReimbursementEventList", "AdhocDisbursementEventList", "TaxWithholdingEventList"),
    *("ChargeRefundEventList", "FailedAdhocDisbursementEventList", "ValueAddedServiceChargeEventList"),
    "CapacityReservationBillingEventList",
)
_CHARGES = {
    "OurPricePrincipal": "Principal",
    "OurPriceTax": "Tax",
    "ShippingPrincipal": "ShippingCharge",
    "ShippingTax": "ShippingTax",
    "GiftWrapPrincipal": "GiftWrap",
    "GiftWrapTax": "GiftWrapTax",
}
# A fee of the parcel, not of an item.
_PARCEL_FEES = frozenset({"FBATransportationFee"})
_WITHHELD = ("MarketplaceFacilitatorTax", "MarketplaceFacilitatorVAT", "LowValueGoodsTax")
_ZERO = Decimal("0.00")


def event_of(record: TransactionRecord, posted: datetime) -> tuple[str, dict[str, Any]] | None:
    """Return list and event of a released transaction, None for one that has no place among them."""
    kind = record.transaction_type
    if kind in ("Shipment", "Refund"):
        return f"{kind}EventList", _sale(record, posted, "Adjustment" if kind == "Refund" else "")
    makers = {
        "ServiceFee": ("ServiceFeeEventList", _service_fee),
        "ProductAdsPayment": ("ProductAdsPaymentEventList", _advertising),
        "Adjustment": ("AdjustmentEventList", _adjustment),
        "DebtRecovery": ("DebtRecoveryEventList", _debt_recovery),
    }
    if kind not in makers:
        return None
    name, make = makers[kind]
    return name, make(record, posted)


def reserve_event(group: GroupRecord, name: str, amount: Decimal, posted: datetime) -> dict[str, Any]:
    """Return what is held back of a period, or comes back in it, as an adjustment."""
    return {
        "AdjustmentType": name,
        "PostedDate": date_time(posted, "millis"),
        "AdjustmentAmount": old_money(amount, group.currency),
    }


def _sale(record: TransactionRecord, posted: datetime, ending: str) -> dict[str, Any]:
    names = dict(record.identifiers)
    currency = record.currency
    event: dict[str, Any] = {
        "AmazonOrderId": names.get("ORDER_ID", ""),
        "SellerOrderId": names.get("ORDER_ID", ""),
        "MarketplaceName": record.marketplace_name,
        "PostedDate": date_time(posted, "millis"),
        f"ShipmentItem{ending}List": [_item(item, currency, ending) for item in record.items],
    }
    parcel = _fees((leaf for item in record.items for leaf in item.leaves), currency, of_parcel=True)
    if parcel:
        event[f"ShipmentFee{ending}List"] = parcel
    return event


def _item(item: TransactionItem, currency: str, ending: str) -> dict[str, Any]:
    order_item = dict(item.identifiers).get("ORDER_ADJUSTMENT_ITEM_ID", "")
    written: dict[str, Any] = {"SellerSKU": item.sku}
    if order_item:
        written["OrderAdjustmentItemId" if ending else "OrderItemId"] = order_item
    if item.quantity is not None:
        written["QuantityShipped"] = item.quantity
    charges = [
        {"ChargeType": _CHARGES[leaf.path[-1]], "ChargeAmount": old_money(leaf.amount, currency)}
        for leaf in item.leaves
        if leaf.path[-1] in _CHARGES and leaf.path[0] != "Promotions"
    ]
    withheld = [
        {"ChargeType": leaf.path[-1], "ChargeAmount": old_money(leaf.amount, currency)}
        for leaf in item.leaves
        if leaf.path[-1].startswith(_WITHHELD)
    ]
    promotions = [
        {"PromotionType": "PromotionMetaDataDefinitionValue", "PromotionAmount": old_money(leaf.amount, currency)}
        for leaf in item.leaves
        if leaf.path[0] == "Promotions"
    ]
    taxes = [{"TaxCollectionModel": "MarketplaceFacilitator", "TaxesWithheld": withheld}] if withheld else []
    lists = {
        f"ItemCharge{ending}List": charges,
        f"ItemFee{ending}List": _fees(item.leaves, currency, of_parcel=False),
        "ItemTaxWithheldList": taxes,
        f"Promotion{ending}List": promotions,
    }
    return written | {name: entries for name, entries in lists.items() if entries}


def _fees(leaves: Iterable[Leaf], currency: str, *, of_parcel: bool) -> list[dict[str, Any]]:
    """Return the fees of an item or of the parcel, base and tax of each in one amount."""
    sums: dict[str, Decimal] = {}
    for leaf in leaves:
        if leaf.path[0] == "AmazonFees" and (leaf.path[1] in _PARCEL_FEES) is of_parcel:
            sums[leaf.path[1]] = sums.get(leaf.path[1], _ZERO) + leaf.amount
    return [{"FeeType": name, "FeeAmount": old_money(amount, currency)} for name, amount in sums.items()]


def _service_fee(record: TransactionRecord, posted: datetime) -> dict[str, Any]:
    """Return a fee; the model has no date for it."""
    sums: dict[str, Decimal] = {}
    for leaf in record.leaves:
        sums[leaf.path[0]] = sums.get(leaf.path[0], _ZERO) + leaf.amount
    fees = [{"FeeType": name, "FeeAmount": old_money(amount, record.currency)} for name, amount in sums.items()]
    return {"FeeReason": record.description, "FeeList": fees}


def _advertising(record: TransactionRecord, posted: datetime) -> dict[str, Any]:
    """Return a charge for advertising, whose names alone begin with a small letter."""
    amount = old_money(record.total, record.currency)
    return {
        "postedDate": date_time(posted, "millis"),
        "transactionType": "charge" if record.total < 0 else "refund",
        "invoiceId": dict(record.identifiers).get("INVOICE_ID", record.transaction_id[:12].upper()),
        "baseValue": amount,
        "taxValue": old_money(_ZERO, record.currency),
        "transactionValue": amount,
    }


def _adjustment(record: TransactionRecord, posted: datetime) -> dict[str, Any]:
    return {
        "AdjustmentType": record.leaves[0].path[-1],
        "PostedDate": date_time(posted, "millis"),
        "AdjustmentAmount": old_money(record.total, record.currency),
        "AdjustmentItemList": [
            {"Quantity": str(item.quantity or 1), "SellerSKU": item.sku, "ASIN": item.asin} for item in record.items
        ],
    }


def _debt_recovery(record: TransactionRecord, posted: datetime) -> dict[str, Any]:
    return {
        "DebtRecoveryType": record.leaves[0].path[-1],
        "RecoveryAmount": old_money(record.total, record.currency),
        "OverPaymentCredit": old_money(_ZERO, record.currency),
    }
