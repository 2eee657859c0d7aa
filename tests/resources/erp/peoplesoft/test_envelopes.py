"""What travels to two sites that share no name: golden envelopes that a person has read.

`golden/*.xml` is the request with the credentials masked, indented; change it only on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from lxml import etree

from ledger.errors import TargetMisconfigured, TargetUnclear
from resources.clock import SystemClock
from resources.erp.peoplesoft.client import PeopleSoft
from resources.erp.peoplesoft.profile import PeopleSoftProfile

USER, PASSWORD = "IBUSER", "golden-password"

# The site-built interface of ZGL_JOURNAL.wsdl: no rate type, no statistics, another name for everything else.
ZGL = {
    "component_interface": "ZGL_JOURNAL",
    "service_version": 2,
    "is_gateway_shared": True,
    "lines_collection": "COLL_JRNL_LN",
    "header_properties": {
        **{name: f"KEYPROP_{name}" for name in ("BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ")},
        **{name: f"PROP_{name}" for name in ("LEDGER_GROUP", "SOURCE", "FOREIGN_CURRENCY")},
        "DESCR254": "PROP_DESCR254_MIXED",
    },
    "line_properties": {
        "JOURNAL_LINE": "KEYPROP_JOURNAL_LINE",
        "BUSINESS_UNIT": "PROP_BUSINESS_UNIT_0",
        "FOREIGN_CURRENCY": "PROP_FOREIGN_CURRENCY_0",
        "FOREIGN_AMOUNT": "PROP_FOREIGN_AMOUNT_0",
        **{name: f"PROP_{name}" for name in ("ACCOUNT", "DEPTID", "PRODUCT", "JRNL_LN_REF", "LINE_DESCR")},
    },
    "fields_not_sent": {"RT_TYPE"},
    "auth": "basic",
    "ledger_group": "RECORDING",
    "source": "ZAM",
    "journal_id_letter": "Z",
}


class Site:
    """Serves the WSDL files of a folder; keeps every request; answers a POST with an empty 200."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "POST":
            return httpx.Response(200)
        name = request.url.path.rsplit("/", 1)[-1].replace(".1.wsdl", ".wsdl").replace(".2.wsdl", ".wsdl")
        return httpx.Response(200, content=(self.folder / name.removeprefix("CI_")).read_bytes())


@pytest.fixture
def send(here) -> Callable[..., tuple[httpx.Request, Site]]:
    """Submit a journal to a site that never says what became of it; return the request."""

    def run(journal, **settings) -> tuple[httpx.Request, Site]:
        site = Site(here / "wsdl")
        profile = PeopleSoftProfile(**{"base_url": "https://ps.example", **settings})
        with httpx.Client(transport=httpx.MockTransport(site)) as client:
            target = PeopleSoft(profile, client, lambda: (USER, PASSWORD), SystemClock())
            with pytest.raises(TargetUnclear, match="an empty answer"):
                target.submit(journal)
        return site.requests[-1], site

    return run


def shown(request: httpx.Request) -> str:
    """Return the body as a person reads it: indented, the password masked."""
    parser = etree.XMLParser(remove_blank_text=True)
    root = etree.fromstring(request.content.replace(PASSWORD.encode(), b"***"), parser)
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def test_the_shipped_names_make_this_envelope(send, make_journal, here):
    """JOURNAL_ENTRY_CI: record fields as names, WS-Security, posted to the connector and not to the WSDL's address."""
    request, _ = send(make_journal(description="Amazon settlement 12345678901; 1\u201314 November"))
    assert shown(request) == (here / "golden" / "JOURNAL_ENTRY_CI.xml").read_text(encoding="utf-8")
    assert str(request.url) == "https://ps.example/PSIGW/PeopleSoftServiceListeningConnector"
    assert request.headers["SOAPAction"] == "CI_JOURNAL_ENTRY_CI_C.V1"
    assert request.headers["Content-Type"] == "text/xml;charset=UTF-8"
    assert request.headers["ExternalMessageID"].startswith("US001-AS65SIDGKE-2026-11-14-20")
    assert "Authorization" not in request.headers
    assert request.extensions["operation"] == "CI_JOURNAL_ENTRY_CI_C"
    assert request.extensions["repeatable"] is False
    assert request.extensions["timeout"] == {"connect": 10, "read": 120, "write": 120, "pool": 120}


