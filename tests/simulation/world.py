"""A small seller and small books in one process, made so that a thousand of them cost a minute.

In: a `Case` (what Amazon has, when it is, how the connection is set) and a folder. Out: both emulators behind their
doors, stores that can be opened again and again as by new processes, and roads of one connection. `copied` gives
another world that has all that was lasting in this one at that moment, and nothing else.
"""

from __future__ import annotations

import gc
import json
import os
import random
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import InitVar, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

from assets.roadmap import Road
from connector_defs.connections import AmazonToPeopleSoftSettings, Connection, connections
from connector_defs.project import PACKAGE, Project
from emulators.amazon.app import AmazonApp
from emulators.amazon.app import build_app as build_amazon
from emulators.amazon.settings import SETTLEMENT_TYPE
from emulators.amazon.settings import Settings as AmazonSettings
from emulators.amazon.settlement_writer import US, Settlement, write_v2
from emulators.amazon.world import Application, Document, Grant, ReportEntry, Seller
from emulators.amazon.world import World as AmazonWorld
from emulators.faults import FaultPlan
from emulators.in_process import InProcessTransport
from emulators.peoplesoft.app import PeopleSoft
from emulators.peoplesoft.app import build_app as build_peoplesoft
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER, demo_site
from emulators.peoplesoft.site import ChartFieldValue, OpenPeriods, Site
from ledger.mapping import Mapping, load_mapping
from ledger.policy import Policy
from resources.clock import ManualClock
from resources.store.stores import Stores
from tests.road.rig import empty_control
from tests.simulation.doors import HttpDoor, acting, watch_under
from tests.simulation.remembered import remembering

CONNECTION = "amazon_us"
UNIT = "US001"
_PERIODS = ((2026, 4), (2027, 3))
SELLER = "A335377DEMONA"
_SECRETS = {
    "amazon_client_id": "demo-client",
    "amazon_client_secret": "demo-secret",
    "amazon_us_refresh_token": "demo-refresh",
    "peoplesoft_user": DEMO_USER,
    "peoplesoft_password": DEMO_PASSWORD,
}


@dataclass(frozen=True)
class Case:
    """What a world begins with; `published` is how long after its end a settlement is listed.

    `books` are settings of the connection's books; `keeps_exchanges` lets every exchange become a row.
    """

    name: str
    now: datetime
    settlements: tuple[Settlement, ...]
    published: timedelta = timedelta(hours=6)
    books: dict[str, Any] = field(default_factory=dict)
    keeps_exchanges: bool = False
    amazon: AmazonSettings = field(default_factory=AmazonSettings)


class OpenVault:
    """A vault that keeps nothing secret: the real one costs a file and a cipher per look."""

    def get(self, name: str) -> str:
        """Return a secret."""
        return _SECRETS[name]

    def seal(self, text: str) -> str:
        """Return the text as it is."""
        return text

    open_sealed = seal


@cache
def _connection() -> Connection:
    """Return the project's American connection."""
    return connections(Project(PACKAGE, Path("unused")))[CONNECTION]


@cache
def mapping_text() -> str:
    """Return the connection's mapping."""
    return _connection().mapping_path.read_text(encoding="utf-8")


@cache
def mapping(old: str = "", new: str = "") -> Mapping:
    """Return the connection's mapping, one text of it replaced."""
    assert old in mapping_text()
    return load_mapping(mapping_text().replace(old, new) if old else mapping_text(), "mapping.yaml")


@cache
def _site() -> Site:
    """Return books of one unit in one currency, open from spring to the next winter."""
    site = demo_site(datetime(2026, 10, 15, tzinfo=UTC).date())
    unit = site.units[0]
    own = tuple(one for one in site.opening_journals if one.header["BUSINESS_UNIT"] == unit.name)
    periods = (OpenPeriods(unit.name, "ACTUALS", *_PERIODS),)
    return replace(site, units=(unit,), rates=(), opening_journals=own, periods=periods)


def site_values() -> tuple[ChartFieldValue, ...]:
    """Return the accounts and other values as they are at first."""
    return _site().values


def _amazon_world(case: Case) -> AmazonWorld:
    world = AmazonWorld()
    world.add_application(Application(_SECRETS["amazon_client_id"], {_SECRETS["amazon_client_secret"]}))
    grant = Grant(_SECRETS["amazon_us_refresh_token"], _SECRETS["amazon_client_id"], SELLER)
    world.add_seller(Seller(SELLER, "na", "Simulated", ("ATVPDKIKX0DER",)), grant)
    for number, settlement in enumerate(case.settlements):
        document = Document(f"amzn1.spdoc.{settlement.settlement_id}", write_v2(settlement, US), number % 2 == 0)
        entry = ReportEntry(
            report_id=str(50_000_000_000 + number),
            report_type=SETTLEMENT_TYPE,
            created=settlement.end + case.published,
            marketplace_ids=("ATVPDKIKX0DER",),
            document_id=document.document_id,
            data_start=settlement.start,
            data_end=settlement.end,
        )
        world.add_report(SELLER, entry, document)
    return world


@cache
def _settings(books: str) -> AmazonToPeopleSoftSettings:
    """Return the connection's settings with some of its books replaced, given as JSON."""
    settings = _connection().settings
    policy = Policy.model_validate(settings.books.model_dump() | json.loads(books))
    return settings.model_copy(update={"books": policy, "automatic": True})


@dataclass(frozen=True)
class Snapshot:
    """Everything lasting of a world at one moment: its home, the emulators' books, the time."""

    home: Path
    amazon: bytes
    erp: bytes
    now: datetime


