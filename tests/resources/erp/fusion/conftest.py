"""A journal as the road makes it, the settings of one site, and a scripted Fusion written from the published samples.

The script keeps the few facts the client asks for (batches, jobs, periods, combinations) and answers in the published
envelopes; what a test wants otherwise it answers itself, by operation or resource.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from ledger.accounts import AccountKey
from ledger.journal import Journal, JournalLine, SourceKey
from ledger.references import reference
from resources.amazon.lwa import MemoryTokenCache
from resources.clock import ManualClock
from resources.erp.fusion.bearer import BearerAuth
from resources.erp.fusion.door import Door
from resources.erp.fusion.settings import FusionSettings
from resources.transport.record import Exchange
from resources.transport.retry import RetryPolicy
from resources.transport.rings import build_client

ROOT = "https://fusion.example"
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

Answer = Callable[[httpx.Request], httpx.Response | None]


def answer(content: object, status: int = 200) -> httpx.Response:
    """Return a JSON answer; Decimal and int go out as written."""
    return httpx.Response(status, content=json.dumps(content, default=float).encode(), headers=_JSON)


_JSON = {"content-type": "application/vnd.oracle.adf.resourcecollection+json"}


def fault(status: int, detail: str, code: str = "", path: str = "") -> httpx.Response:
    """Return a structured error."""
    one = {"detail": detail, "o:errorCode": code, "o:errorPath": path}
    return answer({"title": "Bad Request", "status": str(status), "o:errorDetails": [one]}, status)


@dataclass
class Recorded:
    """A recorder that keeps exchanges in memory."""

    exchanges: list[Exchange] = field(default_factory=list)

    def record(self, exchange: Exchange) -> str:
        self.exchanges.append(exchange)
        return str(len(self.exchanges))


@dataclass
class Script:
    """A Fusion that answers from a few lists; `answers` are asked first, by path or operation, and may say None."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    tables: dict[str, list[dict]] = field(default_factory=dict)
    page_max: int = 499

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        name = self.name_of(request)
        own = self.answers.get(name)
        given = own(request) if own else None
        if given is not None:
            return given
        if name == "token":
            return answer({"access_token": f"token-{self.calls('token')}", "token_type": "Bearer", "expires_in": 3600})
        if request.method == "GET" and name in self.tables:
            return self.page(request, self.tables[name])
        return fault(404, f"nothing here answers {name}")

    def name_of(self, request: httpx.Request) -> str:
        """Return the operation of a POST, the finder of an erpintegrations GET, else the path below the version."""
        if request.url.path.endswith("/token"):
            return "token"
        if request.method == "POST":
            return json.loads(request.content)["OperationName"]
        finder = request.url.params.get("finder", "").partition(";")[0]
        path = request.url.path.partition("/fscmRestApi/resources/")[2].partition("/")[2]
        return finder if path == "erpintegrations" else path

    def calls(self, name: str) -> int:
        """Return how often something was called."""
        return sum(1 for one in self.requests if self.name_of(one) == name)

    def last(self, name: str) -> httpx.Request:
        """Return the newest request of that name."""
        return next(one for one in reversed(self.requests) if self.name_of(one) == name)

    def page(self, request: httpx.Request, rows: list[dict]) -> httpx.Response:
        """Answer one page of rows that satisfy `q`, clamped as the site clamps."""
        wanted = [one for one in rows if satisfies(one, request.url.params.get("q", ""))]
        key, _, way = request.url.params["orderBy"].partition(":")
        wanted.sort(key=lambda one: one[key], reverse=way == "desc")
        offset, limit = int(request.url.params["offset"]), min(int(request.url.params["limit"]), self.page_max)
        items = wanted[offset : offset + limit]
        has_more = offset + len(items) < len(wanted)
        return answer({"items": items, "count": len(items), "hasMore": has_more, "limit": limit, "offset": offset})


def satisfies(row: dict, expression: str) -> bool:
    """Tell whether a row satisfies a filter in either grammar; both kinds of quotes are read."""
    for part in re.split(r"\s+and\s+|;", expression) if expression else ():
        found = re.fullmatch(r"(\w+)\s*(=|>=|<=|like|LIKE)\s*(?:'([^']*)'|\"([^\"]*)\"|([^'\"]*))", part)
        assert found, f"no condition: {part}"
        value = next(one for one in found.groups()[2:] if one is not None)
        held = str(row.get(found[1], ""))
        compared = {
            "like": re.fullmatch(re.escape(value).replace("%", ".*"), held) is not None,
            "=": held == value,
            ">=": held >= value,
            "<=": held <= value,
        }
        if not compared[found[2].lower()]:
            return False
    return True


@dataclass
class Place:
    """A scripted Fusion and everything that stands around a client of it."""

    script: Script
    clock: ManualClock
    recorder: Recorded
    tokens: MemoryTokenCache

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
