"""What came after the sales of the demonstration seller: refunds, and reimbursements for goods that Amazon lost.

In: a market's chain of settlements. Out: `RefundRecord`s and `ReimbursementRecord`s that say the same as the rows:
the refund at the moment its rows were posted, the reimbursement approved up to two days before, under another word.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta

from emulators.amazon.history import RefundRecord, ReimbursementRecord
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


def refunds_of(market: Market, chain: Sequence[ChainedSettlement]) -> list[RefundRecord]:
    """Return the refunded orders; each is refunded once and in full."""
    moments = {row.order_id: row.posted for row in _rows(chain) if row.transaction_type == "Refund"}
    return [RefundRecord(order_id, market.marketplace_id, moment) for order_id, moment in moments.items()]


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
