"""Fusion in a simulated world: a pod of one ledger, a connection that loads journals in bulk, and what its people do.

In: a clock and a plan of faults. Out: an `ErpSide`. AutoPost runs on the pod by itself; `FusionAskedToPost` is a pod
where the connector asks for the posting job.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import ClassVar

from connector_defs.amazon_to_erp import AmazonToErpSettings, PostingSettings
from connector_defs.connections import Connection, connection
from emulators.clock import Clock
from emulators.faults import FaultPlan
from emulators.fusion.app import build_app
from emulators.fusion.books import Books
from emulators.fusion.demo_site import (
    AUTOPOST_CRITERIA,
    DEMO_CLIENT,
    DEMO_SECRET,
    US_LEDGER,
    account_of,
    demo_site,
    period_name,
)
from emulators.fusion.site import Site
from emulators.fusion.switches import Switches, Timing
from tests.fusion_connection import write_connection
from tests.simulation.fusion_books import FusionBooks
from tests.simulation.fusion_people import FusionPeople

_HOUR = 3700
# Settlements are dated in these; August and September stay open when they are closed.
_DATED = tuple(date(2026 + month // 12, month % 12 + 1, 1) for month in range(9, 15))

_ACCOUNTS = ("100100", "110500", "110600", "110700", "300100", "400100", "400200", "600100")
_COMBINATIONS = frozenset(account_of(US_LEDGER, one) for one in _ACCOUNTS)
# A run looks twice, and a person is asked after two hours.
_LOOKS = PostingSettings(follow_in_run_seconds=4, poll_seconds=4, blind_seconds=7200)
# Done while a run looks on; what takes longer is drawn.
_FAST = Timing(wait_seconds=0.5, running_seconds=0.5, load_seconds=0.5, import_seconds=0.5, output_seconds=0.5)


@cache
def _site() -> Site:
    """Return a pod with one ledger, open from August to the next spring."""
    site = demo_site(date(2027, 3, 15))
    periods = tuple(one for one in site.periods if one.ledger_id == US_LEDGER)
    opening = tuple(one for one in site.opening_batches if one.ledger_id == US_LEDGER)
    ledgers = tuple(one for one in site.ledgers if one.id == US_LEDGER)
    used = tuple(one for one in site.combinations if one.account in _COMBINATIONS)
    client = tuple(one for one in site.clients if one.client_id == DEMO_CLIENT)
    return replace(
        site, clients=client, ledgers=ledgers, combinations=used, periods=periods, rates=(), opening_batches=opening
    )


@cache
def _connection(folder: Path, posting: str) -> Connection:
    asked = {"posting": posting, "posting_criteria_set": AUTOPOST_CRITERIA if posting == "client" else ""}
    made = connection(write_connection(folder / f"posted by {posting}", folder, **asked), "amazon_us")
    return replace(made, settings=made.settings.model_copy(update={"posting": _LOOKS}))


class FusionSide:
    """The ERP of one world."""

    send: ClassVar[str] = "importBulkData"
    sent: ClassVar[str | tuple[str, ...]] = "importBulkData"
    sends: ClassVar[frozenset[str]] = frozenset({"importBulkData"})
    secrets: ClassVar[dict[str, str]] = {"fusion_client_id": DEMO_CLIENT, "fusion_client_secret": DEMO_SECRET}
    answers: ClassVar[dict[str, str]] = {"books_differ": "retry"}
    posting: ClassVar[str] = "site"
    timing: ClassVar[Timing] = replace(_FAST, autopost_after_seconds=1)

    def __init__(self, clock: Clock, faults: FaultPlan) -> None:
        self._clock = clock
        self.site = replace(_site(), timing=self.timing)
        self.application = build_app(self.site, clock, faults)
        self.reader = FusionBooks(self.books)
        self._people = FusionPeople(self.books, clock)

    @property
    def books(self) -> Books:
        """Return the emulator's books."""
        return self.application.books

    @property
    def database(self) -> sqlite3.Connection:
        """Return where everything lasting of it is kept."""
        return self.books.store._connection

    def restore(self, content: bytes) -> None:
        """Put a copy of that in place of what is there, and let the pod read again which periods are open."""
        self.database.deserialize(content)
        self.books.setup.__init__(self.site, self.books.store)

    @classmethod
    def connection(cls, folder: Path) -> Connection:
        """Return a connection whose two files are written below a folder."""
        return _connection(folder, cls.posting)

    def adjusted(self, settings: AmazonToErpSettings) -> AmazonToErpSettings:
        """Return the settings with the groups that people have named as gone."""
        if not self._people.groups_gone:
            return settings
        gone = {"groups_confirmed_gone": frozenset(self._people.groups_gone)}
        return settings.model_copy(update={"fusion": settings.fusion.model_copy(update=gone)})

    def close_periods(self) -> None:
        """Leave only periods open in which no settlement is dated."""
        self._set_periods("C")

    def close_account(self) -> None:
        """Disable the revenue account."""
        known = self.site.value("account", "400100")
        self.site.replace_value(replace(known, is_enabled=False))

    def put_right(self) -> list[str]:
        """Come an hour later, put the setup back, then look at jobs, rows and batches."""
        self._clock.sleep(_HOUR)
        done = []
        if self.site.values != _site().values:
            self.site.values = _site().values
            done.append("the account is open again")
        if self.site.clients != _site().clients:
            self.site.clients = _site().clients
            done.append("the client has its rights again")
        if any(self.books.setup.period_named(US_LEDGER, period_name(day)).status != "O" for day in _DATED):
            self._set_periods("O")
            done.append("the periods are open again")
        if (self.site.timing, self.site.switches) != (self.timing, Switches()):
            self.site.timing, self.site.switches = self.timing, Switches()
            done.append("the pod is as fast and as strict as it was")
        return [*done, *self._people.put_books_right()]

    def answer(self, code: str, document_key: str) -> str:
        """Return what is answered otherwise here; see `FusionPeople.answer`."""
        return self._people.answer(code, document_key)

    def close(self) -> None:
        """Leave nothing behind."""
        self.application.close()

    def _set_periods(self, status: str) -> None:
        for day in _DATED:
            self.books.setup.set_period(US_LEDGER, period_name(day), status)


class FusionSlow(FusionSide):
    """A pod whose jobs take longer than a run looks on."""

    timing: ClassVar[Timing] = Timing(import_seconds=90, autopost_after_seconds=90)


class FusionAskedToPost(FusionSide):
    """A pod that posts nothing by itself: the connector asks for the posting job."""

    posting: ClassVar[str] = "client"
    timing: ClassVar[Timing] = _FAST
