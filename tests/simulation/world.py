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
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

from assets.stages.roadmap import Road
from connector_defs.connections import Connection
from emulators.amazon.app import AmazonApp
from emulators.amazon.app import build_app as build_amazon
from emulators.amazon.settings import SETTLEMENT_TYPE
from emulators.amazon.settings import Settings as AmazonSettings
from emulators.amazon.settlement_writer import US, Settlement, write_v2
from emulators.amazon.world import Application, Document, Grant, ReportEntry, Seller
from emulators.amazon.world import World as AmazonWorld
from emulators.faults import FaultPlan
from emulators.in_process import InProcessTransport
from ledger.mapping import Mapping, load_mapping
from ledger.policy import Policy
from resources.clock import ManualClock
from resources.store.stores import Stores
from tests.road.control import empty_control
from tests.simulation.doors import HttpDoor, acting, watch_under
from tests.simulation.erp_side import ErpSide
from tests.simulation.onlooker import Onlooker
from tests.simulation.peoplesoft_side import PeopleSoftSide
from tests.simulation.remembered import remembering
from tests.simulation.witness import Witness

CONNECTION = "amazon_us"
SELLER = "A335377DEMONA"
_SECRETS = {
    "amazon_client_id": "demo-client",
    "amazon_client_secret": "demo-secret",
    "amazon_us_refresh_token": "demo-refresh",
}


@dataclass(frozen=True)
class Case:
    """What a world begins with; `published` is how long after its end a settlement is listed.

    `books` are settings of the connection's books, `mapping` replaces a text of its mapping; `keeps_exchanges` lets
    every exchange become a row.
    """

    name: str
    now: datetime
    settlements: tuple[Settlement, ...]
    published: timedelta = timedelta(hours=6)
    books: dict[str, Any] = field(default_factory=dict)
    keeps_exchanges: bool = False
    amazon: AmazonSettings = field(default_factory=AmazonSettings)
    mapping: tuple[str, str] = ("", "")
    erp: type[ErpSide] = PeopleSoftSide


class OpenVault:
    """A vault that keeps nothing secret: the real one costs a file and a cipher per look."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self._secrets = {**_SECRETS, **secrets}

    def get(self, name: str) -> str:
        """Return a secret."""
        return self._secrets[name]

    def seal(self, text: str) -> str:
        """Return the text as it is."""
        return text

    open_sealed = seal


@cache
def _mapping(path: Path, old: str, new: str) -> Mapping:
    """Return a mapping, one text of it replaced."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    return load_mapping(text.replace(old, new) if old else text, "mapping.yaml")


@cache
def _connection(erp: type[ErpSide], folder: Path, books: str = "{}") -> Connection:
    """Return the connection to an ERP with some of the settings of its books replaced, given as JSON."""
    made = erp.connection(folder)
    policy = Policy.model_validate(made.settings.books.model_dump() | json.loads(books))
    return Connection(
        made.name, made.settings.model_copy(update={"books": policy, "automatic": True}), made.mapping_path
    )


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
        self._stores: Stores | None = None
        self.amazon: AmazonApp = build_amazon(
            _amazon_world(self.case), self.clock, self.amazon_faults, self.case.amazon
        )
        self.erp = self.case.erp(self.clock, self.erp_faults)
        self.onlooker = Onlooker(self.home / "control.db")
        self.witness = Witness(self.onlooker, self.erp.sends)
        self.mapping = self.mapped(*self.case.mapping)
        if origin is None:
            self.home.mkdir(parents=True)
            (self.home / "control.db").write_bytes(empty_control())
        else:
            copy_folder(origin.home, self.home)
            self.amazon._state._database.deserialize(origin.amazon)
            self.erp.restore(origin.erp)

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
        """Close what a dead process had open, and what looks on: the last one to close leaves one whole file."""
        self.onlooker.close()
        if self._stores is not None:
            with acting(None):
                self._stores.close()
        self._stores = None

    def mapped(self, old: str = "", new: str = "") -> Mapping:
        """Return the connection's mapping, one text of it replaced."""
        return _mapping(_connection(self.case.erp, self.folder).mapping_path, old, new)

    def road(self, run: str, stores: Stores | None = None) -> Road:
        """Return the road of one run."""
        books = {"opening": [], "books_from": "2026-06-01", **self.case.books}
        made = _connection(self.case.erp, self.folder, json.dumps(books, sort_keys=True))
        road = replace(made, settings=self.erp.adjusted(made.settings)).road(
            stores or self.stores,
            OpenVault(self.erp.secrets),
            self.clock,
            run=run,
            person="operator",
            amazon_transport=HttpDoor(InProcessTransport(self.amazon, self.clock), "amazon"),
            erp_transport=HttpDoor(InProcessTransport(self.erp.application, self.clock), "erp", self.witness),
        )
        return replace(road, holder=f"simulated:1:{run}", load_mapping=lambda: self.mapping)

    def snapshot(self) -> Snapshot:
        """Return a copy of everything lasting, as of this moment."""
        with acting(None):
            home = self.folder / uuid.uuid4().hex
            copy_folder(self.home, home)
            amazon = self.amazon._state._database
            return Snapshot(home, _bytes_of(amazon), _bytes_of(self.erp.database), self.clock.now())

    def mark(self) -> tuple:
        """Return what changes when anything outside the stores does: clock and emulators."""
        return self.clock.now(), self.amazon._state._database.total_changes, self.erp.database.total_changes

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
