"""Send documents: looked for first, the intent stored, then the one call; one document alone, or several together.

In: approved documents under their leases. Out: each handed over, or at rest and why. Several go together where the
target takes several in one call: every one of them is looked for and has its intent committed before that call, and
from then on each is followed alone. What the call comes to is written down for each; only documents know verdicts.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from assets.posting.desk import Desk, Driven, decided_on, require_own_key
from assets.posting.findings import blind_finding, refused_finding, stranger_sentence
from assets.posting.steps import (
    after,
    growing,
    look_again,
    move,
    required,
    seen_in,
    strangers,
    take_over,
    to_review,
)
from ledger.errors import (
    ConnectorError,
    ContentChanged,
    InputRefused,
    LeaseLost,
    TargetMisconfigured,
    TargetRefused,
    TargetUnavailable,
    UndoneMeanwhile,
)
from ledger.journal import Form, Journal, SourceKey
from ledger.posting import PostingState
from resources.erp.target import CollectingTarget, Sightings
from resources.store.outbox import Lease, OutboxDocument
from resources.transport.last_check import asked_before_writing

_ALL_DOCUMENTS = 1_000_000
# So many documents are looked for at once: the answer proves all of them, and is kept with each.
_LOOKED_FOR_AT_ONCE = 25
_Leased = tuple[Lease, OutboxDocument]
# By the document's key: what may not be begun beside it, and its other names.
_Beside = Mapping[str, tuple[Sequence[SourceKey], Sequence[SourceKey]]]


def send(desk: Desk, lease: Lease, document: OutboxDocument, siblings: Sequence[Journal]) -> Driven:
    """approved: look first, over all revisions; then store the intent, then call."""
    if document.not_before is not None and document.not_before > desk.clock.now():
        return Driven(document, again_at=document.not_before)
    try:
        sightings = desk.look(document, siblings)
    except ConnectorError as error:
        return look_again(desk, document, error)
    kept = _kept(desk, lease, document, siblings, sightings, _Firsts(desk))
    if kept is not None:
        return kept
    if not desk.may_send:
        return Driven(document)
    intended = _intended(desk, lease, document)
    if intended.document.state is not PostingState.SENDING:
        return intended
    erp_id, error = _called(desk, [lease], lambda: desk.target.submit(document.journal))
    return _told(desk, lease, intended.document, erp_id, error)


def send_together(
    desk: Desk,
    target: CollectingTarget,
    documents: Sequence[OutboxDocument],
    beside: _Beside,
) -> dict[str, Driven]:
    """Send first documents of several sources in one call, each exactly once; return where those rest that went not.

    `beside` are, by the document's key, the sources of which nothing may be begun when that document is sent, and its
    other names, as of a desk: where one is, it rests, and the others of the call go. What was handed over, and what a
    look in the ERP showed to be there, is left to be followed as if it had gone alone.
    Raises LeaseLost when this worker was replaced meanwhile, once everything else is written down.
    """
    leased: list[_Leased] = []
    resting: dict[str, Driven] = {}
    try:
        for key in (one.key for one in documents):
            lease = desk.outbox.lease(key, desk.holder, desk.patience.lease)
            document = required(desk, key)
            if lease is not None:
                leased.append((lease, document))
            if lease is None:
                resting[key] = Driven(document, again_at=after(desk, growing(desk, document)))
        decided_on()  # whatever was asked before says nothing about these documents
        intended = _intended_together(desk, target, leased, resting, beside)
        if intended:
            _hand_over(desk, target, intended, resting)
        return resting
    finally:
        for lease, _ in leased:
            desk.outbox.release(lease)


def _intended_together(
    desk: Desk,
    target: CollectingTarget,
    leased: Sequence[_Leased],
    resting: dict[str, Driven],
    beside: _Beside,
) -> list[_Leased]:
    """Look for documents and store the intent of those that are provably absent; the others rest."""
    intended: list[_Leased] = []
    firsts = _Firsts(desk, frozenset(document.key for _, document in leased))
    ready = [one for one in leased if _is_ready(desk, one[1], resting)]
    for first in range(0, len(ready), _LOOKED_FOR_AT_ONCE):
        some = ready[first : first + _LOOKED_FOR_AT_ONCE]
        try:
            looks = target.find_each([_at(desk, beside, one).sought([one.journal]) for _, one in some])
        except ConnectorError as error:
            resting |= {document.key: look_again(desk, document, error) for _, document in ready[first:]}
            break
        decided = decided_on()
        for (lease, document), sightings in zip(some, looks, strict=True):
            with suppress(LeaseLost):  # Whoever has it goes on with it.
                kept = _kept(desk, lease, document, [document.journal], sightings, firsts, decided)
                one = kept or _intended(_at(desk, beside, document), lease, document, decided)
                if one.document.state is PostingState.SENDING:
                    intended.append((lease, one.document))
                else:
                    resting[document.key] = one
    return intended


def _at(desk: Desk, beside: _Beside, document: OutboxDocument) -> Desk:
    """Return the desk of one document: with what may not be begun beside it, and its other names."""
    unless_begun, other_names = beside[document.key]
    return replace(desk, unless_begun=tuple(unless_begun), other_names=tuple(other_names))


def _is_ready(desk: Desk, document: OutboxDocument, resting: dict[str, Driven]) -> bool:
    """Tell whether a document may go now; one that waits for its time or its own key rests."""
    if document.state is not PostingState.APPROVED:
        return False
    if document.not_before is not None and document.not_before > desk.clock.now():
        resting[document.key] = Driven(document, again_at=document.not_before)
        return False
    try:
        require_own_key(desk.target, document)
    except TargetMisconfigured as error:
        resting[document.key] = look_again(desk, document, error)
        return False
    return True


def _hand_over(desk: Desk, target: CollectingTarget, intended: Sequence[_Leased], resting: dict[str, Driven]) -> None:
    """Make the one call, and write down for each document what it came to."""
    journals = [document.journal for _, document in intended]
    _, error = _called(desk, [lease for lease, _ in intended], lambda: target.submit_together(journals))
    decided = decided_on()
    lost: LeaseLost | None = None
    for lease, document in intended:
        try:
            told = _told(desk, lease, document, document.erp_id, error, decided)
        except LeaseLost as replaced:
            lost = replaced
            continue
        if told.document.state is PostingState.APPROVED:
            resting[document.key] = told
    if lost is not None:
        raise lost


def _kept(
    desk: Desk,
    lease: Lease,
    document: OutboxDocument,
    siblings: Sequence[Journal],
    sightings: Sightings,
    firsts: "_Firsts",
    decided: Mapping[str, Any] | None = None,
) -> Driven | None:
    """Return where a document rests that the look in the ERP keeps from being sent, None where it is absent."""
    seen = seen_in(sightings, document)
    if seen is not None:
        return take_over(desk, lease, document, seen, "found in the ERP before the first send", decided)
    others = strangers(desk, sightings, document, siblings)
    if others:
        sentence = stranger_sentence(document, others)
        return to_review(desk, lease, document, "posting_unknown_document", sentence, decided)
    if not sightings.is_certain and not firsts.include(document, sightings):
        again_at = after(desk, growing(desk, document))
        return Driven(document, again_at=again_at, finding=blind_finding(document, sightings.control))
    return None


def _intended(desk: Desk, lease: Lease, document: OutboxDocument, decided: Mapping[str, Any] | None = None) -> Driven:
    """Store the intent; the document is then `sending`, or rests."""
    try:
        erp_id = desk.target.erp_id(document.journal)
        reason = "intent stored before the call"
        return Driven(move(desk, lease, document, PostingState.SENDING, reason, erp_id, decided))
    except ContentChanged as error:
        return to_review(desk, lease, document, "posting_collision", str(error), decided)
    except UndoneMeanwhile as error:
        # The gate of the next run finds it undone and says what to do.
        return Driven(document, again_at=after(desk, desk.patience.follow_up), waits_for=str(error))


def _called(
    desk: Desk, leases: Sequence[Lease], call: Callable[[], str | None]
) -> tuple[str | None, ConnectorError | None]:
    """Make the one call that writes; return what it answers, or what went wrong with it.

    It leaves only while every lease still runs: afterwards another worker may have taken over. Whoever slept so long (a
    suspended machine, a stopped process, a slow look before the call) leaves documents behind as a dead worker does.
    """
    ends_at = min(lease.expires_at for lease in leases)
    try:
        with asked_before_writing(lambda: desk.clock.now() < ends_at):
            return call(), None
    except ConnectorError as error:
        return None, error


def _told(
    desk: Desk,
    lease: Lease,
    document: OutboxDocument,
    erp_id: str | None,
    error: ConnectorError | None,
    decided: Mapping[str, Any] | None = None,
) -> Driven:
    """sending, in this worker: write down what the call came to."""
    if error is None:
        return Driven(move(desk, lease, document, PostingState.SENT, "the ERP has saved it", erp_id, decided))
    if isinstance(error, (TargetRefused, InputRefused)):
        refused = move(desk, lease, document, PostingState.REFUSED, str(error), None, decided)
        return Driven(refused, finding=refused_finding(refused))
    if isinstance(error, (TargetUnavailable, TargetMisconfigured)):
        reason = f"nothing was sent: {error}"
        return look_again(desk, move(desk, lease, document, PostingState.APPROVED, reason, None, decided), error)
    # Everything else, a missing secret at the wrong moment included, leaves open whether it arrived.
    return Driven(move(desk, lease, document, PostingState.UNCLEAR, str(error), None, decided))


class _Firsts:
    """Whether units that show nothing are empty by a person's word, and nothing of ours was ever sent there.

    The word counts for the first send alone: from then on an empty answer about such a unit would hide our own
    document. Invoices, receipts and journals stand in different books of a unit: one says nothing about another. What
    goes in one call is one send; for it, what was sent before is looked up once.
    """

    def __init__(self, desk: Desk, together: frozenset[str] = frozenset()) -> None:
        self._desk = desk
        self._together = together
        self._known: dict[tuple[str, frozenset[str], Form], bool] = {}

    def include(self, document: OutboxDocument, sightings: Sightings) -> bool:
        """Tell whether a document is a first one into an empty unit."""
        if not sightings.confirmed_empty or document.attempts:
            return False
        asked = document.source.ledger, sightings.confirmed_empty, document.journal.form
        if asked not in self._known:
            self._known[asked] = not any(
                other.journal.unit in sightings.confirmed_empty
                for other in self._desk.outbox.listing(limit=_ALL_DOCUMENTS)
                if (other.source.ledger, other.journal.form) == (asked[0], asked[2]) and self._was_sent(other)
            )
        return self._known[asked]

    def _was_sent(self, other: OutboxDocument) -> bool:
        return bool(other.attempts or other.erp_id) and other.key not in self._together
