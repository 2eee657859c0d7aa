"""Reconciliations: the ERP's books read back and held against what was posted.

Read-only towards the ERP: materializing this asset again is how a person asks anew. Out: a proof of the settlement
(total, documents, clearing lines in the books, expected payout, difference). What the ERP has not posted yet makes the
checks wait, not fail.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from decimal import Decimal

from assets.journals import Planned, planned_journals
from assets.posting.books_read import ids_of, into_review, looked_for, once, read_of, same, taken_out_of_held
from assets.posting.desk import UNSENT, require_own_key
from assets.posting.document_sets import earlier_documents, ever_in_books, undoing_of
from assets.posting.driving import link_name, what_it_is
from assets.posting.findings import kept_finding
from assets.posting.gate import verdict_of
from assets.posting.read_back import ask_next, is_taken_out, put_right
from assets.proofs.cash_proof import CHECK as CASH_CHECK
from assets.proofs.cash_proof import cash_documents, cash_verdict
from assets.proofs.closing_entry import CHECK as CLOSED_CHECK
from assets.proofs.closing_entry import closing_of, closing_verdict
from assets.review.approval import documents_of
from assets.settlement_reports import registered
from assets.settlements.series import placed
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict, kept_rows
from assets.undo.reversals import unknown_reversals
from ledger import money
from ledger.accounts import AccountKey
from ledger.errors import Finding
from ledger.periods import late_words
from ledger.posting import PostingState
from ledger.reconciliation import (
    Compared,
    Proof,
    proof,
)
from resources.erp.target import BooksState, FoundDocument, ReadBack, Sightings
from resources.store.outbox import OutboxDocument

BEFORE_GO_LIVE, NOTHING_TO_POST, POSTED, REVERSED = "before go-live", "nothing to post", "posted", "reversed"
# Of what differs, so many rows go into the item; the check shows all.
_ROWS_KEPT = 50
_LOOK = "Look at the documents in the ERP; nothing is corrected by itself."
_ONCE_CURE = (
    f"{_LOOK} Delete or unpost there what is too many, and this item ends with the next read-back. If the other "
    "document was made on purpose, resolve this item with `accept`."
)
_CLEARING_CURE = (
    f"{_LOOK} Where the total is another one since a newer report was accepted, undo what is posted and post it again: "
    "`connector reverse`, then `connector repost`. Else correct the documents there."
)
_LOOK_OR_ACCEPT = f"{_LOOK} If somebody corrected them there on purpose, resolve this item with `accept`."


@dataclass(frozen=True)
class Standing:
    """A settlement as the proof table shows it; `proof` is None where there is nothing to prove or not yet."""

    settlement_id: str
    currency: str
    total: Decimal
    state: str
    documents: tuple[str, ...] = ()
    proof: Proof | None = None
    open_item: Decimal | None = None

    @property
    def ties(self) -> bool:
        """Tell whether it is proved, or rightly left alone."""
        if self.proof is None:
            return self.state in (BEFORE_GO_LIVE, NOTHING_TO_POST)
        return self.proof.ties

    def facts(self) -> dict:
        """Return it as facts of the materialization."""
        known = self.proof
        return {
            "total": self.total,
            "currency": self.currency,
            "ERP documents": ", ".join(self.documents) or "none",
            "clearing lines in the books": known.clearing_item if known else "none yet",
            "open item now": self.open_item if self.open_item is not None else "none yet",
            "expected payout": max(self.total, money.exact(0, self.currency)),
            "difference": known.difference if known else "none yet",
            "state": self.state,
            "ties": self.ties,
        }


def reconcile(road: Road, settlement_id: str) -> StageResult:
    """Read the books back and prove the settlement; raises for a read that failed, never for what the books say."""
    record = registered(road, settlement_id)
    currency = record.facts["currency"]
    total = money.exact(record.facts["total_amount"], currency)
    known = documents_of(road, settlement_id)
    if placed(road)[settlement_id].is_before_go_live and all(one.state in UNSENT for one in known):
        return StageResult(Standing(settlement_id, currency, total, BEFORE_GO_LIVE).facts())
    planned = planned_journals(road, settlement_id)
    for document in _sent(road, known):
        require_own_key(road.target, document)
    documents = put_right(road, road.stores.outbox.documents(planned.journals.source))
    undoing = undoing_of(road, documents)
    if undoing is not None and put_right(road, list(undoing.documents)) != list(undoing.documents):
        undoing = undoing_of(road, documents)
    held = [one for one in put_right(road, earlier_documents(road, documents)) if is_taken_out(one)]
    if held:
        standing = Standing(settlement_id, currency, total, "removed", ids_of([*documents, *held]))
        return _taken_out(standing, tuple(kept_finding(one) for one in held))
    reversing = list(undoing.documents) if undoing else []
    ask_next(road, settlement_id, [*documents, *reversing, *cash_documents(road, settlement_id)])
    if not planned.journals.journals and all(one.state is PostingState.REFUSED for one in documents):
        return StageResult(Standing(settlement_id, currency, total, NOTHING_TO_POST).facts())
    if undoing is not None and undoing.is_done:
        in_books = ever_in_books(road, documents)
        return _proved(road, planned, in_books, settlement_id, total, is_reversed=True)
    if undoing is not None and undoing.is_under_way:
        state = f"{_states(documents)}; reversal {_states(reversing)}"
        return _not_yet(Standing(settlement_id, currency, total, state, ids_of([*documents, *reversing])))
    if not documents or any(one.state is not PostingState.POSTED for one in documents):
        sightings, gone = taken_out_of_held(road, documents)
        if gone:
            standing = Standing(settlement_id, currency, total, "removed", ids_of(documents))
            return _removed(road, standing, sightings, gone)
        return _not_yet(Standing(settlement_id, currency, total, _states(documents), ids_of(documents)))
    in_books = ever_in_books(road, documents) if documents[0].revision > 1 else documents
    return _proved(road, planned, in_books, settlement_id, total)


def _sent(road: Road, newest: list[OutboxDocument]) -> list[OutboxDocument]:
    """Return every document that is about to be looked for, reversals and earlier revisions included."""
    undoing = undoing_of(road, newest)
    return [*newest, *(undoing.documents if undoing else ()), *ever_in_books(road, newest)]


def _proved(
    road: Road,
    planned: Planned,
    documents: list[OutboxDocument],
    settlement_id: str,
    total: Decimal,
    *,
    is_reversed: bool = False,
) -> StageResult:
    """Compare every document with the books, those of reversed revisions and what undid them included.

    Together they are the settlement's total, or nothing while it is reversed.
    """
    currency = documents[0].journal.currency
    expected = money.exact(0, currency) if is_reversed else total
    sightings, gone = looked_for(road, documents)
    if gone:
        standing = Standing(settlement_id, currency, total, "removed", ids_of(documents))
        return _removed(road, standing, sightings, gone)
    read = read_of(road, documents)
    account, reference = _open_item_of(planned, documents), documents[0].journal.document_reference
    own = (
        line.amount for _, back in read for line in back.lines if (line.account, line.reference) == (account, reference)
    )
    known = proof(settlement_id, currency, expected, ids_of(documents), money.total(own, currency))
    entries = road.target.item_entries(account, reference, settlement_id)
    item = sum((one.amount for one in entries if one.currency == currency), Decimal(0))
    closed = closing_of(road, registered(road, settlement_id), documents, entries)
    state = REVERSED if is_reversed else POSTED
    standing = Standing(settlement_id, currency, total, state, ids_of(documents), known, money.total((item,), currency))
    unknown = _unknown(road, documents, sightings, standing)
    is_there_once = once(documents, sightings, unknown)
    verdicts = (
        accepted(road, settlement_id, "posted_exactly_once", is_there_once, "not_once", _ONCE_CURE),
        accepted(road, settlement_id, "read_back_equals_journal", same(read), "books_differ", _LOOK_OR_ACCEPT),
        verdict_of("clearing_equals_total", _clearing(standing), "clearing_differs", _CLEARING_CURE, settlement_id),
        closing_verdict(closed, account, reference, currency),
        cash_verdict(road, settlement_id, currency, entries),
    )
    links = {link_name(document): back.link or back.erp_id for document, back in read}
    rows = tuple(_row(document, back) for document, back in read)
    facts = {**standing.facts(), "closed by": closed.words}
    return StageResult(facts, rows, len(rows), verdicts, links=links)


def _unknown(road: Road, documents: list[OutboxDocument], sightings: Sightings, standing: Standing) -> list[str]:
    """Return reversals in the books that our records do not know; asked only where there may be one.

    So it is where the open item is not the total, or more stands there than we know; at a total of zero an item looks
    the same with and without one.
    """
    known = ids_of(documents)
    is_more = any(one.state is not BooksState.REMOVED and one.erp_id not in known for one in sightings.found)
    is_as_booked = standing.open_item == standing.total and standing.total and not is_more
    return [] if standing.state == REVERSED or is_as_booked else unknown_reversals(road, documents)


def _removed(
    road: Road,
    standing: Standing,
    sightings: Sightings | None,
    gone: list[tuple[OutboxDocument, FoundDocument | None]],
) -> StageResult:
    """Put what was taken out of the books into review: it is never created again by itself."""
    return _taken_out(standing, into_review(road, sightings, gone))


def _taken_out(standing: Standing, findings: tuple[Finding, ...]) -> StageResult:
    words = " ".join(finding.sentence for finding in findings)
    once = Verdict("posted_exactly_once", False, words, findings=findings)
    names = ("read_back_equals_journal", "clearing_equals_total", CLOSED_CHECK, CASH_CHECK)
    others = (Verdict(name, False, f"Cannot be told: {words}", is_waiting=True) for name in names)
    return StageResult(facts=standing.facts(), verdicts=(once, *others))


def _open_item_of(planned: Planned, documents: list[OutboxDocument]) -> AccountKey:
    """Return the clearing account that was posted to, whatever the mapping says by now."""
    used = {
        line.account
        for document in documents
        for line in document.journal.lines
        if line.reference == document.journal.document_reference
    }
    return min(used, key=str) if used and planned.clearing not in used else planned.clearing


def accepted(road: Road, settlement_id: str, check: str, compared: Compared, code: str, cure: str) -> Verdict:
    """Return the verdict of a comparison; a difference that a person accepted, this very one, is fine."""
    digest = hashlib.sha256(json.dumps(compared.rows, sort_keys=True, default=str).encode()).hexdigest()[:16]
    verdict = verdict_of(check, compared, code, cure, digest)
    where = {"where": ", ".join(ids_of(documents_of(road, settlement_id)))}
    details = where | kept_rows("differences", compared.rows[:_ROWS_KEPT])
    findings = tuple(replace(one, details={**one.details, **details}) for one in verdict.findings)
    verdict = replace(verdict, findings=findings)
    for item in road.stores.review.decisions(road.connection, settlement_id, code):
        if not compared.passed and item.resolution == "accept" and item.origin == digest:
            sentence = f"{compared.sentence} Accepted by {item.person}: {item.resolution_reason}"
            return replace(verdict, passed=True, sentence=sentence, findings=())
    return verdict


def _clearing(standing: Standing) -> Compared:
    known = standing.proof
    assert known is not None, "only a posted settlement is proved"
    expected = "reversed, so expected" if standing.state == REVERSED else "total-amount"
    sentence = (
        f"Clearing lines in the books {known.clearing_item}, {expected} {known.total} {known.currency}, difference "
        f"{known.difference}. The open item stands at {standing.open_item} now."
    )
    return Compared(known.ties, sentence, difference=known.difference)


def _not_yet(standing: Standing) -> StageResult:
    """The ERP is still at work, or a person has to act first: the checks wait."""
    sentence = f"Not in the books yet: {standing.state or 'nothing was sent'}."
    names = ("posted_exactly_once", "read_back_equals_journal", "clearing_equals_total", CLOSED_CHECK, CASH_CHECK)
    verdicts = tuple(Verdict(name, False, sentence, is_waiting=True) for name in names)
    return StageResult(facts=standing.facts(), verdicts=verdicts)


def _states(documents: list[OutboxDocument]) -> str:
    return ", ".join(sorted({str(one.state) for one in documents}))


def _row(document: OutboxDocument, back: ReadBack) -> Row:
    return {
        "what": what_it_is(document),
        "document": back.erp_id,
        "date": back.accounting_date.isoformat(),
        "late": late_words(document.journal),
        "status": back.erp_status,
        "lines": str(len(back.lines)),
        "generated lines": str(len(back.generated_lines)),
        "debits": str(document.journal.debits),
    }
