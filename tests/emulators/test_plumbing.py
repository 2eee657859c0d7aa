"""Clock, state, router, in-process transport and loopback server of the emulators."""

from __future__ import annotations

import http.client
import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from emulators import faults
from emulators.clock import SteppedClock, SystemClock
from emulators.faults import FaultPlan
from emulators.in_process import InProcessTransport
from emulators.serve import serve
from emulators.state import State
from emulators.wsgi import (
    Request,
    Response,
    Router,
    application,
    json_response,
    request_of,
    respond,
    text_response,
    with_fault,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_stepped_clock_moves_only_when_told() -> None:
    """Forward, by advance or by sleep; never backwards, never without a zone."""
    clock = SteppedClock(NOW)
    assert clock.now() == NOW
    clock.advance(1.5)
    clock.sleep(2)
    assert clock.now() == NOW + timedelta(seconds=3.5)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    with pytest.raises(ValueError, match="aware"):
        SteppedClock(datetime(2026, 1, 1))  # noqa: DTZ001
    assert SystemClock().now().tzinfo is UTC


def test_state_lives_through_a_restart_and_rolls_back_whole(tmp_path) -> None:
    """What was put is there again; a transaction that raised left nothing."""
    first = State(tmp_path / "deep" / "state.db")
    first.put("a", "x", {"n": [1, "ü", None]})
    assert [first.count_up("calls") for _ in range(3)] == [1, 2, 3]

    def spoil() -> None:
        with first.transaction():
            first.put("a", "y", 1)
            with first.transaction():
                first.put("a", "x", "lost")
            raise KeyError

    with pytest.raises(KeyError):
        spoil()
    first.close()
    second = State(tmp_path / "deep" / "state.db")
    assert second.items("a") == [("x", {"n": [1, "ü", None]})]
    assert second.count_up("calls") == 4
    second.delete("a", "x")
    assert second.get("a", "x", "gone") == "gone"
    second.put("a", "z", 1)
    second.delete("a")
    assert second.items("a") == []
    second.close()


def test_counting_from_many_threads_loses_nothing(tmp_path) -> None:
    """Each thread gets numbers of its own."""
    state, numbers = State(tmp_path / "state.db"), list[int]()

    def count() -> None:
        for _ in range(25):
            numbers.append(state.count_up("calls"))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 101))
    state.close()
    with pytest.raises(sqlite3.ProgrammingError):
        state.get("counter", "calls")


def test_the_router_matches_method_and_whole_path() -> None:
    """Path parameters are one segment each; a dot in a path is a dot."""
    router = Router()
    router.add("GET", "/v1.0/things/{thingId}", "getThing", lambda request, thingId: Response(200))

    def found(method: str, path: str) -> object:
        result = router.find(Request(method, path, "host"))
        return result and (result[0].operation, result[1])

    assert found("GET", "/v1.0/things/a%2Fb") == ("getThing", {"thingId": "a%2Fb"})
    for method, path in (("POST", "/v1.0/things/1"), ("GET", "/v1.0/things/1/2"), ("GET", "/v1x0/things/1")):
        assert found(method, path) is None
    assert router.operations() == ["getThing"]


def _echo(request: Request) -> Response:
    body = {"path": request.path, "prefix": request.prefix, "host": request.host, "query": request.query}
    body |= {"method": request.method, "body": request.body.decode(), "type": request.header("Content-Type")}
    return json_response(200, body, ("X-Demo", "1"))


def test_a_request_arrives_whole_in_process() -> None:
    """Path with letters outside ASCII, repeated and empty query values, body, header in any case."""
    with httpx.Client(transport=InProcessTransport(application(_echo))) as client:
        body = client.post("https://host.example/a/ü b?x=1&x=2&y=", content="ü".encode()).json()
    assert body["path"] == "/a/ü b"
    assert body["query"] == {"x": ["1", "2"], "y": [""]}
    assert (body["method"], body["body"], body["host"]) == ("POST", "ü", "host.example")


def test_apps_are_served_on_loopback_by_prefix_and_by_host() -> None:
    """The longest prefix wins, the host comes next, then the rest; the body arrives over a real socket."""
    apps = {
        "/one": application(_echo),
        "/one/two": application(lambda request: text_response(200, f"two {request.path}")),
        "shop.example": application(lambda request: text_response(200, "shop")),
    }
    with serve(apps) as served, httpx.Client(base_url=served.url) as client:
        assert served.url == f"http://127.0.0.1:{served.port}"
        body = client.put("/one/ü?x=1", content=b"abc").json()
        assert (body["path"], body["prefix"], body["body"], body["method"]) == ("/ü", "/one", "abc", "PUT")
        assert client.get("/one").json()["path"] == "/"
        assert client.get("/one/two/3").text == "two /3"
        assert client.get("/", headers={"host": "shop.example"}).text == "shop"
        assert client.get("/onetwo").status_code == 404
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url)


def test_a_taken_port_is_an_error_of_the_operating_system() -> None:
    """It is not hidden behind another port."""
    with serve({"": application(_echo)}) as served, pytest.raises(OSError), serve({}, served.port):
        pytest.fail("two servers on one port")


def _faulty(plan: FaultPlan):
    def handle(request: Request) -> Response:
        fault = plan.take("any")
        return with_fault(fault, lambda: text_response(200, "0123456789"), error=Response, sleep=lambda _: None)

    return application(handle)


@pytest.mark.parametrize("fault", [faults.dropped(), faults.dropped(after=True), faults.truncated(4)])
def test_a_broken_connection_looks_the_same_in_process_and_on_a_port(fault) -> None:
    """A client's handling is tested without sockets and holds with them."""
    with (
        httpx.Client(transport=InProcessTransport(_faulty(FaultPlan().next("any", fault)))) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get("http://host/")
    with (
        serve({"": _faulty(FaultPlan().next("any", fault))}) as served,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        httpx.get(served.url)


def test_the_server_goes_on_after_a_dropped_connection() -> None:
    """One broken call is no broken server, and nothing is printed about it."""
    with serve({"": _faulty(FaultPlan().next("any", faults.dropped()))}) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port)
        connection.request("GET", "/")
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
        connection.close()
        assert httpx.get(served.url).text == "0123456789"


def test_a_slow_answer_is_a_time_out_by_the_emulators_clock() -> None:
    """The work is done, and the client does not see it."""
    clock, done = SteppedClock(NOW), list[bool]()

    def handle(request: Request) -> Response:
        clock.advance(31)
        done.append(True)
        return Response(200)

    with httpx.Client(transport=InProcessTransport(application(handle), clock), timeout=30) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get("http://host/")
        assert client.get("http://host/", timeout=None).status_code == 200
    assert done == [True, True]


def test_an_unusual_status_and_a_declared_length_go_out_as_they_are() -> None:
    """The status line of a code without a name, the length of a body that will be cut."""
    sent: list[object] = []
    body = respond(Response(299, b"ab", length_declared=9), lambda status, headers: sent.extend((status, headers)))
    assert list(body) == [b"ab"]
    assert sent == ["299 Unknown", [("Content-Length", "9")]]


def test_a_body_without_a_length_is_not_waited_for() -> None:
    """A GET has none; reading would block on a socket."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "", "wsgi.input": None}
    assert request_of(environ) == Request("GET", "/", "")
