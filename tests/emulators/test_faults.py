"""The fault plan: which call goes wrong is known before it comes."""

from __future__ import annotations

import pytest

from emulators import faults
from emulators.faults import FaultPlan
from emulators.wsgi import Response, with_fault


def test_scripted_faults_hit_their_calls_and_then_stop() -> None:
    """Numbered ones first, then queued ones in order, per operation and for any operation."""
    plan = FaultPlan().next("a", faults.status(429), faults.dropped()).at("a", 2, faults.blank(500))
    plan.next(faults.ANY_OPERATION, faults.html(502))
    kinds = [fault.kind if (fault := plan.take("a")) else None for _ in range(5)]
    assert kinds == ["status", "blank", "dropped", "html", None]
    assert plan.take("b") is None
    assert (plan.calls("a"), plan.calls("b"), plan.calls("c")) == (5, 1, 0)
    assert [(operation, number) for operation, number, _ in plan.taken()] == [("a", 1), ("a", 2), ("a", 3), ("a", 4)]


def test_a_standing_fault_lasts_until_it_is_cleared() -> None:
    """For one operation or for all."""
    plan = FaultPlan().always("a", faults.status(503)).always("*", faults.status(500))
    assert [plan.take("a").status for _ in range(3)] == [503] * 3
    assert plan.take("b").status == 500
    plan.clear("a")
    assert plan.take("a").status == 500
    plan.clear()
    assert plan.take("a") is None


def test_random_faults_depend_on_seed_operation_and_call_only() -> None:
    """What other operations did in between changes nothing; a chance of zero or one is certain."""
    choices = {"*": [faults.status(429), faults.dropped(), faults.slow(9)]}

    def draw(seed: int, other_calls: int) -> list[object]:
        plan = FaultPlan(seed=seed, chances={"*": 0.4, "never": 0.0, "ever": 1.0}, choices=choices)
        taken = []
        for _ in range(40):
            taken.append(plan.take("a"))
            for _ in range(other_calls):
                plan.take("b")
        assert plan.take("never") is None
        assert plan.take("ever") is not None
        return taken

    assert draw(1, 0) == draw(1, 3)
    assert draw(1, 0) != draw(2, 0)
    assert 5 < sum(fault is not None for fault in draw(1, 0)) < 30


@pytest.mark.parametrize(
    ("fault", "status", "body", "is_done"),
    [
        (None, 200, b"0123456789", True),
        (faults.status(429), 429, b"own", False),
        (faults.html(502), 502, None, False),
        (faults.html(504, after=True), 504, None, True),
        (faults.blank(500), 500, b"", False),
        (faults.blank(500, after=True), 500, b"", True),
        (faults.truncated(), 200, b"01234", True),
        (faults.truncated(3), 200, b"012", True),
        (faults.shortened(3), 200, b"012", True),
        (faults.slow(30), 200, b"0123456789", True),
    ],
)
def test_each_fault_shows_and_says_whether_the_work_was_done(fault, status, body, is_done) -> None:
    """The difference between before and after the work is what exactly-once is about."""
    done, slept = [], []

    def work() -> Response:
        done.append(True)
        return Response(200, b"0123456789")

    answer = with_fault(fault, work, error=lambda code: Response(code, b"own"), sleep=slept.append)
    assert (answer.status, bool(done)) == (status, is_done)
    assert body is None or answer.body == body
    assert slept == ([30] if fault and fault.kind == "slow" else [])
    if fault and fault.kind == "truncated":
        assert answer.length_declared == 10


@pytest.mark.parametrize("after", [False, True])
def test_a_dropped_connection_is_raised_before_or_after_the_work(after: bool) -> None:
    """The caller sees the same; the books differ."""
    done: list[bool] = []

    def work() -> Response:
        done.append(True)
        return Response(200)

    with pytest.raises(faults.ConnectionDropped):
        with_fault(faults.dropped(after=after), work, error=Response, sleep=done.append)
    assert bool(done) is after


def test_an_unknown_kind_is_our_own_mistake() -> None:
    """An emulator that cannot show a fault says so instead of answering well."""
    with pytest.raises(ValueError, match="Unknown fault 'eclipse'"):
        with_fault(faults.named("eclipse"), lambda: Response(200), error=Response, sleep=print)
