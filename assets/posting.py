"""One document into the ERP, exactly once: the protocol that drives it from state to state.

In: a stored document of the outbox. Out: the same document one or more states further. The intent is stored before the
call, the ERP is asked by key before every first and after every unclear send, and every step is one transaction with
its audit event. A worker that dies leaves a state from which the next worker goes on; nothing here remembers anything,
and what holds a document is told anew by every worker that looks at it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from assets.desk import Desk, Driven, PostingPatience, decided_on, removal, require_own_key
from assets.posting_findings import (
    SENDABLE_CODES,
    blind_finding,
    error_sentence,
    finding,
    kept_finding,
    named,
    other_content_sentence,
    refused_finding,
    review_code,
    review_reason,
    stranger_sentence,
)
from ledger.errors import (
    ConnectorError,
    ContentChanged,
    InputRefused,
    SecretMissing,
    TargetMisconfigured,
    TargetRefused,
    TargetUnavailable,
    UndoneMeanwhile,
    VaultClosed,
)
from ledger.journal import Journal
from ledger.posting import PostingState
from resources.erp.target import BooksState, FoundDocument, Sightings, TargetStatus
from resources.store.outbox import Lease, OutboxDocument

# After so many sends an absent document is a matter for a person: something eats them.
_ATTEMPTS_MAX = 3
_ALL_DOCUMENTS = 1_000_000
# However long the ERP takes, somebody looks again within the hour.
_LOOK_SECONDS_MAX = 3600


def drive(desk: Desk, key: str, siblings: Sequence[Journal]) -> Driven:
    """Take one document as far as it goes now; never raise for what the ERP did.

    `siblings` are all documents of the set, so that one look in the ERP sees them together. When another worker holds
    the document, it is returned as it stands. Raises LeaseLost when this worker was replaced meanwhile.
    """
    document = _required(desk, key)
    if document.state is PostingState.REFUSED:
        return Driven(document, finding=refused_finding(document))
    if document.state in (PostingState.POSTED, PostingState.REVERSED, PostingState.PLANNED):
        return Driven(document)
    lease = desk.outbox.lease(key, desk.holder, desk.patience.lease)
    if lease is None:
        # Whoever has it may be dead, and its lease runs on: a run every few seconds until then would be for nothing.
        held = _required(desk, key)
        return Driven(held, again_at=_after(desk, _growing(desk, held)))
    try:
        return _walk(desk, lease, _required(desk, key), siblings)
    finally:
        desk.outbox.release(lease)


def _walk(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """Apply the step of the present state until a state repeats or asks to wait."""
    decided_on()  # whatever was asked before says nothing about this document
    try:
        require_own_key(desk.target, document)
    except TargetMisconfigured as error:
        return _look_again(desk, document, error)
    for _ in range(len(PostingState)):
        before = document.state
        step = _STEP_OF_STATE.get(before)
        driven = step(desk, lease, document, siblings) if step else Driven(document)
        if driven.document.state == before or driven.again_at is not None or driven.finding is not None:
            return driven
        document = driven.document
    return Driven(document, again_at=_after(desk, desk.patience.follow_up))


def _send(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """approved: look first, over all revisions; then store the intent, then call."""
    if document.not_before is not None and document.not_before > desk.clock.now():
        return Driven(document, again_at=document.not_before)
    try:
        sightings = desk.look(document, siblings)
    except ConnectorError as error:
        return _look_again(desk, document, error)
    seen = _seen(sightings, document)
    if seen is not None:
        return _take_over(desk, lease, document, seen, "found in the ERP before the first send")
    others = strangers(desk, sightings, document, siblings)
    if others:
        return _to_review(desk, lease, document, "posting_unknown_document", stranger_sentence(document, others))
    if not sightings.is_certain and not _is_first_into_empty(desk, document, sightings):
        again_at = _after(desk, _growing(desk, document))
        return Driven(document, again_at=again_at, finding=blind_finding(document, sightings.control))
    if not desk.may_send:
        return Driven(document)
    try:
        erp_id = desk.target.erp_id(document.journal)
        reason = "intent stored before the call"
        document = _step(desk, lease, document, PostingState.SENDING, reason, erp_id=erp_id)
    except ContentChanged as error:
        return _to_review(desk, lease, document, "posting_collision", str(error))
    except UndoneMeanwhile as error:
        # The gate of the next run finds it undone and says what to do.
        return Driven(document, again_at=_after(desk, desk.patience.follow_up), waits_for=str(error))
    return _submit(desk, lease, document)


def _submit(desk: Desk, lease: Lease, document: OutboxDocument) -> Driven:
    """sending, in this worker: the one call that writes."""
    try:
        erp_id = desk.target.submit(document.journal)
    except (TargetRefused, InputRefused) as error:
        refused = _step(desk, lease, document, PostingState.REFUSED, str(error))
        return Driven(refused, finding=refused_finding(refused))
    except (TargetUnavailable, TargetMisconfigured) as error:
        back = _step(desk, lease, document, PostingState.APPROVED, f"nothing was sent: {error}")
        return _look_again(desk, back, error)
    except ConnectorError as error:
        # Everything else, a missing secret at the wrong moment included, leaves open whether it arrived.
        return Driven(_step(desk, lease, document, PostingState.UNCLEAR, str(error)))
    return Driven(_step(desk, lease, document, PostingState.SENT, "the ERP has saved it", erp_id=erp_id))


def _worker_died(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """sending, found by a later worker: the one before died between intent and answer."""
    return Driven(_step(desk, lease, document, PostingState.UNCLEAR, "the worker that was sending it ended"))


def _ask(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """unclear: ask by key; absent counts only with a positive control and after the quiet period."""
    try:
        sightings = desk.target.find(siblings)
    except ConnectorError as error:
        return _still_unclear(desk, lease, document, str(error))
    seen = _seen(sightings, document)
    if seen is not None:
        return _take_over(desk, lease, document, seen, "found by key")
    if not sightings.is_certain:
        return _still_unclear(desk, lease, document, f"the ERP's empty answer proves nothing ({_shown(sightings)})")
    if not _is_quiet(desk, document):
        return Driven(document, again_at=_quiet_until(desk, document))
    if document.attempts >= _ATTEMPTS_MAX:
        sentence = f"{named(document)} was sent {document.attempts} times, and the ERP has never saved it."
        return _to_review(desk, lease, document, "posting_unclear", f"{sentence} Last answer: {document.reason}")
    reason = f"provably absent: {sightings.control} was seen and the quiet period has passed"
    return Driven(_step(desk, lease, document, PostingState.APPROVED, reason))


def _follow(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """sent, importing: follow the ERP's own edit and post for a while, then leave it for a later run."""
    deadline = desk.clock.monotonic() + desk.patience.in_run
    while True:
        try:
            status = desk.target.status(document.journal)
        except ConnectorError as error:
            return _look_again(desk, document, error)
        if status.state in (BooksState.POSTED, BooksState.ERROR, BooksState.REMOVED):
            return _settle(desk, lease, document, status)
        if status.state is BooksState.WAITING:
            document = _waiting(desk, lease, document, status)
        if desk.clock.monotonic() + desk.patience.poll > deadline:
            break
        desk.clock.sleep(desk.patience.poll)
    if status.state is BooksState.ABSENT:
        return _vanished(desk, lease, document, siblings)
    return Driven(document, again_at=_after(desk, _growing(desk, document)), waits_for=status.waiting_for)


