"""The documents of one day in the ERP's books: what invoices of orders and the cost of shipments have in common.

In: the documents that were made of a day, and what is stored of them. Out: one gate for all that are new, one verdict
a check for all of them, one word of approval, and the read-back of what is posted. A document that a person or the ERP
holds keeps none of the others.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assets.posting.books_read import same
from assets.posting.document_sets import (
    IN_BOOKS,
    called_by_day,
    content_mark,
    earlier_documents,
    is_reversal,
    is_withheld,
    undoing_of,
)
from assets.posting.findings import APPROVAL_CODE, APPROVAL_CODES
from assets.posting.gate import accounts_verdict
from assets.posting.sets import gate_of, gate_or_hold, result_of
from assets.review.hands import decisions
from assets.stages.commands import approving
from assets.stages.day_names import today
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict, kept_rows
from assets.undo.reposting import is_wanted_again, undone_verdict
from assets.undo.undoing import follow, withheld, withheld_with_its_invoice
from ledger.difference import difference
from ledger.errors import Finding, TargetError
from ledger.journal import JournalSet, SourceKey
from ledger.order_documents import CREDIT_MEMO
from ledger.posting import PostingState
from ledger.reversal import undone_by
from resources.store.outbox import OutboxDocument

GATE, ACCEPTED, UNCHANGED = "gate", "accepted_by_erp", "unchanged_since_posting"
CHANGED_CODE = "changed_after_posting"
_ROWS_MAX, _DIFFERENCES_MAX = 200, 50


@dataclass(frozen=True)
class Posted:
    """What an asset posts by day, in words: `invoices`, `Every invoice`; `same` is its check of the read-back."""

    table: str
    plural: str
    every: str
    same: str


def stored_sources(road: Road, partition: str) -> list[SourceKey]:
    """Return the sources of the documents that were planned for a day, whatever is made of it now.

    What undoes one of them is no document of its own: it is followed with what it undoes.
    """
    return sorted({one.source for one in _listed(road, partition) if not is_reversal(one)}, key=str)


def _listed(road: Road, partition: str) -> list[OutboxDocument]:
    return road.stores.outbox.listing(road.connection, partition=partition, limit=100_000)


def undone_sources(road: Road, partition: str) -> set[SourceKey]:
    """Return the sources of a day of which a revision was ever to be undone; of most days none.

    What undoes a credit memo is kept under the day of its invoice, which may be another one.
    """
    listed = _listed(road, partition)
    reversing = [one for one in listed if is_reversal(one)]
    found = (undone_by(one.source) for one in reversing)
    return {
        SourceKey(one.source.seller, one.source.ledger, of.kind, of.source_id)
        for one, of in zip(reversing, found, strict=True)
    } | {one.source for one in listed if one.source.kind == CREDIT_MEMO and one.state is PostingState.REVERSED}


def withheld_of_day(
    road: Road, partition: str, sources: Iterable[SourceKey], known: Mapping[SourceKey, list[OutboxDocument]]
) -> dict[SourceKey, StageResult]:
    """Follow the reversals that are under way, and say of what is reversed that it is not in the books.

    What stands in the books, or a person wants there again, is left out.
    """
    found = {}
    for source in sources:
        if source.kind == CREDIT_MEMO:
            if is_withheld(known[source]) and not is_wanted_again(road, partition, known[source]):
                found[source] = withheld_with_its_invoice(road, known[source][0])
            continue
        undoing = undoing_of(road, known[source])
        if undoing is not None and undoing.is_under_way:
            found[source] = follow(road, partition, undoing)
        elif undoing is not None and is_withheld(known[source]) and not is_wanted_again(road, partition, known[source]):
            found[source] = withheld(road, partition, undoing)
    return found


def undone_elsewhere(
    road: Road, partition: str, known: Mapping[SourceKey, list[OutboxDocument]]
) -> dict[SourceKey, StageResult]:
    """Say of what this day makes, and another day keeps, that it is undone there: what that day says of it holds here.

    So it is when Amazon tells of a shipment on another day than the one on which it was billed.
    """
    found = {}
    for source, documents in known.items():
        home = documents[0].partition if documents else partition
        undoing = undoing_of(road, documents) if home != partition else None
        if undoing is None:
            continue
        if undoing.is_under_way or (is_withheld(documents) and not is_wanted_again(road, home, documents)):
            sentence = f"{called_by_day(source)} is undone, or on its way there: see {home}."
            verdict = Verdict(ACCEPTED, True, sentence, is_blocking=False)
            found[source] = result_of(road, documents, (verdict,))
    return found


def again_verdict(road: Road, source: SourceKey) -> Iterator[Verdict]:
    """Hold a new revision of a document while what undid an earlier one does not stand in the ERP's books."""
    held = list(undone_verdict(road, source))
    if held:
        yield gate_of(held, "", GATE)


