"""A person's word on planned journals: approve or reject the newest revision of a settlement.

In: the road, a settlement, who decides and why. Out: the documents as they stand then. Approval is for exactly the
content that is planned: when the journals change before they are sent, the new revision asks again.
"""

from assets.journals import KIND
from assets.resumption import ask_for
from assets.roadmap import Road
from assets.settlement_reports import registered
from ledger.errors import InputRefused
from ledger.journal import SourceKey
from ledger.posting import PostingState
from resources.store.outbox import OutboxDocument


def approve(road: Road, settlement_id: str, person: str, reason: str) -> list[OutboxDocument]:
    """Approve what is planned and ask for the settlement; raises InputRefused when nothing waits for approval."""
    approved = _decide(road, settlement_id, person, reason, {PostingState.PLANNED}, PostingState.APPROVED)
    ask_for(road, settlement_id, f"approved by {person}: {reason}")
    return approved


def reject(road: Road, settlement_id: str, person: str, reason: str) -> list[OutboxDocument]:
    """Reject journals of which nothing was sent; raises InputRefused when something was, or nothing is planned."""
    unsent = {PostingState.PLANNED, PostingState.APPROVED}
    return _decide(road, settlement_id, person, reason, unsent, PostingState.REFUSED)


def documents_of(road: Road, settlement_id: str) -> list[OutboxDocument]:
    """Return the documents of the newest revision of a settlement, in order of parts."""
    return road.stores.outbox.documents(SourceKey(road.seller, road.ledger, KIND, settlement_id))


def _decide(
    road: Road, settlement_id: str, person: str, reason: str, from_states: set[PostingState], to: PostingState
) -> list[OutboxDocument]:
    registered(road, settlement_id)
    word = "approved" if to is PostingState.APPROVED else "rejected"
    if not person.strip() or not reason.strip():
        raise InputRefused(f"Settlement {settlement_id} cannot be {word} without the person who decides and a reason.")
    documents = documents_of(road, settlement_id)
    undecided = [one for one in documents if one.state in from_states]
    if not undecided or (to is PostingState.REFUSED and len(undecided) < len(documents)):
        states = ", ".join(f"part {one.part} {one.state}" for one in documents) or "no journal is planned"
        raise InputRefused(f"Settlement {settlement_id} of {road.connection} cannot be {word}: {states}.")
    for document in undecided:
        said = f"{word} by {person}: {reason}"
        road.stores.outbox.step(document.key, to, said, lease=None, run=road.run, person=person)
    return documents_of(road, settlement_id)
