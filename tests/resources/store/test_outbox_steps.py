"""Every step a document can take, and every one it cannot."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ledger.errors import ContentChanged, IllegalStep, LeaseLost, StoreError, UndoneMeanwhile
from ledger.posting import STEPS, PostingState
from tests.resources.store.samples import journals, source

S = PostingState


@pytest.fixture
def planned(outbox):
    """Plan one approved document and return its key."""

    def planning(settlement_id="11111111111", ledger="US001-ACTUALS"):
        wanted = journals("10.00", settlement_id=settlement_id, ledger=ledger)
        return outbox.plan("amazon_us", wanted, approved=True, mapping_hash="m", partition=settlement_id).keys[0]

    return planning


@pytest.mark.parametrize("present", list(PostingState))
def test_every_pair_of_states_is_a_step_or_refused(outbox, planned, control, audit, present):
    """The table of legal steps, walked whole: a legal one is written with its event, any other changes nothing."""
    for number, following in enumerate(PostingState):
        key = planned(str(number))
        with control.transaction() as transaction:
            change = text("UPDATE outbox_documents SET state = :state, erp_id = :erp_id WHERE key = :key")
            transaction.execute(change, {"state": present.value, "erp_id": f"J{number}", "key": key})
        before, lease = outbox.document(key), outbox.lease(key, "worker", 60)
        if following in STEPS[present]:
            after = outbox.step(key, following, "because", lease=lease)
            assert (after.state, after.state_version, after.reason) == (following, before.state_version + 1, "because")
            assert outbox.document(key) == after
            event = audit.events("amazon_us", document_key=key)[-1]
            # A plan is told once; what is planned again has lost its approval.
            kind = "document_unapproved" if following is S.PLANNED else f"document_{following}"
            assert (event.kind, event.facts["from"], event.facts["fence"]) == (kind, present, 1)
            assert event.facts["why"] == STEPS[present][following]
        else:
            with pytest.raises(IllegalStep, match="cannot become"):
                outbox.step(key, following, "because", lease=lease)
            assert outbox.document(key) == before
    assert audit.verify("amazon_us").ok


def test_a_send_counts_its_attempts_and_remembers_its_begin(outbox, planned, clock):
    """The quiet period is measured from there, also when the outcome is unclear."""
    key = planned()
    lease = outbox.lease(key, "worker", 600)
    began = clock.now()
    outbox.step(key, S.SENDING, "first", lease=lease, erp_id="J1")
    clock.advance(5)
    unclear = outbox.step(key, S.UNCLEAR, "no answer", lease=lease)
    assert (unclear.attempts, unclear.sending_since, unclear.erp_id) == (1, began, "J1")
    outbox.step(key, S.APPROVED, "absent", lease=lease)
    again = outbox.step(key, S.SENDING, "second", lease=lease)
    assert (again.attempts, again.sending_since, again.changed_at) == (2, clock.now(), clock.now())


def test_a_step_may_say_not_before_and_the_next_forgets_it(outbox, planned, clock):
    """A moment to wait for belongs to one state."""
    key = planned()
    lease = outbox.lease(key, "worker", 600)
    later = clock.now() + timedelta(minutes=5)
    outbox.step(key, S.SENDING, "x", lease=lease, erp_id="J1")
    assert outbox.step(key, S.APPROVED, "never left", lease=lease, not_before=later).not_before == later
    assert outbox.step(key, S.SENDING, "x", lease=lease).not_before is None


def test_a_step_tells_who_and_what(outbox, planned, audit):
    """Person, run, exchange and the caller's own facts."""
    key = planned()
    outbox.step(key, S.REFUSED, "wrong account", lease=None, run="r", person="ann", exchange="7", facts={"n": "1.00"})
    event = audit.events("amazon_us", document_key=key)[-1]
    assert (event.person, event.run, event.exchange, event.partition) == ("ann", "r", "7", "11111111111")
    assert (event.facts["reason"], event.facts["details"]) == ("wrong account", {"n": "1.00"})


