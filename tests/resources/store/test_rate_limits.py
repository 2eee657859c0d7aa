"""Token buckets shared by all processes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from resources.store.rate_limits import SharedBuckets

KEY = "app:seller:na:getReports"


@pytest.fixture
def buckets(control, clock):
    """Buckets in the control database."""
    return SharedBuckets(control, clock)


def test_the_burst_is_free_and_then_tokens_queue(buckets):
    """At two a second, each further reservation waits half a second longer."""
    waits = [buckets.reserve(KEY, 2.0, 3) for _ in range(6)]
    assert waits == [0, 0, 0, 0.5, 1.0, 1.5]
    assert buckets.reserve("another", 2.0, 3) == 0


def test_a_bucket_refills_up_to_its_burst(buckets, clock):
    """Not beyond, however long it rests."""
    for _ in range(4):
        buckets.reserve(KEY, 2.0, 3)
    clock.advance(1)
    assert [buckets.reserve(KEY, 2.0, 3) for _ in range(2)] == [0, 0.5]
    clock.advance(3600)
    assert [buckets.reserve(KEY, 2.0, 3) for _ in range(4)] == [0, 0, 0, 0.5]


def test_waiting_as_told_uses_every_token_at_its_time(buckets, clock):
    """Slow rates too: 0.0222 a second is one in 45 seconds."""
    begin = clock.now()
    for _ in range(10):
        clock.sleep(buckets.reserve(KEY, 0.0222, 1))
    assert (clock.now() - begin).total_seconds() == pytest.approx(9 / 0.0222, abs=0.01)


def test_a_learned_rate_counts_before_the_published_one(buckets, clock):
    """From the moment it was learned."""
    buckets.reserve(KEY, 1.0, 1)
    buckets.learn(KEY, 0.5)
    assert buckets.reserve(KEY, 1.0, 1) == 2
    buckets.learn(KEY, 4.0)
    clock.advance(2)
    assert [buckets.reserve(KEY, 1.0, 1) for _ in range(2)] == [0, 0.25]


def test_what_was_refilled_before_learning_stays(buckets, clock):
    """The new rate does not reach back."""
    for _ in range(10):
        buckets.reserve(KEY, 1.0, 10)
    clock.advance(4)
    buckets.learn(KEY, 100.0)
    assert [buckets.reserve(KEY, 1.0, 10) for _ in range(5)] == [0, 0, 0, 0, 0.01]


def test_a_rate_may_be_learned_before_the_first_reservation(buckets):
    """The bucket is full all the same; nonsense is not learned."""
    buckets.learn(KEY, 0.5)
    buckets.learn(KEY, 0)
    buckets.learn(KEY, -1)
    assert [buckets.reserve(KEY, 5.0, 2) for _ in range(3)] == [0, 0, 2]


def test_after_a_refusal_the_bucket_is_empty_now(buckets, clock):
    """Other processes wait too; also for a key nobody has used."""
    buckets.reserve(KEY, 0.5, 15)
    buckets.drain(KEY)
    assert buckets.reserve(KEY, 0.5, 15) == 2
    buckets.drain("new")
    clock.advance(1)
    assert buckets.reserve("new", 0.5, 15) == 1


def test_draining_keeps_reservations_already_made(buckets, clock):
    """And what has been refilled for them since."""
    for _ in range(4):
        buckets.reserve(KEY, 1.0, 1)
    clock.advance(2)
    buckets.drain(KEY)
    assert buckets.reserve(KEY, 1.0, 1) == 2


def test_a_clock_that_runs_back_gives_no_tokens(buckets, clock, control):
    """Nor does it hold what came before twice."""
    clock.advance(100)
    assert buckets.reserve(KEY, 1.0, 1) == 0
    clock._now = clock._now.replace(year=2025)
    assert [buckets.reserve(KEY, 1.0, 1) for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("rate, burst", [(0, 1), (-1.0, 1), (1.0, 0)])
def test_a_bucket_without_tokens_is_our_mistake(buckets, rate, burst):
    """It would never end."""
    with pytest.raises(ValueError, match="rate above zero"):
        buckets.reserve(KEY, rate, burst)


def test_all_processes_together_respect_one_quota(control_url, open_control, clock):
    """Forty calls of four workers at ten a second with a burst of five: no two share a token."""
    workers = [SharedBuckets(open_control(control_url), clock) for _ in range(4)]

    def ten_calls(buckets):
        return [buckets.reserve(KEY, 10.0, 5) for _ in range(10)]

    with ThreadPoolExecutor(4) as pool:
        waits = sorted(wait for waits in pool.map(ten_calls, workers) for wait in waits)
    assert waits == pytest.approx([0] * 5 + [number / 10 for number in range(1, 36)])


def test_a_token_given_back_serves_the_next_caller(buckets):
    """A caller refused for too long a wait must not push everybody else further back."""
    waits = [buckets.reserve(KEY, 2.0, 1) for _ in range(3)]
    buckets.give_back(KEY)
    assert waits == [0, 0.5, 1.0]
    assert buckets.reserve(KEY, 2.0, 1) == 1.0


def test_who_leaves_some_to_others_takes_none_until_there_are_more(buckets, clock):
    """Nothing is promised in advance, so whoever must not wait finds what was kept, however many ask to no avail."""
    assert [buckets.take_spare(KEY, 0.1, 5, 3) for _ in range(4)] == [0, 0, 10, 10]
    assert [buckets.reserve(KEY, 0.1, 5) for _ in range(3)] == [0, 0, 0]
    assert buckets.take_spare(KEY, 0.1, 5, 3) == 40
    clock.advance(40)
    assert [buckets.take_spare(KEY, 0.1, 5, 3) for _ in range(2)] == [0, 10]


def test_a_learned_rate_counts_for_who_leaves_some_too(buckets):
    """It was stated for the bucket, not for a caller."""
    buckets.learn(KEY, 0.5)
    assert [buckets.take_spare(KEY, 0.1, 2, 1) for _ in range(2)] == [0, 2]


@pytest.mark.parametrize("rate, burst, kept", [(0, 2, 1), (1.0, 2, 2), (1.0, 2, -1)])
def test_a_bucket_that_keeps_all_is_refused(buckets, rate, burst, kept):
    """It would be waited for for ever."""
    with pytest.raises(ValueError, match="keeps"):
        buckets.take_spare(KEY, rate, burst, kept)
