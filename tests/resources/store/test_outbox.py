"""Planning sets of documents."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from ledger.errors import StoreError
from ledger.journal import JournalSet
from ledger.posting import PostingState
from resources.store.audit import Audit
from resources.store.outbox import Outbox
from tests.resources.store.samples import journals, source


@pytest.fixture
def plan(outbox):
    """Plan a set for one partition."""

    def planning(wanted, *, approved=False, **more):
        return outbox.plan("amazon_us", wanted, approved=approved, mapping_hash="m1", partition="11111111111", **more)

    return planning


@pytest.fixture
def force(control):
    """Put documents into a state, whatever leads there."""

    def forcing(state, key=None):
        where = "" if key is None else " WHERE key = :key"
        with control.transaction() as transaction:
            transaction.execute(
                text(f"UPDATE outbox_documents SET state = :state{where}"), {"state": state, "key": key}
            )

    return forcing


def states(outbox, revision=None):
    return [str(document.state) for document in outbox.documents(source(), revision)]


def test_a_plan_is_stored_whole(outbox, plan, clock):
    """All parts, their content, and what they were made with."""
    wanted = journals("10.00", "20.00")
    planned = plan(wanted, run="r1")
    assert (planned.outcome, planned.revision, planned.differing) == ("new", 1, ())
    documents = outbox.documents(source())
    assert tuple(document.key for document in documents) == planned.keys
    assert [document.journal for document in documents] == list(wanted.journals)
    first = documents[0]
    assert (first.part, first.parts, first.state, first.state_version) == (1, 2, PostingState.PLANNED, 1)
    assert (first.connection, first.partition, first.mapping_hash) == ("amazon_us", "11111111111", "m1")
    assert (first.fingerprint, first.set_fingerprint) == (wanted.journals[0].fingerprint, wanted.fingerprint)
    assert (first.erp_id, first.attempts, first.sending_since, first.not_before) == (None, 0, None, None)
    assert (first.changed_at, first.source) == (clock.now(), source())
    assert outbox.document(first.key) == first


def test_the_same_set_again_writes_nothing(outbox, plan, audit):
    """However often a partition is materialized."""
    plan(journals("10.00", "20.00"))
    before = audit.events("amazon_us")
    planned = plan(journals("10.00", "20.00"))
    assert (planned.outcome, planned.revision, len(planned.keys), planned.differing) == ("same", 1, 2, ())
    assert audit.events("amazon_us") == before


def test_the_same_set_from_another_connection_is_the_same(outbox, plan):
    """Renaming or duplicating a connection posts nothing again."""
    plan(journals("10.00"))
    again = outbox.plan("renamed", journals("10.00"), approved=True, mapping_hash="m1", partition="11111111111")
    assert (again.outcome, again.revision) == ("same", 1)
    assert len(outbox.listing()) == 1


def test_another_ledger_is_another_source(plan):
    """The same settlement may stand in two ledgers."""
    plan(journals("10.00"))
    assert plan(journals("10.00", ledger="UK001-ACTUALS")).outcome == "new"


def test_a_connection_that_posts_by_itself_approves(outbox, plan, audit):
    """Planned and approved in one transaction, told as two events."""
    plan(journals("10.00"), approved=True)
    (document,) = outbox.documents(source())
    assert (document.state, document.state_version) == (PostingState.APPROVED, 2)
    assert [event.kind for event in audit.events("amazon_us")] == ["document_planned", "document_approved"]


def test_planning_again_with_approval_approves_what_is_planned(outbox, plan, force):
    """The setting changed after planning; dead parts stay dead."""
    keys = plan(journals("10.00", "20.00")).keys
    force("refused", keys[1])
    assert plan(journals("10.00", "20.00"), approved=True).outcome == "same"
    assert states(outbox) == ["approved", "refused"]


@pytest.mark.parametrize("approved", [False, True])
def test_other_content_replaces_what_was_not_sent(outbox, plan, audit, approved):
    """The documents before are refused with the reason, the new set is the next revision."""
    plan(journals("10.00", "20.00"), approved=approved)
    planned = plan(journals("10.00", "25.00"), approved=approved)
    assert (planned.outcome, planned.revision) == ("replaced", 2)
    assert states(outbox, 1) == ["refused", "refused"]
    assert outbox.documents(source(), 1)[0].reason == "replaced by revision 2 before anything was sent"
    assert states(outbox) == ["approved" if approved else "planned"] * 2
    assert [document.journal.revision for document in outbox.documents(source())] == [2, 2]
    assert audit.verify("amazon_us").ok


@pytest.mark.parametrize("name", ["key", "set"])
def test_a_document_somebody_works_on_is_not_replaced(outbox, plan, clock, name):
    """Until the lease has run out."""
    (key,) = plan(journals("10.00"), approved=True).keys
    outbox.lease(key if name == "key" else f"set:{source()}", "worker", 60)
    assert plan(journals("25.00")).outcome == "changed"
    assert states(outbox) == ["approved"]
    clock.advance(60)
    assert plan(journals("25.00")).outcome == "replaced"


def test_other_content_after_posting_is_an_alarm_told_once(outbox, plan, audit, force):
    """Nothing is planned; one event per content, however often it is tried."""
    keys = plan(journals("10.00", "20.00")).keys
    force("posted", keys[0])
    for _ in range(3):
        planned = plan(journals("10.00", "25.00"))
        assert (planned.outcome, planned.revision, planned.keys, planned.differing) == ("changed", 1, keys, (keys[1],))
    assert plan(journals("99.00")).outcome == "changed"
    told = [event for event in audit.events("amazon_us") if event.kind == "content_changed"]
    assert told[0].facts["differing"] == [keys[1]]
    assert len(told) == 2
    assert len(outbox.listing()) == 2


def test_a_part_never_joins_a_revision(plan, force):
    """Another split of the same content is other content."""
    keys = plan(journals("10.00")).keys
    force("posted")
    planned = plan(journals("10.00", "20.00"))
    assert (planned.outcome, planned.keys) == ("changed", keys)
    assert len(planned.differing) == 1


def test_after_a_refused_revision_corrected_content_is_the_next(outbox, plan, force):
    """The dead keys stay as they are."""
    plan(journals("10.00"))
    force("refused")
    planned = plan(journals("12.00"), approved=True)
    assert (planned.outcome, planned.revision) == ("new", 2)
    assert (states(outbox, 1), states(outbox)) == (["refused"], ["approved"])


@pytest.mark.parametrize("amount", ["10.00", "12.00"])
def test_what_was_reversed_stays_so_until_a_person_asks(outbox, plan, force, amount):
    """Whatever its content would be now; the next revision stands beside it then."""
    plan(journals("10.00"))
    force("reversed")
    assert plan(journals(amount), approved=True).outcome == "reversed"
    assert states(outbox) == ["reversed"]
    planned = plan(journals(amount), approved=True, again=True)
    assert (planned.outcome, planned.revision) == ("new", 2)
    assert (states(outbox, 1), states(outbox)) == (["reversed"], ["approved"])


def test_the_rest_of_a_set_may_stand_beside_what_is_posted(outbox, plan, force):
    """Only where the caller names what is posted; while something else may exist nothing is stored."""
    posted, other = plan(journals("10.00", "20.00")).keys
    force("posted", posted)
    force("refused", other)
    assert plan(journals("20.00")).outcome == "changed"
    planned = plan(journals("20.00"), beside=frozenset({posted}))
    assert (planned.outcome, planned.revision) == ("new", 2)
    assert (states(outbox, 1), states(outbox)) == (["posted", "refused"], ["planned"])


def test_documents_are_listed_by_what_they_are_for(outbox, plan):
    """A settlement's partition, whatever the kind of document."""
    keys = plan(journals("10.00")).keys
    partition = outbox.document(keys[0]).partition
    assert [one.key for one in outbox.listing(partition=partition)] == list(keys)
    assert outbox.listing(partition="other") == []


