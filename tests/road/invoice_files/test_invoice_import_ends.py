"""What may become of a file of invoices: each is billed once and judged alone, whatever the job does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets.invoice_postings import post_invoices
from assets.posting import protocol as posting
from emulators import faults as general
from emulators.fusion import mischief
from emulators.fusion.demo_site import US_LEDGER
from emulators.fusion.site import NO_DATA
from emulators.fusion.site import RECEIVABLES as RECEIVABLES_PERIODS
from ledger.errors import TargetMisconfigured
from ledger.journal import Journal, JournalSet
from ledger.posting import PostingState
from resources.erp.fusion.receivables.imports import Imports
from resources.erp.target import BooksState
from tests.road.billing_rig import verdict
from tests.road.fusion_rig import Pod
from tests.road.invoice_files.import_rig import (
    DAY,
    LATER,
    billed,
    documents,
    laid,
    lay,
    numbers,
    pod_of,
    post,
    road_of,
    sent,
    states,
    told,
)
from tests.road.test_fusion_receivables import LINES


def test_a_rejected_line_holds_its_own_invoice_and_no_other(world, pod):
    """Its second line is rejected, its first held back without a word: one sentence, on this document alone."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.line_rejected(2))
    result = post(pod)
    assert states(world) == {"review": 1, "posted": 2}
    [item] = [one for one in world.stores.review.listing() if one.code == "posting_error"]
    assert item.document_key == journals[0].key
    number = road_of(pod).target.erp_id(journals[0])
    assert item.sentence.startswith(f"Invoice {number} of order {journals[0].billing.order_id} did not pass")
    assert f"{number}.2 rejected: The line can't be imported." in item.sentence
    assert "rows may stand in the interface" in item.sentence
    assert told(result).count("rejected") == 1
    assert [row["STATUS"] for row in pod.app.autoinvoice.interface()] == ["", "REJECTED"]


def test_a_rejected_invoice_is_billed_as_a_new_revision_once_its_rows_are_gone(world, pod):
    """While rows are left it is not given up; named as gone and given up, its correction goes with another number."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.line_rejected(1))
    post(pod)
    with pytest.raises(Exception, match="still stands in the ERP"):
        give_up(road_of(pod), journals[0])
    purge(pod)
    gone = {"imports_confirmed_gone": [file_of(pod)]}
    world.clock.advance(LATER)
    give_up(road_of(pod, **gone), journals[0])
    assert states(world) == {"refused": 1, "posted": 2}
    corrected = replace(journals[0], lines=(*LINES[:1], replace(LINES[1], description="again"), LINES[2]))
    lay(world, road_of(pod), [corrected, *journals[1:]])
    post(pod, "run-2", **gone)
    assert states(world) == {"refused": 1, "posted": 3}
    assert billed(pod) == sorted([*numbers(pod, journals[1:]), f"{numbers(pod, journals[:1])[0][:-1]}2"])


def give_up(road, journal: Journal) -> None:
    """Do what `connector review resolve --action deleted` does."""
    posting.give_up(road.desk, journal.key, [journal], "deleted in the ERP: checked")


def purge(pod: Pod) -> None:
    """Delete what lies in the interface, as a person does."""
    for row in pod.app.autoinvoice.interface():
        pod.app.autoinvoice.purge(row["LOAD_REQUEST_ID"])


def file_of(pod: Pod) -> str:
    """Return the name of the last file that arrived."""
    return pod.app.books.store.rows("SELECT FILE_NAME FROM DOCUMENT ORDER BY CAST(ID AS INTEGER)")[-1]["FILE_NAME"]


def test_a_line_that_is_held_back_without_a_word_is_told_after_the_quiet_time(world, pod):
    """The job succeeded and names nobody: first it may not show yet, then its document says so."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.line_held(1))
    result = post(pod)
    assert (states(world), world.items()) == ({"importing": 1, "posted": 2}, {})
    assert "waits for its invoice to show" in verdict(result, "accepted_by_erp").sentence
    world.clock.advance(LATER)
    post(pod, "run-2")
    assert states(world) == {"review": 1, "posted": 2}
    [item] = world.stores.review.listing()
    assert (item.document_key, "may be held back" in item.sentence) == (journals[0].key, True)
    assert sent(pod) == (1, 0)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (mischief.import_fails(), "ended ERROR and did not make it"),
        (mischief.load_fails(), "Load File to Interface ended in error."),
        (mischief.job_ends("CANCELLED"), "the job ended CANCELLED"),
    ],
    ids=["import fails", "load fails", "cancelled"],
)
def test_a_job_that_failed_brings_its_reason_home_to_every_invoice(world, pod, fault, said):
    """Nothing is billed and nothing is sent again: rows may be left."""
    laid(world, pod)
    pod.faults.next("importBulkData", fault)
    for run in ("run-1", "run-2"):
        post(pod, run)
        world.clock.advance(LATER)
    assert (states(world), sent(pod), billed(pod)) == ({"review": 3}, (1, 0), [])
    assert {said in one.sentence for one in world.stores.review.listing()} == {True}


