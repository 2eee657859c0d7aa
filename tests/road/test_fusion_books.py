"""What dies on the way into Fusion, and what people do to its books behind the connector's back."""

from contextlib import suppress
from datetime import date

import pytest

from assets.erp_documents import list_documents
from assets.review.decisions import resolve as decide
from assets.road import walk
from emulators import faults as general
from emulators.fusion import mischief
from emulators.fusion.demo_site import AUTOPOST_CRITERIA, CLIENT_WITHOUT_DATA
from emulators.fusion.site import Timing
from ledger.errors import TargetMisconfigured, TargetUnavailable
from ledger.four_eyes import Decider
from resources.erp.fusion import natural_key
from resources.store.erp_jobs import ErpJobs
from tests.road.conftest import sale
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_road import QUIET, later, revisions, sent
from tests.road.test_posting_road import ONE, parted

LEASE, BLIND = 900, 6 * 3600


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock, where AutoPost runs by itself."""
    return Pod(world)


@pytest.mark.parametrize("is_posted_by_site", [True, False])
def test_a_file_that_arrived_twice_is_told_and_not_taken_for_ours(world, is_posted_by_site):
    """One batch with every line twice, balanced and posted: reading back sees it; unposted it is not asked for."""
    asks = {} if is_posted_by_site else {"posting": "client", "posting_criteria_set": AUTOPOST_CRITERIA}
    pod = Pod(world) if is_posted_by_site else Pod(world, timing=Timing())
    pod.faults.next("importBulkData", mischief.delivered_twice())
    road = sent(world, pod, fusion=asks)
    later(world, road)
    codes = ["books_differ", "clearing_differs"] if is_posted_by_site else ["posting_error"]
    assert (sorted(world.items()), pod.loads()) == (codes, 1)
    assert [batch.status for batch in pod.batches()] == ["P" if is_posted_by_site else "U"]


def test_a_job_that_fusion_forgot_is_asked_about_and_its_journal_not_sent_again(world, pod):
    """Nobody can tell what became of the file: after `blind_seconds` a person is asked, not never."""
    pod.faults.next("importBulkData", mischief.job_stands())
    road = sent(world, pod)
    pod.app.books.store.run("DELETE FROM ESS_REQUEST")
    for _ in range(3):
        later(world, road, BLIND / 2)
    assert ("posting_unclear" in world.items(), pod.loads()) == (True, 1)
    item = world.items()["posting_unclear"]
    group = natural_key.group_id(world.documents(road, ONE)[0].key)
    assert "is not known to Fusion" in item.sentence
    assert f"under group {group}" in item.sentence
    told = pod.road("run-2", fusion={"groups_confirmed_gone": [group]})
    decide(told, item, "deleted", Decider("somebody"), "neither job nor rows are there")
    walk(told, ONE)
    world.resolve("posting_refused", "retry")
    walk(told, ONE)
    later(world, told)
    assert (revisions(world, told), pod.loads()) == ([(2, "posted")], 2)
    pod.assert_in_books("100.00")


def test_a_file_that_arrived_and_left_no_batch_holds_a_lost_control_database(world, pod):
    """Its rows lie in the interface, and no record here knows of them: told under which group, and nothing is sent."""
    pod.faults.next("importBulkData", mischief.import_fails())
    sent(world, pod)
    world.clock.advance(60)
    world.reopen(world.home.parent / "home-2")
    road = pod.road("run-2")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    group = natural_key.group_id(world.documents(road, ONE)[0].key)
    assert f"nobody knows its job; its rows may stand in the interface under group {group}" in (
        world.items()["posting_blind"].sentence
    )
    pod.app.books.store.run("DELETE FROM GL_INTERFACE")
    told = pod.road("run-3", fusion={"groups_confirmed_gone": [group]})
    walk(told, ONE)
    later(world, told)
    assert (revisions(world, told), world.items(), pod.loads()) == ([(1, "posted")], {}, 2)
    pod.assert_in_books("100.00")


class Killed(BaseException):
    """The process ends here, whatever would have caught an error."""


def die(*_):
    """End the process."""
    raise Killed


def before_the_call(road, monkeypatch):
    """The intent is stored, nothing has left."""
    monkeypatch.setattr(road.target, "submit", die)


def before_its_job_is_kept(road, monkeypatch):
    """The file has arrived, and nobody remembers the job."""
    monkeypatch.setattr(ErpJobs, "remember", die)


def after_its_job_is_kept(road, monkeypatch):
    """The file has arrived and its job is known, the state still says that it is being sent."""
    submit = road.target.submit

    def submitting(journal):
        submit(journal)
        die()

    monkeypatch.setattr(road.target, "submit", submitting)


@pytest.mark.parametrize("at", [before_the_call, before_its_job_is_kept, after_its_job_is_kept])
def test_a_process_that_dies_while_sending_leaves_one_batch(world, pod, monkeypatch, at):
    """The next one asks by name, by job and for files that have arrived, and sends only what provably did not."""
    road = pod.road()
    world.take_in(road, ONE, sale())
    with monkeypatch.context() as patched:
        at(road, patched)
        with pytest.raises(Killed):
            walk(road, ONE)
    assert world.states(road, ONE) == ["sending"]
    world.reopen()
    road = pod.road("run-2")
    for seconds in (LEASE, QUIET, 60, 60):
        later(world, road, seconds)
    assert (revisions(world, road), pod.loads()) == ([(1, "posted")], 1)
    pod.assert_in_books("100.00")


def posted(world, pod):
    """Post one settlement; return its road and its batch."""
    road = sent(world, pod)
    later(world, road)
    (batch,) = pod.batches()
    return road, batch


@pytest.mark.parametrize(
    "deed, code",
    [
        (lambda people, batch: people.copy(batch, date(2026, 11, 9)), "not_once"),
        (lambda people, batch: people.reverse(batch, date(2026, 11, 10)), "not_once"),
        (lambda people, batch: people.unpost(batch), "posting_removed"),
    ],
    ids=["copied", "reversed", "unposted"],
)
def test_what_a_person_does_to_a_posted_batch_is_told_and_nothing_is_sent(world, pod, deed, code):
    """Found by the next read-back."""
    pod.app.site.timing = Timing(autopost_after_seconds=2)
    road, batch = posted(world, pod)
    pod.app.site.timing = Timing()
    deed(pod.app.books.people, batch.id)
    later(world, road)
    assert list(world.items()) == [code]
    assert pod.loads() == 1


def test_a_batch_under_our_word_that_nobody_here_sent_is_listed(world, pod):
    """Whoever keyed it; it is named with what it holds."""
    road, batch = posted(world, pod)
    assert "All 1 documents" in list_documents(road).verdicts[0].sentence
    world.reopen(world.home.parent / "home-2")
    fresh = pod.road("run-2")
    (verdict,) = list_documents(fresh).verdicts
    assert not verdict.passed
    (item,) = (one for one in world.stores.review.listing() if one.code == "unknown_document")
    assert item.origin in batch.name


def test_an_empty_answer_of_a_user_without_data_access_sends_nothing(world, pod):
    """Fusion answers 200 without rows: nothing is proved by it."""
    road = pod.road()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    world.clock.advance(60)
    world.vault.set("fusion_client_id", CLIENT_WITHOUT_DATA)
    world.reopen(world.home.parent / "home-2")
    blind = pod.road("run-2")
    world.take_in(blind, ONE, sale())
    with pytest.raises(TargetMisconfigured, match="give the user data access to the ledger"):
        walk(blind, ONE)
    assert pod.loads() == 1
    pod.assert_in_books("100.00")


def test_a_search_that_went_blind_proves_no_absence(world, pod):
    """The control does not come back through the same search, so nothing is sent."""
    pod.faults.always("journalBatches", mischief.blind())
    road = sent(world, pod)
    assert ("posting_blind" in world.items(), pod.loads()) == (True, 0)
    pod.faults.clear("journalBatches")
    walk(road, ONE)
    later(world, road)
    assert (world.states(road, ONE), world.items(), pod.loads()) == (["posted"], {}, 1)
    pod.assert_in_books("100.00")


def test_a_rejected_submission_is_no_success(world, pod):
    """ReqstId -1 comes with 201: a parsed no, and the same journal again is a decision."""
    pod.faults.next("importBulkData", mischief.rejected())
    road = sent(world, pod)
    assert list(world.items()) == ["posting_refused"]
    world.resolve("posting_refused", "retry")
    walk(road, ONE)
    later(world, road)
    assert (revisions(world, road), pod.loads()) == ([(2, "posted")], 2)
    pod.assert_in_books("100.00")


def test_a_first_part_that_was_rejected_is_sent_again_with_the_parts_that_waited_for_it(world, pod):
    """Nothing of the set has left, so a person's `retry` makes the whole of it a new revision."""
    pod.faults.next("importBulkData", mischief.rejected())
    road = pod.road()
    parted(world, road)
    walk(road, ONE)
    assert (revisions(world, road), pod.loads()) == ([(1, "refused"), (1, "approved")], 1)
    world.resolve("posting_refused", "retry")
    walk(road, ONE)
    later(world, road)
    assert (revisions(world, road), world.items(), pod.loads()) == ([(2, "posted"), (2, "posted")], {}, 3)
    pod.assert_in_books("60.00", "40.00")


