"""Rows of a settlement that belong to no order: fees, reimbursements, advertising, reserves, carried debts.

In: a market, a random generator, the settlement's period. Out: `Row`s. Labels are those of real files; a fee that has
VAT on it comes as two rows, `Base fee` and `Tax on fee`.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from emulators.amazon.settlement_writer import Row
from emulators.demo_seller.catalog import PRODUCTS, Market
from emulators.demo_seller.orders import cents, instants

_OTHER = "other-transaction"
_REIMBURSEMENT = "FBA Inventory Reimbursement"


def running_costs(market: Market, draw: random.Random, start: datetime, end: datetime) -> list[Row]:
    """Make advertising, storage, inbound and removal fees of one period, and what Amazon paid for lost goods."""
    posted = iter(instants(draw, start, end, 12))
    rows = [advertising(next(posted), cents(Decimal(draw.randrange(4_000, 26_000)) / 100)) for _ in range(2)]
    storage = cents(Decimal(draw.randrange(1_500, 6_500)) / 100)
    rows += _fee(market, next(posted), "FBAFees", "FBA Inventory Storage Fee", storage)
    if draw.random() < 0.6:
        shipment_id = f"FBA15{''.join(draw.choices('BCDFGHJKLMNPQRSTVWXZ', k=6))}"
        rows += _fee(
            market, next(posted), "FBAFees", "FBA Inbound Placement Service Fee", Decimal("18.40"), shipment_id
        )
    if draw.random() < 0.4:
        removal_id = "".join(draw.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=10))
        rows.append(Row(_OTHER, _OTHER, "RemovalComplete", Decimal("-6.24"), next(posted), order_id=removal_id))
    rows += _reimbursements(draw, next(posted), next(posted), next(posted))
    return rows


def advertising(posted: datetime, amount: Decimal) -> Row:
    """Charge advertising."""
    return Row("ServiceFee", "Cost of Advertising", "TransactionTotalAmount", -amount, posted)


def subscription(market: Market, posted: datetime) -> list[Row]:
    """Charge the monthly subscription where the market has one."""
    if market.subscription_fee is None:
        return []
    return [Row(_OTHER, _OTHER, "Subscription Fee", -market.subscription_fee, posted)]


def coupon(posted: datetime, title: str) -> Row:
    """Charge a coupon's redemptions; the label is the seller's own title."""
    return Row("CouponRedemptionFee", "CouponRedemptionFee", title, Decimal("-9.60"), posted)


def clawback(posted: datetime) -> Row:
    """Take back a reimbursement, because the unit was found."""
    label = "COMPENSATED_CLAWBACK"
    return Row(_OTHER, _REIMBURSEMENT, label, Decimal("-14.12"), posted, sku=PRODUCTS[0].sku, quantity=1)


def twin_reimbursements(posted: datetime) -> list[Row]:
    """Pay for two units lost in the same second: two rows that differ in nothing."""
    row = Row(_OTHER, _REIMBURSEMENT, "WAREHOUSE_DAMAGE", Decimal("9.87"), posted, sku=PRODUCTS[2].sku, quantity=1)
    return [row, row]


def cross_account_debt(posted: datetime, amount: Decimal, country: str) -> Row:
    """Move a debt between the seller's own European accounts; negative pays another's debt, positive comes back."""
    label = f"Cross-Account Debt Adjustment {'against' if amount < 0 else 'for'} {country}"
    return Row("Debt Adjustment", "Debt Adjustment", label, amount, posted)


def reserve_returned(start: datetime, amount: Decimal) -> list[Row]:
    """Return what the settlement before held back."""
    if not amount:
        return []
    return [Row(_OTHER, _OTHER, "Previous Reserve Amount Balance", amount, start + timedelta(seconds=6))]


def reserve_held(end: datetime, amount: Decimal) -> list[Row]:
    """Hold back part of the balance. Amazon posts the row seconds after the settlement's own end."""
    if not amount:
        return []
    return [Row(_OTHER, _OTHER, "Current Reserve Amount", -amount, end + timedelta(seconds=7))]


def debt_carried(start: datetime, debt: Decimal, *, is_charged: bool) -> list[Row]:
    """Carry a negative settlement in, exactly at the start; when Amazon charged the card, in two parts."""
    if not debt:
        return []
    rows = [Row(_OTHER, _OTHER, "Payable to Amazon", -debt, start)]
    if is_charged:
        first = cents(debt / 3)
        for part in (first, debt - first):
            rows.append(Row(_OTHER, _OTHER, "Successful charge", part, start + timedelta(minutes=7)))
    return rows


def _fee(
    market: Market, posted: datetime, transaction_type: str, name: str, amount: Decimal, reference: str = ""
) -> list[Row]:
    """Make a fee, which names a shipment or nothing, with the VAT on it where the market has any."""
    shared = {"order_id": reference, "merchant_order_id": reference, "shipment_id": reference}
    rows = [Row(transaction_type, name, "Base fee", -amount, posted, **shared)]
    tax = cents(amount * market.fee_tax_rate)
    if tax:
        rows.append(Row(transaction_type, name, "Tax on fee", -tax, posted, **shared))
    return rows


def _reimbursements(draw: random.Random, *posted: datetime) -> list[Row]:
    labels = ("WAREHOUSE_DAMAGE", "REVERSAL_REIMBURSEMENT", "WAREHOUSE_LOST")
    rows = []
    for label, instant in zip(labels, posted, strict=True):
        product = draw.choice(PRODUCTS)
        amount = cents(product.price * Decimal("0.62"))
        rows.append(Row(_OTHER, _REIMBURSEMENT, label, amount, instant, sku=product.sku, quantity=1))
    return rows
