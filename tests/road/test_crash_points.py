"""A worker that dies anywhere on the way of a document: the next one goes on, and the books hold it once.

Death is not an exception that anybody handles: from that moment on nothing of the dead worker reaches a store or the
ERP, its own clean-up included. The places are counted in a run without death, so a new step or call is tried as well.
"""

from dataclasses import dataclass, field

import httpx
import pytest

from emulators import faults as general
from emulators.in_process import InProcessTransport
from emulators.peoplesoft import mischief
from ledger.errors import LeaseLost
from ledger.posting import PostingState
from tests.road.rig import Rig, journals


class Death(BaseException):
    """The process ended."""


@dataclass
class Fate:
    """Counts what the worker does and ends it before or after the event of that number."""

    dies_at: int = -1
    is_after: bool = False
    events: list[str] = field(default_factory=list)
    is_dead: bool = False

    def around(self, name: str, work):
        """Do one thing, unless death comes first."""
        if self.is_dead:
            raise Death
        number = len(self.events)
        self.events.append(name)
        if number == self.dies_at and not self.is_after:
            self._die()
        try:
            return work()
        finally:
            if number == self.dies_at:
                self._die()

    def _die(self):
        self.is_dead = True
        raise Death


class MortalOutbox:
    """The outbox as a mortal worker uses it."""

    _WRITES = ("lease", "step", "release")

    def __init__(self, outbox, fate: Fate):
        self._outbox, self._fate = outbox, fate

    def __getattr__(self, name):
        found = getattr(self._outbox, name)
        if name not in self._WRITES:
            return found
        return lambda *given, **named: self._fate.around(
            f"{name} {given[1] if name == 'step' else ''}".strip(), lambda: found(*given, **named)
        )


class MortalTransport(httpx.BaseTransport):
    """The network as a mortal worker uses it."""

    def __init__(self, inner: httpx.BaseTransport, fate: Fate):
        self._inner, self._fate = inner, fate

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        name = f"{request.method} {request.url.path.rsplit('/', 3)[1]}"
        return self._fate.around(name, lambda: self._inner.handle_request(request))


def walk_mortally(rig: Rig, fate: Fate) -> None:
    """Run a worker once, to its end or its death."""
    transport = MortalTransport(InProcessTransport(rig.app, rig.clock), fate)
    desk = rig.desk("mortal", outbox=MortalOutbox(rig.stores.outbox, fate), target=rig.target(transport))
    try:
        rig.run(desk)
    except Death:
        assert fate.is_dead


# Fault at the first Create of a walk, and how many clearing amounts stand in the books at the end.
WALKS = [("nothing wrong", None), ("answer lost", general.dropped(after=True)), ("never arrived", general.dropped())]


@pytest.mark.parametrize(("name", "fault"), WALKS, ids=[walk[0] for walk in WALKS])
def test_a_worker_may_die_anywhere(tmp_path, name, fault):
    """Before and after every durable write and every send; the lease runs out, another worker goes on."""
    counted = Fate()
    walk_mortally(_rig(tmp_path / "counted", fault), counted)
    places = [(number, False) for number in range(len(counted.events))]
    places += [(number, True) for number, event in enumerate(counted.events) if not event.startswith("GET")]
    assert {"lease", "step sending", "release"} <= set(counted.events)
    if fault is not None:
        # What comes before the fault was tried without it.
        sent = counted.events.index("step sending")
        places = [place for place in places if place[0] > sent]
    for number, is_after in places:
        rig = _rig(tmp_path / f"{number}-{is_after}", fault)
        fate = Fate(number, is_after)
        walk_mortally(rig, fate)
        assert fate.is_dead
        rig.clock.advance(rig.patience.lease + 1)
        assert rig.until_rest()[-1] == "posted", (counted.events[number], is_after)
        assert rig.faults.calls("Create") <= (2 if fault else 1) + (
            1 if counted.events[number].startswith("POST") else 0
        )
        rig.assert_in_books("100.00")
        rig.stores.close()


