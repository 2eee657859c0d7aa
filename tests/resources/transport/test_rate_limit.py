"""The rate-limit ring and the buckets in memory: the published rate holds, whoever calls."""

from __future__ import annotations

import threading

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import SourceUnavailable, TargetUnavailable
from resources.clock import ManualClock
from resources.transport.rate_limit import Limit, MemoryBuckets
from resources.transport.retry import RetryPolicy
from tests.resources.transport.rig import Scripted, client_of, manual_clock, repeatable

URL = "https://h.example/"
SLOW = Limit("slow", rate_per_second=0.1, burst=2)


def limited(side: httpx.BaseTransport, clock: ManualClock, **more: object) -> httpx.Client:
    """Build a client whose every request draws from one bucket."""
    return client_of(side, clock, **{"limits": lambda request: SLOW, "buckets": MemoryBuckets(clock), **more})


def test_the_burst_goes_at_once_and_then_one_call_per_token():
    """Rate 0.1 with burst 2: two now, then one every ten seconds."""
    clock = manual_clock()
    side = Scripted(clock, 200)
    client = limited(side, clock)
    for _ in range(5):
        client.get(URL)
    assert side.seconds == pytest.approx([0, 0, 10, 20, 30])


def test_a_bucket_fills_up_to_its_burst_and_no_further():
    """A day of silence does not save up a day of calls."""
    clock = manual_clock()
    buckets = MemoryBuckets(clock)
    buckets.reserve("k", 0.1, 2)
    clock.advance(86_400)
    assert [buckets.reserve("k", 0.1, 2) for _ in range(4)] == pytest.approx([0, 0, 10, 20])


def test_a_request_without_a_limit_is_not_held():
    """The storage host and the token endpoint publish no rate."""
    clock = manual_clock()
    side = Scripted(clock, 200)
    client = limited(side, clock, limits=lambda request: None)
    for _ in range(50):
        client.get(URL)
    assert clock.monotonic() == 0


def test_a_wait_beyond_the_bound_is_refused_with_a_sentence_and_nothing_is_sent():
    """Which operation, how long, what to do; the run does not sleep for hours."""
    clock = manual_clock()
    side = Scripted(clock, 200)
    client = limited(side, clock, wait_seconds_max=5)
    for _ in range(2):
        client.get(URL, extensions={"operation": "getReports"})
    with pytest.raises(SourceUnavailable) as caught:
        client.get(URL, extensions={"operation": "getReports"})
    sentence = str(caught.value)
    assert "getReports for connection demo_us was not sent" in sentence
    assert "10 s" in sentence
    assert "run it again later" in sentence
    assert len(side.requests) == 2


def test_a_refused_caller_does_not_push_the_others_back():
    """The reserved token is returned, or callers that give up would starve everybody."""
    clock = manual_clock()
    side = Scripted(clock, 200)
    client = limited(side, clock, wait_seconds_max=5)
    for _ in range(2):
        client.get(URL)
    for _ in range(100):
        with pytest.raises(SourceUnavailable):
            client.get(URL)
    clock.advance(10)
    assert client.get(URL).status_code == 200


def test_buckets_that_take_nothing_back_are_good_enough():
    """Three methods are the whole contract; the fourth is a courtesy."""

    class Plain:
        def reserve(self, key: str, rate_per_second: float, burst: int) -> float:
            return 1e9

        def learn(self, key: str, rate_per_second: float) -> None: ...

        def drain(self, key: str) -> None: ...

    clock = manual_clock()
    with pytest.raises(SourceUnavailable):
        limited(Scripted(clock, 200), clock, buckets=Plain()).get(URL)


def test_an_erp_gets_its_own_error():
    """Nothing was sent: for an ERP that is TargetUnavailable, never unclear."""
    clock = manual_clock()
    client = limited(Scripted(clock, 200), clock, wait_seconds_max=1, unavailable=TargetUnavailable)
    client.get(URL)
    client.get(URL)
    with pytest.raises(TargetUnavailable):
        client.get(URL)


def test_after_a_429_the_next_attempt_waits_for_a_whole_token():
    """At least 1/rate, although our own bucket was still full: somebody else had spent it."""
    clock = manual_clock()
    side = Scripted(clock, 429, 200)
    client = limited(side, clock, retry=RetryPolicy(base_seconds=0.001, cap_seconds=0.001))
    assert client.get(URL, extensions=repeatable()).status_code == 200
    assert side.seconds == pytest.approx([0, 10])


