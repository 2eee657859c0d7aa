"""Every way in which the wire goes wrong: what the client raises, what the books hold, and that asking settles it.

Nothing here ever makes a second journal: after each fault the books are asked, and the document is sent again only when
they say, with a control, that it is absent.
"""

from __future__ import annotations

import httpx
import pytest

from emulators import faults as general
from emulators.faults import Fault
from emulators.in_process import InProcessTransport
from emulators.peoplesoft import mischief
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER
from emulators.peoplesoft.site import User
from ledger.errors import StoreError, TargetError, TargetMisconfigured, TargetUnavailable, TargetUnclear
from resources.transport.rate_limit import Limit, MemoryBuckets
from resources.transport.retry import RetryPolicy
from resources.transport.rings import build_client

KEY = "US001 AS65SIDGKE 2026-11-14"

# Fault of Create -> what the client raises (None: nothing), whether the journal is in the books at once.
CREATE_FAULTS = [
    ("reply late, but in time", general.slow(100), None, True),
    ("reply too late, committed", general.slow(200), TargetUnclear, True),
    ("dropped after commit", general.dropped(after=True), TargetUnclear, True),
    ("dropped before commit", general.dropped(), TargetUnclear, False),
    ("fault before commit, HTTP 500", general.status(500), TargetUnclear, False),
    ("proxy page 502 before commit", general.html(502), TargetUnclear, False),
    ("proxy page 503 before commit", general.html(503), TargetUnclear, False),
    ("proxy page 504 after commit", general.html(504, after=True), TargetUnclear, True),
    ("HTTP 200 with IBResponse error", mischief.gateway_error(), TargetUnclear, False),
    ("HTTP 200 with IBResponse error after commit", mischief.gateway_error(after=True), TargetUnclear, True),
    ("empty body, HTTP 500", general.blank(500), TargetUnclear, False),
    ("empty body, HTTP 200, committed", general.blank(200, after=True), TargetUnclear, True),
    ("body cut short, committed", general.truncated(), TargetUnclear, True),
    ("body of one byte, committed", general.truncated(1), TargetUnclear, True),
    ("delivered twice by the gateway", mischief.delivered_twice(), TargetUnclear, True),
    ("commits in 200 s, connection lost", mischief.commits_later(200), TargetUnclear, False),
    ("commits in 200 s, proxy page", mischief.commits_later(200, code=504), TargetUnclear, False),
]


@pytest.mark.parametrize(
    ("fault", "error", "is_in_books"), [case[1:] for case in CREATE_FAULTS], ids=[case[0] for case in CREATE_FAULTS]
)
def test_a_create_that_goes_wrong_is_settled_by_asking(place, journal, fault: Fault, error, is_in_books):
    """Sent once; unclear unless an answer says yes; `find` tells, and sending what is absent makes one journal."""
    target = place.target()
    place.faults.next("Create", fault)
    if error is None:
        assert target.submit(journal) == KEY
    else:
        with pytest.raises(error, match="asked for it by key"):
            target.submit(journal)
    assert place.creates() == 1
    assert (len(place.journals()) == 1) is is_in_books
    place.clock.sleep(target.quiet_period_seconds)
    sightings = target.find([journal])
    assert sightings.is_certain
    if not sightings.found:
        target.submit(journal)
        sightings = target.find([journal])
    assert [one.is_same for one in sightings.found] == [True]
    assert len(place.journals()) == 1


def test_the_quiet_period_outlasts_a_slow_server(place, journal):
    """Asked too early, the books say absent with every right; only after the server's own time-out is it proved."""
    target = place.target()
    place.faults.next("Create", mischief.commits_later(299))
    with pytest.raises(TargetUnclear):
        target.submit(journal)
    assert target.find([journal]).found == ()
    place.clock.sleep(target.quiet_period_seconds)
    assert [one.is_same for one in target.find([journal]).found] == [True]


def client_of(place, raised: Exception) -> httpx.Client:
    """Return a client whose POSTs end in an exception, everything else answered by the emulator."""
    inner = place.client._transport

    class Transport(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                raise raised
            return inner.handle_request(request)

    return httpx.Client(transport=Transport())


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (httpx.ConnectError("refused"), TargetUnavailable),
        (httpx.ConnectTimeout("slow"), TargetUnavailable),
        (httpx.PoolTimeout("busy"), TargetUnavailable),
        (TargetUnavailable("rate limit"), TargetUnavailable),
        (httpx.ReadTimeout("slow"), TargetUnclear),
        (httpx.WriteTimeout("slow"), TargetUnclear),
        (httpx.ReadError("reset"), TargetUnclear),
        (httpx.WriteError("reset"), TargetUnclear),
        (httpx.RemoteProtocolError("cut"), TargetUnclear),
        (httpx.LocalProtocolError("odd"), TargetUnclear),
        (StoreError("the trail could not be written"), TargetUnclear),
        (OSError("disk full"), TargetUnclear),
        (ValueError("anything"), TargetUnclear),
    ],
)
def test_only_what_provably_never_left_is_unavailable(place, journal, raised, error):
    """Everything after the first byte may have arrived."""
    place.client = client_of(place, raised)
    with pytest.raises(error) as caught:
        place.target().submit(journal)
    assert type(caught.value) is error
    assert KEY in str(caught.value)


