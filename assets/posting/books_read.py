"""Posted documents of any kind read back: each is there once, and the books say of it line by line what we sent.

In: documents of the outbox, the ERP. Out: comparisons for checks; and documents in review that a person took out of the
books. Read-only towards the ERP.
"""

from collections.abc import Sequence
from dataclasses import replace

from assets.posting.desk import decided_on, removal
from assets.posting.findings import finding as posting_finding
from assets.posting.findings import named, review_reason
from assets.posting.read_back import beside, taken_out
from assets.stages.roadmap import Road
from ledger.errors import Finding
from ledger.posting import PostingState
from ledger.reconciliation import Compared, generated_lines_net_to_zero, once_only, read_back_equals_journal
from resources.erp.target import BooksState, FoundDocument, ReadBack, Sightings
from resources.store.outbox import OutboxDocument

# What is not posted any more, each with what is left of it in the ERP.
Gone = list[tuple[OutboxDocument, FoundDocument | None]]


def looked_for(road: Road, documents: list[OutboxDocument]) -> tuple[Sightings, Gone]:
    """Return what the ERP shows of the source of these documents, and which posted ones are not posted any more."""
    decided_on()  # what was asked before says nothing about these documents
    sightings = road.target.find([document.journal for document in documents])
    return sightings, taken_out(sightings, [one for one in documents if one.state is PostingState.POSTED])


def taken_out_of_held(road: Road, documents: list[OutboxDocument]) -> tuple[Sightings | None, Gone]:
    """Look whether the posted parts of a set that is held are still there; taking them out is how it is undone."""
    states = {one.state for one in documents}
    if PostingState.POSTED not in states or not states & {PostingState.REFUSED, PostingState.REVIEW}:
        return None, []
    return looked_for(road, documents)


def into_review(road: Road, sightings: Sightings | None, gone: Gone) -> tuple[Finding, ...]:
    """Put what was taken out of the books into review: it is never created again by itself."""
    findings, proof = [], decided_on()
    for document, left in gone:
        others = beside(sightings, document) if sightings else ""
        sentence = f"{removal(road.target, document, left)} {others}".strip()
        reason = review_reason("posting_removed", sentence)
        told = {"lease": None, "run": road.run, "person": road.person, **proof}
        road.stores.outbox.step(document.key, PostingState.REVIEW, reason, **told)
        findings.append(posting_finding("posting_removed", document, sentence))
    return tuple(findings)


def read_of(road: Road, documents: Sequence[OutboxDocument]) -> list[tuple[OutboxDocument, ReadBack]]:
    """Return every document with what the books hold of it."""
    return [(document, road.target.read_back(document.journal)) for document in documents]


def once(documents: list[OutboxDocument], sightings: Sightings, unknown: list[str]) -> Compared:
    """Compare our documents with everything the ERP shows under this settlement, removed ones aside."""
    # A receipt that is undone stays to be seen as reversed, and counts no more; what undid it does.
    standing = [one for one in documents if not (one.journal.applied and one.state is PostingState.REVERSED)]
    expected = [document.erp_id for document in standing]
    found = [one.erp_id for one in sightings.found if one.state is not BooksState.REMOVED]
    compared = once_only(expected, [*found, *unknown])
    others = [word for one in documents if (word := beside(sightings, one))]
    if unknown:
        others.append(
            f"{', '.join(unknown)} undoes it and is not in our records: `connector reverse --even-if-closed` takes it "
            "in, and then `connector repost` what was posted again; neither sends what is there."
        )
    return replace(compared, sentence=" ".join((compared.sentence, *others)))


def same(read: list[tuple[OutboxDocument, ReadBack]]) -> Compared:
    """Compare all documents line by line; what the ERP generated must net to zero by itself.

    What the ERP made of a document beyond what was sent is told before the lines in which that shows.
    """
    compared = [Compared(False, remark) for _, back in read for remark in back.remarks]
    compared += [read_back_equals_journal(document.journal, back.lines) for document, back in read]
    compared += [_in_its_period(document, back) for document, back in read]
    compared += [generated_lines_net_to_zero(document.journal, back.generated_lines) for document, back in read]
    failed = [one for one in compared if not one.passed]
    sentence = " ".join(dict.fromkeys(one.sentence for one in failed or compared))
    return Compared(not failed, sentence, tuple(row for one in failed for row in one.rows))


def _in_its_period(document: OutboxDocument, back: ReadBack) -> Compared:
    """Compare the period a document stands in with the period of its date, where the ERP shows both."""
    known = f"{named(document)} stands in the accounting period of its date."
    if not back.period or not back.period_of_date or back.period == back.period_of_date:
        return Compared(True, known)
    row = {"account": "(whole document)", "reference": "period", "ours": back.period_of_date, "theirs": back.period}
    sentence = (
        f"{named(document)}, {back.erp_id}, stands in accounting period {back.period}, and its date in "
        f"{back.period_of_date}: a person moved it."
    )
    return Compared(False, sentence, (row,))


def ids_of(documents: Sequence[OutboxDocument]) -> tuple[str, ...]:
    """Return what the ERP calls these documents."""
    return tuple(one.erp_id for one in documents if one.erp_id)