def test_waiting_for_tokens_counts_towards_the_time_of_a_retry():
    """A repeat that would wait beyond the bound of the policy ends with a sentence instead."""
    clock = manual_clock()
    side = Scripted(clock, 429)
    client = limited(side, clock, retry=RetryPolicy(seconds_max=4, base_seconds=0.001, cap_seconds=0.001))
    with pytest.raises(SourceUnavailable, match="waits 4 s at most"):
        client.get(URL, extensions=repeatable())
    assert clock.monotonic() < 4
    # The first attempt of the next request may wait as long as ever.
    client.get(URL)
    assert len(side.requests) == 2


@pytest.mark.parametrize("value", ["0.5", " 0.5 "])
def test_an_announced_rate_is_learned(value: str):
    """Dynamic limits come in a header; the bucket follows."""
    clock = manual_clock()
    side = Scripted(clock, httpx.Response(200, headers={"x-amzn-RateLimit-Limit": value}))
    client = limited(side, clock)
    for _ in range(4):
        client.get(URL)
    assert side.seconds == pytest.approx([0, 0, 2, 4])


@pytest.mark.parametrize("value", ["", "0", "-1", "nan", "inf", "many"])
def test_an_announcement_that_is_no_rate_is_passed_over(value: str):
    """A header cannot stop the connector or set it loose."""
    clock = manual_clock()
    side = Scripted(clock, httpx.Response(200, headers={"x-amzn-RateLimit-Limit": value}))
    client = limited(side, clock)
    for _ in range(3):
        client.get(URL)
    assert side.seconds == pytest.approx([0, 0, 10])


def test_two_threads_share_one_bucket():
    """Forty calls from two threads get forty different tokens: two at once, then one every ten seconds."""
    clock = manual_clock()
    buckets = MemoryBuckets(clock)
    waits: list[float] = []

    def work() -> None:
        for _ in range(20):
            waits.append(buckets.reserve("k", 0.1, 2))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == pytest.approx([0, 0, *[10 * number for number in range(1, 39)]])


@given(st.lists(st.floats(0, 30), min_size=1, max_size=40), st.integers(1, 5))
def test_no_window_ever_holds_more_than_burst_and_rate_allow(pauses: list[float], burst: int):
    """Property: in any span of t seconds at most burst + rate × t calls go out."""
    clock = manual_clock()
    buckets = MemoryBuckets(clock)
    moments = []
    for pause in pauses:
        clock.advance(pause)
        clock.sleep(buckets.reserve("k", 0.25, burst))
        moments.append(clock.monotonic())
    for first, start in enumerate(moments):
        for last in range(first, len(moments)):
            allowed = burst + 0.25 * (moments[last] - start) + 1e-6
            assert last - first + 1 <= allowed + 1e-6


def test_unknown_keys_are_left_alone():
    """Learning, draining and returning before the first call do nothing."""
    clock = manual_clock()
    buckets = MemoryBuckets(clock)
    buckets.learn("k", 9.0)
    buckets.drain("k")
    buckets.give_back("k")
    assert [buckets.reserve("k", 1.0, 1) for _ in range(2)] == pytest.approx([0, 1])


def test_whoever_leaves_some_to_others_goes_on_when_there_are_more():
    """Burst 4, three kept: one call at once, then one per token, while another finds the three."""
    clock = manual_clock()
    buckets = MemoryBuckets(clock)
    patient, first = Scripted(clock, 200), Scripted(clock, 200)
    behind = limited(patient, clock, buckets=buckets, limits=lambda request: Limit("k", 0.1, 4, kept=3))
    ahead = limited(first, clock, buckets=buckets, limits=lambda request: Limit("k", 0.1, 4))
    for _ in range(3):
        behind.get(URL)
    for _ in range(4):
        ahead.get(URL)
    behind.get(URL)
    assert patient.seconds == pytest.approx([0, 10, 20, 70])
    assert first.seconds == pytest.approx([20, 20, 20, 30])


def test_whoever_leaves_some_waits_no_longer_than_its_bound_and_takes_nothing():
    """The refusal says how long it would have been."""
    clock = manual_clock()
    buckets = MemoryBuckets(clock)
    side = Scripted(clock, 200)
    limits = {"limits": lambda request: Limit("k", 0.1, 4, kept=3), "buckets": buckets}
    client = limited(side, clock, wait_seconds_max=5, **limits)
    client.get(URL)
    with pytest.raises(SourceUnavailable, match="another 10 s"):
        client.get(URL)
    assert [buckets.reserve("k", 0.1, 4) for _ in range(3)] == [0, 0, 0]
