"""The receive ring: whole answers only, bounded, and every broken line looks the same."""

from __future__ import annotations

import gzip

import httpx
import pytest

from resources.transport.receive import AnswerTooLarge
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
