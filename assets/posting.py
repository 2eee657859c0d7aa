"""One document into the ERP, exactly once: the protocol that drives it from state to state.

In: a stored document of the outbox. Out: the same document one or more states further. The intent is stored before the
call, the ERP is asked by key before every first and after every unclear send, and every step is one transaction with
its audit event. A worker that dies leaves a state from which the next worker goes on; nothing here remembers anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.errors import (
    ConnectorError,
    Finding,
    TargetMisconfigured,
    TargetRefused,
    TargetUnavailable,
    TargetUnclear,
)
from ledger.journal import Journal
from ledger.posting import PostingState
from resources.clock import Clock
from resources.erp.target import BooksState, FoundDocument, Sightings, Target
from resources.store.outbox import Lease, Outbox, OutboxDocument

_IN_BOOKS = {
    BooksState.POSTED: PostingState.POSTED,
    BooksState.WAITING: PostingState.IMPORTING,
    BooksState.ERROR: PostingState.REVIEW,
    BooksState.REMOVED: PostingState.REVIEW,
}


@dataclass(frozen=True)
class PostingPatience:
    """How long the protocol waits, in seconds.

    `lease` bounds how long a dead worker blocks a document and must exceed the longest call. `in_run` is how long one
    run follows the ERP's own batch before it ends `importing`; `poll` lies between two looks; `follow_up` between two
    runs. `blind` is how long an unclear document may stay without a trustworthy read before a person is asked.
    """

    lease: float = 900
    in_run: float = 20
    poll: float = 2
    follow_up: float = 60
    blind: float = 6 * 3600


@dataclass(frozen=True)
class Desk:
    """Everything the protocol needs, and who is acting."""

    outbox: Outbox
    target: Target
    clock: Clock
    patience: PostingPatience
    holder: str
    run: str = ""
    person: str = ""


@dataclass(frozen=True)
class Driven:
    """Where a document came to rest in this run; `again_at` says when to look again."""

    document: OutboxDocument
    again_at: datetime | None = None
    finding: Finding | None = None


def drive(desk: Desk, key: str, siblings: Sequence[Journal]) -> Driven:
    """Take one document as far as it goes now; never raise for what the ERP did.

    `siblings` are all documents of the set, so that one look in the ERP sees them together. When another worker holds
    the document, it is returned as it stands. Raises LeaseLost when this worker was replaced meanwhile.
    """
    document = _required(desk, key)
    if document.state in (PostingState.POSTED, PostingState.REFUSED, PostingState.REVERSED, PostingState.PLANNED):
        return Driven(document)
    lease = desk.outbox.lease(key, desk.holder, desk.patience.lease)
    if lease is None:
        return Driven(_required(desk, key), again_at=_after(desk, desk.patience.follow_up))
    try:
        return _walk(desk, lease, _required(desk, key), siblings)
    finally:
        desk.outbox.release(lease)


def _walk(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """Apply the step of the present state until a state repeats or asks to wait."""
    for _ in range(len(PostingState)):
        before = document.state
        driven = _STEP_OF_STATE[before](desk, lease, document, siblings)
        if driven.document.state == before or driven.again_at is not None or driven.finding is not None:
            return driven
        document = driven.document
    return Driven(document)


def _send(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """approved: look first, over all revisions; then store the intent, then call."""
    if document.not_before is not None and document.not_before > desk.clock.now():
        return Driven(document, again_at=document.not_before)
    try:
        sightings = desk.target.find(siblings)
    except ConnectorError as error:
        return _look_again(desk, document, error)
    seen = _seen(sightings, document)
    if seen is not None:
        return _take_over(desk, lease, document, seen, "found in the ERP before the first send")
    strangers = _strangers(desk, sightings, document, siblings)
    if strangers:
        return _to_review(desk, lease, document, "posting_unknown_document", _stranger_sentence(document, strangers))
    if not sightings.is_certain:
        error = TargetUnavailable("The ERP shows no record at all, so an empty answer proves nothing.")
        return _look_again(desk, document, error)
    erp_id = desk.target.erp_id(document.journal)
    reason = "intent stored before the call"
    document = _step(desk, lease, document, PostingState.SENDING, reason, erp_id=erp_id)
    return _submit(desk, lease, document)


def _submit(desk: Desk, lease: Lease, document: OutboxDocument) -> Driven:
    """sending, in this worker: the one call that writes."""
    try:
        erp_id = desk.target.submit(document.journal)
    except TargetRefused as error:
        refused = _step(desk, lease, document, PostingState.REFUSED, str(error))
        return Driven(refused, finding=_finding("posting_refused", refused, str(error), _REFUSED_CURE))
    except (TargetUnavailable, TargetMisconfigured) as error:
        back = _step(desk, lease, document, PostingState.APPROVED, f"nothing was sent: {error}")
        return _look_again(desk, back, error)
    except TargetUnclear as error:
        unclear = _step(desk, lease, document, PostingState.UNCLEAR, str(error))
        return Driven(unclear, again_at=_quiet_until(desk, unclear))
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
        return _still_unclear(desk, lease, document, "the ERP shows no record at all, so its empty answer proves nothing")
    if desk.clock.now() < _quiet_until(desk, document):
        return Driven(document, again_at=_quiet_until(desk, document))
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
            return _settle(desk, lease, document, status.state, status.erp_status, status.messages)
        if document.state is PostingState.SENT and status.state is BooksState.WAITING:
            document = _step(desk, lease, document, PostingState.IMPORTING, f"saved; waiting for {status.waiting_for}")
        if desk.clock.monotonic() + desk.patience.poll > deadline:
            return Driven(document, again_at=_after(desk, desk.patience.follow_up))
        desk.clock.sleep(desk.patience.poll)


def _settle(
    desk: Desk, lease: Lease, document: OutboxDocument, state: BooksState, erp_status: str, messages: tuple[str, ...]
) -> Driven:
    if state is BooksState.POSTED:
        return Driven(_step(desk, lease, document, PostingState.POSTED, f"the books say posted ({erp_status})"))
    if state is BooksState.ERROR:
        words = " ".join(messages) or f"status {erp_status}"
        return _to_review(desk, lease, document, "posting_error", f"{_named(document)} did not pass the ERP's edit: {words}")
    return _to_review(
        desk, lease, document, "posting_removed", f"{_named(document)} was removed in the ERP (status {erp_status})."
    )


def _review(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """review: look again; go on only where the books themselves say so."""
    try:
        sightings = desk.target.find(siblings)
    except ConnectorError as error:
        return _look_again(desk, document, error)
    seen = _seen(sightings, document)
    if seen is not None and seen.is_same and seen.state in (BooksState.POSTED, BooksState.WAITING):
        state = _IN_BOOKS[seen.state]
        return Driven(_step(desk, lease, document, state, "corrected in the ERP", erp_id=seen.erp_id))
    return Driven(document)


def give_up(desk: Desk, key: str, siblings: Sequence[Journal], reason: str) -> Driven:
    """Close a document in review as refused, but only when the ERP provably does not hold it any more."""
    document = _required(desk, key)
    lease = desk.outbox.lease(key, desk.holder, desk.patience.lease)
    if lease is None:
        raise TargetUnavailable(f"Another worker is busy with {_named(document)}. Try again in a minute.")
    try:
        sightings = desk.target.find(siblings)
        seen = _seen(sightings, document)
        if seen is not None and seen.state is not BooksState.REMOVED:
            raise TargetRefused(
                f"{_named(document)} still stands in the ERP as {seen.erp_id} (status {seen.erp_status}). "
                "Delete it there first; until then a corrected document would stand beside it."
            )
        if not sightings.is_certain or desk.clock.now() < _quiet_until(desk, document):
            raise TargetUnavailable("The ERP cannot show yet that the document is gone. Try again later.")
        return Driven(_step(desk, lease, document, PostingState.REFUSED, reason))
    finally:
        desk.outbox.release(lease)


_STEP_OF_STATE = {
    PostingState.APPROVED: _send,
    PostingState.SENDING: _worker_died,
    PostingState.UNCLEAR: _ask,
    PostingState.SENT: _follow,
    PostingState.IMPORTING: _follow,
    PostingState.REVIEW: _review,
    PostingState.POSTED: lambda desk, lease, document, siblings: Driven(document),
    PostingState.REFUSED: lambda desk, lease, document, siblings: Driven(document),
}

_REFUSED_CURE = (
    "Correct what the sentence names (mapping, ChartField or period), then materialize the partition again: the "
    "corrected journal gets a new revision."
)


def _seen(sightings: Sightings, document: OutboxDocument) -> FoundDocument | None:
    """Return what the ERP holds under this document's own key."""
    return next((found for found in sightings.found if found.key_matches == document.key), None)


