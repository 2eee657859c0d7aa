"""The retry ring: bounded in attempts and time, and never for what may not be repeated."""

from __future__ import annotations

import random
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.transport.retry import PASSING_STATUSES, RetryPolicy
from tests.resources.transport.rig import Scripted, client_of, manual_clock, repeatable

URL = "https://h.example/"


@pytest.mark.parametrize("failure", [429, 500, 502, 503, 504, httpx.ReadTimeout("t"), httpx.RemoteProtocolError("p")])
def test_what_may_pass_is_repeated(failure: int | Exception):
    """Throttling, server faults and dropped connections are worth another attempt."""
    clock = manual_clock()
    side = Scripted(clock, failure, failure, 200)
    client = client_of(side, clock, retry=RetryPolicy())
    assert client.get(URL, extensions=repeatable()).status_code == 200
    assert len(side.requests) == 3


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 409, 501])
def test_a_final_answer_is_not_repeated(status: int):
    """Asking again changes nothing."""
    clock = manual_clock()
    side = Scripted(clock, status)
    assert client_of(side, clock, retry=RetryPolicy()).get(URL, extensions=repeatable()).status_code == status
    assert len(side.requests) == 1


@pytest.mark.parametrize("extensions", [{}, {"repeatable": False}, {"repeatable": 1}, {"repeatable": "yes"}])
@pytest.mark.parametrize("failure", [503, httpx.ReadTimeout("t")])
def test_a_post_that_is_not_flagged_is_never_sent_twice(extensions: dict, failure: int | Exception):
    """A journal is never sent twice on hope: only True is a flag."""
    clock = manual_clock()
    side = Scripted(clock, failure)
    client = client_of(side, clock, retry=RetryPolicy())
    try:
        assert client.post(URL, content=b"journal", extensions=extensions).status_code == 503
    except httpx.ReadTimeout:
        assert isinstance(failure, httpx.ReadTimeout)
    assert len(side.requests) == 1
    assert clock.monotonic() == 0


def test_a_repeated_body_is_sent_whole_each_time():
    """The second attempt carries the same bytes."""
    clock = manual_clock()
    side = Scripted(clock, 503, 200)
    client_of(side, clock, retry=RetryPolicy()).post(URL, data={"a": "1"}, extensions=repeatable())
    assert [request.content for request in side.requests] == [b"a=1", b"a=1"]


def test_attempts_are_bounded_and_the_last_answer_comes_back():
    """What to make of it is the client's matter."""
    clock = manual_clock()
    side = Scripted(clock, 503)
    client = client_of(side, clock, retry=RetryPolicy(attempts_max=4))
    assert client.get(URL, extensions=repeatable()).status_code == 503
    assert len(side.requests) == 4


def test_the_last_transport_error_is_raised():
    """An answer that never came cannot be returned."""
    clock = manual_clock()
    side = Scripted(clock, httpx.ConnectError("first"), httpx.ConnectError("second"))
    with pytest.raises(httpx.ConnectError, match="second"):
        client_of(side, clock, retry=RetryPolicy(attempts_max=3)).get(URL, extensions=repeatable())
    assert len(side.requests) == 3


def test_a_fault_of_the_program_is_not_repeated():
    """Only transport errors are weather."""
    clock = manual_clock()
    side = Scripted(clock, KeyError("ours"))
    with pytest.raises(KeyError):
        client_of(side, clock, retry=RetryPolicy()).get(URL, extensions=repeatable())
    assert len(side.requests) == 1


@given(
    seed=st.integers(0, 10_000),
    attempts_max=st.integers(1, 12),
    seconds_max=st.floats(0, 200),
    base_seconds=st.floats(0.1, 5),
    call_seconds=st.floats(0, 40),
)
def test_attempts_and_time_are_bounded_for_every_policy(
    seed: int, attempts_max: int, seconds_max: float, base_seconds: float, call_seconds: float
):
    """Property: no attempt starts later than `seconds_max` after the first failure, and none beyond `attempts_max`."""
    clock = manual_clock()

    def slow(request: httpx.Request) -> httpx.Response:
        clock.advance(call_seconds)
        return httpx.Response(503)

    side = Scripted(clock, slow)
    policy = RetryPolicy(attempts_max, seconds_max, base_seconds, cap_seconds=20.0)
    client = client_of(side, clock, retry=policy, jitter=random.Random(seed))
    assert client.get(URL, extensions=repeatable()).status_code == 503
    assert len(side.requests) <= attempts_max
    assert side.seconds[-1] <= call_seconds + seconds_max + 1e-3


