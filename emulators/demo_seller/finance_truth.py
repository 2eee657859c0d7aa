"""What the demonstration seller's finance answers must come to, told from the settlements' own rows.

In: one market's chain of settlements, the orders and when they were shipped, rows that no settlement has yet. Out:
`SeriesTruth`: balances at any moment and at every month's end, sums by status, what was released in each settlement. It
takes another way than the transactions and the emulator do, so that agreeing means something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from emulators.amazon.history import OrderRecord
from emulators.amazon.settlement_writer import Row
from emulators.demo_seller.catalog import Market
from emulators.demo_seller.series import ChainedSettlement

_ZERO = Decimal("0.00")
_CARRIES = frozenset({"Previous Reserve Amount Balance", "Current Reserve Amount", "Payable to Amazon"})
# Money that is released within half a day of shipment is not held.
_AT_ONCE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class BalanceTruth:
    """What Amazon owes at a moment: what is deferred, what is held back, what is neither."""

    marketplace_id: str
    currency: str
    moment: datetime
    available: Decimal
    deferred: Decimal
    account_level_reserve: Decimal

    @property
    def total(self) -> Decimal:
        """Return all of it."""
        return self.available + self.deferred + self.account_level_reserve


@dataclass(frozen=True, slots=True)
class SeriesTruth:
    """One market of one account; `orders` may hold those of other markets, `open_rows` are of no settlement yet."""

    seller_id: str
    market: Market
    chain: tuple[ChainedSettlement, ...]
    orders: Sequence[OrderRecord]
    open_rows: tuple[Row, ...]

    def released(self) -> dict[str, Decimal]:
        """Return settlement -> what its RELEASED transactions come to."""
        return {
            link.settlement.settlement_id: sum((row.amount for row in _told(link.settlement.rows)), _ZERO)
            for link in self.chain
        }

    def sums_by_status(self, moment: datetime) -> dict[str, Decimal]:
        """Return status -> sum of all transactions posted by then, the late ones among them."""
        sums = {"DEFERRED": _ZERO, "DEFERRED_RELEASED": _ZERO, "RELEASED": _ZERO}
        shipped = self._shipped()
        for row in self._rows():
            sent = _held_since(row, shipped)
            if row.posted <= moment:
                sums["RELEASED"] += row.amount
                sums["DEFERRED_RELEASED"] += row.amount if sent is not None else _ZERO
            elif sent is not None and sent <= moment:
                sums["DEFERRED"] += row.amount
        return sums

    def balance(self, moment: datetime) -> BalanceTruth:
        """Return the balance at a moment since the chain began; payouts leave when a settlement ends."""
        begun = [link for link in self.chain if link.settlement.start <= moment]
        last = begun[-1]
        settlement = last.settlement
        if settlement.end <= moment:
            # In the open period: what the last settlement left.
            reserve, available = last.reserve_held, min(settlement.total, _ZERO)
            rows: Iterable[Row] = self.open_rows
        else:
            reserve, available = last.reserve_returned, -last.debt_carried
            rows = _told(settlement.rows)
        available += sum((row.amount for row in rows if row.posted <= moment), _ZERO)
        deferred = self.sums_by_status(moment)["DEFERRED"]
        return BalanceTruth(self.market.marketplace_id, self.market.currency, moment, available, deferred, reserve)

    def month_ends(self, as_of: date) -> list[BalanceTruth]:
        """Return the balance at the end (UTC) of every month that began and ended within the chain and before a day."""
        first, day = self.chain[0].settlement.start, as_of.replace(day=1)
        found = []
        while datetime.combine(day, time(), UTC) > first:
            found.append(self.balance(datetime.combine(day, time(), UTC) - timedelta(microseconds=1)))
            day = (day - timedelta(days=1)).replace(day=1)
        return found[::-1]

    def _rows(self) -> Iterator[Row]:
        for link in self.chain:
            yield from _told(link.settlement.rows)
        yield from self.open_rows

    def _shipped(self) -> dict[str, datetime]:
        return {order.order_id: order.shipped for order in self.orders if order.shipped is not None}


def _held_since(row: Row, shipped: Mapping[str, datetime]) -> datetime | None:
    """Return when the order of a row was shipped, None when its money was not held."""
    sent = shipped.get(row.order_id) if row.transaction_type == "Order" else None
    return sent if sent is not None and row.posted - sent > _AT_ONCE else None


def _told(rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row.amount_description not in _CARRIES)