def test_rows_that_a_person_imports_after_all_are_found(world, pod):
    """The import failed, the rows were imported by hand: all are posted by the next look."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.import_fails())
    post(pod)
    fields = {"OPERATION": "submitESSJobRequest", "JOB": "import:2", "PARAMETERS": f"{US_LEDGER},ZB Connector,{DAY}"}
    pod.app.books.jobs.add(fields | {"CLIENT_ID": "PERSON"}, 0, world.clock.now())
    world.clock.advance(60)
    post(pod, "run-2")
    assert (states(world), billed(pod)) == ({"posted": 3}, numbers(pod, journals))


def test_a_job_that_succeeded_and_made_nothing_proves_nothing(world, pod):
    """The rows are left in the interface: told after the quiet time, and nothing is sent again."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.import_lost())
    post(pod)
    assert states(world) == {"importing": 3}
    world.clock.advance(LATER)
    post(pod, "run-2")
    assert (states(world), sent(pod), billed(pod)) == ({"review": 3}, (1, 0), [])


def test_a_job_that_is_lost_is_asked_of_a_person(world, pod):
    """A request that nobody knows any more: neither made nor provably absent, however long it takes."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.job_lost())
    for run in range(2):
        post(pod, f"run-{run}")
        world.clock.advance(7 * LATER)
    post(pod, "run-9")
    assert (states(world), sent(pod)) == ({"review": 3}, (1, 0))
    assert {"is not known to Fusion" in one.sentence for one in world.stores.review.listing()} == {True}


def test_blind_books_are_not_taken_for_an_invoice_that_was_not_made(world, pod, monkeypatch):
    """The job is over and the books show nothing at all, not even the control: it waits."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.import_fails())
    road = road_of(pod)
    submit = road.target.submit_together

    def then_blind(journals) -> None:
        submit(journals)
        client = pod.app.books.site.clients[0]
        pod.app.books.site.replace_client(replace(client, role=NO_DATA))

    monkeypatch.setattr(road.target, "submit_together", then_blind)
    result = post_invoices(road, DAY, DAY)[DAY]
    assert states(world) == {"importing": 3}, told(result)
    assert "sight of any invoice" in verdict(result, "accepted_by_erp").sentence


@pytest.mark.parametrize(
    ("fault", "calls"),
    [(general.dropped(after=True), 1), (general.dropped(), 2), (general.html(502), 2)],
    ids=["answer lost", "never arrived", "page of the front end"],
)
def test_a_lost_answer_is_followed_to_its_end(world, pod, fault, calls):
    """Found by number where it landed; where it did not, sent again after the quiet time, in one file again."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", fault)
    for run in ("run-1", "run-2", "run-3"):
        post(pod, run)
        world.clock.advance(LATER)
    assert (states(world), sent(pod)) == ({"posted": 3}, (calls, 0))
    assert billed(pod) == numbers(pod, journals)


def test_a_file_that_arrived_and_whose_job_nobody_knows_holds_its_invoices(world, pod, monkeypatch):
    """The answer was lost and the import made nothing: never sent again by itself, a person is asked."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.import_fails())

    def die(*_) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Imports, "began", die)
        with pytest.raises(KeyboardInterrupt):
            post(pod)
    for run in range(2):
        post(pod, f"run-{run}")
        world.clock.advance(7 * LATER)
    assert (states(world), sent(pod)) == ({"review": 3}, (1, 0))
    said = {one.sentence for one in world.stores.review.listing()}
    assert all(f"file {file_of(pod)} of it has arrived, and nobody knows its job" in one for one in said)