def test_dead_content_comes_back_only_when_a_person_asks(outbox, plan, force):
    """A refused or rejected journal is not planned again by the next run."""
    plan(journals("10.00"))
    force("refused")
    assert plan(journals("10.00"), approved=True).outcome == "same"
    assert states(outbox) == ["refused"]
    planned = plan(journals("10.00"), again=True, person="ann")
    assert (planned.outcome, planned.revision) == ("new", 2)


def test_nothing_to_post_stores_nothing(outbox, plan, audit):
    """A settlement without amounts has no documents."""
    planned = plan(JournalSet(source(), 1, ()))
    assert (planned.outcome, planned.revision, planned.keys) == ("empty", 0, ())
    assert (outbox.listing(), audit.events("amazon_us")) == ([], [])


def test_nothing_to_post_any_more_withdraws_what_was_not_sent(outbox, plan):
    """And the content may come back later as a new revision."""
    plan(journals("10.00"), approved=True)
    assert plan(JournalSet(source(), 1, ())).outcome == "empty"
    assert states(outbox) == ["refused"]
    assert plan(JournalSet(source(), 1, ())).outcome == "empty"
    planned = plan(journals("10.00"))
    assert (planned.outcome, planned.revision) == ("new", 3)


def test_an_unbalanced_document_is_never_stored(outbox, plan):
    """Nothing of its set either."""
    good, bad = journals("10.00", "20.00").journals
    bad = replace(bad, lines=bad.lines[:1])
    with pytest.raises(StoreError, match="not balanced"):
        plan(JournalSet(source(), 1, (good, bad)))
    assert outbox.listing() == []


def test_two_workers_planning_the_same_set_store_it_once(control_url, open_control, clock):
    """One is new, the others the same."""
    controls = [open_control(control_url) for _ in range(4)]

    def planning(control):
        outbox = Outbox(control, Audit(control), clock)
        return outbox.plan(
            "amazon_us", journals("1.00", "2.00"), approved=True, mapping_hash="m", partition="p"
        ).outcome

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(planning, controls))
    assert outcomes == ["new", "same", "same", "same"]
    outbox = Outbox(controls[0], Audit(controls[0]), clock)
    assert states(outbox) == ["approved", "approved"]
    assert Audit(controls[0]).verify("amazon_us").events == 4


@pytest.mark.parametrize("content", ["{}", "no json", None])
def test_content_changed_in_the_database_is_never_handed_out(outbox, plan, control, content):
    """What was approved is exactly what is sent."""
    (key,) = plan(journals("10.00")).keys
    changed = content or outbox.document(key).content.replace("10.00", "11.00")
    with control.transaction() as transaction:
        transaction.execute(text("UPDATE outbox_contents SET content = :content"), {"content": changed})
    document = outbox.document(key)
    with pytest.raises(StoreError, match="not what was planned"):
        _ = document.journal


def test_documents_are_listed_by_connection_state_and_source(outbox, plan, force, clock):
    """The last changed first."""
    (old,) = plan(journals("10.00")).keys
    clock.advance(1)
    (new,) = plan(journals("10.00", settlement_id="2")).keys
    force("posted", old)
    assert [document.key for document in outbox.listing("amazon_us")] == [new, old]
    assert [document.key for document in outbox.listing(states=[PostingState.POSTED])] == [old]
    assert [document.key for document in outbox.listing(source_id="2")] == [new]
    assert len(outbox.listing(limit=1)) == 1
    assert outbox.listing("another") == []
    assert outbox.document("unknown") is None
    assert outbox.documents(source("unknown")) == []