def _waiting(desk: Desk, lease: Lease, document: OutboxDocument, status: TargetStatus) -> OutboxDocument:
    """Say what a saved document waits for, each time that is something else."""
    reason = f"saved; waiting for {status.waiting_for}"
    if document.state is PostingState.IMPORTING and document.reason == reason:
        return document
    return _step(desk, lease, document, PostingState.IMPORTING, reason)


def _vanished(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """It was saved, and the books do not show it: removed without a trace, or we are blind. Never sent again."""
    try:
        sightings = desk.target.find(siblings)
    except ConnectorError as error:
        return _look_again(desk, document, error)
    seen = _seen(sightings, document)
    if seen is not None and seen.state is not BooksState.WAITING:
        return _settle(desk, lease, document, _status_of(desk, document, seen))
    if seen is not None:
        return Driven(document, again_at=_after(desk, _growing(desk, document)))
    if sightings.is_certain and _is_quiet(desk, document):
        return _to_review(desk, lease, document, "posting_removed", removal(desk.target, document))
    why = f"it was saved, but the ERP does not show it ({_shown(sightings)})"
    return _still_unclear(desk, lease, document, why)


def _settle(desk: Desk, lease: Lease, document: OutboxDocument, status: TargetStatus) -> Driven:
    if status.state is BooksState.POSTED:
        reason = f"the books say posted ({status.erp_status})"
        return Driven(_step(desk, lease, document, PostingState.POSTED, reason))
    if status.state is BooksState.ERROR:
        return _to_review(desk, lease, document, "posting_error", error_sentence(document, status))
    return _to_review(desk, lease, document, "posting_removed", removal(desk.target, document, status))


def _review(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """review: look again; go on where the books say so, or where a person decided and absence is proved."""
    try:
        sightings = desk.target.find(siblings)
    except ConnectorError:
        return Driven(document, again_at=_after(desk, _growing(desk, document)), finding=kept_finding(document))
    seen = _seen(sightings, document)
    if seen is not None:
        return _reviewed(desk, lease, document, seen)
    others = strangers(desk, sightings, document, siblings)
    if others:
        sentence = stranger_sentence(document, others)
        return Driven(document, finding=finding("posting_unknown_document", document, sentence))
    is_absent = sightings.is_certain and _is_quiet(desk, document)
    if review_code(document) not in SENDABLE_CODES:
        if not is_absent or review_code(document) == "posting_collision":
            return Driven(document, finding=kept_finding(document))
        return Driven(document, finding=finding("posting_removed", document, removal(desk.target, document)))
    if is_absent and document.key in desk.may_send_again:
        reason = f"a person decided, and it is provably absent: {sightings.control} was seen"
        return Driven(_step(desk, lease, document, PostingState.APPROVED, reason))
    return Driven(document, finding=kept_finding(document))


def _reviewed(desk: Desk, lease: Lease, document: OutboxDocument, seen: FoundDocument) -> Driven:
    """Go on with a document in review that the books hold as ours; else tell anew what is wrong with it."""
    if seen.state is BooksState.REMOVED:
        sentence = removal(desk.target, document, seen)
        return Driven(document, finding=finding("posting_removed", document, sentence))
    if not seen.is_same:
        sentence = other_content_sentence(document, seen)
        return Driven(document, finding=finding("posting_other_content", document, sentence))
    if seen.state is BooksState.ERROR:
        sentence = error_sentence(document, _status_of(desk, document, seen))
        return Driven(document, finding=finding("posting_error", document, sentence))
    state = PostingState.POSTED if seen.state is BooksState.POSTED else PostingState.IMPORTING
    return Driven(_step(desk, lease, document, state, "the ERP holds it as ours", erp_id=seen.erp_id))


def give_up(desk: Desk, key: str, siblings: Sequence[Journal], reason: str) -> Driven:
    """Close a document in review as refused, but only when the ERP provably does not hold it any more.

    Raises InputRefused when it is not in review, TargetRefused while the ERP holds it, TargetUnavailable while that
    cannot be told or another worker is busy with it, TargetMisconfigured when its key is made otherwise by now.
    """
    lease = desk.outbox.lease(key, desk.holder, desk.patience.lease)
    document = _required(desk, key)
    if lease is None:
        raise TargetUnavailable(f"Another worker is busy with {named(document)}. Try again in a minute.")
    try:
        if document.state is not PostingState.REVIEW:
            raise InputRefused(f"{named(document)} is {document.state}, not in review: there is nothing to give up.")
        require_own_key(desk.target, document)
        sightings = desk.target.find(siblings)
        seen = _seen(sightings, document)
        if seen is not None and seen.state is not BooksState.REMOVED:
            raise TargetRefused(
                f"{named(document)} still stands in the ERP as {seen.erp_id} (status {seen.erp_status}). "
                "Delete it there first; until then a corrected document would stand beside it."
            )
        if seen is None and not (sightings.is_certain and _is_quiet(desk, document)):
            raise TargetUnavailable("The ERP cannot show yet that the document is gone. Try again later.")
        gone = f" (there it {seen.happened}, status {seen.erp_status})" if seen is not None and seen.happened else ""
        return Driven(_step(desk, lease, document, PostingState.REFUSED, f"{reason}{gone}"))
    finally:
        desk.outbox.release(lease)


_STEP_OF_STATE = {
    PostingState.APPROVED: _send,
    PostingState.SENDING: _worker_died,
    PostingState.UNCLEAR: _ask,
    PostingState.SENT: _follow,
    PostingState.IMPORTING: _follow,
    PostingState.REVIEW: _review,
}


def _seen(sightings: Sightings, document: OutboxDocument) -> FoundDocument | None:
    """Return what the ERP holds under this document's own key."""
    return next((found for found in sightings.found if found.key_matches == document.key), None)


def _shown(sightings: Sightings) -> str:
    """Return what a look in the ERP showed beside the document itself, and why that is not enough."""
    return sightings.control or "no record at all"


def _is_first_into_empty(desk: Desk, document: OutboxDocument, sightings: Sightings) -> bool:
    """Tell whether the units that show nothing are empty by a person's word, and nothing of ours was ever sent there.

    The word counts for the first send alone: from then on an empty answer about such a unit would hide our own journal.
    """
    if not sightings.confirmed_empty or document.attempts:
        return False
    return not any(
        other.journal.unit in sightings.confirmed_empty
        for other in desk.outbox.listing(limit=_ALL_DOCUMENTS)
        if other.source.ledger == document.source.ledger and (other.attempts or other.erp_id)
    )


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


def _take_over(desk: Desk, lease: Lease, document: OutboxDocument, seen: FoundDocument, reason: str) -> Driven:
    """Accept what the ERP holds if it is the same document; otherwise a person decides."""
    if not seen.is_same and seen.state is not BooksState.REMOVED:
        return _to_review(desk, lease, document, "posting_other_content", other_content_sentence(document, seen))
    if seen.state in (BooksState.POSTED, BooksState.WAITING):
        state = PostingState.POSTED if seen.state is BooksState.POSTED else PostingState.IMPORTING
        return Driven(_step(desk, lease, document, state, reason, erp_id=seen.erp_id))
    if document.state is PostingState.UNCLEAR:
        document = _step(desk, lease, document, PostingState.SENT, reason, erp_id=seen.erp_id)
    return _settle(desk, lease, document, _status_of(desk, document, seen))


def _status_of(desk: Desk, document: OutboxDocument, seen: FoundDocument) -> TargetStatus:
    """Return the ERP's own words about a found document; without them when they cannot be read just now."""
    plain = TargetStatus(seen.state, seen.erp_status, happened=seen.happened)
    try:
        status = desk.target.status(document.journal)
    except ConnectorError:
        return plain
    return status if status.state is seen.state else plain


def _to_review(desk: Desk, lease: Lease, document: OutboxDocument, code: str, sentence: str) -> Driven:
    moved = _step(desk, lease, document, PostingState.REVIEW, review_reason(code, sentence))
    return Driven(moved, finding=finding(code, moved, sentence))


def _still_unclear(desk: Desk, lease: Lease, document: OutboxDocument, why: str) -> Driven:
    """Wait for a trustworthy read; ask a person when that takes too long."""
    since = document.sending_since or document.changed_at
    if desk.clock.now() - since > timedelta(seconds=desk.patience.blind):
        sentence = f"Nobody can tell whether {named(document)} stands in the books as {document.erp_id}: {why}"
        return _to_review(desk, lease, document, "posting_unclear", sentence)
    return Driven(document, again_at=_after(desk, _growing(desk, document)))


def _look_again(desk: Desk, document: OutboxDocument, error: ConnectorError) -> Driven:
    """Leave the document where it is and say why; a later run goes on."""
    told = None
    if isinstance(error, (TargetMisconfigured, SecretMissing, VaultClosed)):
        told = finding("target_misconfigured", document, str(error), "Correct it; the next run goes on by itself.")
    return Driven(document, again_at=_after(desk, _growing(desk, document)), finding=told, waits_for=str(error))


def _required(desk: Desk, key: str) -> OutboxDocument:
    document = desk.outbox.document(key)
    if document is None:
        raise InputRefused(f"The outbox holds no document {key}.")
    return document


def _step(
    desk: Desk, lease: Lease, document: OutboxDocument, to: PostingState, reason: str, erp_id: str | None = None
) -> OutboxDocument:
    told = {"run": desk.run, "person": desk.person, "erp_id": erp_id, **decided_on()}
    if to is PostingState.SENDING:
        told["unless_begun"] = desk.unless_begun
    return desk.outbox.step(document.key, to, reason, lease=lease, **told)


def _after(desk: Desk, seconds: float) -> datetime:
    return desk.clock.now() + timedelta(seconds=seconds)


def _growing(desk: Desk, document: OutboxDocument) -> float:
    """Return seconds to the next look: a quarter of what was waited so far, within `follow_up` and an hour."""
    age = (desk.clock.now() - (document.sending_since or document.changed_at)).total_seconds()
    return max(desk.patience.follow_up, min(age / 4, _LOOK_SECONDS_MAX))


def _quiet_until(desk: Desk, document: OutboxDocument) -> datetime:
    """Return when an absent answer may be believed: a slow server can still be committing before that."""
    since = document.sending_since or document.changed_at
    return since + timedelta(seconds=desk.target.quiet_period_seconds)


def _is_quiet(desk: Desk, document: OutboxDocument) -> bool:
    """Tell whether nothing of ours can still be under way; what was never sent is quiet."""
    return document.sending_since is None or desk.clock.now() >= _quiet_until(desk, document)


__all__ = ["Desk", "Driven", "PostingPatience", "drive", "give_up", "strangers"]
