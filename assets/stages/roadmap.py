"""What a connection's road needs: its settings, its doors and its stores, in one value that is handed along.

Built once by the component (or by a test, with emulators behind the doors) and given to every stage.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from assets.posting.protocol import Desk, PostingPatience
from ledger.catalogue import Catalogue
from ledger.mapping import Mapping
from ledger.opening_orders import OpeningOrders
from ledger.policy import Policy
from resources.amazon.balances import Balances
from resources.amazon.catalog_items import CatalogItems
from resources.amazon.client import Download, ReportEntry
from resources.amazon.event_groups import EventGroups
from resources.amazon.fee_invoices import FeeInvoices
from resources.amazon.finances import Finances
from resources.amazon.marketplaces import marketplace
from resources.amazon.old_events import OldEvents
from resources.amazon.orders import Orders
from resources.amazon.transfers import Transfers
from resources.bank.settings import BankSettings
from resources.clock import Clock
from resources.erp.target import Target
from resources.store.configuration import ConfigurationFile
from resources.store.stores import Stores

OrdersRoad = Literal["reports", "search"]
EventsSource = Literal["transactions", "v0"]


class Source(Protocol):
    """A marketplace as the road sees it: find settlement reports, fetch one, read transactions and payouts."""

    def settlement_reports(
        self, created_since: datetime | None = None, created_until: datetime | None = None
    ) -> Iterator[ReportEntry]: ...

    def download(self, document_id: str, to: Path, *, is_for_settlements: bool = False) -> Download: ...

    @property
    def finances(self) -> Finances: ...

    @property
    def transfers(self) -> Transfers: ...

    @property
    def balances(self) -> Balances: ...

    @property
    def event_groups(self) -> EventGroups: ...

    @property
    def old_events(self) -> OldEvents: ...

    @property
    def orders(self) -> Orders: ...

    @property
    def marketplace_ids(self) -> tuple[str, ...]: ...

    @property
    def fee_invoices(self) -> FeeInvoices: ...

    @property
    def catalog_items(self) -> CatalogItems: ...


@dataclass(frozen=True)
class Road:
    """One connection's road.

    `seller` and `ledger` are the seller account's and the ERP ledger's own ids (never the connection's name): they make
    the posting key. `load_mapping` reads the mapping file anew, so that a change is seen by the next stage.
    `marketplaces` are those whose settlements are taken in, named as settlements do; empty takes in all.
    `configuration` reads the connection's files as they stand, so that a change is kept with whose hand it was.
    `load_opening_orders` reads the orders that the books held at go-live, none where the connection names no file;
    `load_catalogue` the products, None where it names none.
    `bank` says how the bank's statements are read and held against payouts. `orders_road` is how orders are taken in,
    `events_source` which of Amazon's two interfaces tells financial events. `switched_off` are sources by day that the
    connection does not read; `fetched_from` is the first day that its days can be fetched of, at a moment.
    """

    connection: str
    seller: str
    ledger: str
    policy: Policy
    load_mapping: Callable[[], Mapping]
    stores: Stores
    source: Source
    target: Target
    clock: Clock
    patience: PostingPatience = field(default_factory=PostingPatience)
    look_back: timedelta = timedelta(days=89)
    holder: str = ""
    run: str = ""
    person: str = ""
    memory_limit_mb: int = 512
    marketplaces: tuple[str, ...] = ()
    configuration: Callable[[], Iterable[ConfigurationFile]] = tuple
    load_opening_orders: Callable[[], OpeningOrders] = OpeningOrders
    load_catalogue: Callable[[], Catalogue | None] = lambda: None
    bank: BankSettings = field(default_factory=BankSettings)
    orders_road: OrdersRoad = "reports"
    events_source: EventsSource = "transactions"
    switched_off: frozenset[str] = frozenset()
    fetched_from: Callable[[datetime], date] = lambda now: date.min

    def is_foreign(self, marketplace_id: str) -> bool:
        """Tell whether a marketplace is surely one that this connection does not list.

        Most questions name no marketplace, so all of the seller's come; what names none is of the account.
        """
        known = marketplace(marketplace_id)
        return bool(self.marketplaces) and known is not None and known.settlement_name not in self.marketplaces

    @property
    def desk(self) -> Desk:
        """Return what the posting protocol needs of this road."""
        return Desk(
            outbox=self.stores.outbox,
            target=self.target,
            clock=self.clock,
            patience=self.patience,
            holder=self.holder or self.run,
            run=self.run,
            person=self.person,
        )
