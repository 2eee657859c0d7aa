"""The record ring: one redacted exchange per attempt, and no success without a trail."""

from __future__ import annotations

import gzip

import httpx
import pytest

from resources.transport.record import take_exchanges
from resources.transport.redact import REDACTED
from resources.transport.retry import RetryPolicy
from tests.resources.transport.rig import START, Scripted, Trail, client_of, manual_clock, repeatable


def test_an_exchange_tells_who_what_when_and_how_long():
    """Every field of the trail comes from the request, the answer or the clock."""
    clock, trail = manual_clock(), Trail()

    def answer(request: httpx.Request) -> httpx.Response:
        clock.advance(1.5)
        return httpx.Response(201, json={"ok": 1}, headers={"X-Demo": "yes"})

    client = client_of(Scripted(clock, answer), clock, recorder=trail)
    response = client.post("https://h.example/p?a=1", json={"n": 1}, extensions={"operation": "create"})
    (exchange,) = trail.exchanges
    assert (exchange.connection, exchange.operation, exchange.method) == ("demo_us", "create", "POST")
    assert (exchange.url, exchange.status, exchange.error) == ("https://h.example/p?a=1", 201, "")
    assert (exchange.started_at, exchange.seconds, exchange.attempt) == (START, 1.5, 1)
    assert (exchange.request_body, exchange.response_body) == (b'{"n":1}', b'{"ok":1}')
    assert exchange.request_headers["user-agent"] == "Demo/1.0"
    assert exchange.response_headers["x-demo"] == "yes"
    assert response.extensions["exchange"] == "exchange-1"
    assert response.request.extensions["exchange"] == "exchange-1"


def test_every_attempt_is_an_exchange_of_its_own():
    """Two failures and a success leave three exchanges, numbered."""
    clock, trail = manual_clock(), Trail()
    side = Scripted(clock, httpx.ConnectError("refused"), 503, 200)
    client = client_of(side, clock, recorder=trail, retry=RetryPolicy())
    assert client.get("https://h.example/", extensions=repeatable()).status_code == 200
    seen = [(exchange.attempt, exchange.status, exchange.error) for exchange in trail.exchanges]
    assert seen == [(1, None, "ConnectError: refused"), (2, 503, ""), (3, 200, "")]


def test_what_is_decided_on_exchanges_can_name_them_once():
    """Those of this thread of work, in order; taken, they are gone, so that nothing later points at them."""
    take_exchanges()
    clock, trail = manual_clock(), Trail()
    client = client_of(Scripted(clock, 200, 200), clock, recorder=trail)
    client.get("https://h.example/")
    client.get("https://h.example/")
    assert (take_exchanges(), take_exchanges()) == (("exchange-1", "exchange-2"), ())


def test_a_secret_that_the_server_repeats_is_cut_from_its_answer():
    """What was sent as a secret is looked for in body, headers and URL of what came back."""
    clock, trail = manual_clock(), Trail()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, text="no user with code Tr0ub4dor&3", headers={"X-Echo": "Tr0ub4dor&3"})

    client = client_of(Scripted(clock, answer), clock, recorder=trail, auth=httpx.BasicAuth("demo", "Tr0ub4dor&3"))
    client.get("https://h.example/")
    assert "Tr0ub4dor" not in repr(trail.exchanges)
    assert trail.exchanges[0].response_body == b"no user with code ***"
    assert trail.exchanges[0].request_headers["authorization"] == REDACTED


def test_a_packed_answer_is_unpacked_before_secrets_are_cut():
    """A secret inside gzip is a secret."""
    clock, trail = manual_clock(), Trail()
    packed = gzip.compress(b'{"access_token":"very-secret"}')
    side = Scripted(clock, httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(packed)))
    response = client_of(side, clock, recorder=trail).get("https://h.example/")
    assert response.json() == {"access_token": "very-secret"}
    assert trail.exchanges[0].response_body == b'{"access_token":"***"}'


def test_a_streamed_download_is_recorded_without_its_body():
    """The document store keeps it; the trail only says that it came."""
    clock, trail = manual_clock(), Trail()
    side = Scripted(clock, httpx.Response(200, stream=httpx.ByteStream(b"rows")))
    client = client_of(side, clock, recorder=trail)
    extensions = {"operation": "download", "streamed": True}
    with client.stream("GET", "https://h.example/d", extensions=extensions) as response:
        assert response.read() == b"rows"
    assert trail.exchanges[0].response_body is None
    assert trail.exchanges[0].status == 200


def test_a_call_without_a_trail_is_no_success():
    """When the recorder fails, the caller hears of it."""

    class Full(Trail):
        def record(self, exchange: object) -> str:
            raise OSError("no space left")

    clock = manual_clock()
    client = client_of(Scripted(clock, 200), clock, recorder=Full())
    with pytest.raises(OSError, match="no space left"):
        client.get("https://h.example/")


def test_an_unnamed_request_is_recorded_by_method_and_path():
    """A forgotten name does not lose the exchange."""
    clock, trail = manual_clock(), Trail()
    client_of(Scripted(clock, 200), clock, recorder=trail).get("https://h.example/a/b?c=d")
    assert trail.exchanges[0].operation == "GET /a/b"
