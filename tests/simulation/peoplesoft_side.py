"""PeopleSoft in a simulated world: books of one unit, a connection of the project, and what its people do.

In: a clock and a plan of faults. Out: an `ErpSide`.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import ClassVar

from connector_defs.amazon_to_erp import AmazonToErpSettings
from connector_defs.connections import Connection, connections
from connector_defs.project import PACKAGE, Project
from emulators.clock import Clock
from emulators.faults import FaultPlan
from emulators.peoplesoft.app import build_app
from emulators.peoplesoft.books import Books
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER, demo_site
from emulators.peoplesoft.site import ChartFieldValue, OpenPeriods, Site
from tests.simulation.peoplesoft_books import PeopleSoftBooks

UNIT = "US001"
_PERIODS = ((2026, 4), (2027, 3))


@cache
def _connection() -> Connection:
    """Return the project's American connection."""
    return connections(Project(PACKAGE, Path("unused")))["amazon_us"]


@cache
def _site() -> Site:
    """Return books of one unit in one currency, open from spring to the next winter."""
    site = demo_site(datetime(2026, 10, 15, tzinfo=UTC).date())
    unit = site.units[0]
    own = tuple(one for one in site.opening_journals if one.header["BUSINESS_UNIT"] == unit.name)
    periods = (OpenPeriods(unit.name, "ACTUALS", *_PERIODS),)
    return replace(site, units=(unit,), rates=(), opening_journals=own, periods=periods)


class PeopleSoftSide:
    """The ERP of one world."""

    send: ClassVar[str] = "Create"
    sent: ClassVar[str] = "CI_JOURNAL_ENTRY_CI_C"
    sends: ClassVar[frozenset[str]] = frozenset({"CI_JOURNAL_ENTRY_CI_C"})
    secrets: ClassVar[dict[str, str]] = {"peoplesoft_user": DEMO_USER, "peoplesoft_password": DEMO_PASSWORD}
    answers: ClassVar[dict[str, str]] = {}

    def __init__(self, clock: Clock, faults: FaultPlan) -> None:
        self._clock = clock
        self.site = replace(_site())
        self.application = build_app(self.site, clock, faults)
        self.reader = PeopleSoftBooks(self.books)

    @property
    def books(self) -> Books:
        """Return the emulator's books."""
        return self.application.books

    @property
    def database(self) -> sqlite3.Connection:
        """Return where everything lasting of it is kept."""
        return self.books.store._connection

    def restore(self, content: bytes) -> None:
        """Put a copy of that in place of what is there."""
        self.database.deserialize(content)

    @classmethod
    def connection(cls, folder: Path) -> Connection:
        """Return the project's own connection."""
        return _connection()

    def adjusted(self, settings: AmazonToErpSettings) -> AmazonToErpSettings:
        """Return the settings as they are: people change none."""
        return settings

    def close_periods(self) -> None:
        """Leave only periods open in which no settlement is dated."""
        self.books.set_periods(UNIT, (2026, 4), (2026, 9))

    def close_account(self) -> None:
        """Close the revenue account."""
        self.site.replace_value(ChartFieldValue("ACCOUNT", "400100", "Sales", "I", account_type="R"))

    def put_right(self) -> list[str]:
        """Open account and periods again, and have every journal that is in error edited anew."""
        done = []
        if self.site.values != _site().values:
            self.site.values = _site().values
            done.append("the account is open again")
        if not self.books.batches.is_period_open(UNIT, "ACTUALS", "AMZ", self._clock.now().date()):
            self.books.set_periods(UNIT, *_PERIODS)
            done.append("the periods are open again")
        for journal in self.books.journals():
            if journal.status == "E":
                self.books.run_edit(journal.key)
                done.append(f"journal {journal.key.id} is edited again")
        return done

    def answer(self, code: str, document_key: str) -> str:
        """Return "": nothing is answered otherwise here."""
        return ""

    def close(self) -> None:
        """Leave nothing behind."""
        self.application.close()