def test_a_refused_call_is_no_verdict_on_its_invoices(world, pod):
    """ReqstId -1: a person corrects the settings, and the same invoices go."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.rejected())
    result = post(pod)
    assert (states(world), "Check import_job" in told(result)) == ({"approved": 3}, True)
    post(pod, "run-2")
    assert (states(world), sent(pod)) == ({"posted": 3}, (2, 0))


def test_a_file_that_is_delivered_twice_bills_nobody_twice(world):
    """Both copies lie in the interface: the second is rejected and holds the first; people are told."""
    pod = pod_of(world, wait_seconds=2)
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.delivered_twice())
    post(pod)
    world.clock.advance(LATER)
    post(pod, "run-2")
    assert (states(world), billed(pod), sent(pod)) == ({"review": 3}, [], (1, 0))
    assert {"did not make it" in one.sentence for one in world.stores.review.listing()} == {True}


def test_the_same_file_twice_is_rejected_line_by_line(world, pod):
    """Sent by two workers whom nothing else kept apart: the context of a line is unique for ever."""
    journals = documents(road_of(pod))
    for _ in range(2):
        road_of(pod).target.submit_together(journals)
        world.clock.advance(60)
    assert billed(pod) == numbers(pod, journals)
    assert {row["STATUS"] for row in pod.app.autoinvoice.interface()} == {"REJECTED"}
    target = road_of(pod).target
    assert {target.status(one).state for one in journals} == {BooksState.POSTED}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"line_context": "NONSENSE"}, "has no context NONSENSE"),
        ({"transaction_source": "UK Only"}, "UK Only isn't valid"),
        ({"transaction_source": "ZB Automatic"}, "numbers transactions itself"),
    ],
)
def test_a_site_that_is_set_up_otherwise_says_so_on_every_invoice(world, pod, settings, said):
    """An undefined context or source ends the job; a number in a source that numbers by itself rejects the row."""
    laid(world, pod)
    post(pod, **settings)
    world.clock.advance(LATER)
    post(pod, "run-2", **settings)
    assert (states(world), billed(pod)) == ({"review": 3}, [])
    assert {said in one.sentence for one in world.stores.review.listing()} == {True}


def test_a_worker_that_dies_between_intent_and_call_leaves_them_to_be_sent_together(world, pod, monkeypatch):
    """Intent stored, nothing sent: unclear, absent after the quiet time, then one file."""
    laid(world, pod)
    road = road_of(pod)

    def die(_) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(road.target, "submit_together", die)
    with pytest.raises(KeyboardInterrupt):
        post_invoices(road, DAY, DAY)
    assert states(world) == {"sending": 3}
    post(pod, "run-2")
    assert (states(world), sent(pod)) == ({"unclear": 3}, (0, 0))
    world.clock.advance(LATER)
    post(pod, "run-3")
    assert (states(world), sent(pod)) == ({"posted": 3}, (1, 0))


def test_a_document_that_another_worker_holds_stays_with_it(world, pod):
    """Two go, the third is left to whoever has it."""
    journals = laid(world, pod)
    road = road_of(pod)
    for one in journals:
        world.stores.outbox.plan(
            road.connection,
            set_of(one),
            approved=True,
            mapping_hash="m",
            partition=f"invoice_postings-{DAY}",
        )
    lease = world.stores.outbox.lease(journals[0].key, "somebody else", 900)
    post(pod)
    assert states(world) == {"approved": 1, "posted": 2}
    world.stores.outbox.release(lease)


def set_of(journal: Journal) -> JournalSet:
    """Return a set of one document."""
    return JournalSet(journal.source, 1, (journal,))


def test_a_call_without_right_is_a_persons_matter(pod):
    """Nothing was loaded: the sentence says what to look at."""
    pod.faults.next("importBulkData", mischief.rejected())
    with pytest.raises(TargetMisconfigured, match="leave import_from out"):
        road_of(pod).target.submit_together(documents(road_of(pod)))


def test_a_held_day_sends_no_file(world, pod):
    """The gate is shut: nothing is stored as intent, nothing leaves."""
    laid(world, pod)
    pod.app.books.setup.set_period(US_LEDGER, "Nov-26", "C", RECEIVABLES_PERIODS)
    post(pod)
    assert (sent(pod), PostingState.SENDING.value in states(world)) == ((0, 0), False)
