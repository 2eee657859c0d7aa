"""A whole world in one process: both emulators, the stores, the two demo connections, a clock that only tests move."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from assets.posting.protocol import give_up
from assets.review.approval import documents_of
from assets.road import STAGES, walk
from assets.settlement_reports import discover, import_file
from connector_defs.connections import Connection, connections
from connector_defs.project import PACKAGE, Project
from emulators.amazon.settings import Settings
from emulators.amazon.settlement_writer import US, Row, Settlement, write_v2
from emulators.demo import world_around
from emulators.faults import FaultPlan
from emulators.fusion.demo_site import DEMO_CLIENT, DEMO_SECRET
from emulators.in_process import InProcessTransport
from emulators.peoplesoft.demo_site import DEMO_PASSWORD
from resources.clock import ManualClock
from resources.store.stores import StoreUrls
from resources.vault import Vault
from tests.demo_sellers import seller_of_its_own
from tests.resources.store.cluster import Cluster, server_folder
from tests.road.control import CONTROL
from tests.road.rig import assert_in_books

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
# The period of a settlement written by hand; it lies within one month unless told otherwise.
FIRST = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass
class World:
    """Emulators behind in-process transports, stores in a folder, roads per connection."""

    home: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    amazon_faults: FaultPlan = field(default_factory=FaultPlan)
    erp_faults: FaultPlan = field(default_factory=FaultPlan)
    amazon_settings: Settings = field(default_factory=Settings)

    def __post_init__(self):
        self.demo = world_around(
            seller_of_its_own(START.date()),
            clock=self.clock,
            amazon_faults=self.amazon_faults,
            peoplesoft_faults=self.erp_faults,
            settings=self.amazon_settings,
        )
        self.reopen()
        self.vault = Vault.open(self.home)
        self._seed_vault()

    def _seed_vault(self):
        first, *_ = self.demo.seller.sellers
        for name, value in {
            "amazon_client_id": first.client_id,
            "amazon_client_secret": first.client_secret,
            **{f"{account.name}_refresh_token": account.refresh_token for account in self.demo.seller.sellers},
            "peoplesoft_user": "CONNECTOR",
            "peoplesoft_password": DEMO_PASSWORD,
            "fusion_client_id": DEMO_CLIENT,
            "fusion_client_secret": DEMO_SECRET,
        }.items():
            self.vault.set(name, value)

    def reopen(self, home: Path | None = None):
        """Open the stores anew, as a later process would; another home is another control database."""
        self.home = home or self.home
        self.stores = CONTROL.opened(self.home, self.clock)

    @property
    def urls(self) -> StoreUrls:
        """Return where the stores of the home are."""
        return CONTROL.urls(self.home)

    def connections(self) -> dict[str, Connection]:
        """Return the demo connections of the project."""
        return connections(Project(PACKAGE, self.home))

    def road(self, name: str, run: str = "run-1", **changes):
        """Return the road of one connection; `changes` replace books (policy) settings."""
        connection = self.connections()[name]
        if changes:
            books = type(connection.settings.books).model_validate(connection.settings.books.model_dump() | changes)
            settings = connection.settings.model_copy(update={"books": books})
            connection = Connection(connection.name, settings, connection.mapping_path)
        return connection.road(
            self.stores,
            self.vault,
            self.clock,
            run=run,
            person="tester",
            amazon_transport=InProcessTransport(self.demo.amazon, self.clock),
            erp_transport=InProcessTransport(getattr(self.demo, connection.settings.erp_name.lower()), self.clock),
        )

    @property
    def books(self):
        """Return the emulator's books, which only tests look into."""
        return self.demo.peoplesoft.books

    # --- settlements written by hand ------------------------------------------------------------------------------

    def settlement(
        self, settlement_id: str, *rows: Row, start: datetime = FIRST, days: int = 7, currency: str = "USD"
    ) -> Path:
        """Write one settlement as Amazon does and return the file."""
        path = self.home / f"{settlement_id}-{len(list(self.home.glob('*.txt')))}.txt"
        path.write_bytes(write_v2(Settlement(settlement_id, start, start + timedelta(days=days), currency, rows), US))
        return path

    def take_in(self, road, settlement_id: str, *rows: Row, **written) -> str:
        """Import one settlement, written as `settlement` does; return its id."""
        assert import_file(road, self.settlement(settlement_id, *rows, **written))[0] == settlement_id
        return settlement_id

    def small(self, run: str = "run-1", **changes):
        """Return the US road with nothing held at go-live, so that one settlement stands alone."""
        return self.road("amazon_us", run, **{"opening": [], "books_from": "2026-08-01", **changes})

    def documents(self, road, settlement_id: str):
        """Return the newest revision of a settlement."""
        return documents_of(road, settlement_id)

    def states(self, road, settlement_id: str) -> list[str]:
        """Return the states of the newest revision, part by part."""
        return [str(one.state) for one in documents_of(road, settlement_id)]

    def items(self) -> dict[str, object]:
        """Return the open review items by code."""
        return {one.code: one for one in self.stores.review.listing()}

    def resolve(self, code: str, action: str, reason: str = "checked"):
        """Resolve the open item of a code."""
        return self.stores.review.resolve(self.items()[code].id, action, "tester", reason)

    def give_up(self, road, settlement_id: str):
        """Do what `connector review resolve --action deleted` does before it closes the item."""
        documents = documents_of(road, settlement_id)
        siblings = [one.journal for one in documents]
        for one in documents:
            if str(one.state) == "review":
                give_up(road.desk, one.key, siblings, "deleted in the ERP: checked")

    def assert_in_books(self, *totals: str) -> None:
        """Hold PeopleSoft's books, and nothing else, against the clearing amounts that should be in them."""
        assert_in_books(self.demo.peoplesoft, "110500", totals)

    def creates(self) -> int:
        """Count the Creates that reached PeopleSoft."""
        return self.erp_faults.calls("Create")


