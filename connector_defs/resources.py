"""Dagster resources: what the UI shows of the stores and of each connection's doors.

A resource's fields are visible in the UI, so they hold addresses and the names of secrets, never a secret. Stores are
opened once per process, a road once per run: its steps share settings, connections and what a server allowed.
"""

from pathlib import Path

import dagster as dg

from assets.stages.roadmap import Road
from connector_defs.connections import Connection, connection, open_stores, open_vault
from connector_defs.project import Project
from resources.store.stores import Stores

_OPENED: dict[Path, Stores] = {}
_ROADS: dict[tuple[str, Path, Path, str], Road] = {}


def _opened(home: Path) -> Stores:
    if home not in _OPENED:
        _OPENED[home] = open_stores(Project(home=home))
    return _OPENED[home]


def close_all() -> None:
    """Close the stores of this process."""
    _ROADS.clear()
    while _OPENED:
        _OPENED.popitem()[1].close()


class StoresResource(dg.ConfigurableResource):
    """Documents, warehouse and control database under the project's home."""

    home: str = ""

    def open(self) -> Stores:
        """Return the stores of this process."""
        return _opened(Path(self.home) if self.home else Project().home)


class ConnectionResource(dg.ConfigurableResource):
    """One connection as the UI shows it: who, where, which ledger; opened by name from the project's YAML."""

    name: str
    seller: str
    region: str
    marketplaces: list[str]
    ledger: str
    erp_address: str
    mapping: str

    @classmethod
    def of(cls, opened: Connection) -> "ConnectionResource":
        """Describe a connection."""
        amazon = opened.settings.amazon
        return cls(
            name=opened.name,
            seller=amazon.seller_id,
            region=amazon.region,
            marketplaces=list(amazon.marketplaces),
            ledger=opened.ledger_id,
            erp_address=opened.settings.erp_address,
            mapping=opened.settings.mapping,
        )

    def road(self, stores: StoresResource, *, run: str) -> Road:
        """Open the doors of the connection, once for one run; who acts is the account that Dagster runs under."""
        project = Project()
        key = (self.name, project.folder, project.home, run)
        if key not in _ROADS:
            _ROADS.clear()
            _ROADS[key] = connection(project, self.name).road(stores.open(), open_vault(project), run=run)
        return _ROADS[key]
