"""Leases and their fence."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.errors import LeaseLost
from resources.store.leases import Leases
from resources.worker import worker_name


@pytest.fixture
def leases(control, clock):
    """Leases in the control database."""
    return Leases(control, clock)


def test_one_worker_at_a_time(leases):
    """Whoever asks meanwhile gets nothing, the holder included."""
    lease = leases.take("document", "one", 60)
    assert (lease.holder, lease.fence) == ("one", 1)
    assert leases.take("document", "two", 60) is None
    assert leases.take("document", "one", 60) is None
    assert leases.take("another", "two", 60).fence == 1


def test_an_expired_lease_is_taken_over_with_a_new_fence(leases, clock):
    """The one before is refused from then on."""
    first = leases.take("document", "one", 60)
    clock.advance(60)
    second = leases.take("document", "two", 60)
    assert second.fence == 2
    with pytest.raises(LeaseLost, match="two holds it now"):
        leases.renew(first, 60)
    leases.release(first)
    assert leases.take("document", "three", 60) is None


def test_a_lease_of_a_process_that_is_gone_is_taken_over_at_once(leases, control, monkeypatch):
    """It need not run out: nobody is there any more. The fence stops the dead one should it live after all."""
    dead = leases.take("document", worker_name("run-1"), 600)
    assert leases.take("document", "two", 60) is None
    monkeypatch.setattr("resources.worker.started_at", lambda pid: "another moment")
    with control.transaction() as transaction:
        assert leases.live_holder(transaction, "document") is None
    assert leases.take("document", "two", 60).fence == 2
    with pytest.raises(LeaseLost, match="two holds it now"):
        leases.renew(dead, 60)


def test_a_released_lease_is_free_at_once_and_never_valid_again(leases, control):
    """The fence grows with the next holder."""
    first = leases.take("document", "one", 60)
    leases.release(first)
    with pytest.raises(LeaseLost, match="given document back"), control.transaction() as transaction:
        leases.require(transaction, first)
    assert leases.take("document", "one", 60).fence == 2


def test_a_renewed_lease_holds_on(leases, clock):
    """Also when it had run out and nobody came."""
    lease = leases.take("document", "one", 60)
    clock.advance(50)
    lease = leases.renew(lease, 60)
    clock.advance(50)
    assert leases.take("document", "two", 60) is None
    clock.advance(50)
    leases.renew(lease, 60)
    assert leases.take("document", "two", 60) is None


def test_what_happened_may_be_written_after_the_end_but_nothing_may_begin(leases, control, clock):
    """Unless somebody took over."""
    lease = leases.take("document", "one", 60)
    clock.advance(61)
    with control.transaction() as transaction:
        leases.require(transaction, lease)
    with pytest.raises(LeaseLost, match="has run out"), control.transaction() as transaction:
        leases.require(transaction, lease, live=True)


def test_of_many_who_ask_at_once_one_wins(control_url, open_control, clock):
    """Processes of their own, one row."""
    askers = [Leases(open_control(control_url), clock) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda pair: pair[1].take("document", f"worker {pair[0]}", 60), enumerate(askers)))
    assert sorted(lease is not None for lease in taken) == [False, False, False, True]