def _rig(folder, fault) -> Rig:
    rig = Rig(folder)
    rig.plan(journals("100.00"))
    if fault is not None:
        rig.faults.next("Create", fault)
    return rig


def test_a_dead_worker_keeps_its_document_until_the_lease_runs_out(tmp_path):
    """Nobody touches it before that."""
    rig = _rig(tmp_path, None)
    sends = Fate()
    walk_mortally(_rig(tmp_path / "counted", None), sends)
    walk_mortally(rig, Fate(sends.events.index("step sending"), is_after=True))
    driven = rig.run()[0]
    assert driven.document.state is PostingState.SENDING
    assert driven.again_at > rig.clock.now()
    assert rig.faults.calls("Create") == 0


class _Interrupting:
    """A target in whose submit something else happens first."""

    def __init__(self, target, meanwhile):
        self._target, self._meanwhile = target, meanwhile

    def __getattr__(self, name):
        return getattr(self._target, name)

    def submit(self, journal):
        self._meanwhile()
        return self._target.submit(journal)


def test_two_workers_on_one_document_send_once(tmp_path):
    """The second finds it leased and leaves it."""
    rig = _rig(tmp_path, None)
    seen = []
    meanwhile = lambda: seen.extend(rig.run(rig.desk("worker-2")))  # noqa: E731
    assert rig.run(rig.desk(target=_Interrupting(rig.target(), meanwhile)))[0].document.state is PostingState.POSTED
    assert (seen[0].document.state, seen[0].again_at is not None) == (PostingState.SENDING, True)
    assert rig.faults.calls("Create") == 1
    rig.assert_in_books("100.00")


def test_a_worker_that_slept_beyond_its_lease_is_refused_by_fence_and_key(tmp_path):
    """Another took over and posted; the late call meets PeopleSoft's own key, the late step the fence."""
    rig = _rig(tmp_path, None)

    def meanwhile():
        rig.clock.advance(rig.patience.lease + 1)
        assert rig.until_rest() == ["posted"]

    with pytest.raises(LeaseLost):
        rig.run(rig.desk(target=_Interrupting(rig.target(), meanwhile)))
    assert rig.documents()[0].state is PostingState.POSTED
    assert rig.faults.calls("Create") == 2
    rig.assert_in_books("100.00")


def test_a_journal_removed_without_a_trace_is_never_created_again(tmp_path):
    """Saved, then the row itself deleted in the ERP while it waited: a person decides."""
    rig = _rig(tmp_path, None)
    rig.site.timing = type(rig.site.timing)(edit_after_seconds=None, post_after_seconds=None)
    assert rig.run()[0].document.state is PostingState.IMPORTING
    rig.app.books.people.delete(rig.booked()[0].key, is_row_removed=True)
    assert rig.until_rest()[-1] == "review"
    assert rig.run()[0].finding.code == "posting_removed"
    wanted = frozenset({rig.documents()[0].key})
    assert rig.run(rig.desk(may_send_again=wanted))[0].document.state is PostingState.REVIEW
    assert rig.faults.calls("Create") == 1
    rig.assert_in_books()


def test_an_erp_that_never_edits_is_asked_less_and_less_often(tmp_path):
    """No batch is scheduled: importing, with what it waits for; an hour apart at most."""
    rig = _rig(tmp_path, mischief.repeated())
    rig.faults.clear()
    rig.site.timing = type(rig.site.timing)(edit_after_seconds=None, post_after_seconds=None)
    waits = []
    for _ in range(30):
        driven = rig.run()[0]
        assert driven.document.state is PostingState.IMPORTING
        waits.append((driven.again_at - rig.clock.now()).total_seconds())
        rig.clock.advance(waits[-1])
    assert "GL_JEDIT" in driven.waits_for
    assert waits[0] == 60
    assert waits == sorted(waits)
    assert waits[-1] == 3600
