"""Reconciliations: the ERP's books read back and held against what was posted.

Read-only towards the ERP: materializing this asset again is how a person asks anew. Out: a proof of the settlement
(total, documents, clearing lines in the books, expected payout, difference). What the ERP has not posted yet makes the
checks wait, not fail.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from decimal import Decimal

from assets.approval import documents_of
from assets.desk import UNSENT
from assets.gate import verdict_of
from assets.journals import Planned, planned_journals
from assets.posting_findings import finding as posting_finding
from assets.posting_findings import removed_sentence, review_reason
from assets.roadmap import Road
from assets.series import placed
from assets.settlement_reports import registered
from assets.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.accounts import AccountKey
from ledger.journal import Journal
from ledger.posting import PostingState
from ledger.reconciliation import (
    Compared,
    Proof,
    generated_lines_net_to_zero,
    once_only,
    proof,
    read_back_equals_journal,
)
from resources.erp.target import BooksState, ReadBack, Sightings
from resources.store.outbox import OutboxDocument

BEFORE_GO_LIVE, NOTHING_TO_POST, POSTED = "before go-live", "nothing to post", "posted"
_LOOK = "Look at the documents in the ERP; nothing is corrected by itself."
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
    documents = road.stores.outbox.documents(planned.journals.source)
    if not planned.journals.journals and all(one.state is PostingState.REFUSED for one in documents):
        return StageResult(Standing(settlement_id, currency, total, NOTHING_TO_POST).facts())
    if not documents or any(one.state is not PostingState.POSTED for one in documents):
        gone = _taken_out_of_held(road, documents)
        if gone:
            return _removed(road, Standing(settlement_id, currency, total, "removed", _ids(documents)), gone)
        return _not_yet(Standing(settlement_id, currency, total, _states(documents), _ids(documents)))
    return _proved(road, planned, documents, settlement_id, total)


def _proved(
    road: Road, planned: Planned, documents: list[OutboxDocument], settlement_id: str, total: Decimal
) -> StageResult:
    """Compare every document with the books."""
    currency = documents[0].journal.currency
    sightings = road.target.find([document.journal for document in documents])
    gone = _taken_out(sightings, documents)
    if gone:
        return _removed(road, Standing(settlement_id, currency, total, "removed", _ids(documents)), gone)
    read = [(document, road.target.read_back(document.journal)) for document in documents]
    account, reference = _open_item_of(planned, documents), documents[0].journal.document_reference
    own = (
        line.amount for _, back in read for line in back.lines if (line.account, line.reference) == (account, reference)
    )
    known = proof(settlement_id, currency, total, _ids(documents), money.total(own, currency))
    item = road.target.open_item(account, reference, settlement_id).get(currency, Decimal(0))
    standing = Standing(settlement_id, currency, total, POSTED, _ids(documents), known, money.total((item,), currency))
    verdicts = (
        verdict_of("posted_exactly_once", _once(documents, sightings), "not_once", _LOOK, settlement_id),
        _same_verdict(road, settlement_id, _same(read)),
        verdict_of("clearing_equals_total", _clearing(standing), "clearing_differs", _LOOK, settlement_id),
    )
    links = {f"ERP document {document.part}": back.link or back.erp_id for document, back in read}
    rows = tuple(_row(document.journal, back) for document, back in read)
    return StageResult(standing.facts(), rows, len(rows), verdicts, links=links)


def _taken_out_of_held(road: Road, documents: list[OutboxDocument]) -> list[tuple[OutboxDocument, str]]:
    """Look whether the posted parts of a set that is held are still there; taking them out is how it is undone."""
    states = {one.state for one in documents}
    if PostingState.POSTED not in states or not states & {PostingState.REFUSED, PostingState.REVIEW}:
        return []
    sightings = road.target.find([document.journal for document in documents])
    return _taken_out(sightings, [one for one in documents if one.state is PostingState.POSTED])


def _taken_out(sightings: Sightings, documents: list[OutboxDocument]) -> list[tuple[OutboxDocument, str]]:
    """Return posted documents that a person took out of the books, with the ERP's status ("" when nothing is left)."""
    seen = {one.key_matches: one for one in sightings.found if one.key_matches}
    gone = []
    for document in documents:
        found = seen.get(document.key)
        if found is not None and found.state is BooksState.REMOVED:
            gone.append((document, found.erp_status))
        elif found is None and sightings.is_certain:
            gone.append((document, ""))
    return gone


