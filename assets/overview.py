"""Where a connection stands, marketplace by marketplace and currency by currency, so that several lie side by side.

In: a connection's road; only our own stores are asked. Out: a row per marketplace and currency: settlements, what of
them is posted and what is open, payouts on their way, and how far each source was read. Amounts stay in their own
currency and are never added across currencies.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from assets.checks import BY_DAY
from assets.document_sets import newest_documents
from assets.payout_rows import TABLE as PAYOUTS_TABLE
from assets.roadmap import Road
from assets.series import heads_of, placed
from assets.statements import dicts, statement
from ledger import money
from ledger.posting import PostingState
from ledger.settlement_head import SettlementHead
from resources.amazon.marketplaces import marketplace


@dataclass
class Sum:
    """How many, and what they come to."""

    count: int = 0
    amount: Decimal = Decimal(0)

    def add(self, amount: Decimal, count: int = 1) -> None:
        """Count some more."""
        self.count += count
        self.amount += amount


@dataclass
class Overview:
    """One marketplace and currency of a connection; what was settled before go-live is counted and left alone."""

    connection: str
    marketplace: str
    currency: str
    before_go_live: int = 0
    posted: Sum = field(default_factory=Sum)
    open: Sum = field(default_factory=Sum)
    on_their_way: Sum = field(default_factory=Sum)

    @property
    def settlements(self) -> int:
        """Return how many settlements there are."""
        return self.before_go_live + self.posted.count + self.open.count

    @property
    def row(self) -> dict[str, str | int]:
        """Return the row that people and machines read; amounts are text with the currency's decimals."""
        return {
            "connection": self.connection,
            "marketplace": self.marketplace,
            "currency": self.currency,
            "settlements": self.settlements,
            "before_go_live": self.before_go_live,
            "posted": self.posted.count,
            "posted_amount": money.text(self.posted.amount, self.currency),
            "open": self.open.count,
            "open_amount": money.text(self.open.amount, self.currency),
            "payouts_on_their_way": self.on_their_way.count,
            "amount_on_its_way": money.text(self.on_their_way.amount, self.currency),
        }


def overview(road: Road) -> list[Overview]:
    """Return where a connection stands, one entry per marketplace and currency."""
    found: dict[tuple[str, str], Overview] = {}

    def of(place: str, currency: str) -> Overview:
        return found.setdefault((place, currency), Overview(road.connection, place, currency))

    places = placed(road)
    for head in heads_of(road):
        entry = of(head.marketplace, head.currency)
        if places[head.settlement_id].is_before_go_live:
            entry.before_go_live += 1
        else:
            (entry.posted if _is_posted(road, head) else entry.open).add(head.total)
    for place, currency, payouts, amount in _on_their_way(road):
        of(place, currency).on_their_way.add(amount, payouts)
    return [found[key] for key in sorted(found)]


def fetched_until(road: Road) -> dict[str, date]:
    """Return the last day that was read of each source kept by day."""
    kept = {asset: road.stores.warehouse.currents(road.connection, asset) for asset in BY_DAY}
    return {asset: max(date.fromisoformat(one.partition) for one in days) for asset, days in kept.items() if days}


def _is_posted(road: Road, head: SettlementHead) -> bool:
    documents = newest_documents(road, head.settlement_id)
    return bool(documents) and all(one.state is PostingState.POSTED for one in documents)


def _on_their_way(road: Road) -> Iterable[tuple[str, str, int, Decimal]]:
    warehouse = road.stores.warehouse
    files = [str(warehouse.path(one)) for one in warehouse.currents(road.connection, PAYOUTS_TABLE)]
    if not files:
        return
    with warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(statement("payouts_on_their_way"), params={"payouts": files}))
    for row in rows:
        known = marketplace(row["marketplace_id"] or "")
        place = known.settlement_name if known else row["marketplace_id"] or ""
        yield place, row["currency"], row["payouts"], money.exact(row["amount"], row["currency"])
