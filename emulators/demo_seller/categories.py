"""The category of every label the demonstration seller uses, for its truth list.

In: a triple. Out: the category's name as the connector's classification has it. Small and of its own, because an
emulator shares nothing with the program it tests; a test compares the two.
"""

from __future__ import annotations

_ORDER = {
    ("ItemPrice", "Principal"): "revenue",
    ("ItemPrice", "Shipping"): "shipping_revenue",
    ("ItemPrice", "GiftWrap"): "gift_wrap_revenue",
    ("ItemPrice", "Tax"): "tax_collected",
    ("ItemPrice", "ShippingTax"): "tax_collected",
    ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"): "marketplace_tax_withheld",
    ("ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping"): "marketplace_tax_withheld",
    ("ItemFees", "Commission"): "referral_fee",
    ("ItemFees", "FBAPerUnitFulfillmentFee"): "fba_fulfilment_fee",
    ("ItemFees", "DigitalServicesFee"): "digital_services_fee",
    ("ItemFees", "ShippingChargeback"): "shipping_chargeback",
    ("ItemFees", "GiftwrapChargeback"): "gift_wrap_chargeback",
    ("Promotion", "Principal"): "promo_rebate",
    ("Promotion", "Shipping"): "promo_rebate",
    ("Shipment-Fees", "FBA transportation fee"): "fba_fulfilment_fee",
}
_REFUND = _ORDER | {
    ("ItemPrice", "Principal"): "refund",
    ("ItemPrice", "Shipping"): "refund_shipping",
    ("ItemPrice", "GiftWrap"): "refund_gift_wrap",
    ("ItemFees", "RefundCommission"): "refund_commission",
}
_ACCOUNT = {
    ("other-transaction", "Current Reserve Amount"): "reserve_movement",
    ("other-transaction", "Previous Reserve Amount Balance"): "reserve_movement",
    ("other-transaction", "Payable to Amazon"): "negative_balance_carry",
    ("other-transaction", "Successful charge"): "debt_recovery",
    ("other-transaction", "Subscription Fee"): "subscription_fee",
    ("other-transaction", "RemovalComplete"): "fba_removal_fee",
    ("FBA Inventory Reimbursement", "WAREHOUSE_DAMAGE"): "fba_reimbursement",
    ("FBA Inventory Reimbursement", "WAREHOUSE_LOST"): "fba_reimbursement",
    ("FBA Inventory Reimbursement", "REVERSAL_REIMBURSEMENT"): "fba_reimbursement",
    ("FBA Inventory Reimbursement", "COMPENSATED_CLAWBACK"): "fba_reimbursement_reversal",
    ("Cost of Advertising", "TransactionTotalAmount"): "advertising",
    ("FBA Inventory Storage Fee", "Base fee"): "fba_storage_fee",
    ("FBA Inventory Storage Fee", "Tax on fee"): "tax_on_fees",
    ("FBA Inbound Placement Service Fee", "Base fee"): "fba_inbound_fee",
    ("FBA Inbound Placement Service Fee", "Tax on fee"): "tax_on_fees",
}
_BY_TRANSACTION_TYPE = {"Order": _ORDER, "Refund": _REFUND}
_FREE_TEXT = {"CouponRedemptionFee": "coupon_fee", "Debt Adjustment": "cross_account_debt"}
UNKNOWN = "unknown"


def category_of(transaction_type: str, amount_type: str, amount_description: str) -> str:
    """Return the category of a triple, `unknown` when the seller uses it on purpose as a label nobody knows."""
    if transaction_type in _FREE_TEXT:
        return _FREE_TEXT[transaction_type]
    table = _BY_TRANSACTION_TYPE.get(transaction_type, _ACCOUNT)
    return table.get((amount_type, amount_description), UNKNOWN)