_ORDER = "111-0000001-0000001"


def sale(
    amount: str = "100.00", posted: datetime = FIRST + timedelta(hours=1), order: str = "111-0000001-0000001"
) -> Row:
    """Return a sale of one unit."""
    facts = {"order_id": order, "marketplace_name": "Amazon.com", "fulfillment_id": "AFN", "sku": "SKU-1"}
    more = {"order_item_code": order[-4:], "shipment_id": "D1", "quantity": 1}
    return Row("Order", "ItemPrice", "Principal", Decimal(amount), posted, **facts, **more)


def of_account(label: str, amount: str, posted: datetime = FIRST + timedelta(hours=2)) -> Row:
    """Return a row of the account: a reserve, a carried debt, a fee."""
    return Row("other-transaction", "other-transaction", label, Decimal(amount), posted)


@pytest.fixture(scope="session", autouse=True)
def control_cluster():
    """Keep control databases on PostgreSQL where that is asked for."""
    if os.environ.get("CONNECTOR_TEST_CONTROL") != "postgresql":
        yield
        return
    binaries = server_folder()
    assert binaries is not None, "PostgreSQL is not installed: apt-get install postgresql"
    with Cluster.running(binaries) as running:
        CONTROL.cluster = running
        yield
        CONTROL.cluster = None


@pytest.fixture(autouse=True)
def closed_at_the_end():
    """Leave no connection of a test open on the one server of all."""
    yield
    CONTROL.close_all()


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Return a fresh world."""
    monkeypatch.setenv("CONNECTOR_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    made = World(tmp_path / "home")
    for account in made.demo.seller.sellers:
        region = account.name.removeprefix("amazon_").upper()
        monkeypatch.setenv(f"CONNECTOR_DEMO_BOOKS_FROM_{region}", account.books_from.isoformat())
    return made


__all__ = ["FIRST", "STAGES", "World", "discover", "of_account", "sale", "walk"]
