"""The receive ring: whole answers only, bounded, and every broken line looks the same."""

from __future__ import annotations

import gzip

import httpx
import pytest

from resources.transport.receive import STREAMED_SECONDS_MAX, AnswerTooLarge, ReceiveTransport
from resources.transport.retry import RetryPolicy
from tests.resources.transport.rig import Scripted, client_of, manual_clock, repeatable


def test_a_body_that_breaks_off_is_a_transport_error():
    """Fewer bytes than Content-Length said: nobody may parse the piece."""
    clock = manual_clock()
    side = Scripted(clock, httpx.Response(200, headers={"Content-Length": "100"}, stream=httpx.ByteStream(b"half")))
    with pytest.raises(httpx.RemoteProtocolError, match="4 of 100 bytes"):
        client_of(side, clock).get("https://h.example/")


def test_a_body_that_breaks_off_is_asked_for_again_when_that_is_harmless():
    """The retry ring sees it like any dropped connection."""
    clock = manual_clock()
    broken = httpx.Response(200, headers={"Content-Length": "100"}, stream=httpx.ByteStream(b"half"))
    side = Scripted(clock, broken, 200)
    client = client_of(side, clock, retry=RetryPolicy())
    assert client.get("https://h.example/", extensions=repeatable()).text == "answer 200"


def test_a_length_that_counts_packed_bytes_is_compared_with_packed_bytes():
    """Content-Length speaks of the wire, not of what it unpacks to."""
    clock = manual_clock()
    packed = gzip.compress(b"x" * 10_000)
    headers = {"Content-Length": str(len(packed)), "Content-Encoding": "gzip"}
    side = Scripted(clock, httpx.Response(200, headers=headers, stream=httpx.ByteStream(packed)))
    response = client_of(side, clock).get("https://h.example/")
    assert len(response.content) == 10_000
    assert "content-encoding" not in response.headers


def test_an_answer_larger_than_the_bound_is_refused_once():
    """Unpacked size counts, and asking again would bring the same."""
    clock = manual_clock()
    packed = gzip.compress(b"x" * 10_000)
    side = Scripted(clock, httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(packed)))
    client = client_of(side, clock, retry=RetryPolicy(), response_bytes_max=9_999)
    with pytest.raises(AnswerTooLarge, match="9999 bytes"):
        client.get("https://h.example/", extensions=repeatable())
    assert len(side.requests) == 1


@pytest.mark.parametrize("error", [ConnectionAbortedError("x"), ConnectionResetError("x"), BrokenPipeError("x")])
def test_an_operating_system_error_becomes_a_read_error(error: Exception):
    """An application in process may raise what a socket would."""
    clock = manual_clock()
    with pytest.raises(httpx.ReadError, match=type(error).__name__):
        client_of(Scripted(clock, error), clock).get("https://h.example/")


class Dripping(httpx.SyncByteStream):
    """One byte a minute, for hours; no single read takes too long."""

    def __init__(self, clock):
        self._clock = clock

    def __iter__(self):
        for _ in range(1000):
            self._clock.advance(59)
            yield b"x"


@pytest.mark.parametrize(("extensions", "seconds"), [({}, 120), ({"streamed": True}, STREAMED_SECONDS_MAX)], ids=str)
def test_a_body_that_drips_for_ever_has_an_end(extensions: dict, seconds: float):
    """The whole body has a deadline: two read timeouts, ten minutes for a streamed one."""
    clock = manual_clock()
    side = Scripted(clock, httpx.Response(200, stream=Dripping(clock)))
    ring = ReceiveTransport(side, monotonic=clock.monotonic)
    with httpx.Client(transport=ring, timeout=60) as client:
        request = client.build_request("GET", "https://h.example/", extensions=extensions | {"timeout": {"read": 60}})
        with pytest.raises(httpx.ReadTimeout, match=f"more than {seconds:g} seconds"):
            # In pieces larger than what drips in: a deadline that waits for a full piece would never be looked at.
            for _ in client.send(request, stream=True).iter_raw(256 * 1024):
                pass
    assert seconds < clock.monotonic() <= seconds + 60