def test_a_frozen_worker_is_refused_after_a_takeover(outbox, planned, clock):
    """It wakes with an old fence: nothing it knows may be written any more."""
    key = planned()
    frozen = outbox.lease(key, "frozen", 60)
    outbox.step(key, S.SENDING, "intent", lease=frozen, erp_id="J1")
    clock.advance(61)
    late = outbox.lease(key, "late", 60)
    outbox.step(key, S.UNCLEAR, "the worker died", lease=late)
    with pytest.raises(LeaseLost, match="late holds it now"):
        outbox.step(key, S.SENT, "answer of long ago", lease=frozen)
    assert outbox.document(key).state is S.UNCLEAR


def test_an_answer_that_comes_after_the_lease_ended_is_still_written(outbox, planned, clock):
    """As long as nobody took over; but nothing new may begin."""
    key = planned()
    lease = outbox.lease(key, "slow", 60)
    outbox.step(key, S.SENDING, "intent", lease=lease, erp_id="J1")
    clock.advance(61)
    assert outbox.step(key, S.APPROVED, "never left", lease=lease).state is S.APPROVED
    with pytest.raises(LeaseLost, match="has run out"):
        outbox.step(key, S.SENDING, "intent", lease=lease)


def test_sending_needs_a_lease_on_this_document(outbox, planned):
    """None, one of another document and one given back are refused; one on the whole set will do."""
    key, other = planned(), planned("2")
    with pytest.raises(LeaseLost, match="without a lease"):
        outbox.step(key, S.SENDING, "x", lease=None, erp_id="J1")
    with pytest.raises(LeaseLost, match="gives no right"):
        outbox.step(key, S.SENDING, "x", lease=outbox.lease(other, "worker", 60), erp_id="J1")
    released = outbox.lease(key, "worker", 60)
    outbox.release(released)
    with pytest.raises(LeaseLost, match=r"given .* back"):
        outbox.step(key, S.SENDING, "x", lease=released, erp_id="J1")
    whole = outbox.lease(f"set:{source()}", "worker", 60)
    assert outbox.step(key, S.SENDING, "x", lease=whole, erp_id="J1").state is S.SENDING


def test_nobody_steps_past_a_worker(outbox, planned, clock):
    """A person waits until the lease has ended."""
    key = planned()
    lease = outbox.lease(key, "worker", 60)
    with pytest.raises(LeaseLost, match="worked on by worker"):
        outbox.step(key, S.REFUSED, "rejected", lease=None, person="ann")
    outbox.release(outbox.renew(lease, 60))
    assert outbox.step(key, S.REFUSED, "rejected", lease=None, person="ann").state is S.REFUSED


def test_sending_needs_the_key_the_erp_will_know(outbox, planned):
    """Without it nobody could ask for the document afterwards."""
    key = planned()
    with pytest.raises(IllegalStep, match="before it has the key"):
        outbox.step(key, S.SENDING, "x", lease=outbox.lease(key, "worker", 60))


def test_two_documents_of_a_ledger_never_share_an_erp_key(outbox, planned):
    """A collision stops before anything is sent; another ledger may use the same key."""
    key, other, elsewhere = planned(), planned("2"), planned("2", "UK001-ACTUALS")
    for one in (key, elsewhere):
        outbox.step(one, S.SENDING, "x", lease=outbox.lease(one, "worker", 60), erp_id="J1")
    lease = outbox.lease(other, "worker", 60)
    with pytest.raises(ContentChanged, match="cannot use J1"):
        outbox.step(other, S.SENDING, "x", lease=lease, erp_id="J1")
    assert outbox.document(other).state is S.APPROVED


def test_an_erp_key_stays_while_something_may_exist(outbox, planned):
    """It may change only before a send, when nothing can stand under the first."""
    key = planned()
    lease = outbox.lease(key, "worker", 60)
    outbox.step(key, S.SENDING, "x", lease=lease, erp_id="J1")
    with pytest.raises(ContentChanged, match="known to the ERP as J1"):
        outbox.step(key, S.SENT, "x", lease=lease, erp_id="J2")
    outbox.step(key, S.APPROVED, "never left", lease=lease)
    assert outbox.step(key, S.SENDING, "x", lease=lease, erp_id="J2").erp_id == "J2"


