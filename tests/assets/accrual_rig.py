"""A connection with settlements, transactions and what of both is in the books, for accruals without an ERP.

Transactions are short tuples; settlements are posted by writing the steps the protocol would write.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from assets.events.event_rows import TABLE, rows_of
from assets.journals import planned_journals
from assets.month_end.accrual_events import EventsOfMonth, events_of_month
from assets.month_end.accrual_sets import Accrual, make_accrual
from assets.stages.days import days_between
from assets.stages.roadmap import Road
from assets.stages.statements import write_parquet
from ledger.journal import Journal, JournalSet
from ledger.month import Month
from ledger.posting import PostingState
from resources.amazon.transaction import Breakdown, DeferredContext, ProductContext, Transaction
from tests.assets.conftest import MAPPING, POLICY, Bookkeeping, EveryAccount

OCTOBER = Month(2026, 10)
# A week before the month ends: every day that is staged costs a version.
GO_LIVE = date(2026, 10, 26)
US, GB = "ATVPDKIKX0DER", "A1F83G8C2ARO7P"
ACCRUING = MAPPING.replace("accounts:\n", 'accounts:\n  accrued: "110950"\n')


def at(text: str) -> datetime:
    """Return a moment of UTC from `10-05 12`."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H").replace(tzinfo=UTC)


def told(
    name: str,
    posted: str,
    *leaves: tuple[str, str],
    kind: str = "Shipment",
    status: str | None = "RELEASED",
    order: str = "111-0000001-0000001",
    marketplace: str = US,
    currency: str = "USD",
    **identifiers: str,
) -> Transaction:
    """Return a transaction; without leaves a sale of 100 with a fee of 15."""
    given = leaves or (("ProductCharges/OurPricePrincipal", "100"), ("AmazonFees/Commission/Base", "-15"))
    made = tuple(_tree(path.split("/"), Decimal(amount)) for path, amount in given)
    names = {"ORDER_ID": order, **identifiers}
    return Transaction(
        transaction_id=name,
        kind=kind,
        status=status,
        description="",
        posted=at(posted),
        total=sum((Decimal(amount) for _, amount in given), Decimal(0)),
        currency=currency,
        marketplace_id=marketplace,
        marketplace_name="",
        account_type="Standard Orders",
        identifiers={key: value for key, value in names.items() if value},
        items=(),
        breakdowns=made,
        product=ProductContext(sku="SKU-1", network="AFN"),
        deferred=DeferredContext(),
    )


def _tree(path: list[str], amount: Decimal) -> Breakdown:
    """Return a breakdown with one leaf."""
    node = Breakdown(path[-1], amount, ())
    for name in reversed(path[:-1]):
        node = Breakdown(name, None, (node,))
    return node


@dataclass
class Accruals(Bookkeeping):
    """A connection that accrues; its ERP knows every account, and its periods are open."""

    def __post_init__(self) -> None:
        self.policy = {**POLICY, "month_end": "accrue", "books_from": GO_LIVE.isoformat()}
        self.mapping = ACCRUING
        self.target = OpenBooks()

    def own(self, number: str) -> str:
        """Return the id of this connection's settlement of a number: a settlement belongs to one connection only."""
        return f"{int(self.connection[1:9], 16)}{number}"

    def take_in(self, settlement_id: str, *given, **more) -> None:
        """Take in a settlement by its number."""
        super().take_in(self.own(settlement_id), *given, **more)

    def documents(self, settlement_id: str) -> tuple[Journal, ...]:
        """Return the journals of a settlement by its number."""
        return super().documents(self.own(settlement_id))

    @property
    def road(self) -> Road:
        """Return the road; each connection has a seller of its own, so that tests share stores and no document."""
        return replace(super().road, seller=self.connection)

    def tell(self, *transactions: Transaction, last: date = date(2026, 11, 1), is_final: bool = True) -> None:
        """Stage every day from go-live to a last one with what was told of it."""
        by_day: dict[date, list] = {day: [] for day in days_between(GO_LIVE, last)}
        for one in transactions:
            rows = rows_of(one, "document")
            assert rows is not None
            by_day[one.posted.date()] += rows.rows
        for day, rows in by_day.items():
            self.stage_day(day, rows, is_final=is_final)

    def stage_day(self, day: date, rows: Iterable[dict], *, is_final: bool = True) -> None:
        """Stage one day."""
        warehouse, given = self.stores.warehouse, list(rows)
        facts = {"documents": [], "fingerprint": str(day), "is_complete": True, "is_final": is_final, "vanished": []}

        def produce(path) -> None:
            with warehouse.connect() as duck:
                write_parquet(duck, TABLE, given, path)

        warehouse.write(self.connection, TABLE, day.isoformat(), produce, facts)

    def post(self, settlement_id: str, *, on: date | None = None, state: PostingState = PostingState.POSTED) -> None:
        """Put a settlement's journals into the books."""
        self.documents(settlement_id)
        own = self.own(settlement_id)
        planned = planned_journals(self.road, own)
        journals = tuple(replace(one, accounting_date=on or one.accounting_date) for one in planned.journals.journals)
        self.step(JournalSet(planned.journals.source, 1, journals), own, state, planned.mapping_hash)

    def step(self, wanted: JournalSet, partition: str, state: PostingState, mapping_hash: str = "m") -> None:
        """Plan a set and take it to a state."""
        outbox = self.stores.outbox
        keys = outbox.plan(
            self.connection, wanted, approved=True, mapping_hash=mapping_hash, partition=partition, run="run-1"
        ).keys
        for number, key in enumerate(keys if state is not PostingState.APPROVED else ()):
            outbox.step(key, state, "as a test says", lease=None, erp_id=f"{partition} {self.connection} {number}")

    def events(self, month: Month = OCTOBER) -> EventsOfMonth:
        """Return what a month's accrual is made of."""
        return events_of_month(self.road, self.road.load_mapping(), month)

    def accrual(self, month: Month = OCTOBER) -> Accrual:
        """Return the only accrual of a month; nothing may be waited for."""
        events = self.events(month)
        assert (events.waits_for, events.findings) == ((), ())
        [place] = events.places
        return make_accrual(self.road, self.road.load_mapping(), events, place)

    def accrued_orders(self) -> list[str]:
        """Return the orders whose lines are accrued for October."""
        version = self.stores.warehouse.current(self.connection, "accrual_lines", self.accrual().name)
        with self.stores.warehouse.connect() as duck:
            path = str(self.stores.warehouse.path(version))
            found = duck.sql("SELECT DISTINCT order_id FROM read_parquet($path) ORDER BY 1", params={"path": path})
            return [order for (order,) in found.fetchall()]


@dataclass
class OpenBooks(EveryAccount):
    """An ERP whose periods are open."""

    def open_day(self, unit: str, day: date) -> date | None:
        """Return the day itself."""
        return day


__all__ = ["OCTOBER", "Accruals", "at", "told"]
