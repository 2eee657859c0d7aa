"""Take over what the ERP holds of a settlement under our own key, on another date or as a later revision.

So it is when a document was moved out of a closed period, or corrected, and the control database was lost afterwards or
comes from an old copy. In: a document in review as `posting_unknown_document`, and a person's word. Out: these records
hold the ERP's document as their own, once line by line it proves to be the one that was planned; nothing is sent.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from assets.posting.desk import decided_on
from assets.posting.findings import named, review_reason, stranger_sentence
from assets.posting.protocol import drive, strangers
from assets.settlement_reports import registered
from assets.stages.roadmap import Road
from ledger import money
from ledger.errors import InputRefused
from ledger.journal import SETTLEMENT, Journal, JournalSet
from ledger.periods import on_day
from ledger.posting import PostingState
from ledger.reconciliation import generated_lines_net_to_zero, read_back_equals_journal, unbalanced
from resources.erp.target import BooksState, FoundDocument
from resources.store.outbox import OutboxDocument
from resources.store.review import ReviewItem

CODE, ACTION = "posting_unknown_document", "accept"
# The key of an earlier document is told by trying its revisions: no settlement was ever corrected so often.
_REVISIONS_MAX = 99
_NOT_SENT = frozenset({PostingState.PLANNED, PostingState.APPROVED, PostingState.REVIEW})
_DIFFERENCES_SHOWN = 3


@dataclass(frozen=True)
class Standing:
    """What the ERP holds: each found document with the journal that it is, and the whole set as it then stands."""

    found: dict[str, FoundDocument]
    journals: JournalSet
    sentence: str


def plan_takeover(road: Road, item: ReviewItem) -> Standing:
    """Return what would be taken over; nothing is stored.

    Raises InputRefused naming what differs, TargetError when the ERP cannot be asked.
    """
    documents = _documents(road, item)
    document = next(one for one in documents if one.key == item.document_key)
    siblings = [one.journal for one in documents]
    found = strangers(road.desk, road.desk.look(document, siblings), document, siblings)
    if not found:
        raise InputRefused(f"{named(document)}: the ERP shows no document of it that is not known here. Say `recheck`.")
    pairs = [_own(road, one, documents) for one in found]
    _require_one_each(document, pairs)
    journals = {journal.part: journal for _, journal in pairs}
    revision = pairs[0][1].revision
    _require_revision(document, documents, {one.revision for one in journals.values()}, journals.keys())
    for one, journal in pairs:
        _require_same(road, one, journal)
    standing = JournalSet(document.source, revision, tuple(journals.get(one.part, one.journal) for one in documents))
    if document.source.kind == SETTLEMENT:
        _require_total(road, item.partition, standing)
    return Standing({journal.key: one for one, journal in pairs}, standing, stranger_sentence(document, found))


def take_over(road: Road, item: ReviewItem, person: str, reason: str) -> None:
    """Hold what the ERP has as this settlement's own, and follow it: posted there is posted here.

    Raises as `plan_takeover` does.
    """
    decided_on()  # what was asked before says nothing about these documents
    standing = plan_takeover(road, item)
    proof = decided_on()
    names = [one.erp_id for one in standing.found.values()]
    facts = {**(proof["facts"] or {}), "taken_over": names, "reason": reason}
    said = review_reason(CODE, f"{standing.sentence} {person} takes it over: {reason}")
    road.stores.outbox.take_over(
        standing.journals, said, person=person, run=road.run, exchange=proof["exchange"], facts=facts
    )
    for key in standing.found:
        drive(replace(road.desk, may_send=False), key, standing.journals.journals)


def _documents(road: Road, item: ReviewItem) -> list[OutboxDocument]:
    """Return the set that the item's document belongs to; raise InputRefused when that is not the newest any more."""
    document = road.stores.outbox.document(item.document_key)
    newest = road.stores.outbox.documents(document.source) if document else []
    if document is None or document.key not in [one.key for one in newest]:
        raise InputRefused(f"Review item {item.id} is about a document that was replaced since: nothing is taken over.")
    if document.state is not PostingState.REVIEW or document.attempts:
        what = f"was sent {document.attempts} times from here" if document.attempts else f"is {document.state}"
        raise InputRefused(f"{named(document)} {what}, so no other document is taken over in its place.")
    return newest


def _own(road: Road, found: FoundDocument, documents: Sequence[OutboxDocument]) -> tuple[FoundDocument, Journal]:
    """Return a found document with what was planned as it would stand under that very key."""
    candidates = [
        journal
        for document in documents
        for journal in _as_found(document, found)
        if road.target.erp_id(journal) == found.erp_id
    ]
    if not candidates:
        raise InputRefused(
            f"{found.erp_id} does not have the key of any document that is planned for this settlement, whatever its "
            "date or revision, so it is not taken over: it was made otherwise, in another unit or by hand. Delete or "
            "reverse it in the ERP, then `recheck`."
        )
    seen = [(one, _seen_as(road, one)) for one in candidates]
    return next(((again, one) for one, again in seen if again and again.is_same), (found, candidates[0]))


