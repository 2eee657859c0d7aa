"""The single steps of the posting protocol: written down, taken over, told to a person, looked at again later.

In: a document, the lease on it, and what the ERP was seen to hold. Out: the same document one step further, or where it
rests. Shared by what sends documents and by what follows them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from assets.posting.desk import Desk, Driven, decided_on, removal
from assets.posting.findings import error_sentence, finding, other_content_sentence, review_reason
from ledger.errors import ConnectorError, InputRefused, SecretMissing, TargetMisconfigured, VaultClosed
from ledger.journal import Journal
from ledger.posting import PostingState
from resources.erp.target import BooksState, FoundDocument, Sightings, TargetStatus
from resources.store.outbox import Lease, OutboxDocument

# However long the ERP takes, somebody looks again within the hour.
_LOOK_SECONDS_MAX = 3600


def required(desk: Desk, key: str) -> OutboxDocument:
    """Return a document as it stands; raise InputRefused for a key that nobody planned."""
    document = desk.outbox.document(key)
    if document is None:
        raise InputRefused(f"The outbox holds no document {key}.")
    return document


def move(
    desk: Desk,
    lease: Lease,
    document: OutboxDocument,
    to: PostingState,
    reason: str,
    erp_id: str | None = None,
    decided: Mapping[str, Any] | None = None,
) -> OutboxDocument:
    """Write one step with the exchanges it follows from, or with those that several documents follow from alike."""
    told = {"run": desk.run, "person": desk.person, "erp_id": erp_id, **(decided_on() if decided is None else decided)}
    if to is PostingState.SENDING:
        told["unless_begun"] = (*desk.unless_begun, *desk.other_names)
    return desk.outbox.step(document.key, to, reason, lease=lease, **told)


def seen_in(sightings: Sightings, document: OutboxDocument) -> FoundDocument | None:
    """Return what the ERP holds under this document's own key."""
    return next((found for found in sightings.found if found.key_matches == document.key), None)


def shown(sightings: Sightings) -> str:
    """Return what a look in the ERP showed beside the document itself, and why that is not enough."""
    return sightings.control or "no record at all"


def strangers(
    desk: Desk, sightings: Sightings, document: OutboxDocument, siblings: Sequence[Journal]
) -> list[FoundDocument]:
    """Return documents of this source that neither this set nor any recorded revision explains."""
    known = {sibling.key for sibling in siblings}
    recorded = {
        other.erp_id
        for revision in range(1, document.revision)
        for other in desk.outbox.documents(document.source, revision)
        if other.state is PostingState.REVERSED
    }
    return [
        found
        for found in sightings.found
        if found.key_matches not in known and found.erp_id not in recorded and found.state is not BooksState.REMOVED
    ]


def take_over(
    desk: Desk,
    lease: Lease,
    document: OutboxDocument,
    seen: FoundDocument,
    reason: str,
    decided: Mapping[str, Any] | None = None,
) -> Driven:
    """Accept what the ERP holds if it is the same document; otherwise a person decides."""
    if not seen.is_same and seen.state is not BooksState.REMOVED:
        sentence = other_content_sentence(document, seen)
        return to_review(desk, lease, document, "posting_other_content", sentence, decided)
    if seen.state in (BooksState.POSTED, BooksState.WAITING):
        state = PostingState.POSTED if seen.state is BooksState.POSTED else PostingState.IMPORTING
        return Driven(move(desk, lease, document, state, reason, seen.erp_id, decided))
    if document.state is PostingState.UNCLEAR:
        document = move(desk, lease, document, PostingState.SENT, reason, erp_id=seen.erp_id)
    return settle(desk, lease, document, status_of(desk, document, seen))


def settle(desk: Desk, lease: Lease, document: OutboxDocument, status: TargetStatus) -> Driven:
    """Write down the end of a document that was handed over, as the ERP tells it."""
    if status.state is BooksState.POSTED:
        reason = f"the books say posted ({status.erp_status})"
        return Driven(move(desk, lease, document, PostingState.POSTED, reason))
    if status.state is BooksState.ERROR:
        return to_review(desk, lease, document, "posting_error", error_sentence(document, status))
    return to_review(desk, lease, document, "posting_removed", removal(desk.target, document, status))


def status_of(desk: Desk, document: OutboxDocument, seen: FoundDocument) -> TargetStatus:
    """Return the ERP's own words about a found document; without them when they cannot be read just now."""
    plain = TargetStatus(seen.state, seen.erp_status, happened=seen.happened)
    try:
        status = desk.target.status(document.journal)
    except ConnectorError:
        return plain
    return status if status.state is seen.state else plain


def to_review(
    desk: Desk,
    lease: Lease,
    document: OutboxDocument,
    code: str,
    sentence: str,
    decided: Mapping[str, Any] | None = None,
) -> Driven:
    """Leave a document to a person, who is told why."""
    moved = move(desk, lease, document, PostingState.REVIEW, review_reason(code, sentence), None, decided)
    return Driven(moved, finding=finding(code, moved, sentence))


def look_again(desk: Desk, document: OutboxDocument, error: ConnectorError) -> Driven:
    """Leave the document where it is and say why; a later run goes on."""
    told = None
    if isinstance(error, (TargetMisconfigured, SecretMissing, VaultClosed)):
        told = finding("target_misconfigured", document, str(error), "Correct it; the next run goes on by itself.")
    return Driven(document, again_at=after(desk, growing(desk, document)), finding=told, waits_for=str(error))


def after(desk: Desk, seconds: float) -> datetime:
    """Return the moment so many seconds from now."""
    return desk.clock.now() + timedelta(seconds=seconds)


def growing(desk: Desk, document: OutboxDocument) -> float:
    """Return seconds to the next look: a quarter of what was waited so far, within `follow_up` and an hour."""
    age = (desk.clock.now() - (document.sending_since or document.changed_at)).total_seconds()
    return max(desk.patience.follow_up, min(age / 4, _LOOK_SECONDS_MAX))