def test_an_unknown_document_is_a_sentence(outbox):
    """Not a crash."""
    with pytest.raises(StoreError, match="holds no document"):
        outbox.step("unknown", S.SENDING, "x", lease=None)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(st.sampled_from(list(PostingState)), max_size=12))
def test_any_walk_ends_where_the_table_leads(outbox, audit, wanted):
    """Legal steps are taken and counted, others change nothing, and the chain tells exactly the legal ones."""
    settlement_id = str(len(outbox.listing(limit=1000)) + 1)
    planned = outbox.plan(
        "amazon_us", journals("1.00", settlement_id=settlement_id), approved=False, mapping_hash="m", partition="p"
    )
    (key,), state, walked = planned.keys, S.PLANNED, []
    lease = outbox.lease(key, "worker", 60)
    for following in wanted:
        if following in STEPS[state]:
            outbox.step(key, following, "walk", lease=lease, erp_id=f"J{settlement_id}")
            state, walked = following, [*walked, following]
        else:
            with pytest.raises(IllegalStep):
                outbox.step(key, following, "walk", lease=lease, erp_id=f"J{settlement_id}")
    document = outbox.document(key)
    assert (document.state, document.state_version) == (state, 1 + len(walked))
    assert [event.facts["to"] for event in audit.events("amazon_us", document_key=key)] == [S.PLANNED, *walked]


def test_a_decision_on_what_has_moved_on_is_refused_whole(outbox, planned):
    """What a person saw waiting is being sent by now: rejecting it would call dead what may arrive."""
    waiting, moved = planned(), planned("2")
    outbox.step(moved, S.SENDING, "x", lease=(lease := outbox.lease(moved, "worker", 60)), erp_id="J1")
    outbox.release(lease)
    with pytest.raises(IllegalStep, match="is sending by now"):
        outbox.decide([waiting, moved], S.REFUSED, "no", person="ann", only_from=frozenset({S.PLANNED, S.APPROVED}))
    assert (outbox.document(waiting).state, outbox.document(moved).state) == (S.APPROVED, S.SENDING)
    outbox.decide([waiting], S.REFUSED, "no", person="ann", only_from=frozenset({S.APPROVED}))
    assert outbox.document(waiting).state is S.REFUSED


# States of the revisions of what undoes it -> whether the document may be sent.
UNDOING = [
    ([S.REFUSED], True),
    ([S.PLANNED], False),
    ([S.POSTED, S.REFUSED], False),
    ([S.REFUSED, S.POSTED], False),
]


@pytest.mark.parametrize(("states", "is_sent"), UNDOING)
def test_nothing_is_sent_that_builds_on_what_is_being_undone(outbox, planned, control, states, is_sent):
    """Whatever revision of the reversal stands or is under way, the sending step itself sees it."""
    key, undoing = planned(), source("22222222222")
    sets = text("UPDATE outbox_documents SET state = :state WHERE source = :source AND revision = :revision")
    given = {"connection": "amazon_us", "approved": False, "mapping_hash": "m", "partition": "22222222222"}
    for revision in range(1, len(states) + 1):
        outbox.plan(journals=journals(f"{revision}.00", settlement_id="22222222222"), **given)
        with control.transaction() as transaction:
            transaction.execute(sets, {"state": "refused", "source": str(undoing), "revision": revision})
    with control.transaction() as transaction:
        for revision, state in enumerate(states, start=1):
            transaction.execute(sets, {"state": state.value, "source": str(undoing), "revision": revision})
    sending = {"lease": outbox.lease(key, "worker", 60), "erp_id": "J1", "unless_begun": [undoing]}
    if is_sent:
        assert outbox.step(key, S.SENDING, "x", **sending).state is S.SENDING
        return
    with pytest.raises(UndoneMeanwhile, match="beside which it must not stand"):
        outbox.step(key, S.SENDING, "x", **sending)
    assert outbox.document(key).state is S.APPROVED
