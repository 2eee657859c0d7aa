"""One document into the ERP, exactly once: the protocol that drives it from state to state.

In: a stored document of the outbox. Out: the same document one or more states further. The intent is stored before the
call, the ERP is asked by key before every first and after every unclear send, and every step is one transaction with
its audit event. A worker that dies leaves a state from which the next worker goes on; nothing here remembers anything,
and what holds a document is told anew by every worker that looks at it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from assets.posting.desk import Desk, Driven, PostingPatience, decided_on, removal, require_own_key
from assets.posting.findings import (
    SENDABLE_CODES,
    error_sentence,
    finding,
    kept_finding,
    named,
    other_content_sentence,
    refused_finding,
    review_code,
    stranger_sentence,
)
from assets.posting.sending import send
from assets.posting.steps import (
    after,
    growing,
    look_again,
    move,
    required,
    seen_in,
    settle,
    shown,
    status_of,
    strangers,
    take_over,
    to_review,
)
from ledger.errors import ConnectorError, InputRefused, TargetMisconfigured, TargetRefused, TargetUnavailable
from ledger.journal import Journal
from ledger.posting import PostingState
from resources.erp.target import BooksState, FoundDocument, TargetStatus
from resources.store.outbox import Lease, OutboxDocument

# After so many sends an absent document is a matter for a person: something eats them.
_ATTEMPTS_MAX = 3


def drive(desk: Desk, key: str, siblings: Sequence[Journal]) -> Driven:
    """Take one document as far as it goes now; never raise for what the ERP did.

    `siblings` are all documents of the set, so that one look in the ERP sees them together. When another worker holds
    the document, it is returned as it stands. Raises LeaseLost when this worker was replaced meanwhile.
    """
    document = required(desk, key)
    if document.state is PostingState.REFUSED:
        return Driven(document, finding=refused_finding(document))
    if document.state in (PostingState.POSTED, PostingState.REVERSED, PostingState.PLANNED):
        return Driven(document)
    lease = desk.outbox.lease(key, desk.holder, desk.patience.lease)
    if lease is None:
        # Whoever has it may be dead, and its lease runs on: a run every few seconds until then would be for nothing.
        held = required(desk, key)
        return Driven(held, again_at=after(desk, growing(desk, held)))
    try:
        return _walk(desk, lease, required(desk, key), siblings)
    finally:
        desk.outbox.release(lease)


def _walk(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """Apply the step of the present state until a state repeats or asks to wait."""
    decided_on()  # whatever was asked before says nothing about this document
    try:
        require_own_key(desk.target, document)
    except TargetMisconfigured as error:
        return look_again(desk, document, error)
    for _ in range(len(PostingState)):
        before = document.state
        step = _STEP_OF_STATE.get(before)
        driven = step(desk, lease, document, siblings) if step else Driven(document)
        if driven.document.state == before or driven.again_at is not None or driven.finding is not None:
            return driven
        document = driven.document
    return Driven(document, again_at=after(desk, desk.patience.follow_up))


def _worker_died(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """sending, found by a later worker: the one before died between intent and answer."""
    return Driven(move(desk, lease, document, PostingState.UNCLEAR, "the worker that was sending it ended"))


def _ask(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """unclear: ask by key; absent counts only with a positive control and after the quiet period."""
    try:
        sightings = desk.target.find(siblings)
    except ConnectorError as error:
        return _still_unclear(desk, lease, document, str(error))
    seen = seen_in(sightings, document)
    if seen is not None:
        return take_over(desk, lease, document, seen, "found by key")
    if not sightings.is_certain:
        return _still_unclear(desk, lease, document, f"the ERP's empty answer proves nothing ({shown(sightings)})")
    if not _is_quiet(desk, document):
        until = _quiet_until(desk, document)
        waits_for = f"the quiet period, which is over at {until:%Y-%m-%d %H:%M} UTC: only then is it known to be absent"
        return Driven(document, again_at=until, waits_for=waits_for)
    if document.attempts >= _ATTEMPTS_MAX:
        sentence = f"{named(document)} was sent {document.attempts} times, and the ERP has never saved it."
        return to_review(desk, lease, document, "posting_unclear", f"{sentence} Last answer: {document.reason}")
    reason = f"provably absent: {sightings.control} was seen and the quiet period has passed"
    return Driven(move(desk, lease, document, PostingState.APPROVED, reason))


def _follow(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """sent, importing: follow the ERP's own edit and post for a while, then leave it for a later run."""
    deadline = desk.clock.monotonic() + desk.patience.in_run
    while True:
        try:
            status = desk.target.status(document.journal)
        except ConnectorError as error:
            return look_again(desk, document, error)
        if status.state in (BooksState.POSTED, BooksState.ERROR, BooksState.REMOVED):
            return settle(desk, lease, document, status)
        if status.state is BooksState.WAITING:
            document = _waiting(desk, lease, document, status)
        if desk.clock.monotonic() + desk.patience.poll > deadline:
            break
        desk.clock.sleep(desk.patience.poll)
    if status.state is BooksState.ABSENT:
        return _vanished(desk, lease, document, siblings)
    return Driven(document, again_at=after(desk, growing(desk, document)), waits_for=status.waiting_for)