def test_a_site_built_interface_makes_this_envelope(send, make_journal, here):
    """ZGL_JOURNAL: other names, order, namespace, types with attributes; schema imported, Basic, other alias."""
    request, site = send(make_journal(), **ZGL)
    assert shown(request) == (here / "golden" / "ZGL_JOURNAL.xml").read_text(encoding="utf-8")
    assert request.url.path == "/PSIGW/PeopleSoftServiceListeningConnector/PSFT_EP"
    assert request.headers["SOAPAction"] == "Create.V1"
    assert [one.url.path.rsplit("/", 1)[-1] for one in site.requests] == [
        "CI_ZGL_JOURNAL.2.wsdl",
        "M835922.V1.xsd",
        "PSFT_EP",
    ]
    assert all(one.headers["Authorization"].startswith("Basic ") for one in site.requests)


@pytest.mark.parametrize(
    ("auth", "has_token", "has_basic"),
    [
        ("ws_security", True, False),
        ("basic", False, True),
        ("both", True, True),
        ("anonymous", False, False),
    ],
)
def test_credentials_go_where_the_site_wants_them(send, journal, auth, has_token, has_basic):
    """A front proxy wants Basic, the gateway a token, an open node none."""
    request, _ = send(journal, auth=auth)
    assert (PASSWORD.encode() in request.content) is has_token
    assert ("Authorization" in request.headers) is has_basic


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"component_interface": "JOURNAL_ENTRY_CI", "operations": {"Create": "CI_GONE_C"}},
            ("no operation CI_GONE_C",),
        ),
        ({"lines_collection": "JRNL_LINES"}, ("JRNL_LINES.ACCOUNT", "lines_collection")),
        ({"header_properties": {"DESCR254": "DESCR254_MIXED"}}, ("takes no DESCR254_MIXED",)),
        ({"line_properties": {"ACCOUNT": "PROP_ACCOUNT"}}, ("takes no JRNL_LN.PROP_ACCOUNT",)),
        ({"header_constants": {"REVERSAL_TYPE": "N"}}, ("takes no REVERSAL_TYPE",)),
    ],
)
def test_a_name_that_the_wsdl_lacks_stops_everything_before_sending(here, journal, settings, words):
    """Fails closed, naming what is missing and where to correct it."""
    site = Site(here / "wsdl")
    profile = PeopleSoftProfile(base_url="https://ps.example", **settings)
    with httpx.Client(transport=httpx.MockTransport(site)) as client:
        target = PeopleSoft(profile, client, lambda: (USER, PASSWORD), SystemClock())
        with pytest.raises(TargetMisconfigured) as caught:
            target.submit(journal)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert [one.method for one in site.requests] == ["GET"]


def test_a_segment_that_only_this_journal_uses_is_checked_too(here, make_journal):
    """The WSDL has no OPERATING_UNIT: dropping it silently would book elsewhere."""
    site = Site(here / "wsdl")
    journal = make_journal(
        make_journal.line(1, "110500", "1.00", ref="S1"), make_journal.line(2, "400100", "-1.00", operating_unit="NA")
    )
    with httpx.Client(transport=httpx.MockTransport(site)) as client:
        target = PeopleSoft(PeopleSoftProfile(base_url="https://ps.example"), client, lambda: ("", ""), SystemClock())
        with pytest.raises(TargetMisconfigured, match=r"takes no JRNL_LN\.OPERATING_UNIT"):
            target.submit(journal)
    assert [one.method for one in site.requests] == ["GET"]


def test_the_key_of_a_journal_is_frozen_before_anything_is_sent(profile, journal):
    """Another date is another journal, so it is another key."""
    target = PeopleSoft(profile, httpx.Client(), lambda: ("", ""), SystemClock())
    assert target.erp_id(journal) == "US001 AS65SIDGKE 2026-11-14"
    assert target.erp_id(replace(journal, accounting_date=date(2026, 11, 30))) == "US001 AS65SIDGKE 2026-11-30"
    assert (target.lines_max, target.quiet_period_seconds) == (300, 330)
