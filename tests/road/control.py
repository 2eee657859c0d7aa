"""Where the control databases of the road's tests are: SQLite files, or databases of one PostgreSQL if that is asked.

`CONNECTOR_TEST_CONTROL=postgresql` puts every one of them, whatever rig opens it, on a PostgreSQL of their own.
"""

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from resources.clock import Clock, ManualClock
from resources.store.stores import Stores, StoreUrls
from tests.resources.store.cluster import Cluster


@cache
def empty_control() -> bytes:
    """Return a control database as it is before anything happened; making one takes longer than a test."""
    with TemporaryDirectory() as folder:
        Stores.open(Path(folder), ManualClock(datetime(2026, 11, 20, 9, tzinfo=UTC))).close()
        return (Path(folder) / "control.db").read_bytes()


class Control:
    """The engine of this run of tests, and what was opened on it since the last `close_all`."""

    def __init__(self) -> None:
        self.cluster: Cluster | None = None
        self._made: set[Path] = set()
        self._opened: list[Stores] = []

    def urls(self, home: Path) -> StoreUrls:
        """Return where the stores of a home are."""
        if self.cluster is None:
            return StoreUrls.of(home)
        control = self.cluster.url(_database(home))
        return StoreUrls(control, str(home / "documents"), str(home / "warehouse"))

    def opened(self, home: Path, clock: Clock) -> Stores:
        """Open the stores of a home, empty ones where it is new."""
        if self.cluster is None:
            if not home.exists():
                home.mkdir(parents=True)
                (home / "control.db").write_bytes(empty_control())
            return Stores.open(home, clock)
        if home not in self._made:
            home.mkdir(parents=True, exist_ok=True)
            self.cluster.recreate(_database(home))
            self._made.add(home)
        stores = Stores.open(self.urls(home), clock)
        self._opened.append(stores)
        return stores

    def close_all(self) -> None:
        """Close what stands on PostgreSQL, which has only so many connections."""
        for stores in self._opened:
            stores.close()
        self._opened.clear()


def _database(home: Path) -> str:
    return f"road_{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"


CONTROL = Control()
