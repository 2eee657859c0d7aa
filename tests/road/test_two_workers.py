"""Workers that meet over one document, or leave it: the books hold it once.

Death at every point is the matter of `tests/simulation`; here are the meetings that need a hand in between.
"""

import httpx
import pytest

from emulators.in_process import InProcessTransport
from emulators.peoplesoft import mischief
from ledger.errors import LeaseLost
from ledger.posting import PostingState
from tests.road.rig import Rig, journals


def test_a_dead_worker_keeps_its_document_until_the_lease_runs_out(tmp_path):
    """It stored its intent and ended: nobody touches the document before that, and looks come less and less often."""
    rig = _rig(tmp_path, None)
    document = rig.documents()[0]
    lease = rig.stores.outbox.lease(document.key, "dead", rig.patience.lease)
    name = rig.target().erp_id(document.journal)
    rig.stores.outbox.step(document.key, PostingState.SENDING, "intent", lease=lease, erp_id=name)
    waits = []
    while rig.clock.now() < lease.expires_at:
        driven = rig.run()[0]
        assert driven.document.state is PostingState.SENDING
        waits.append((driven.again_at - rig.clock.now()).total_seconds())
        rig.clock.advance(waits[-1])
    assert waits == sorted(waits)
    assert len(waits) < 15
    assert rig.faults.calls("Create") == 0
    assert rig.until_rest()[-1] == "posted"
    rig.assert_in_books("100.00")


def _rig(folder, fault) -> Rig:
    rig = Rig(folder)
    rig.plan(journals("100.00"))
    if fault is not None:
        rig.faults.next("Create", fault)
    return rig


class _Interrupting:
    """A target in whose submit something else happens first."""

    def __init__(self, target, meanwhile):
        self._target, self._meanwhile = target, meanwhile

    def __getattr__(self, name):
        return getattr(self._target, name)

    def submit(self, journal):
        self._meanwhile()
        return self._target.submit(journal)


class _OnItsWay(httpx.BaseTransport):
    """A wire on which something else happens before the first call that saves arrives."""

    def __init__(self, inner, meanwhile):
        self._inner, self._meanwhile = inner, meanwhile

    def handle_request(self, request):
        if request.extensions.get("repeatable") is False and self._meanwhile:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()
        return self._inner.handle_request(request)


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

    # The lease still ran when the call was let through; it sleeps on its way.
    asleep = rig.target(_OnItsWay(InProcessTransport(rig.app), meanwhile))
    with pytest.raises(LeaseLost):
        rig.run(rig.desk(target=asleep))
    assert rig.documents()[0].state is PostingState.POSTED
    assert rig.faults.calls("Create") == 2
    rig.assert_in_books("100.00")


def test_a_worker_that_was_replaced_before_the_call_left_sends_nothing(tmp_path):
    """It slept while the call was being prepared; another posted meanwhile: refused by the last check and the fence."""
    rig = _rig(tmp_path, None)

    def meanwhile():
        rig.clock.advance(rig.patience.lease + 1)
        assert rig.until_rest() == ["posted"]

    with pytest.raises(LeaseLost):
        rig.run(rig.desk(target=_Interrupting(rig.target(), meanwhile)))
    assert rig.faults.calls("Create") == 1
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


class _FallingAsleep:
    """An outbox after whose stored intent the worker sleeps for longer than its lease."""

    def __init__(self, rig):
        self._outbox, self._rig = rig.stores.outbox, rig

    def __getattr__(self, name):
        return getattr(self._outbox, name)

    def step(self, key, state, *told, **facts):
        stepped = self._outbox.step(key, state, *told, **facts)
        if state is PostingState.SENDING:
            self._rig.clock.advance(self._rig.patience.lease)
        return stepped


def test_a_worker_that_sleeps_between_intent_and_call_calls_no_more(tmp_path):
    """Nobody took over meanwhile: nothing was sent, that is written down, and the document is sent once."""
    rig = _rig(tmp_path, None)
    [slept] = rig.run(rig.desk("sleeper", outbox=_FallingAsleep(rig)))
    assert (slept.document.state, slept.document.reason.split(":")[0]) == (PostingState.APPROVED, "nothing was sent")
    assert rig.faults.calls("Create") == 0
    assert rig.until_rest()[-1] == "posted"
    assert rig.faults.calls("Create") == 1
    rig.assert_in_books("100.00")
