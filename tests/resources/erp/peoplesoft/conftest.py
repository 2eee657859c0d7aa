"""A journal as the road makes it, the shipped profile, and a PeopleSoft in process on a clock that stands still."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from emulators.faults import FaultPlan
from emulators.in_process import InProcessTransport
from emulators.peoplesoft.app import PeopleSoft as Emulator
from emulators.peoplesoft.app import build_app
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER, demo_site
from emulators.peoplesoft.journal_table import JournalKey
from emulators.peoplesoft.site import Timing
from ledger.accounts import AccountKey
from ledger.journal import Journal, JournalLine, SourceKey
from ledger.references import reference
from resources.clock import ManualClock
from resources.erp.peoplesoft.client import PeopleSoft
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row, read_rows
from resources.erp.target import BooksState, TargetStatus
from resources.transport.record import Exchange
from resources.transport.rings import build_client

TODAY = date(2026, 11, 20)
BASE_URL = "https://peoplesoft.example:8443"
SETTLEMENT = "12345678901"

# The names of the emulator's second site, laid over the shipped profile.
CUSTOM_NAMES = {
    "component_interface": "C_GL_JOURNAL",
    "service_version": 2,
    "lines_collection": "COLL_JRNL_LN",
    "header_properties": {
        **{name: f"KEYPROP_{name}" for name in ("BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ")},
        **{name: f"PROP_{name}" for name in ("LEDGER_GROUP", "SOURCE", "FOREIGN_CURRENCY", "RT_TYPE")},
        "DESCR254": "PROP_DESCR254_MIXED",
    },
    "line_properties": {
        "JOURNAL_LINE": "KEYPROP_JOURNAL_LINE",
        "BUSINESS_UNIT": "PROP_BUSINESS_UNIT_0",
        "FOREIGN_CURRENCY": "PROP_FOREIGN_CURRENCY_0",
        **{
            name: f"PROP_{name}"
            for name in (
                *("ACCOUNT", "DEPTID", "PRODUCT", "OPERATING_UNIT", "FOREIGN_AMOUNT", "JRNL_LN_REF", "LINE_DESCR"),
                *("STATISTICS_CODE", "STATISTIC_AMOUNT"),
            )
        },
    },
}


@dataclass
class Recorded:
    """A recorder that keeps exchanges in memory."""

    exchanges: list[Exchange]

    def record(self, exchange: Exchange) -> str:
        self.exchanges.append(exchange)
        return str(len(self.exchanges))


@dataclass
class Place:
    """An emulated PeopleSoft and everything that stands around a client of it."""

    app: Emulator
    faults: FaultPlan
    clock: ManualClock
    recorder: Recorded
    client: httpx.Client

    def target(self, *, user: str = DEMO_USER, password: str = DEMO_PASSWORD, **settings) -> PeopleSoft:
        """Return a client with these settings laid over the shipped profile."""
        profile = PeopleSoftProfile(**{"base_url": BASE_URL, **settings})
        return PeopleSoft(profile, self.client, lambda: (user, password), self.clock)

    def follow(self, target: PeopleSoft, journal: Journal) -> TargetStatus:
        """Look until the journal waits no more, half a minute long."""
        for _ in range(15):
            status = target.status(journal)
            if status.state not in (BooksState.WAITING, BooksState.ABSENT):
                break
            self.clock.sleep(2)
        return status

    def journals(self) -> list[JournalKey]:
        """Return the keys of the journals in the books, without those that stood there from the start."""
        return [one.key for one in self.app.books.journals() if one.source != "ONL"]

    def creates(self) -> int:
        """Return how many Creates reached PeopleSoft."""
        return self.app.faults.calls("Create")


@pytest.fixture
def profile() -> PeopleSoftProfile:
    """The shipped profile."""
    return PeopleSoftProfile(base_url=BASE_URL)


@pytest.fixture(scope="session")
def demo():
    """The demo installation, built once; tests take copies."""
    return demo_site(TODAY, timing=Timing(2, 4))


@pytest.fixture
def make_place(demo) -> Callable[..., Place]:
    """Build an emulated site; `configure` may change it before it opens."""

    def make(configure: Callable | None = None, **site_settings) -> Place:
        site = replace(demo, **site_settings)
        if configure is not None:
            configure(site)
        clock = ManualClock(datetime(2026, 11, 20, 9, tzinfo=UTC))
        faults = FaultPlan()
        app = build_app(site, clock, faults)
        recorder = Recorded([])
        client = build_client(
            connection="amazon_us",
            clock=clock,
            user_agent="tests",
            recorder=recorder,
            transport=InProcessTransport(app, clock),
        )
        return Place(app, faults, clock, recorder, client)

    return make


@pytest.fixture
def place(make_place) -> Place:
    """The demo site, nothing wrong with it."""
    return make_place()


@pytest.fixture
def make_journal() -> Callable[..., Journal]:
    """Build a settlement's journal from (account text, amount text, ...) rows; clearing first by default."""

    def make(*lines: JournalLine, **changes) -> Journal:
        facts = {
            "source": SourceKey("A1SELLER", "US001/ACTUALS", "settlement", SETTLEMENT),
            "revision": 1,
            "part": 1,
            "parts": 1,
            "unit": "US001",
            "accounting_date": date(2026, 11, 14),
            "currency": "USD",
            "rate_type": "CRRNT",
            "description": f"Amazon settlement {SETTLEMENT}",
            "lines": lines
            or (
                line(1, "110500", "1150.37", ref=reference(SETTLEMENT)),
                line(2, "400100", "-1250.37", text="Sales", department="10000", product="AMZ"),
                line(3, "600100", "100.00", text="Referral fees", department="20000"),
            ),
        }
        return Journal(**{**facts, **changes})

    def line(number: int, account: str, amount: str, ref: str = "", text: str = "", quantity=None, **segments):
        key = AccountKey.of(segments.pop("unit", "US001"), account=account, **segments)
        return JournalLine(number, key, Decimal(amount), ref, text, quantity)

    make.line = line
    return make


@pytest.fixture
def journal(make_journal) -> Journal:
    """One balanced journal of three lines."""
    return make_journal()


@pytest.fixture
def custom_names() -> dict:
    """Settings that fit the emulator's second site."""
    return CUSTOM_NAMES


@pytest.fixture
def here() -> Path:
    """The folder of these tests, with its WSDLs and golden files."""
    return Path(__file__).parent


@pytest.fixture
def make_rows(profile) -> Callable[..., list[Row]]:
    """Rows as a query answers them, through JSON as on the wire."""

    def make(purpose: str, *cells: dict, settings: PeopleSoftProfile | None = None) -> list[Row]:
        used = settings or profile
        content = {"numrows": len(cells), "queryname=": used.queries[purpose].name, "rows": list(cells)}
        return read_rows(used, purpose, json.dumps({"status": "success", "data": {"query": content}}).encode())

    return make