def _waiting(desk: Desk, lease: Lease, document: OutboxDocument, status: TargetStatus) -> OutboxDocument:
    """Say what a saved document waits for, each time that is something else."""
    reason = f"saved; waiting for {status.waiting_for}"
    if document.state is PostingState.IMPORTING and document.reason == reason:
        return document
    return move(desk, lease, document, PostingState.IMPORTING, reason)


def _vanished(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """It was saved, and the books do not show it: removed without a trace, or we are blind. Never sent again."""
    try:
        sightings = desk.target.find(siblings)
    except ConnectorError as error:
        return look_again(desk, document, error)
    seen = seen_in(sightings, document)
    if seen is not None and seen.state is not BooksState.WAITING:
        return settle(desk, lease, document, status_of(desk, document, seen))
    if seen is not None:
        return Driven(document, again_at=after(desk, growing(desk, document)))
    if sightings.is_certain and _is_quiet(desk, document):
        return to_review(desk, lease, document, "posting_removed", removal(desk.target, document))
    why = f"it was saved, but the ERP does not show it ({shown(sightings)})"
    return _still_unclear(desk, lease, document, why)


def _review(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """review: look again; go on where the books say so, or where a person decided and absence is proved."""
    try:
        sightings = desk.target.find(siblings)
    except ConnectorError:
        return Driven(document, again_at=after(desk, growing(desk, document)), finding=kept_finding(document))
    seen = seen_in(sightings, document)
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
        return Driven(move(desk, lease, document, PostingState.APPROVED, reason))
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
        sentence = error_sentence(document, status_of(desk, document, seen))
        return Driven(document, finding=finding("posting_error", document, sentence))
    state = PostingState.POSTED if seen.state is BooksState.POSTED else PostingState.IMPORTING
    return Driven(move(desk, lease, document, state, "the ERP holds it as ours", erp_id=seen.erp_id))


def give_up(desk: Desk, key: str, siblings: Sequence[Journal], reason: str) -> Driven:
    """Close a document in review as refused, but only when the ERP provably does not hold it any more.

    Raises InputRefused when it is not in review, TargetRefused while the ERP holds it, TargetUnavailable while that
    cannot be told or another worker is busy with it, TargetMisconfigured when its key is made otherwise by now.
    """
    lease = desk.outbox.lease(key, desk.holder, desk.patience.lease)
    document = required(desk, key)
    if lease is None:
        raise TargetUnavailable(f"Another worker is busy with {named(document)}. Try again in a minute.")
    try:
        if document.state is not PostingState.REVIEW:
            raise InputRefused(f"{named(document)} is {document.state}, not in review: there is nothing to give up.")
        require_own_key(desk.target, document)
        sightings = desk.target.find(siblings)
        seen = seen_in(sightings, document)
        if seen is not None and seen.state is not BooksState.REMOVED:
            raise TargetRefused(
                f"{named(document)} still stands in the ERP as {seen.erp_id} (status {seen.erp_status}). "
                "Delete it there first; until then a corrected document would stand beside it."
            )
        if seen is None and not (sightings.is_certain and _is_quiet(desk, document)):
            raise TargetUnavailable("The ERP cannot show yet that the document is gone. Try again later.")
        gone = f" (there it {seen.happened}, status {seen.erp_status})" if seen is not None and seen.happened else ""
        return Driven(move(desk, lease, document, PostingState.REFUSED, f"{reason}{gone}"))
    finally:
        desk.outbox.release(lease)


_STEP_OF_STATE = {
    PostingState.APPROVED: send,
    PostingState.SENDING: _worker_died,
    PostingState.UNCLEAR: _ask,
    PostingState.SENT: _follow,
    PostingState.IMPORTING: _follow,
    PostingState.REVIEW: _review,
}


def _still_unclear(desk: Desk, lease: Lease, document: OutboxDocument, why: str) -> Driven:
    """Wait for a trustworthy read; ask a person when that takes too long."""
    since = document.sending_since or document.changed_at
    if desk.clock.now() - since > timedelta(seconds=desk.patience.blind):
        sentence = f"Nobody can tell whether {named(document)} stands in the books as {document.erp_id}: {why}"
        return to_review(desk, lease, document, "posting_unclear", sentence)
    return Driven(document, again_at=after(desk, growing(desk, document)), waits_for=f"a trustworthy read: {why}")


def _quiet_until(desk: Desk, document: OutboxDocument) -> datetime:
    """Return when an absent answer may be believed: a slow server can still be committing before that."""
    since = document.sending_since or document.changed_at
    return since + timedelta(seconds=desk.target.quiet_period_seconds)


def _is_quiet(desk: Desk, document: OutboxDocument) -> bool:
    """Tell whether nothing of ours can still be under way; what was never sent is quiet."""
    return document.sending_since is None or desk.clock.now() >= _quiet_until(desk, document)


__all__ = ["Desk", "Driven", "PostingPatience", "drive", "give_up", "strangers"]
