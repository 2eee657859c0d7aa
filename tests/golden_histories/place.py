"""Where a history happens: an emulated ERP in the process, a project folder, a home, a clock that stands still.

In: a project folder with one connection, a home, the moment. Out: a road, and the ERP's books.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import httpx

from assets.stages.roadmap import Road
from connector_defs.connections import connection
from connector_defs.project import Project
from resources.clock import ManualClock
from resources.store.stores import Stores, StoreUrls
from resources.vault import Vault
from tests.golden_histories.erps import ERPS, Erp

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass
class Place:
    """One installation beside one ERP, seen from one moment."""

    project: Project
    clock: ManualClock
    erp: Erp
    vault: Vault
    stores: Stores | None = None

    @property
    def urls(self) -> StoreUrls:
        """Return where the stores lie, whatever the environment says."""
        return StoreUrls.of(self.project.home, {})

    def road(self, run: str = "run-1") -> Road:
        """Return the road of the only connection; the stores are opened when they are first needed."""
        self.stores = self.stores or Stores.open(self.urls, self.clock)
        (name,) = self.project.connection_files()
        return connection(self.project, name).road(
            self.stores,
            self.vault,
            self.clock,
            run=run,
            person="tester",
            amazon_transport=httpx.MockTransport(_nobody),
            erp_transport=self.erp.transport(),
        )


def _nobody(request: httpx.Request) -> httpx.Response:
    raise AssertionError("files are handed in: Amazon is not asked")


@contextmanager
def place(folder: Path, home: Path, erp: str, now: datetime = START) -> Iterator[Place]:
    """Yield an installation of a project folder; everything is closed at the end."""
    clock = ManualClock(now)
    books = ERPS[erp](clock)
    home.mkdir(parents=True, exist_ok=True)
    with patch.dict("os.environ", {"CONNECTOR_VAULT_KEY": _KEY}):
        vault = Vault.open(home)
        for name, value in books.secrets.items():
            vault.set(name, value)
        made = Place(Project(folder, home), clock, books, vault)
        try:
            yield made
        finally:
            if made.stores is not None:
                made.stores.close()
            books.close()
