"""A journal as the road makes it, the settings of one site, and a scripted Fusion on a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from ledger.accounts import AccountKey
from ledger.journal import Journal, JournalLine, SourceKey
from ledger.references import reference
from resources.clock import ManualClock
from resources.erp.fusion import chart, natural_key, payload
from resources.erp.fusion.bearer import BearerAuth
from resources.erp.fusion.client import Fusion
from resources.erp.fusion.door import Door
from resources.erp.fusion.opening import open_fusion
from resources.erp.fusion.settings import FusionSettings
from resources.erp.sent_jobs import MemoryJobs
from resources.transport.access_tokens import MemoryTokenCache
from resources.transport.record import Exchange
from resources.transport.retry import RetryPolicy
from resources.transport.rings import build_client
from tests.resources.erp.fusion.scripted import ROOT, Script, answer, book_line, found, job_at

TOKEN_URL = "https://idcs.example/oauth2/v1/token"
SETTLEMENT = "12345678901"
SECRETS = {"fusion_client_id": "CLIENT-17", "fusion_client_secret": "s3cr3t-of-the-client"}
CHART = [
    {"position": 1, "name": "company", "holds": "unit"},
    {"position": 2, "name": "department", "holds": "department", "default": "000"},
    {"position": 3, "name": "account", "holds": "account"},
]
SETTINGS = {
    "base_url": ROOT,
    "token_url": TOKEN_URL,
    "scope": "urn:opc:resource:fa:instanceid=1234567urn:opc:resource:consumer::all",
    "ledger_id": 300000046975971,
    "ledger_name": "US Primary Ledger",
    "ledger_currency": "USD",
    "chart_of_accounts_id": 5237,
    "chart": CHART,
    "data_access_set": "300000046975980",
    "journal_source": "ZB Connector",
    "journal_category": "Marketplace",
}


@dataclass
class Recorded:
    """A recorder that keeps exchanges in memory."""

    exchanges: list[Exchange] = field(default_factory=list)

    def record(self, exchange: Exchange) -> str:
        self.exchanges.append(exchange)
        return str(len(self.exchanges))


@dataclass
class Place:
    """A scripted Fusion and everything that stands around a client of it."""

    script: Script
    clock: ManualClock
    recorder: Recorded
    tokens: MemoryTokenCache
    memory: MemoryJobs = field(default_factory=MemoryJobs)

    def settings(self, **changes) -> FusionSettings:
        """Return the site's settings with changes laid over."""
        return FusionSettings(**{**SETTINGS, **changes})

    def client(self, settings: FusionSettings, secrets: dict[str, str] | None = None) -> httpx.Client:
        """Return a client with all rings around the script."""
        held = SECRETS if secrets is None else secrets
        return build_client(
            connection="amazon_us",
            clock=self.clock,
            user_agent="tests",
            recorder=self.recorder,
            auth=BearerAuth(settings, held.__getitem__, self.clock, self.tokens),
            retry=RetryPolicy(attempts_max=3, seconds_max=60),
            transport=httpx.MockTransport(self.script),
        )

    def target(self, **changes) -> Fusion:
        """Return the target with these settings laid over the site's."""
        return open_fusion(
            self.settings(**changes),
            connection="amazon_us",
            user_agent="tests",
            read_secret=SECRETS.__getitem__,
            clock=self.clock,
            tokens=self.tokens,
            memory=self.memory,
            recorder=self.recorder,
            transport=httpx.MockTransport(self.script),
        )

    def book(self, journal: Journal, *lines: dict, **changes) -> dict:
        """Put a journal into the books under its own name, whole unless lines are given."""
        site = self.settings()
        whole = [
            book_line(
                one.number,
                chart.combination(one.account, site),
                str(one.amount),
                ref=one.reference,
                text=payload.line_text(one, journal.source, site),
            )
            for one in journal.lines
        ]
        facts = {"BatchDescription": payload.description_text(journal, site), **changes}
        name = f"{natural_key.batch_name(journal, site)} ZB Connector {natural_key.group_id(journal.key)} 10073568"
        return self.script.book(name, list(lines) or whole, **facts)

    def door(self, secrets: dict[str, str] | None = None, **changes) -> Door:
        """Return the door of the site."""
        settings = self.settings(**changes)
        return Door(settings, self.client(settings, secrets))


@pytest.fixture
def settings() -> FusionSettings:
    """The site's settings."""
    return FusionSettings(**SETTINGS)


@pytest.fixture
def place() -> Place:
    """A scripted Fusion that knows nothing yet."""
    return Place(Script(), ManualClock(datetime(2026, 11, 20, 9, tzinfo=UTC)), Recorded(), MemoryTokenCache())


@pytest.fixture
def site(place) -> Place:
    """The scripted Fusion with an open period, a foreign batch to see, a job that runs, and no file of ours."""
    script = place.script
    script.book(
        "Payables A 2 1 N", [book_line(1, "01-000-20000", "5.00")], batch_id=1700000, UserJeSourceName="Payables"
    )
    script.answers["importBulkData"] = lambda _: answer({"ReqstId": "10073567", "FileName": None}, 201)
    script.answers["ESSJobStatusRF"] = job_at("RUNNING")
    script.answers["DocumentIdsByFilePrefixRF"] = lambda _: found()
    script.answers["ESSExecutionDetailsRF"] = lambda _: found()
    script.answers["ESSJobExecutionDetailsRF"] = lambda _: found()
    return place


@pytest.fixture
def make_journal() -> Callable[..., Journal]:
    """Build a settlement's journal; clearing first by default."""

    def make(*lines: JournalLine, **changes) -> Journal:
        facts = {
            "source": SourceKey("A1SELLER", "US Primary Ledger", "settlement", SETTLEMENT),
            "revision": 1,
            "part": 1,
            "parts": 1,
            "unit": "01",
            "accounting_date": date(2026, 11, 14),
            "currency": "USD",
            "rate_type": "Corporate",
            "description": f"Amazon settlement {SETTLEMENT}",
            "lines": lines
            or (
                line(1, "11200", "1150.37", ref=reference(SETTLEMENT)),
                line(2, "40100", "-1250.37", text="Sales", department="100"),
                line(3, "60100", "100.00", text="Referral fees", department="200"),
            ),
        }
        return Journal(**{**facts, **changes})

    def line(number: int, account: str, amount: str, ref: str = "", text: str = "", quantity=None, base=None, **rest):
        key = AccountKey.of(rest.pop("unit", "01"), account=account, **rest)
        return JournalLine(number, key, Decimal(amount), ref, text, quantity, None if base is None else Decimal(base))

    make.line = line
    return make


@pytest.fixture
def journal(make_journal) -> Journal:
    """One balanced journal of three lines."""
    return make_journal()
