"""Rows that settlements hold now and then and that trip a reader up, ready to be mixed into any settlement.

In: an instant, a marketplace name. Out: lists of `Row`: identical twins, a blank marketplace, a label nobody mapped
yet, a localised label, a zero amount, a multi-channel order, a fee whose order id is no order.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from emulators.amazon.settlement_writer import Row


def identical_pair(posted: datetime) -> list[Row]:
    """Return two reimbursements that differ in nothing: two units lost in the same second are two rows."""
    row = Row(
        "other-transaction",
        "FBA Inventory Reimbursement",
        "WAREHOUSE_DAMAGE",
        Decimal("11.84"),
        posted,
        sku="TRAIL-BOTTLE-750",
        quantity=1,
    )
    return [row, row]


def blank_marketplace(posted: datetime, order_id: str) -> Row:
    """Return a row with an order id and no marketplace."""
    return Row(
        "Refund",
        "ItemPrice",
        "Goodwill",
        Decimal("-4.00"),
        posted,
        order_id=order_id,
        merchant_order_id=order_id,
        fulfillment_id="AFN",
        sku="TRAIL-BOTTLE-750",
    )


def unknown_triple(posted: datetime, marketplace_name: str) -> Row:
    """Return a fee under a label that no list of labels holds."""
    return Row(
        "AmazonFees",
        "Peak Season Handling Surcharge",
        "Base fee",
        Decimal("-7.35"),
        posted,
        marketplace_name=marketplace_name,
    )


def localised_label(posted: datetime) -> Row:
    """Return a coupon fee whose label is a seller's German title, with letters outside ASCII."""
    title = "Gutschein für Trinkflasche – 10 % sparen"
    return Row("CouponRedemptionFee", "CouponRedemptionFee", title, Decimal("-2.50"), posted)


def multi_channel(posted: datetime, *, number: int, marketplace_name: str = "Non-Amazon US") -> list[Row]:
    """Return an order of another shop that Amazon shipped: no sale, only fees; the shop's order name stands in it."""
    order = {
        "order_id": f"S01-{number:07d}-{(number * 7919) % 10_000_000:07d}",
        "merchant_order_id": f"#{number}",
        "shipment_id": f"Q{number:08d}",
        "marketplace_name": marketplace_name,
        "fulfillment_id": "AFN",
    }
    item = {"order_item_code": f"{20_000_000_000_000 + number}", "sku": "TRAIL-BOTTLE-750", "quantity": 1}
    return [
        Row(
            "Order", "ItemPrice", "Principal", Decimal("0.00"), posted,
            merchant_order_item_id="TRAIL-BOTTLE-750", **order, **item,
        ),
        Row(
            "Order", "ItemFees", "FBAPerUnitFulfillmentFee", Decimal("-10.11"), posted,
            merchant_order_item_id="TRAIL-BOTTLE-750", **order, **item,
        ),
        Row("Order", "Shipment-Fees", "FBA transportation fee", Decimal("-3.64"), posted, **order),
    ]  # fmt: skip


def inbound_fee(posted: datetime) -> Row:
    """Return a fee whose order id is an FBA shipment id, not an order."""
    return Row(
        "FBAFees",
        "FBA Inbound Placement Service Fee",
        "Base fee",
        Decimal("-18.40"),
        posted,
        order_id="FBA15DEMO0001",
        merchant_order_id="FBA15DEMO0001",
        shipment_id="FBA15DEMO0001",
    )
