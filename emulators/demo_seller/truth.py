"""What the demonstration seller's files must come to: the answers beside the questions.

In: chained settlements. Out: `SettlementTruth` per settlement and `OpeningBalance` per series. A program that reads the
files and books them must arrive at these figures; a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from emulators.demo_seller.catalog import Market
from emulators.demo_seller.categories import category_of
from emulators.demo_seller.series import ChainedSettlement


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """What the books held at go-live: reserve and debt to Amazon, both zero or positive."""

    seller_id: str
    marketplace: str
    marketplace_id: str
    currency: str
    first_settlement_id: str
    reserve: Decimal
    debt: Decimal


@dataclass(frozen=True, slots=True)
class SettlementTruth:
    """What a settlement file must come to; `total` is negative when nothing is paid, the reserves and debts are not."""

    seller_id: str
    settlement_id: str
    previous_id: str | None
    marketplace: str
    marketplace_id: str
    currency: str
    tax_model: str
    start: datetime
    end: datetime
    deposit_date: datetime
    total: Decimal
    lines: int
    is_before_go_live: bool
    reserve_returned: Decimal
    reserve_held: Decimal
    debt_carried: Decimal
    debt_charged: Decimal
    by_category: dict[str, Decimal]

    @property
    def payout_expected(self) -> Decimal:
        """Return what reaches the bank: the total, or nothing when it is not positive."""
        return max(Decimal("0.00"), self.total)

    @property
    def released_expected(self) -> Decimal:
        """Return what the RELEASED transactions of the settlement come to: its rows without what it carries."""
        return self.total - self.reserve_returned + self.debt_carried + self.reserve_held


def truth_of(seller_id: str, market: Market, link: ChainedSettlement, *, is_before_go_live: bool) -> SettlementTruth:
    """State what one settlement comes to."""
    settlement = link.settlement
    by_category: dict[str, Decimal] = {}
    for row in settlement.rows:
        category = category_of(*row.triple)
        by_category[category] = by_category.get(category, Decimal("0.00")) + row.amount
    return SettlementTruth(
        seller_id=seller_id,
        settlement_id=settlement.settlement_id,
        previous_id=link.previous_id,
        marketplace=market.name,
        marketplace_id=market.marketplace_id,
        currency=market.currency,
        tax_model=market.tax_model,
        start=settlement.start,
        end=settlement.end,
        deposit_date=settlement.deposit_date,
        total=settlement.total,
        lines=len(settlement.rows),
        is_before_go_live=is_before_go_live,
        reserve_returned=link.reserve_returned,
        reserve_held=link.reserve_held,
        debt_carried=link.debt_carried,
        debt_charged=link.debt_charged,
        by_category=dict(sorted(by_category.items())),
    )


def openings_of(truths: list[SettlementTruth]) -> list[OpeningBalance]:
    """State what the books held when the first settlement of each series after go-live began."""
    firsts: dict[str, SettlementTruth] = {}
    for truth in truths:
        if not truth.is_before_go_live:
            firsts.setdefault(truth.marketplace_id, truth)
    return [
        OpeningBalance(
            truth.seller_id,
            truth.marketplace,
            truth.marketplace_id,
            truth.currency,
            truth.settlement_id,
            truth.reserve_returned,
            truth.debt_carried,
        )
        for truth in firsts.values()
    ]
