"""Amazon's error answers as sentences: permanent or passing, and which cause."""

from __future__ import annotations

import httpx
import pytest

from emulators import faults
from emulators.amazon.world import Grant
from ledger.errors import SourceRefused, SourceUnavailable
from tests.resources.amazon.client.rig import SECRETS, SELLER, Rig, answering, make_rig


def refused(rig: Rig, status: int, details: str, message: str = "Access denied.") -> str:
    """Return the sentence for an error answer of getReports."""
    body = {"errors": [{"code": "Whatever", "message": message, "details": details}]}
    answer = httpx.Response(status, json=body, headers={"x-amzn-RequestId": "demo-1"})
    with pytest.raises(SourceRefused) as caught:
        list(rig.client(answering(rig.clock, lambda request: answer)).settlement_reports())
    assert caught.value.status == status
    return str(caught.value)


@pytest.mark.parametrize(
    "details, cause",
    [
        ("The access token you provided is revoked, malformed or invalid.", "authorise the application again"),
        ("Access token is missing in the request header.", "check proxies"),
        ("", 'lacks the role "Finance and Accounting"'),
        ("", "does not belong to region na"),
        ("The seller is not in this region.", "Correct `region`"),
        ("Something new.", "(Something new)"),
    ],
)
def test_the_causes_of_a_403_are_told_apart(rig: Rig, details: str, cause: str):
    """The status is the same, the details are not; each cause has its cure."""
    sentence = refused(rig, 403, details)
    assert cause in sentence
    assert "getReports for connection demo_us (HTTP 403, request demo-1)" in sentence


def test_a_missing_role_is_named_once_the_region_is_proved(rig: Rig):
    """After one good call on the same host only the role is left as a cause."""
    rig.world.add_seller(
        rig.world.sellers[SELLER],
        Grant(SECRETS["us_refresh_token"], SECRETS["us_client_id"], SELLER, roles=frozenset({"Product Listing"})),
    )
    client = rig.client()
    client.participations()
    with pytest.raises(SourceRefused) as caught:
        list(client.settlement_reports())
    assert 'lacks the role "Finance and Accounting"' in str(caught.value)
    assert "region" not in str(caught.value)


def test_a_seller_of_another_region_is_told_so(rig: Rig):
    """The European host does not know a North American seller."""
    client = rig.client(region="eu", marketplace_ids=("A1PA6795UKMFR9",))
    with pytest.raises(SourceRefused, match="does not belong to region eu"):
        client.participations()


@pytest.mark.parametrize(
    "status, cause",
    [(400, "fault of the connector"), (404, "90 days"), (301, "redirects are not followed"), (409, "refuses")],
)
def test_other_refusals_say_what_to_do(rig: Rig, status: int, cause: str):
    """Permanent answers, in Amazon's words where it has any."""
    assert cause in refused(rig, status, "parameter x")


def test_amazons_words_are_quoted_short_and_redacted(rig: Rig):
    """A server that repeats a token does not get it into our logs."""
    sentence = refused(rig, 400, "Atza|demo-leak " + "x" * 5000, "line one\nline two")
    assert "demo-leak" not in sentence
    assert "line one line two" in sentence
    assert len(sentence) < 1000


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"errors":[]}', b'{"errors":[7]}', b"[" * 50_000])
def test_an_error_answer_of_any_shape_becomes_a_sentence(rig: Rig, body: bytes):
    """A proxy in between does not speak Amazon's language."""
    answer = httpx.Response(403, content=body)
    with pytest.raises(SourceRefused, match="Finance and Accounting"):
        list(rig.client(answering(rig.clock, lambda request: answer)).settlement_reports())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_does_not_pass_in_time_is_unavailable(rig: Rig, status: int):
    """After all attempts a later run goes on; nothing is lost."""
    rig.faults.always("getReports", faults.status(status))
    with pytest.raises(SourceUnavailable, match=r"Run it again later|run it again later"):
        list(rig.client().settlement_reports())
    assert rig.operations().count("getReports") <= 6


@pytest.mark.parametrize("status", [400, 403, 404])
def test_what_is_permanent_is_asked_once(rig: Rig, status: int):
    """Asking again changes nothing."""
    rig.faults.always("getReports", faults.status(status))
    with pytest.raises(SourceRefused):
        list(rig.client().settlement_reports())
    assert rig.operations().count("getReports") == 1


def test_a_dropped_line_that_stays_dropped_is_unavailable(rig: Rig):
    """The sentence names the kind of error, not its inside."""
    rig.faults.always("getMarketplaceParticipations", faults.dropped())
    with pytest.raises(SourceUnavailable, match="RemoteProtocolError"):
        rig.client().participations()


def test_a_maintenance_page_with_status_200_is_unavailable(rig: Rig):
    """HTML is no answer, whatever its status."""
    answer = httpx.Response(200, text="<html>Back soon</html>")
    with pytest.raises(SourceUnavailable, match="no JSON object"):
        rig.client(answering(rig.clock, lambda request: answer)).participations()


def test_the_seller_may_be_in_europe_and_the_far_east_too():
    """One client class, three hosts."""
    rig = make_rig()
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(200, json={"payload": []})

    for region, marketplace_id in (("na", "ATVPDKIKX0DER"), ("eu", "A1PA6795UKMFR9"), ("fe", "A1VC38T7YXB528")):
        rig.client(answering(rig.clock, answer), region=region, marketplace_ids=(marketplace_id,)).participations()
    assert hosts == [f"sellingpartnerapi-{region}.amazon.com" for region in ("na", "eu", "fe")]
    rig.app.close()
