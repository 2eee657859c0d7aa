"""Names of leaves as integrators have seen them in production, where they differ from those one would expect.

In: a `TransactionRecord` with expected names. Out: the same money under the names seen: discounts and gift wrap are
spelled in a way of their own, trees of refunds begin with "Refunded Sales", fees stand beside an empty "Sales", what
Amazon pays for lost goods has a type of its own. Amazon publishes no list of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from emulators.amazon.history import Leaf, TransactionRecord

_PROMOTIONS = {"OurPricePrincipal": "OurPriceDiscount", "ShippingPrincipal": "ShippingDiscount"}
_WORDS = {"GiftWrapPrincipal": "GiftwrapPrincipal", "GiftWrapTax": "GiftwrapTax", "Promotions": "Promo"}
_WORDS |= {"FBAInboundPlacementFee": "FBAInboundConvenienceFee", "TransactionTotalAmount": "AdvertisingFee"}
_OF_REFUNDS = {"Sales": "Refunded Sales", "Expenses": "Refunded Expenses"}
_REIMBURSEMENT = "FBAInventoryReimbursement"
_EMPTY_SALES = Leaf(("Sales",), Decimal("0.00"))


def as_seen(record: TransactionRecord) -> TransactionRecord:
    """Return the same transaction under the names seen."""
    if record.transaction_type in ("Shipment", "Refund"):
        items = tuple(replace(item, leaves=tuple(_renamed(item.leaves))) for item in record.items)
        leaves = tuple(_renamed(record.leaves))
        if record.transaction_type == "Refund":
            leaves = tuple(
                Leaf((_OF_REFUNDS.get(one.path[0], one.path[0]), *one.path[1:]), one.amount) for one in leaves
            )
        return replace(record, items=items, leaves=leaves)
    if record.transaction_type in ("ServiceFee", "ProductAdsPayment"):
        below = tuple(Leaf(("Expenses", *leaf.path), leaf.amount) for leaf in _renamed(record.leaves))
        return replace(record, leaves=(_EMPTY_SALES, *below))
    if record.transaction_type == "Adjustment" and record.leaves[0].path[0] == _REIMBURSEMENT:
        name = _REIMBURSEMENT if record.total >= 0 else "FBAReversedReimbursement"
        return replace(record, transaction_type=_REIMBURSEMENT, leaves=(Leaf((name,), record.total),))
    return record


def _renamed(leaves: Iterable[Leaf]) -> Iterable[Leaf]:
    for leaf in leaves:
        words = _PROMOTIONS if leaf.path[0] == "Promotions" else {}
        yield Leaf(tuple(words.get(name, _WORDS.get(name, name)) for name in leaf.path), leaf.amount)