def _removed(road: Road, standing: Standing, gone: list[tuple[OutboxDocument, str]]) -> StageResult:
    """Put what was taken out of the books into review: it is never created again by itself."""
    findings = []
    for document, erp_status in gone:
        sentence = removed_sentence(document, erp_status)
        reason = review_reason("posting_removed", sentence)
        road.stores.outbox.step(document.key, PostingState.REVIEW, reason, lease=None, run=road.run, person=road.person)
        findings.append(posting_finding("posting_removed", document, sentence))
    words = " ".join(finding.sentence for finding in findings)
    once = Verdict("posted_exactly_once", False, words, findings=tuple(findings))
    names = ("read_back_equals_journal", "clearing_equals_total")
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


def _same_verdict(road: Road, settlement_id: str, compared: Compared) -> Verdict:
    """Say whether the books are what was sent; a difference that a person accepted, this very one, is fine."""
    digest = hashlib.sha256(json.dumps(compared.rows, sort_keys=True, default=str).encode()).hexdigest()[:16]
    verdict = verdict_of("read_back_equals_journal", compared, "books_differ", _LOOK_OR_ACCEPT, digest)
    for item in road.stores.review.decisions(road.connection, settlement_id, "books_differ"):
        if not compared.passed and item.resolution == "accept" and item.origin == digest:
            sentence = f"{compared.sentence} Accepted by {item.person}: {item.resolution_reason}"
            return replace(verdict, passed=True, sentence=sentence, findings=())
    return verdict


def _once(documents: list[OutboxDocument], sightings: Sightings) -> Compared:
    """Compare our documents with everything the ERP shows under this settlement, removed ones aside."""
    expected = [document.erp_id for document in documents]
    found = [one.erp_id for one in sightings.found if one.state is not BooksState.REMOVED]
    return once_only(expected, found)


def _same(read: list[tuple[OutboxDocument, ReadBack]]) -> Compared:
    """Compare all documents line by line; what the ERP generated must net to zero by itself."""
    compared = [read_back_equals_journal(document.journal, back.lines) for document, back in read]
    compared += [generated_lines_net_to_zero(document.journal, back.generated_lines) for document, back in read]
    failed = [one for one in compared if not one.passed]
    sentence = " ".join(dict.fromkeys(one.sentence for one in failed or compared))
    return Compared(not failed, sentence, tuple(row for one in failed for row in one.rows))


def _clearing(standing: Standing) -> Compared:
    known = standing.proof
    assert known is not None, "only a posted settlement is proved"
    sentence = (
        f"Clearing lines in the books {known.clearing_item}, total-amount {known.total} {known.currency}, difference "
        f"{known.difference}. The open item stands at {standing.open_item} now."
    )
    return Compared(known.ties, sentence, difference=known.difference)


def _not_yet(standing: Standing) -> StageResult:
    """The ERP is still at work, or a person has to act first: the checks wait."""
    sentence = f"Not in the books yet: {standing.state or 'nothing was sent'}."
    names = ("posted_exactly_once", "read_back_equals_journal", "clearing_equals_total")
    verdicts = tuple(Verdict(name, False, sentence, is_waiting=True) for name in names)
    return StageResult(facts=standing.facts(), verdicts=verdicts)


def _ids(documents: list[OutboxDocument]) -> tuple[str, ...]:
    return tuple(one.erp_id for one in documents if one.erp_id)


def _states(documents: list[OutboxDocument]) -> str:
    return ", ".join(sorted({str(one.state) for one in documents}))


def _row(journal: Journal, back: ReadBack) -> Row:
    return {
        "document": back.erp_id,
        "date": back.accounting_date.isoformat(),
        "status": back.erp_status,
        "lines": str(len(back.lines)),
        "generated lines": str(len(back.generated_lines)),
        "debits": str(journal.debits),
    }
