"""A whole world in one process: both emulators, the stores, the two demo connections, one clock that only tests move."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.road import STAGES, walk
from assets.settlement_reports import discover
from connector_defs.connections import Connection, connections
from connector_defs.project import PACKAGE, Project
from emulators.demo import demo_world
from emulators.faults import FaultPlan
from emulators.in_process import InProcessTransport
from emulators.peoplesoft.demo_site import DEMO_PASSWORD
from resources.clock import ManualClock
from resources.store.stores import Stores
from resources.vault import Vault

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class World:
    """Emulators behind in-process transports, stores in a folder, roads per connection."""

    home: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    amazon_faults: FaultPlan = field(default_factory=FaultPlan)
    erp_faults: FaultPlan = field(default_factory=FaultPlan)

    def __post_init__(self):
        self.demo = demo_world(
            as_of=START.date(), clock=self.clock, amazon_faults=self.amazon_faults, peoplesoft_faults=self.erp_faults
        )
        self.reopen()
        self.vault = Vault.open(self.home)
        self._seed_vault()

    def _seed_vault(self):
        us, eu = self.demo.seller.sellers
        for name, value in {
            "amazon_client_id": us.client_id,
            "amazon_client_secret": us.client_secret,
            "amazon_us_refresh_token": us.refresh_token,
            "amazon_eu_refresh_token": eu.refresh_token,
            "peoplesoft_user": "CONNECTOR",
            "peoplesoft_password": DEMO_PASSWORD,
        }.items():
            self.vault.set(name, value)

    def reopen(self):
        """Open the stores anew, as a later process would."""
        self.stores = Stores.open(self.home, self.clock)

    def connections(self) -> dict[str, Connection]:
        """Return the demo connections of the project."""
        return connections(Project(PACKAGE, self.home))

    def road(self, name: str, run: str = "run-1", **changes):
        """Return the road of one connection; `changes` replace books (policy) settings."""
        connection = self.connections()[name]
        if changes:
            books = type(connection.settings.books).model_validate(
                connection.settings.books.model_dump() | changes
            )
            settings = connection.settings.model_copy(update={"books": books})
            connection = Connection(connection.name, settings, connection.mapping_path)
        return connection.road(
            self.stores,
            self.vault,
            self.clock,
            run=run,
            person="tester",
            amazon_transport=InProcessTransport(self.demo.amazon, self.clock),
            erp_transport=InProcessTransport(self.demo.peoplesoft, self.clock),
        )

    @property
    def books(self):
        """Return the emulator's books, which only tests look into."""
        return self.demo.peoplesoft.books


@pytest.fixture()
def world(tmp_path, monkeypatch):
    """Return a fresh world."""
    monkeypatch.setenv("CONNECTOR_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    made = World(tmp_path / "home")
    us, eu = made.demo.seller.sellers
    monkeypatch.setenv("CONNECTOR_DEMO_BOOKS_FROM_US", us.books_from.isoformat())
    monkeypatch.setenv("CONNECTOR_DEMO_BOOKS_FROM_EU", eu.books_from.isoformat())
    return made


__all__ = ["STAGES", "World", "discover", "walk"]