def shown(road: Road, source: SourceKey, *, is_undone: bool) -> list[OutboxDocument]:
    """Return the newest documents of a source with, where it was ever undone, all that stands in the books of it."""
    newest = road.stores.outbox.documents(source)
    if not is_undone:
        return newest
    undoing = undoing_of(road, newest)
    before = [one for one in earlier_documents(road, newest) if one.state in IN_BOOKS]
    return [*before, *newest, *(undoing.documents if undoing else ())]


def gate_of_day(road: Road, sending: Sequence[JournalSet]) -> Verdict:
    """Ask for the accounts and periods of everything that is still to be sent, once for the whole day."""
    journals = tuple(journal for one in sending for journal in one.journals)
    if not journals:
        return Verdict(GATE, True, "Nothing is left to send.")
    asked = JournalSet(journals[0].source, 1, journals)

    def gate() -> tuple[Verdict, ...]:
        verdict = accounts_verdict(road, road.load_mapping(), asked)
        return (gate_of([verdict], f"{len(journals)} documents may be sent: accounts valid, periods open."),)

    return gate_or_hold(road, gate, [], GATE)[0]


def changed_verdict(
    road: Road, partition: str, wanted: JournalSet, documents: Sequence[OutboxDocument], what: str, redo: str
) -> Verdict:
    """Same source, other content than what was sent: an alarm with the differences, never a second document.

    `what` says what would be otherwise now, `redo` how a person undoes what stands there and posts it as it is now.
    """
    found = difference([one.journal for one in documents], wanted.journals)
    rows = tuple(found.rows())
    sentence, content = f"{what} {found.sentence()} Nothing is sent.", wanted.fingerprint[:16]
    for item in decisions(road, partition, frozenset({CHANGED_CODE}), "keep"):
        if content in item.details["contents"]:
            kept = f"{sentence} {item.person} keeps what was sent: {item.resolution_reason}"
            return Verdict(UNCHANGED, True, kept, is_blocking=False, rows=rows)
    if all(one.state is PostingState.REVIEW for one in documents):
        # What holds it has an item of its own.
        return Verdict(UNCHANGED, False, sentence, is_blocking=False, is_waiting=True, rows=rows)
    finding = Finding(
        CHANGED_CODE,
        sentence,
        f"Resolve this item with `keep` to leave the books as they are{redo}.",
        origin=content,
        amount=found.amount,
        details={
            "contents": [content],
            **kept_rows("differences", rows[:_DIFFERENCES_MAX]),
            "where": ", ".join(one.erp_id for one in documents if one.erp_id),
        },
    )
    return Verdict(UNCHANGED, False, sentence, is_blocking=False, rows=rows, findings=(finding,))


def joined(verdicts: Sequence[Verdict], documents: Sequence[OutboxDocument], posted: Posted) -> list[Verdict]:
    """Return the verdicts of all documents as one a check: how many fail, and what the first of them say.

    What waits for a person's word waits for one word for the whole day, and so does what changed after it was sent: a
    cost that is corrected changes every shipment of the product.
    """
    found = []
    planned = [one for one in documents if one.state is PostingState.PLANNED]
    asked = (_approval(planned, posted),) if planned else ()
    for check, fine in ((ACCEPTED, f"{posted.every} is posted."), (UNCHANGED, "What was sent would be sent again.")):
        of_check = [one for one in verdicts if one.check == check or (check == ACCEPTED and one.check == GATE)]
        failed = [one for one in of_check if not one.passed]
        words = " ".join(one.sentence for one in failed[:3])
        more = f" And {len(failed) - 3} more." if len(failed) > 3 else ""
        found.append(
            Verdict(
                check,
                not failed,
                f"{words}{more}" or fine,
                is_blocking=False,
                is_waiting=bool(failed) and all(one.is_waiting for one in failed),
                rows=tuple(row for one in failed for row in one.rows),
                findings=(*_others(of_check), *(asked if check == ACCEPTED else ())),
            ).cut(_ROWS_MAX)
        )
    return found


