"""A demo site on a clock that stands still, and a caller who writes envelopes by hand.

The caller shares nothing with the connector's client: what it sends and reads is spelled out here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from json import loads
from typing import Any
from xml.etree.ElementTree import Element, fromstring
from xml.sax.saxutils import escape

import httpx
import pytest

from emulators.clock import SteppedClock
from emulators.faults import FaultPlan
from emulators.in_process import InProcessTransport
from emulators.peoplesoft.app import SERVICE_CONNECTOR, PeopleSoft, build_app
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER, demo_site
from emulators.peoplesoft.journal_table import JournalKey
from emulators.peoplesoft.site import Site
from emulators.peoplesoft.soap import WSSE

TODAY = date(2026, 11, 14)
NOON = datetime(2026, 11, 14, 12, tzinfo=UTC)
REST = "/PSIGW/RESTListeningConnector/PSFT_EP/ExecuteQuery.v1"

HEADER = {
    "BUSINESS_UNIT": "US001",
    "JOURNAL_ID": "A1K9Z03QX7",
    "JOURNAL_DATE": "2026-11-14",
    "UNPOST_SEQ": "0",
    "LEDGER_GROUP": "ACTUALS",
    "SOURCE": "AMZ",
    "DESCR254": "AMZ settlement 12345678901",
}
LINES = (
    {"JOURNAL_LINE": "1", "ACCOUNT": "110500", "FOREIGN_AMOUNT": "1250.37", "JRNL_LN_REF": "S123456789"},
    {"JOURNAL_LINE": "2", "ACCOUNT": "400100", "FOREIGN_AMOUNT": "-1250.37"},
)
KEY = JournalKey("US001", "A1K9Z03QX7", "2026-11-14", 0)


def local(element: Element) -> str:
    """Return an element's local name."""
    return element.tag.rpartition("}")[2]


@dataclass(frozen=True)
class Answer:
    """A SOAP answer taken apart: HTTP status, notification text, (type, set, number, text) messages, fault text."""

    http_status: int
    notification: str
    messages: list[tuple[str, str, str, str]]
    fault: str
    body: Element

    def texts(self) -> str:
        """Return all message texts and explanations as one text."""
        return " ".join(node.text or "" for node in self.body.iter() if local(node) in ("messagetext", "explaintext"))

    def values(self, name: str) -> list[str]:
        """Return the texts of all elements of a local name."""
        return [node.text or "" for node in self.body.iter() if local(node) == name]


@dataclass
class Caller:
    """Somebody who calls the site: over SOAP with or without a token, and over ExecuteQuery."""

    app: PeopleSoft
    clock: SteppedClock
    faults: FaultPlan
    user: str = DEMO_USER
    password: str = DEMO_PASSWORD
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        transport = InProcessTransport(self.app, self.clock)
        self.http = httpx.Client(transport=transport, base_url="http://ps.test", timeout=120)

    def envelope(self, method: str, inner: str) -> str:
        """Return an envelope around the children of a request."""
        profile = self.app.site.profile
        security = (
            f'<w:Security xmlns:w="{WSSE}"><w:UsernameToken><w:Username>{self.user}</w:Username>'
            f"<w:Password>{self.password}</w:Password></w:UsernameToken></w:Security>"
        )
        root = profile.request_root(method)
        return (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
            f' xmlns:m="{profile.request_namespace(method)}"><e:Header>{security if self.user else ""}</e:Header>'
            f"<e:Body><m:{root}>{inner}</m:{root}></e:Body></e:Envelope>"
        )

    def inner(self, header: Mapping[str, str], lines: Sequence[Mapping[str, str]] = ()) -> str:
        """Return header properties and lines as the site's elements, in the order given."""
        profile = self.app.site.profile
        parts = [_element(profile.header_names[name], value) for name, value in header.items()]
        for line in lines:
            children = "".join(_element(profile.line_names[name], value) for name, value in line.items())
            parts.append(f"<m:{profile.lines_collection}>{children}</m:{profile.lines_collection}>")
        return "".join(parts)

    def post(self, method: str, text: str | bytes, path: str = "", **headers: str) -> httpx.Response:
        """Post a request as it stands."""
        sent = {"SOAPAction": f'"{self.app.site.profile.aliases[method]}"', "Content-Type": "text/xml"} | headers
        return self.http.post(SERVICE_CONNECTOR + path, content=text, headers=sent)

    def call(self, method: str, header: Mapping[str, str], lines: Sequence[Mapping[str, str]] = ()) -> Answer:
        """Call a CI method with record fields."""
        return read(self.post(method, self.envelope(method, self.inner(header, lines))))

    def create(self, lines: Sequence[Mapping[str, str]] = LINES, **header: str) -> Answer:
        """Create a journal: the usual one, with changed header fields."""
        return self.call("Create", HEADER | header, lines)

    def query(self, name: str, maxrows: int = 100, **prompts: str) -> list[dict[str, Any]]:
        """Run a query and return its rows, numbers as Decimal."""
        answer = loads(self.query_http(name, maxrows, **prompts).text, parse_float=Decimal)
        assert answer["status"] == "success", answer
        return answer["data"]["query"]["rows"]

    def query_http(self, name: str, maxrows: int | None = 100, **prompts: str) -> httpx.Response:
        """Run a query and return the raw response."""
        parameters = {
            "isconnectedquery": "N",
            "prompt_uniquepromptname": ",".join(prompts),
            "prompt_fieldvalue": ",".join(prompts.values()),
            "json_resp": "true",
        }
        if maxrows is not None:
            parameters["maxrows"] = str(maxrows)
        auth = (self.user, self.password) if self.user else None
        return self.http.get(f"{REST}/PUBLIC/{name}/JSON/NONFILE", params=parameters, auth=auth)

    def status(self) -> str:
        """Return the status of the usual journal, "" when the books do not have it."""
        rows = self.query("X_JRNL_BY_KEY", BU=KEY.unit, JID=KEY.id, JDT=KEY.date)
        return rows[0]["A.JRNL_HDR_STATUS"] if rows else ""


def _element(name: str, value: str) -> str:
    return f"<m:{name}>{escape(value)}</m:{name}>"


def read(response: httpx.Response) -> Answer:
    """Take a SOAP answer apart."""
    body = fromstring(response.text)
    found = {local(node): (node.text or "") for node in body.iter()}
    messages = [tuple((part.text or "") for part in node)[:4] for node in body.iter() if local(node) == "messages"]
    return Answer(response.status_code, found.get("notification", ""), messages, found.get("DefaultMessage", ""), body)


@pytest.fixture
def clock() -> SteppedClock:
    """Stand at noon of 14 November 2026."""
    return SteppedClock(NOON)


@pytest.fixture
def site() -> Site:
    """Return the demo installation."""
    return demo_site(TODAY)


@pytest.fixture
def caller(site: Site, clock: SteppedClock) -> Caller:
    """Return somebody who calls the demo site with the right password."""
    faults = FaultPlan()
    return Caller(build_app(site, clock, faults), clock, faults)