def test_waits_are_jittered_between_zero_and_a_doubling_bound():
    """Four refused runs do not come back together; the bound doubles up to the cap."""
    waits: list[list[float]] = []
    for seed in range(40):
        clock = manual_clock()
        side = Scripted(clock, 503)
        policy = RetryPolicy(attempts_max=5, seconds_max=1e6, base_seconds=1.0, cap_seconds=3.0)
        client_of(side, clock, retry=policy, jitter=random.Random(seed)).get(URL, extensions=repeatable())
        waits.append([later - earlier for earlier, later in zip(side.seconds, side.seconds[1:], strict=False)])
    for column, bound in zip(zip(*waits, strict=True), [1.0, 2.0, 3.0, 3.0], strict=True):
        assert min(column) < bound * 0.2
        assert bound * 0.8 < max(column) <= bound


def test_retry_after_is_honoured():
    """A server that names a time knows better than our dice."""
    clock = manual_clock()
    side = Scripted(clock, httpx.Response(429, headers={"Retry-After": "17"}), 200)
    client_of(side, clock, retry=RetryPolicy()).get(URL, extensions=repeatable())
    assert side.seconds[1] >= 17


@pytest.mark.parametrize("seconds, least", [(17, 17), (-60, 0)])
def test_a_retry_after_that_is_a_date_is_honoured_too(seconds: int, least: int):
    """RFC 9110 allows both forms; a date that is over asks for no wait."""
    clock = manual_clock()
    moment = clock.now() + timedelta(seconds=seconds + 1)  # an HTTP date has no fractions
    side = Scripted(clock, httpx.Response(429, headers={"Retry-After": format_datetime(moment, usegmt=True)}), 200)
    client_of(side, clock, retry=RetryPolicy()).get(URL, extensions=repeatable())
    assert least <= side.seconds[1] <= max(least, 1) + 1


def test_a_retry_after_beyond_the_bound_ends_the_attempts_at_once():
    """Nobody sleeps a day because a header says so."""
    clock = manual_clock()
    side = Scripted(clock, httpx.Response(429, headers={"Retry-After": "86400"}))
    response = client_of(side, clock, retry=RetryPolicy()).get(URL, extensions=repeatable())
    assert (response.status_code, len(side.requests), clock.monotonic()) == (429, 1, 0)


@pytest.mark.parametrize("value", ["", "soon", "-1", "1e9", "Fri, 20 Nov 2026 12:00:00 GMT", "١٢"])
def test_a_retry_after_that_is_no_number_is_passed_over(value: str):
    """Bad input is a normal case."""
    clock = manual_clock()
    headers = [(b"Retry-After", value.encode())]
    side = Scripted(clock, httpx.Response(429, headers=headers), 200)
    assert client_of(side, clock, retry=RetryPolicy()).get(URL, extensions=repeatable()).status_code == 200


def test_the_sender_can_name_another_answer_that_may_pass():
    """An OAuth error that may pass can come with HTTP 400."""
    clock = manual_clock()
    side = Scripted(clock, httpx.Response(400, text="temporarily"), httpx.Response(400, text="for ever"))
    extensions = {**repeatable(), "is_passing": lambda response: response.text == "temporarily"}
    response = client_of(side, clock, retry=RetryPolicy()).get(URL, extensions=extensions)
    assert (response.text, len(side.requests)) == ("for ever", 2)


def test_the_statuses_that_may_pass_are_these():
    """429 and the four server faults; 501 and 505 do not pass by waiting."""
    assert sorted(PASSING_STATUSES) == [429, 500, 502, 503, 504]
