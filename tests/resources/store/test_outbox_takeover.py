"""Taking over what the ERP holds: the same lines on another date or as a later revision, of what was never sent."""

from dataclasses import replace
from datetime import date

import pytest

from ledger.errors import ContentChanged, IllegalStep, LeaseLost
from ledger.journal import JournalSet
from ledger.periods import moved
from ledger.posting import PostingState
from resources.store.verification import verify
from tests.resources.store.samples import journals, source

DECEMBER = date(2026, 12, 1)
FACTS = {"taken_over": ["US001 A123 2026-12-01"], "reason": "it is ours"}


@pytest.fixture
def held(outbox):
    """A set of two parts, the first of which is in review and never was sent."""
    wanted = journals("10.00", "20.00")
    outbox.plan("amazon_us", wanted, approved=False, mapping_hash="m", partition="11111111111")
    outbox.step(wanted.journals[0].key, PostingState.REVIEW, "posting_unknown_document: x", lease=None)
    return wanted


def on(wanted, day, revision=1, parts=(1,)):
    """Return a set with some parts on another day."""
    dated = (moved(one, day) if one.part in parts else one for one in wanted.journals)
    return JournalSet(source(), revision, tuple(replace(one, revision=revision) for one in dated))


def take_over(outbox, standing):
    outbox.take_over(standing, "posting_unknown_document: taken over", person="ann", facts=FACTS)


def test_one_part_takes_another_date_and_its_set_another_fingerprint(outbox, held, control):
    """The other part stands as it was; what the trail tells is what is stored."""
    standing = on(held, DECEMBER)
    take_over(outbox, standing)
    documents = outbox.documents(source())
    assert [one.journal for one in documents] == list(standing.journals)
    assert {one.set_fingerprint for one in documents} == {standing.fingerprint}
    assert [str(one.state) for one in documents] == ["review", "planned"]
    again = outbox.plan("amazon_us", standing, approved=False, mapping_hash="m", partition="11111111111")
    assert again.outcome == "same"
    assert verify(control).is_ok


def test_a_later_revision_is_stored_whole_and_left_in_review(outbox, held, control):
    """What these records had planned gives way; nothing of the new one may be sent by itself."""
    standing = on(held, DECEMBER, revision=3)
    take_over(outbox, standing)
    assert [str(one.state) for one in outbox.documents(source(), 1)] == ["refused", "refused"]
    documents = outbox.documents(source())
    assert [(one.revision, str(one.state)) for one in documents] == [(3, "review"), (3, "review")]
    assert [one.journal for one in documents] == list(standing.journals)
    assert verify(control).is_ok


def test_other_lines_are_never_taken_over(outbox, held):
    """Whoever asks."""
    other = replace(on(held, DECEMBER), journals=on(journals("11.00", "20.00"), DECEMBER).journals)
    with pytest.raises(ContentChanged, match="is not what was planned"):
        take_over(outbox, other)
    assert [one.journal for one in outbox.documents(source())] == list(held.journals)


def test_only_what_is_in_review_takes_another_date(outbox, held):
    """The second part may be sent any moment: nothing of the set changes."""
    with pytest.raises(IllegalStep, match="is planned by now, and keeps its date"):
        take_over(outbox, on(held, DECEMBER, parts=(1, 2)))
    assert [one.journal for one in outbox.documents(source())] == list(held.journals)


@pytest.mark.parametrize("revision", [1, 2])
def test_what_was_sent_from_here_keeps_its_key_and_date(outbox, held, clock, revision):
    """It may still arrive: it is asked for by the key it was sent with."""
    key = held.journals[0].key
    outbox.step(key, PostingState.APPROVED, "again", lease=None)
    lease = outbox.lease(key, "worker", 60)
    outbox.step(key, PostingState.SENDING, "sent", lease=lease, erp_id="US001 A123 2026-10-14")
    outbox.step(key, PostingState.UNCLEAR, "no answer", lease=lease)
    outbox.step(key, PostingState.REVIEW, "posting_unclear: nobody knows", lease=lease)
    outbox.release(lease)
    with pytest.raises(IllegalStep, match="was sent from here"):
        take_over(outbox, on(held, DECEMBER, revision))


def test_nothing_is_taken_over_under_a_worker(outbox, held):
    """It may be about to send the other part."""
    outbox.lease(held.journals[1].key, "worker", 60)
    with pytest.raises(LeaseLost, match="is being worked on by worker"):
        take_over(outbox, on(held, DECEMBER))
