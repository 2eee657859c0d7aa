"""A seller on the emulated Amazon, and clients of ours to ask it: in process, one clock for both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from emulators.amazon.app import AmazonApp, build_app
from emulators.amazon.settings import Settings
from emulators.amazon.world import Application, Document, Grant, ReportEntry, Seller, World
from emulators.faults import FaultPlan
from emulators.in_process import InProcessTransport
from ledger.errors import SecretMissing
from resources.amazon.client import SellingPartner, SellingPartnerSettings
from resources.amazon.reports import SETTLEMENT_TYPE
from resources.clock import ManualClock
from resources.transport.access_tokens import MemoryTokenCache
from resources.transport.rate_limit import MemoryBuckets
from tests.resources.transport.rig import START, Trail

SELLER, US, CA = "A2DEMOSELLER", "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"
SECRETS = {
    "us_client_id": "amzn1.application-oa2-client.demo1",
    "us_client_secret": "demo-client-secret-0001",
    "us_refresh_token": "Atzr|demo-refresh-token-0001",
}
ROWS = ("settlement-id\tamount\n" + "".join(f"11\t{number}.00\n" for number in range(2000))).encode()
SETTINGS = SellingPartnerSettings(
    connection="demo_us",
    seller_id=SELLER,
    region="na",
    marketplace_ids=(US,),
    client_id_secret="us_client_id",
    client_secret_secret="us_client_secret",
    refresh_token_secret="us_refresh_token",
)


@dataclass
class Rig:
    """An emulated Amazon with what our side keeps beside it."""

    clock: ManualClock
    world: World
    app: AmazonApp
    faults: FaultPlan
    secrets: dict[str, str]
    trail: Trail = field(default_factory=Trail)
    tokens: MemoryTokenCache = field(default_factory=MemoryTokenCache)
    buckets: MemoryBuckets | None = None

    def read_secret(self, name: str) -> str:
        """Return a secret as the vault would."""
        if name not in self.secrets:
            raise SecretMissing(f"The vault holds no secret {name!r}. Set it: connector secrets set {name}")
        return self.secrets[name]

    def client(self, transport: httpx.BaseTransport | None = None, **settings: object) -> SellingPartner:
        """Build a client; several share tokens, buckets and trail, as several processes would."""
        self.buckets = self.buckets or MemoryBuckets(self.clock)
        return SellingPartner(
            replace(SETTINGS, **settings),
            self.read_secret,
            self.clock,
            self.buckets,
            self.tokens,
            self.trail,
            transport=transport or InProcessTransport(self.app, self.clock),
        )

    def operations(self) -> list[str]:
        """Return what reached Amazon, in order."""
        return [exchange.operation for exchange in self.app.exchanges]

    def add_settlement(self, number: int, *, age_days: float = 1, content: bytes = ROWS, **document: object) -> str:
        """Put a settlement report into the seller's list and return its document id."""
        document_id = f"amzn1.spdoc.1.3.demo-{number} x+y=.T"
        entry = ReportEntry(
            report_id=f"9{number:05d}",
            report_type=SETTLEMENT_TYPE,
            created=self.clock.now() - timedelta(days=age_days),
            marketplace_ids=(US, CA),
            document_id=document_id,
        )
        self.world.add_report(SELLER, entry, Document(document_id, content, **document))
        return document_id


def make_rig(**settings: object) -> Rig:
    """Build an emulated Amazon with one seller in North America."""
    clock, world, faults = ManualClock(START), World(), FaultPlan()
    world.add_application(Application(SECRETS["us_client_id"], {SECRETS["us_client_secret"]}))
    world.add_seller(
        Seller(SELLER, "na", "Demo Store", (US, CA)),
        Grant(SECRETS["us_refresh_token"], SECRETS["us_client_id"], SELLER),
    )
    app = build_app(world, clock, faults, Settings(**settings))
    return Rig(clock, world, app, faults, dict(SECRETS))


def answering(clock: ManualClock, answer: Callable[[httpx.Request], httpx.Response]) -> httpx.BaseTransport:
    """Return an Amazon whose token endpoint works and whose other answers are made by a function."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/o2/token":
            body = {"access_token": "Atza|demo-access-0001", "token_type": "bearer", "expires_in": 3600}
            return httpx.Response(200, json=body)
        return answer(request)

    return httpx.MockTransport(handle)


def files_in(folder: Path) -> list[str]:
    """Return the names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def day(number: int) -> datetime:
    """Return noon, that many days before the tests' present."""
    return datetime(2026, 11, 20, 12, 0, tzinfo=UTC) - timedelta(days=number)