def test_a_create_is_never_repeated_by_the_rings(place, journal):
    """Reads are; a Create goes out once, whatever the retry policy."""
    place.client = build_client(
        connection="amazon_us",
        clock=place.clock,
        user_agent="tests",
        transport=InProcessTransport(place.app, place.clock),
        retry=RetryPolicy(attempts_max=5),
    )
    place.faults.always("Create", general.html(503))
    place.faults.next("ExecuteQuery", general.html(503), general.dropped(), general.status(500))
    target = place.target()
    with pytest.raises(TargetUnclear):
        target.submit(journal)
    assert place.creates() == 1
    assert target.find([journal]).is_certain


def test_a_rate_limit_that_is_used_up_sends_nothing(place, journal):
    """The ring refuses before the socket: unavailable, to be sent by a later run."""

    def limits(request: httpx.Request) -> Limit | None:
        return Limit("node", 0.0001, 1) if request.method == "POST" else None

    place.client = build_client(
        connection="amazon_us",
        clock=place.clock,
        user_agent="tests",
        transport=InProcessTransport(place.app, place.clock),
        limits=limits,
        buckets=MemoryBuckets(place.clock),
        wait_seconds_max=5,
    )
    target = place.target()
    target.submit(journal)
    with pytest.raises(TargetUnavailable, match="was not sent"):
        target.submit(journal)
    assert place.creates() == 1


@pytest.mark.parametrize(
    "fault",
    [
        general.html(502),
        general.html(200),
        general.blank(200),
        general.blank(500),
        general.dropped(),
        general.status(500),
        general.truncated(),
        general.slow(200),
    ],
    ids=str,
)
def test_a_read_that_goes_wrong_is_never_an_empty_answer(place, journal, fault):
    """Find, status, read-back, open item and accounts: unavailable, nothing concluded."""
    target = place.target()
    target.submit(journal)
    place.faults.always("ExecuteQuery", fault)
    line = journal.lines[0]
    for read in (
        lambda: target.find([journal]),
        lambda: target.status(journal),
        lambda: target.read_back(journal),
        lambda: target.open_item(line.account, line.reference, "12345678901"),
        lambda: target.check_accounts([], [journal]),
    ):
        with pytest.raises(TargetUnavailable):
            read()


@pytest.mark.parametrize(
    "fault",
    [general.html(502), general.blank(500), general.dropped(), general.truncated(), mischief.gateway_error()],
    ids=str,
)
def test_a_get_that_goes_wrong_is_unavailable(place, journal, fault):
    """The other way of reading back."""
    target = place.target(read_back="ci_get")
    target.submit(journal)
    place.faults.next("Get", fault)
    with pytest.raises(TargetUnavailable):
        target.read_back(journal)
    assert len(target.read_back(journal).lines) == 3


@pytest.mark.parametrize("fault", [general.html(503), general.dropped(), general.slow(200)], ids=str)
def test_without_a_wsdl_nothing_is_sent(place, journal, fault):
    """It may pass; a later run sends."""
    place.faults.next("GetWSDL", fault)
    with pytest.raises(TargetUnavailable, match="WSDL"):
        place.target(read_timeout_seconds=100).submit(journal)
    assert place.creates() == 0


@pytest.mark.parametrize("operation", ["ExecuteQuery", "X_JRNL_BY_REF"])
def test_a_blind_answer_proves_nothing(place, journal, operation):
    """Rows hidden for good: the control is hidden too."""
    place.faults.always(operation, mischief.blind())
    sightings = place.target().find([journal])
    assert not sightings.is_certain


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_one_blind_moment_does_not_make_a_document_absent(place, journal, call):
    """Two reads that agree, with a control seen between them."""
    target = place.target()
    target.submit(journal)
    place.faults.at("ExecuteQuery", place.faults.calls("ExecuteQuery") + call, mischief.blind())
    sightings = target.find([journal])
    assert sightings.found or not sightings.is_certain


@pytest.mark.parametrize("fault", [mischief.repeated(), mischief.backwards()], ids=str)
def test_rows_in_another_order_or_twice_change_nothing(place, journal, fault):
    """A join too many, or no ORDER BY."""
    target = place.target()
    target.submit(journal)
    place.follow(target, journal)
    right = (target.find([journal]), target.read_back(journal), target.status(journal))
    item = target.open_item(journal.lines[0].account, journal.lines[0].reference, "12345678901")
    place.faults.always("ExecuteQuery", fault)
    assert (target.find([journal]), target.read_back(journal), target.status(journal)) == right
    assert target.open_item(journal.lines[0].account, journal.lines[0].reference, "12345678901") == item


def test_a_front_proxy_that_wants_basic_gets_it(make_place, journal):
    """And says so with a challenge where it does not."""

    def proxied(site):
        site.proxy_user = User(DEMO_USER, DEMO_PASSWORD)

    place = make_place(proxied)
    assert place.target(auth="both").submit(journal) == KEY
    with pytest.raises(TargetMisconfigured, match="401"):
        place.target(auth="ws_security").submit(journal)


def test_no_exception_of_a_library_comes_through(place, journal):
    """Nor hangs on ours as its cause: it could carry the request with its credentials."""
    target = place.target()
    raised = []
    for _, fault, _, _ in CREATE_FAULTS:
        place.faults.next("Create", fault)
        try:
            target.submit(journal)
        except TargetError as error:
            raised.append(error)
    assert len(raised) >= len(CREATE_FAULTS) - 1
    assert [one.__cause__ for one in raised if one.__cause__ is not None] == []
