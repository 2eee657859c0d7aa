"""The door: token, headers, pages, and what every answer and broken connection means."""

from __future__ import annotations

import json
from decimal import Decimal

import httpx
import pytest

from ledger.errors import SecretMissing, TargetMisconfigured, TargetRefused, TargetUnavailable, TargetUnclear
from resources.erp.fusion.bearer import BearerAuth
from resources.erp.fusion.door import Door, Truncated
from resources.erp.fusion.filters import equals

BODY = {"OperationName": "importBulkData", "FileName": "amz_1.zip"}
ROWS = [{"Id": 300000000000000000 + number, "Name": f"N{number}"} for number in range(7)]


def raising(error: type[httpx.TransportError]):
    """Return an answer that breaks the connection."""

    def broken(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    return broken


def test_every_call_names_its_framework_version_and_what_it_takes(place):
    """Without the error type an error may come as plain text, without the version in another grammar."""
    place.script.tables["ledgersLOV"] = [{"LedgerId": 1}]
    place.door().rows("ledgersLOV", [equals("LedgerId", 1)], key="LedgerId")
    request = place.script.last("ledgersLOV")
    assert request.headers["rest-framework-version"] == "4"
    assert request.headers["accept"] == "application/json, application/vnd.oracle.adf.error+json"
    assert request.headers["authorization"] == "Bearer token-1"
    assert request.url.params["q"] == "LedgerId = 1"
    place.door(framework_version=1).rows("ledgersLOV", [equals("LedgerId", 1)], key="LedgerId")
    assert place.script.last("ledgersLOV").url.params["q"] == "LedgerId=1"


@pytest.mark.parametrize("page_max", [1, 3, 499])
def test_pages_advance_by_what_came_back(place, page_max):
    """A site clamps the limit it was asked for; ids keep all their digits."""
    place.script.tables["things"] = ROWS
    place.script.page_max = page_max
    rows = place.door().rows("things", key="Id")
    assert [row.identifier("Id") for row in rows] == [str(one["Id"]) for one in ROWS]
    assert place.script.last("things").url.params["orderBy"] == "Id:asc"


def test_more_rows_than_are_taken_are_no_answer(place):
    """Half a list must not pass for the whole."""
    place.script.tables["things"] = [{"Id": number} for number in range(300)]
    with pytest.raises(Truncated, match="more than 100 rows"):
        place.door(rows_max=100, page_size=50).rows("things", key="Id")


@pytest.mark.parametrize(
    "page, said",
    [
        ({"items": [], "count": 0, "hasMore": True}, "answers none"),
        ({"items": [{"Id": 1}], "count": 2, "hasMore": False}, "counts 2 rows but answered 1"),
        ({"items": "x", "hasMore": False}, "no collection"),
        ({"count": 0}, "no collection"),
        ({"items": [{"Name": "x"}], "count": 1, "hasMore": False}, "without Id"),
    ],
)
def test_a_page_that_contradicts_itself_is_no_answer(place, page, said):
    """An empty or short answer is believed only when it is whole."""
    place.script.answers["things"] = lambda _: httpx.Response(200, json=page)
    with pytest.raises(TargetUnavailable, match=said):
        place.door().rows("things", key="Id")


def test_numbers_are_exact(place):
    """Amounts are decimals and ids whole numbers, whatever their size."""
    text = '{"items":[{"Id":999999999999999999,"A":1520.33,"B":"8774.45","C":null}],"count":1,"hasMore":false}'
    place.script.answers["things"] = lambda _: httpx.Response(200, text=text)
    row = place.door().rows("things", key="Id")[0]
    assert row.identifier("Id") == "999999999999999999"
    assert (row.amount("A"), row.amount("B"), row.amount("C")) == (Decimal("1520.33"), Decimal("8774.45"), Decimal(0))


@pytest.mark.parametrize("given", ["1.7e17", "true", '"x1"', "null", "12345678901234567890"])
def test_what_is_no_id_is_not_read_as_one(place, given):
    """A float has lost its last digits already."""
    text = f'{{"items":[{{"Name":"A","Id":{given}}}],"count":1,"hasMore":false}}'
    place.script.answers["things"] = lambda _: httpx.Response(200, text=text)
    row = place.door().rows("things", key="Name")[0]
    with pytest.raises(TargetUnavailable, match="Id that is no id"):
        row.identifier("Id")


def test_a_missing_secret_is_a_persons_matter_and_sends_nothing(place):
    """Its name is said, nothing else."""

    def missing(name: str) -> str:
        raise SecretMissing(f"The vault holds no secret {name!r}.")

    site = place.settings()
    client = place.client(site)
    client.auth = BearerAuth(site, missing, place.clock, place.tokens)
    with pytest.raises(TargetMisconfigured, match="fusion_client_id"):
        Door(site, client).write("Journal X", BODY)
    assert place.script.requests == []


def test_a_token_is_shared_and_renewed_before_it_ends(place):
    """One exchange an hour, a minute early."""
    place.script.tables["things"] = ROWS
    for seconds, exchanges in ((0, 1), (3500, 1), (41, 2)):
        place.clock.advance(seconds)
        place.door().rows("things", key="Id")
        assert place.script.calls("token") == exchanges


@pytest.mark.parametrize("where", ["header", "form"])
def test_credentials_go_where_the_identity_domain_wants_them(place, where):
    """The scope is sent letter by letter."""
    place.script.tables["things"] = ROWS
    place.door(credentials_in=where).rows("things", key="Id")
    request = place.script.last("token")
    form = dict(httpx.QueryParams(request.content.decode()))
    assert form["scope"] == "urn:opc:resource:fa:instanceid=1234567urn:opc:resource:consumer::all"
    assert ("client_secret" in form) is (where == "form")
    assert ("authorization" in request.headers) is (where == "header")


def test_a_read_answered_401_is_repeated_once_with_a_fresh_token(place):
    """And a second 401 is a person's matter."""
    place.script.tables["things"] = ROWS
    place.script.answers["things"] = lambda request: (
        httpx.Response(401) if request.headers["authorization"] == "Bearer token-1" else None
    )
    assert len(place.door().rows("things", key="Id")) == 7
    assert place.script.calls("token") == 2
    place.script.answers["things"] = lambda request: httpx.Response(401)
    with pytest.raises(TargetMisconfigured, match="fusion_client_secret"):
        place.door().rows("things", key="Id")


def test_a_token_that_is_never_accepted_is_told_apart_from_a_missing_privilege(place):
    """Of the first the settings of the token are at fault, of the second the roles of the user."""
    place.script.answers["things"] = lambda request: httpx.Response(401)
    with pytest.raises(TargetMisconfigured, match=r"does not accept the token .* Check base_url, token_url and scope"):
        place.door().rows("things", key="Id")
    place.script.answers["things"] = lambda request: httpx.Response(403)
    with pytest.raises(TargetMisconfigured, match="job roles of the Fusion user"):
        place.door().rows("things", key="Id")


def test_a_write_answered_401_is_not_repeated(place):
    """The token is forgotten, and the next run fetches a new one."""
    place.script.answers["importBulkData"] = lambda _: httpx.Response(401)
    with pytest.raises(TargetUnavailable, match="was not sent"):
        place.door().write("Journal X", BODY)
    assert (place.script.calls("importBulkData"), place.script.calls("token")) == (1, 1)
    place.script.answers["importBulkData"] = lambda _: httpx.Response(201, json={"ReqstId": "1"})
    place.door().write("Journal X", BODY)
    assert place.script.calls("token") == 2


@pytest.mark.parametrize(
    "status, error, kind, said",
    [
        (401, "invalid_client", TargetMisconfigured, "client id and client secret do not fit"),
        (400, "invalid_scope", TargetMisconfigured, "Copy scope letter by letter"),
        (400, "strange", TargetMisconfigured, "without a known reason"),
        (503, "", TargetUnavailable, "fault of its own"),
        (429, "", TargetUnavailable, "fault of its own"),
    ],
)
def test_a_token_that_is_not_given_says_why(place, status, error, kind, said):
    """And nothing was sent, so a write is not in doubt."""
    place.script.answers["token"] = lambda _: httpx.Response(status, json={"error": error})
    for call in (lambda: place.door().rows("things", key="Id"), lambda: place.door().write("Journal X", BODY)):
        with pytest.raises(kind, match=said):
            call()
    assert place.script.calls("importBulkData") == 0


def test_a_broken_line_to_the_token_endpoint_leaves_a_write_unsent(place):
    """The write itself never began."""
    place.script.answers["token"] = raising(httpx.ReadError)
    with pytest.raises(TargetUnavailable, match="was not sent"):
        place.door().write("Journal X", BODY)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_reads_are_repeated_and_bounded(place, status):
    """Three times, then it is unavailable."""
    place.script.answers["things"] = lambda _: httpx.Response(status, headers={"retry-after": "7"})
    with pytest.raises(TargetUnavailable):
        place.door().rows("things", key="Id")
    assert place.script.calls("things") == 3
    assert place.clock.monotonic() >= 14


@pytest.mark.parametrize("wait", [None, "Fri, 20 Nov 2026 09:00:30 GMT", "soon", "-1"])
def test_a_wait_that_is_no_number_of_seconds_is_drawn(place, wait):
    """A throttled read still comes back, a bounded number of times."""
    place.script.tables["things"] = ROWS
    headers = {} if wait is None else {"retry-after": wait}
    answers = iter([httpx.Response(429, headers=headers), httpx.Response(429, headers=headers)])
    place.script.answers["things"] = lambda _: next(answers, None)
    assert len(place.door().rows("things", key="Id")) == 7
    assert place.script.calls("things") == 3


@pytest.mark.parametrize(
    "status, kind", [(400, TargetMisconfigured), (403, TargetMisconfigured), (404, TargetUnavailable)]
)
def test_a_refused_read_says_whose_matter_it_is(place, status, kind):
    """A row that was just made may answer 404 for a moment."""
    place.script.answers["things"] = lambda _: httpx.Response(status, json={"detail": "X is not for you"})
    with pytest.raises(kind, match="X is not for you"):
        place.door().rows("things", key="Id")
    assert place.script.calls("things") == 1


def test_a_page_instead_of_rows_is_no_empty_answer(place):
    """The sign-in page of the front end comes with 200."""
    place.script.answers["things"] = lambda _: httpx.Response(200, html="<html>Sign in</html>")
    with pytest.raises(TargetUnavailable, match="HTML page"):
        place.door().rows("things", key="Id")


@pytest.mark.parametrize(
    "reply, kind",
    [
        (httpx.Response(400, json={"title": "Bad", "detail": "no such attribute"}), TargetRefused),
        (httpx.Response(400, text="Bad request"), TargetUnclear),
        (httpx.Response(400, html="<html/>"), TargetUnclear),
        (httpx.Response(403, json={"title": "Forbidden"}), TargetMisconfigured),
        (httpx.Response(403, html="<html/>"), TargetUnclear),
        (httpx.Response(404, text="Not found"), TargetMisconfigured),
        (httpx.Response(429), TargetUnavailable),
        (httpx.Response(302), TargetUnclear),
        (httpx.Response(500, json={"title": "Oops", "detail": "x"}), TargetUnclear),
        (httpx.Response(503), TargetUnclear),
        (httpx.Response(504, html="<html/>"), TargetUnclear),
        (httpx.Response(201, html="<html/>"), TargetUnclear),
        (httpx.Response(200, content=b'{"ReqstId":'), TargetUnclear),
    ],
)
def test_a_write_is_sent_once_and_judged_by_what_was_parsed(place, reply, kind):
    """Whatever comes back, nothing is sent a second time."""
    place.script.answers["importBulkData"] = lambda _: reply
    with pytest.raises(kind, match="Journal X"):
        place.door().write("Journal X", BODY)
    assert place.script.calls("importBulkData") == 1


@pytest.mark.parametrize(
    "error, kind",
    [
        (httpx.ConnectError, TargetUnavailable),
        (httpx.ConnectTimeout, TargetUnavailable),
        (httpx.ReadTimeout, TargetUnclear),
        (httpx.ReadError, TargetUnclear),
        (httpx.RemoteProtocolError, TargetUnclear),
        (httpx.WriteError, TargetUnclear),
    ],
)
def test_a_broken_connection_is_unclear_unless_nothing_left(place, error, kind):
    """Only what provably never left may be sent again."""
    place.script.answers["importBulkData"] = raising(error)
    with pytest.raises(kind):
        place.door().write("Journal X", BODY)
    assert place.script.calls("importBulkData") == 1


def test_no_secret_is_told_or_recorded(place):
    """Neither token nor client secret outlives the call."""
    place.script.tables["things"] = ROWS
    place.script.answers["importBulkData"] = lambda request: httpx.Response(
        500, text=f"echo {request.headers['authorization']}"
    )
    place.door(credentials_in="form").rows("things", key="Id")
    place.tokens.forget("x")
    with pytest.raises(TargetUnclear) as caught:
        place.door(credentials_in="header").write("Journal X", BODY)
    told = repr(caught.value) + json.dumps([repr(one) for one in place.recorder.exchanges])
    assert "token-1" not in repr(place.recorder.exchanges)
    assert "s3cr3t-of-the-client" not in told