def _as_found(document: OutboxDocument, found: FoundDocument) -> Iterator[Journal]:
    """Yield what was planned on the date of a found document, as any revision."""
    for journal in on_day(document.journal, found.accounting_date):
        for revision in range(1, _REVISIONS_MAX + 1):
            yield replace(journal, revision=revision)


def _seen_as(road: Road, journal: Journal) -> FoundDocument | None:
    """Return what the ERP holds under the key of a journal, compared with that journal."""
    return next((one for one in road.target.find([journal]).found if one.key_matches == journal.key), None)


def _require_one_each(document: OutboxDocument, pairs: Sequence[tuple[FoundDocument, Journal]]) -> None:
    """A part that stands there twice is one too many, whichever of the two is right."""
    for number in {journal.part for _, journal in pairs}:
        names = [one.erp_id for one, journal in pairs if journal.part == number]
        if len(names) > 1:
            raise InputRefused(
                f"{named(document)}: the ERP holds {' and '.join(names)} for part {number}, which is one too many. "
                "Delete or reverse the wrong one there; then take over the other."
            )


def _require_revision(
    document: OutboxDocument, documents: Sequence[OutboxDocument], revisions: set[int], parts: Collection[int]
) -> None:
    """Another revision is taken over whole: no part ever joins one later."""
    found = ", ".join(str(one) for one in sorted(revisions))
    if min(revisions) < document.revision or len(revisions) > 1:
        raise InputRefused(
            f"{named(document)} is revision {document.revision}, and the ERP holds revision {found}, which was given "
            "up here: it is not taken over. Delete or reverse it in the ERP, then `recheck`."
        )
    if revisions == {document.revision}:
        return
    missing = [str(one.part) for one in documents if one.part not in parts]
    moved = [f"part {one.part} is {one.state}" for one in documents if one.state not in _NOT_SENT or one.attempts]
    if missing or moved:
        words = "; ".join([*([f"part {', '.join(missing)} is not there"] if missing else []), *moved])
        raise InputRefused(
            f"The ERP holds revision {found} of the settlement, which is taken over whole or not at all: {words}."
        )


def _require_same(road: Road, found: FoundDocument, journal: Journal) -> None:
    """Hold what the ERP has against what was planned, line by line; raise InputRefused naming the first differences."""
    name = f"{found.erp_id} is not taken over:"
    if found.state not in (BooksState.POSTED, BooksState.WAITING):
        raise InputRefused(f"{name} it is not in the books (status {found.erp_status}). Correct or delete it there.")
    back = road.target.read_back(journal)
    compared = read_back_equals_journal(journal, back.lines)
    if not compared.passed:
        rows = [
            f"{' '.join(filter(None, (row['account'], row['reference'])))} is {row['theirs'] or 'not'} there and "
            f"{row['ours'] or 'not'} here"
            for row in compared.rows
        ]
        more = f" and {len(rows) - _DIFFERENCES_SHOWN} more" if len(rows) > _DIFFERENCES_SHOWN else ""
        raise InputRefused(f"{name} its lines differ: {'; '.join(rows[:_DIFFERENCES_SHOWN])}{more}.")
    if back.currency != journal.currency:
        raise InputRefused(f"{name} it is in {back.currency}, and the settlement in {journal.currency}.")
    added = generated_lines_net_to_zero(journal, back.generated_lines)
    held = replace(journal, lines=(*back.lines, *back.generated_lines))
    if not added.passed or unbalanced(held, per_unit=road.policy.inter_unit == "accounts"):
        raise InputRefused(f"{name} it is out of balance. {added.sentence}")
    if not found.is_same:
        raise InputRefused(f"{name} its lines are those planned, but it says {found.description!r}, which is not ours.")


def _require_total(road: Road, settlement_id: str, standing: JournalSet) -> None:
    """All parts together must still be the settlement's total on its clearing item."""
    facts = registered(road, settlement_id).facts
    total = money.exact(facts["total_amount"], facts["currency"])
    reference = standing.journals[0].document_reference
    accounts = {line.account for one in standing.journals for line in one.lines if line.reference == reference}
    booked = {standing.reference_total(account, reference) for account in accounts} or {total - total}
    if total not in booked:
        told = ", ".join(money.text(one, facts["currency"]) for one in sorted(booked))
        raise InputRefused(
            f"Nothing is taken over: the documents come to {told} on {reference}, and settlement {settlement_id} to "
            f"{money.text(total, facts['currency'])} {facts['currency']}."
        )