@pytest.mark.parametrize("operation", ["token", "journalBatches", "accountCombinationsLOV", "ESSJobStatusRF"])
@pytest.mark.parametrize("fault", [general.status(503), general.html(502), mischief.throttled("30")])
def test_a_read_that_fails_for_a_while_delays_and_loses_nothing(world, pod, operation, fault):
    """Repeated a bounded number of times; then the run fails, or waits, and the next one goes on."""
    pod.faults.next(operation, *[fault] * 6)
    road = pod.road()
    world.take_in(road, ONE, sale())
    for _ in range(5):
        with suppress(TargetUnavailable):
            walk(road, ONE)
        world.clock.advance(120)
    assert (world.states(road, ONE), world.items(), pod.loads()) == (["posted"], {}, 1)
    pod.assert_in_books("100.00")


def test_a_batch_that_was_unposted_and_is_posted_again_ends_what_was_told(world, pod):
    """It waits in the books under our name: it is followed like any other, and nothing is sent."""
    road, batch = posted(world, pod)
    pod.app.site.timing = Timing()
    pod.app.books.people.unpost(batch.id)
    later(world, road)
    assert world.states(road, ONE) == ["review"]
    pod.app.books.people.post(batch.id)
    later(world, road)
    assert (world.states(road, ONE), world.items(), pod.loads()) == (["posted"], {}, 1)
    pod.assert_in_books("100.00")