def _others(verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    """Yield the findings of verdicts but those that wait for approval; those of what changed as one."""
    findings = [one for verdict in verdicts for one in verdict.findings if one.code not in APPROVAL_CODES]
    changed = [one for one in findings if one.code == CHANGED_CODE]
    yield from (one for one in findings if one.code != CHANGED_CODE)
    if changed:
        yield _all_changed(changed)


def _all_changed(findings: Sequence[Finding]) -> Finding:
    """Return what changed after it was sent as one finding; a word for it counts for these contents and no others."""
    first, *others = findings
    if not others:
        return first
    contents = sorted(content for one in findings for content in one.details["contents"])
    differences = [row for one in findings for row in one.details["differences"]]
    more = f" And {len(findings) - 3} more." if len(findings) > 3 else ""
    return Finding(
        CHANGED_CODE,
        f"{len(findings)} documents of the day changed. {' '.join(one.sentence for one in findings[:3])}{more}",
        first.cure,
        origin=hashlib.sha256(",".join(contents).encode()).hexdigest()[:16],
        amount=sum((one.amount or Decimal(0) for one in findings), Decimal(0)),
        details={
            "contents": contents,
            **kept_rows("differences", differences[:_DIFFERENCES_MAX]),
            "where": ", ".join(one.details["where"] for one in findings[:_DIFFERENCES_MAX]),
        },
    )


def _approval(planned: Sequence[OutboxDocument], posted: Posted) -> Finding:
    """Return that the planned documents of a day wait for one word."""
    name = planned[0].partition
    return Finding(
        APPROVAL_CODE,
        f"{len(planned)} {posted.plural} are planned and wait for approval. None of them is sent before.",
        approving(planned[0].connection, name),
        origin=content_mark(planned)[:16],
    )


def read_back(
    road: Road, documents: Sequence[OutboxDocument], before: Mapping[str, Any], posted: Posted
) -> tuple[Verdict, dict[str, Any]]:
    """The books say of every posted document line by line what was sent.

    Each is read once it is posted and then once a day, for as long as its day is looked at; what differs every time.
    Also returns what was read and is fine, to be remembered with the day.
    """
    # What was reversed stands in the books as well, beside what undid it; what stands on record alone does not.
    standing = [one for one in documents if one.state in IN_BOOKS and not one.journal.is_on_record]
    now = today(road.clock).isoformat()
    fine: list[str] = list(before.get("read", ())) if before.get("read_on") == now else []
    compared = []
    for document in (one for one in standing if one.key not in fine):
        try:
            found = same([(document, road.target.read_back(document.journal))])
        except TargetError as error:
            told = Verdict(posted.same, False, str(error), is_blocking=False, is_waiting=True)
            return told, {"read": fine, "read_on": now}
        if found.passed:
            fine.append(document.key)
        else:
            compared.append(found)
    remembered = {"read": fine, "read_on": now}
    if not compared:
        words = (
            f"{len(standing)} documents stand in the books as they were sent." if standing else "Nothing is posted yet."
        )
        return Verdict(posted.same, True, words, is_blocking=False), remembered
    sentence = " ".join(one.sentence for one in compared[:3])
    rows = tuple(row for one in compared for row in one.rows)
    finding = Finding("books_differ", sentence, _LOOK, origin=posted.table)
    told = Verdict(posted.same, False, sentence, is_blocking=False, rows=rows, findings=(finding,))
    return told.cut(_ROWS_MAX), remembered


_LOOK = "Look at the document in the ERP; nothing is corrected by itself. `accept` it when it was changed on purpose."
