"""What came after the sales of the demonstration seller: refunds, returns, and reimbursements for goods Amazon lost.

In: a market's chain of settlements. Out: `RefundRecord`s and `ReimbursementRecord`s that say the same as the rows:
the refund at the moment its rows were posted, the reimbursement approved up to two days before, under another word.
Beside them `ReturnRecord`s of some of the refunded orders, unit by unit, some days after the refund: not all comes
back, and not all of that can be sold. A return moves no money.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from emulators.amazon.history import OrderRecord, RefundRecord, ReimbursementRecord, ReturnRecord
from emulators.amazon.settlement_writer import Row
from emulators.demo_seller.catalog import PRODUCTS, Market
from emulators.demo_seller.series import ChainedSettlement

_PRODUCTS = {product.sku: product for product in PRODUCTS}
# The settlement's label and the word of the reimbursement report.
_REASONS = {
    "WAREHOUSE_DAMAGE": "Damaged_Warehouse",
    "WAREHOUSE_LOST": "Lost_Warehouse",
    "REVERSAL_REIMBURSEMENT": "CustomerReturn",
    "COMPENSATED_CLAWBACK": "Reimbursement_Reversal",
}


# Share of refunded units that come back, and of those the conditions they come back in.
_COMES_BACK = 0.75
_CONDITIONS = (
    ("SELLABLE", 0.6),
    ("CUSTOMER_DAMAGED", 0.18),
    ("DEFECTIVE", 0.12),
    ("DAMAGED", 0.05),
    ("CARRIER_DAMAGED", 0.05),
)
_REASONS_TO_RETURN = ("UNWANTED_ITEM", "NOT_AS_DESCRIBED", "DEFECTIVE", "ORDERED_WRONG_ITEM", "NO_REASON_GIVEN")
# The label is missing now and then, and a buyer may write whatever he likes.
_UNLABELLED, _COMMENTED = 0.1, 0.3
_COMMENT = "It was for Jane Demo and she has one already."


def refunds_of(market: Market, chain: Sequence[ChainedSettlement]) -> list[RefundRecord]:
    """Return the refunded orders; each is refunded once and in full."""
    moments = {row.order_id: row.posted for row in _rows(chain) if row.transaction_type == "Refund"}
    return [RefundRecord(order_id, market.marketplace_id, moment) for order_id, moment in moments.items()]


def returns_of(
    refunds: Iterable[RefundRecord], orders: Iterable[OrderRecord], draw: random.Random
) -> Iterator[ReturnRecord]:
    """Yield what came back of refunded orders that Amazon shipped, a record per unit."""
    by_id = {order.order_id: order for order in orders}
    for refund in refunds:
        order = by_id.get(refund.order_id)
        if order is None or not order.is_by_amazon:
            continue
        for line in order.lines:
            for _ in range(line.quantity):
                is_back, days, share = draw.random() < _COMES_BACK, draw.randrange(1, 12), draw.random()
                label = "" if draw.random() < _UNLABELLED else f"LPNRR{draw.randrange(10**9):09d}"
                reason, comment = draw.choice(_REASONS_TO_RETURN), draw.random() < _COMMENTED
                if is_back:
                    yield ReturnRecord(
                        order_id=order.order_id,
                        marketplace_id=order.marketplace_id,
                        returned=refund.refunded + timedelta(days=days, seconds=draw.randrange(86_400)),
                        sku=line.sku,
                        asin=line.asin,
                        title=line.title,
                        disposition=_condition(share),
                        reason=reason,
                        license_plate=label,
                        comments=_COMMENT if comment else "",
                    )


def _condition(left: float) -> str:
    for name, share in _CONDITIONS:
        left -= share
        if left < 0:
            return name
    return _CONDITIONS[0][0]


def reimbursements_of(
    market: Market, chain: Sequence[ChainedSettlement], draw: random.Random
) -> list[ReimbursementRecord]:
    """Return one reimbursement per row, two for two rows that are alike."""
    made: list[ReimbursementRecord] = []
    for row in _rows(chain):
        if row.amount_type != "FBA Inventory Reimbursement":
            continue
        product = _PRODUCTS[row.sku]
        is_taken_back = row.amount < 0
        made.append(
            ReimbursementRecord(
                reimbursement_id=str(draw.randrange(10**10, 10**11)),
                marketplace_id=market.marketplace_id,
                approved=row.posted - timedelta(seconds=draw.randrange(3_600, 172_800)),
                reason=_REASONS[row.amount_description],
                sku=row.sku,
                asin=product.asin,
                title=product.title,
                currency=market.currency,
                amount=row.amount,
                quantity=row.quantity or 1,
                original_id=str(draw.randrange(10**10, 10**11)) if is_taken_back else "",
                original_reason="Lost_Warehouse" if is_taken_back else "",
            )
        )
    return made


def _rows(chain: Sequence[ChainedSettlement]) -> Iterable[Row]:
    return (row for link in chain for row in link.settlement.rows)