@dataclass
class World:
    """Emulators, stores and clock of one simulation; `origin` gives the state it begins with."""

    case: Case
    folder: Path
    origin: InitVar[Snapshot | None] = None
    amazon_faults: FaultPlan = field(default_factory=FaultPlan)
    erp_faults: FaultPlan = field(default_factory=FaultPlan)

    def __post_init__(self, origin: Snapshot | None) -> None:
        self.home = self.folder / uuid.uuid4().hex
        self.clock = ManualClock(self.case.now if origin is None else origin.now)
        self.site = replace(_site())
        self.mapping = mapping()
        self._stores: Stores | None = None
        self.amazon: AmazonApp = build_amazon(
            _amazon_world(self.case), self.clock, self.amazon_faults, self.case.amazon
        )
        self.erp: PeopleSoft = build_peoplesoft(self.site, self.clock, self.erp_faults)
        if origin is None:
            self.home.mkdir(parents=True)
            (self.home / "control.db").write_bytes(empty_control())
        else:
            copy_folder(origin.home, self.home)
            self.amazon._state._database.deserialize(origin.amazon)
            self.erp.books.store._connection.deserialize(origin.erp)

    @property
    def stores(self) -> Stores:
        """Return the stores as the present process has them open."""
        if self._stores is None:
            self._stores = self.opened()
        return self._stores

    def opened(self) -> Stores:
        """Open the stores as one more process does."""
        with acting(None):
            stores = Stores.open(self.home, self.clock)
        return stores if self.case.keeps_exchanges else replace(stores, exchanges=None)

    def reopen(self) -> None:
        """Close what a dead process had open; the next one opens it anew."""
        if self._stores is not None:
            with acting(None):
                self._stores.close()
        self._stores = None

    def road(self, run: str, stores: Stores | None = None) -> Road:
        """Return the road of one run."""
        books = {"opening": [], "books_from": "2026-06-01", **self.case.books}
        settings = _settings(json.dumps(books, sort_keys=True))
        made = Connection(CONNECTION, settings, _connection().mapping_path).road(
            stores or self.stores,
            OpenVault(),
            self.clock,
            run=run,
            person="operator",
            amazon_transport=HttpDoor(InProcessTransport(self.amazon, self.clock), "amazon"),
            erp_transport=HttpDoor(InProcessTransport(self.erp, self.clock), "erp"),
        )
        return replace(made, holder=f"simulated:1:{run}", load_mapping=lambda: self.mapping)

    def snapshot(self) -> Snapshot:
        """Return a copy of everything lasting, as of this moment."""
        with acting(None):
            home = self.folder / uuid.uuid4().hex
            copy_folder(self.home, home)
            amazon, erp = self.amazon._state._database, self.erp.books.store._connection
            return Snapshot(home, _bytes_of(amazon), _bytes_of(erp), self.clock.now())

    @property
    def is_period_closed(self) -> bool:
        """Tell whether somebody closed the periods that settlements are dated in."""
        day = self.clock.now().date()
        return not self.erp.books.batches.is_period_open(UNIT, "ACTUALS", "AMZ", day)

    def close_periods(self) -> None:
        """Leave only periods open in which no settlement is dated."""
        self.erp.books.set_periods(UNIT, (2026, 4), (2026, 9))

    def open_periods(self) -> None:
        """Open them again."""
        self.erp.books.set_periods(UNIT, *_PERIODS)

    def mark(self) -> tuple:
        """Return what changes when anything outside the stores does: clock and emulators."""
        amazon, erp = self.amazon._state._database, self.erp.books.store._connection
        return self.clock.now(), amazon.total_changes, erp.total_changes

    def close(self) -> None:
        """Leave nothing behind."""
        self.reopen()
        self.amazon.close()
        self.erp.close()
        shutil.rmtree(self.home)


def _bytes_of(database: sqlite3.Connection) -> bytes:
    """Return what is committed in a database in memory."""
    copy = sqlite3.connect(":memory:")
    try:
        database.backup(copy)
        return copy.serialize()
    finally:
        copy.close()


def copy_folder(source: Path, target: Path) -> None:
    """Copy a home as it lies there: what is written once by a second name, the databases byte for byte."""
    for folder, _, names in os.walk(source):
        there = target / Path(folder).relative_to(source)
        there.mkdir(parents=True)
        for name in names:
            if name.endswith(".db-shm"):
                continue
            is_immutable = ".writing" not in folder and ".db" not in name
            (os.link if is_immutable else shutil.copyfile)(f"{folder}/{name}", f"{there}/{name}")


@contextmanager
def simulated() -> Iterator[Path]:
    """Give a folder in memory, where the system has one, for worlds, and let what is pure answer from memory."""
    memory = Path("/dev/shm")
    is_usable = os.access(memory, os.W_OK)
    with TemporaryDirectory(dir=memory if is_usable else None, prefix="simulation-") as name, remembering():
        folder, scratch = Path(name) / "worlds", Path(name) / "scratch"
        folder.mkdir()
        scratch.mkdir()
        before, tempfile.tempdir = tempfile.tempdir, str(scratch)
        watch_under(folder)
        # What a test run has loaded by now stays: the collector need not walk it a thousand times.
        gc.collect()
        gc.freeze()
        # Of what a seed leaves little is in circles: looked for now and then instead of after every 700 objects.
        often, *_ = before_gc = gc.get_threshold()
        gc.set_threshold(often * 70, 20, 20)
        # Waits are drawn, and a page holds one report, so that a list of three has pages.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("resources.transport.retry.random", SimpleNamespace(Random=lambda: random.Random(7)))
            patch.setattr("resources.amazon.reports.PAGE_SIZE", 1)
            try:
                yield folder
            finally:
                gc.set_threshold(*before_gc)
                gc.unfreeze()
                tempfile.tempdir = before