def _strangers(
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
    if not seen.is_same:
        sentence = (
            f"The ERP holds {seen.erp_id} under the key of {_named(document)}, with debits {seen.debits}, credits "
            f"{seen.credits} and {seen.lines} lines, which is not what we would post."
        )
        return _to_review(desk, lease, document, "posting_other_content", sentence)
    state = _IN_BOOKS[seen.state]
    if state is PostingState.REVIEW:
        if document.state is PostingState.UNCLEAR:
            document = _step(desk, lease, document, PostingState.SENT, reason, erp_id=seen.erp_id)
        return _settle(desk, lease, document, seen.state, seen.erp_status, ())
    return Driven(_step(desk, lease, document, state, reason, erp_id=seen.erp_id))


def _stranger_sentence(document: OutboxDocument, strangers: Sequence[FoundDocument]) -> str:
    named = ", ".join(f"{found.erp_id} ({found.erp_status}, {found.debits} {found.currency})" for found in strangers)
    return (
        f"{_named(document)} was not sent: the ERP already holds {named} for this settlement, which is not in our records."
    )


def _to_review(desk: Desk, lease: Lease, document: OutboxDocument, code: str, sentence: str) -> Driven:
    moved = _step(desk, lease, document, PostingState.REVIEW, sentence)
    return Driven(moved, finding=_finding(code, moved, sentence, _REVIEW_CURE[code]))


_REVIEW_CURE = {
    "posting_unknown_document": "Compare it with the plan (connector plan). Delete or reverse it in the ERP if it is wrong; then resolve this item.",
    "posting_other_content": "Compare both; correct or delete the document in the ERP, then resolve this item.",
    "posting_error": "Correct or delete the journal in the ERP, then resolve this item with `recheck` or `deleted`.",
    "posting_removed": "It is never created again by itself: resolve this item with `deleted` to allow a new revision.",
    "posting_unclear": "Look in the ERP for the journal named above; then resolve this item with `recheck` or `deleted`.",
}


def _still_unclear(desk: Desk, lease: Lease, document: OutboxDocument, why: str) -> Driven:
    """Wait for a trustworthy read; ask a person when that takes too long."""
    since = document.sending_since or document.changed_at
    if desk.clock.now() - since > timedelta(seconds=desk.patience.blind):
        sentence = f"Nobody can tell whether {_named(document)} was saved as {document.erp_id}: {why}"
        return _to_review(desk, lease, document, "posting_unclear", sentence)
    return Driven(document, again_at=_after(desk, desk.patience.follow_up))


def _look_again(desk: Desk, document: OutboxDocument, error: ConnectorError) -> Driven:
    """Leave the document where it is and say why; a later run goes on."""
    finding = None
    if isinstance(error, TargetMisconfigured):
        finding = _finding("target_misconfigured", document, str(error), "Correct it; the next run goes on by itself.")
    return Driven(document, again_at=_after(desk, desk.patience.follow_up), finding=finding)


def _finding(code: str, document: OutboxDocument, sentence: str, cure: str) -> Finding:
    return Finding(code, sentence, cure, origin=document.erp_id or document.key, amount=document.journal.debits)


def _named(document: OutboxDocument) -> str:
    return f"Journal {document.part} of {document.parts} of settlement {document.source.source_id}"


def _required(desk: Desk, key: str) -> OutboxDocument:
    document = desk.outbox.document(key)
    if document is None:
        raise TargetRefused(f"The outbox holds no document {key}.")
    return document


def _step(
    desk: Desk, lease: Lease, document: OutboxDocument, to: PostingState, reason: str, erp_id: str | None = None
) -> OutboxDocument:
    return desk.outbox.step(
        document.key, to, reason, lease=lease, run=desk.run, person=desk.person, erp_id=erp_id
    )


def _after(desk: Desk, seconds: float) -> datetime:
    return desk.clock.now() + timedelta(seconds=seconds)


def _quiet_until(desk: Desk, document: OutboxDocument) -> datetime:
    """Return when an absent answer may be believed: a slow server can still be committing before that."""
    since = document.sending_since or document.changed_at
    return since + timedelta(seconds=desk.target.quiet_period_seconds)
