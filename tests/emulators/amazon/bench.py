"""An emulated Amazon with one seller in Europe and one in North America, and a plain client to ask it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from emulators.amazon.app import AmazonApp, build_app
from emulators.amazon.settings import SETTLEMENT_TYPE, Settings
from emulators.amazon.world import Application, Document, Grant, ReportEntry, Seller, World
from emulators.clock import SteppedClock
from emulators.faults import FaultPlan
from emulators.in_process import InProcessTransport

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CLIENT_ID, SECRET = "amzn1.application-oa2-client.demo", "amzn1.oa2-cs.v1.demo-secret"
REFRESH = {"eu": "Atzr|demo-refresh-eu", "na": "Atzr|demo-refresh-na"}
NINE = (
    "A1F83G8C2ARO7P",
    "A1PA6795UKMFR9",
    "A13V1IB3VIYZZH",
    "APJ6JRA9NG5V4",
    "A1RKKUPIHCS9HS",
    "A1805IZSGTT6HS",
    "A2NODRKZP88ZB9",
    "A1C3SOZRARQ6R3",
    "AMEN7PMS3EDWL",
)
USER_AGENT = "DemoConnector/1.0 (Language=Python/3.11; Platform=Linux)"
HOSTS = {name: f"https://sellingpartnerapi-{name}.amazon.com" for name in ("na", "eu", "fe")}
ORDERS_TYPE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
REPORTS, DOCUMENTS = "/reports/2021-06-30/reports", "/reports/2021-06-30/documents"


def entry(number: int, *, days_ago: float, **changes: Any) -> ReportEntry:
    """Make a settlement entry of the European seller."""
    plain = ReportEntry(
        report_id=str(50_000 + number),
        report_type=SETTLEMENT_TYPE,
        created=NOW - timedelta(days=days_ago),
        marketplace_ids=NINE,
        document_id=f"amzn1.spdoc.1.3.demo-{number}",
        data_start=NOW - timedelta(days=days_ago + 14),
        data_end=NOW - timedelta(days=days_ago),
    )
    return replace(plain, **changes)


def small_world() -> World:
    """Return two sellers; the European one has twelve settlements (one twice), an old one, and another type."""
    world = World()
    world.add_application(Application(CLIENT_ID, {SECRET}))
    world.add_seller(Seller("ADEMOEU", "eu", "Demo Europe", NINE), Grant(REFRESH["eu"], CLIENT_ID, "ADEMOEU"))
    world.add_seller(
        Seller("ADEMONA", "na", "Demo America", ("ATVPDKIKX0DER",)), Grant(REFRESH["na"], CLIENT_ID, "ADEMONA")
    )
    for number in range(12):
        listed = entry(number, days_ago=2 + 7 * number)
        world.add_report(
            "ADEMOEU", listed, Document(listed.document_id, b"settlement-id\n%d\n" % number, number % 2 == 0)
        )
    world.add_report("ADEMOEU", replace(entry(12, days_ago=1), document_id="amzn1.spdoc.1.3.demo-3"))
    world.add_report("ADEMOEU", entry(13, days_ago=91), Document("amzn1.spdoc.1.3.demo-13", b"old"))
    world.add_report("ADEMOEU", entry(14, days_ago=3, report_type=ORDERS_TYPE, marketplace_ids=NINE[:1]))
    return world


@dataclass
class Bench:
    """An application, its clock and faults, and a client; `call` asks with a valid token."""

    app: AmazonApp
    clock: SteppedClock
    faults: FaultPlan
    client: httpx.Client
    tokens: dict[str, str] = field(default_factory=dict)

    def login(self, region: str = "eu", **changes: str | None) -> httpx.Response:
        """Ask for an access token; a change of None leaves a field out."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": REFRESH[region],
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            **changes,
        }
        fields = {name: value for name, value in form.items() if value is not None}
        return self.client.post("https://api.amazon.com/auth/o2/token", data=fields)

    def token(self, region: str = "eu") -> str:
        """Return a token, asking for one only the first time."""
        if region not in self.tokens:
            self.tokens[region] = self.login(region).json()["access_token"]
        return self.tokens[region]

    def call(self, path: str, *, region: str = "eu", method: str = "GET", **options: Any) -> httpx.Response:
        """Call an operation as the region's seller."""
        headers = {"x-amz-access-token": self.token(region), "user-agent": USER_AGENT, **options.pop("headers", {})}
        return self.client.request(method, HOSTS[region] + path, headers=headers, **options)

    def settlements(self, **params: Any) -> httpx.Response:
        """Call getReports for settlements."""
        return self.call(REPORTS, params={"reportTypes": SETTLEMENT_TYPE, **params})

    def document(self, number: int, **params: Any) -> httpx.Response:
        """Call getReportDocument."""
        return self.call(f"{DOCUMENTS}/amzn1.spdoc.1.3.demo-{number}", params=params)


def make_bench(world: World | None = None, state_path: Any = None, now: datetime = NOW, **settings: Any) -> Bench:
    """Build an emulator with other settings."""
    clock, faults = SteppedClock(now), FaultPlan()
    app = build_app(world or small_world(), clock, faults, Settings(**settings), state_path)
    return Bench(app, clock, faults, httpx.Client(transport=InProcessTransport(app, clock)))
