"""A person's word on planned journals: approve or reject the newest revision of a settlement, or its reversal.

In: the road, a settlement, who decides and why. Out: the documents as they stand then, and the settlement asked for.
Approval is for exactly the content that is planned: when the journals change before they are sent, the new revision
asks again. Where the connection says `approval: required`, whoever planned the journals, wanted them posted once more,
or changed the files they are made with, does not approve them.
"""

from collections.abc import Sequence

from assets.posting.document_sets import (
    called,
    content_mark,
    documents_named_in,
    is_reversal,
    open_documents,
    source_named,
)
from assets.posting.findings import APPROVAL_CODES, refused_finding
from assets.review.hands import askers_of, planners
from assets.settlement_reports import require_known
from assets.stages.configuration import unconfirmed_hands
from assets.stages.outcome import align
from assets.stages.roadmap import Road
from ledger.errors import InputRefused
from ledger.four_eyes import Decider, require_another
from ledger.posting import PostingState
from resources.store.outbox import OutboxDocument

FINGERPRINT_LETTERS_MIN = 8


def approve(
    road: Road, settlement_id: str, decider: Decider, reason: str, fingerprint: str = ""
) -> list[OutboxDocument]:
    """Approve what is planned and ask for the settlement.

    With `fingerprint` (its beginning is enough) only that very set. Raises InputRefused when nothing waits for
    approval or other content does, NeedsAnotherPerson for somebody who had a hand in it.
    """
    documents = _undecided(road, settlement_id, "approved", decider, reason, {PostingState.PLANNED})
    _require_fingerprint(settlement_id, documents, fingerprint.strip().lower())
    if road.policy.approval == "required":
        hands = (*planners(road, documents), *askers_of(road, documents), *unconfirmed_hands(road))
        require_another(decider, hands, f"{called(settlement_id)} of {road.connection}")
    approved = _decide(road, documents, PostingState.APPROVED, decider, f"approved by {decider.name}: {reason}")
    _confirm(road, documents, decider)
    _end_item(road, documents, "approve", decider, reason)
    return approved


def reject(road: Road, settlement_id: str, decider: Decider, reason: str) -> list[OutboxDocument]:
    """Reject journals of which nothing was sent, one's own too, and ask for the settlement.

    What is kept out of the books so waits for a person from now on, not only once a run has told it.
    Raises InputRefused when something was sent, or nothing is planned.
    """
    unsent = {PostingState.PLANNED, PostingState.APPROVED}
    documents = _undecided(road, settlement_id, "rejected", decider, reason, unsent)
    rejected = _decide(road, documents, PostingState.REFUSED, decider, f"rejected by {decider.name}: {reason}")
    _end_item(road, documents, "reject", decider, reason)
    _tell_refused(road, documents)
    return rejected


def _tell_refused(road: Road, documents: Sequence[OutboxDocument]) -> None:
    """Open the items that the next run tells of rejected documents; a rejected reversal leaves the books alone."""
    stand_now = documents_named_in(road, (one.key for one in documents if not is_reversal(one)))
    dead = (one for one in stand_now if one.state is PostingState.REFUSED)
    align(road, documents[0].partition, tuple(refused_finding(one) for one in dead), frozenset())


def _end_item(road: Road, documents: Sequence[OutboxDocument], action: str, decider: Decider, reason: str) -> None:
    """End the item that waited for this word."""
    mark = content_mark(documents)
    for item in road.stores.review.listing(road.connection, partition=documents[0].partition):
        if item.code in APPROVAL_CODES and mark.startswith(item.origin):
            road.stores.review.resolve(item.id, action, decider.name, reason, road.run, decider.facts())


def documents_of(road: Road, settlement_id: str) -> list[OutboxDocument]:
    """Return the documents of the newest revision of a settlement or an accrual, in order of parts."""
    return road.stores.outbox.documents(source_named(road, settlement_id))


def _confirm(road: Road, documents: list[OutboxDocument], decider: Decider) -> None:
    """Let an approval stand for the files these journals were made with; a reversal is made without them."""
    made = next((one for one in documents if not is_reversal(one)), None)
    planned_at = road.stores.outbox.planned_at(made.source, made.revision) if made else None
    if planned_at is not None:
        road.stores.configuration.confirm(road.connection, decider.name, decider.identities, planned_at)


def _undecided(
    road: Road, settlement_id: str, word: str, decider: Decider, reason: str, from_states: set[PostingState]
) -> list[OutboxDocument]:
    """Return the documents a person decides on; raise InputRefused when there are none or only some of the set."""
    require_known(road, settlement_id)
    if not decider.name.strip() or not reason.strip():
        raise InputRefused(f"{called(settlement_id)} cannot be {word} without the person who decides and a reason.")
    documents = open_documents(road, settlement_id)
    undecided = [one for one in documents if one.state in from_states]
    if not undecided or (word == "rejected" and len(undecided) < len(documents)):
        states = ", ".join(f"part {one.part} {one.state}" for one in documents) or "no journal is planned"
        raise InputRefused(f"{called(settlement_id)} of {road.connection} cannot be {word}: {states}.")
    return undecided


def _decide(
    road: Road, documents: list[OutboxDocument], to: PostingState, decider: Decider, said: str
) -> list[OutboxDocument]:
    """Decide on each set that these documents are of, and return the sets as they stand then."""
    decided = []
    for source in dict.fromkeys(one.source for one in documents):
        own = [one for one in documents if one.source == source]
        facts = {"set_fingerprint": own[0].set_fingerprint, **decider.facts()}
        keys, seen = [one.key for one in own], frozenset(one.state for one in own)
        road.stores.outbox.decide(keys, to, said, person=decider.name, run=road.run, facts=facts, only_from=seen)
        decided += road.stores.outbox.documents(source)
    return decided


def _require_fingerprint(settlement_id: str, documents: list[OutboxDocument], fingerprint: str) -> None:
    """Raise InputRefused unless the set is the one whose fingerprint begins so; any set will do when none is given."""
    if not fingerprint:
        return
    if len(fingerprint) < FINGERPRINT_LETTERS_MIN:
        raise InputRefused(f"--fingerprint needs at least {FINGERPRINT_LETTERS_MIN} letters; nothing was approved.")
    mark = content_mark(documents)
    if not mark.startswith(fingerprint):
        raise InputRefused(
            f"{called(settlement_id)} has other journals planned (fingerprint {mark}); "
            f"nothing was approved. Look at them: connector outbox show {settlement_id}"
        )
