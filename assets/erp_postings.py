"""ERP postings: the journals of a settlement in the ERP's books, exactly once.

In: the journals staged for this settlement. The gate is asked again here; then the whole set is stored as intent and
each document is driven as far as it goes now. What the ERP needs longer for is asked again by a due row.
"""

from datetime import datetime

from assets.gate import accounts_verdict, journal_verdict, place_verdict
from assets.journals import Planned, planned_journals
from assets.posting import Driven, drive
from assets.roadmap import Road
from assets.series import placed
from assets.settlement_reports import registered
from assets.verdicts import StageResult, Verdict
from ledger import money
from ledger.errors import Finding
from ledger.posting import PostingState
from resources.store.outbox import OutboxDocument

POSTING_KIND = "posting"  # kind of a due row: look again at this settlement's documents


def post(road: Road, settlement_id: str) -> StageResult:
    """Post what is planned for a settlement; never twice, whoever calls how often."""
    record = registered(road, settlement_id)
    place = placed(road)[settlement_id]
    if place.is_before_go_live:
        return StageResult(facts={"posting": "none: before go-live, already in the books by hand"})
    planned = planned_journals(road, settlement_id)
    known = road.stores.outbox.documents(planned.journals.source)
    verdicts = () if _is_settled(known) else _gate(road, planned, place, record.facts)
    if any(verdict.stops for verdict in verdicts):
        return StageResult(facts={"posting": "stopped at the gate"}, verdicts=verdicts)
    if not planned.journals.journals:
        return StageResult(facts={"posting": "none: no amount other than zero"}, verdicts=verdicts)
    outcome = road.stores.outbox.plan(
        road.connection,
        planned.journals,
        approved=road.policy.approval == "automatic",
        mapping_hash=planned.mapping_hash,
        partition=settlement_id,
        run=road.run,
        person=road.person,
    )
    changed = _changed(road, planned, settlement_id) if outcome.outcome == "changed" else ()
    driven = _drive_all(road, planned)
    _ask_again(road, settlement_id, driven)
    return _result(road, settlement_id, [one.document for one in driven], (*verdicts, *changed, _progress(driven)))


def _is_settled(documents: list[OutboxDocument]) -> bool:
    """Tell whether everything was sent already, so that the gate has nothing left to guard."""
    return bool(documents) and all(
        one.state not in (PostingState.PLANNED, PostingState.APPROVED, PostingState.REFUSED) for one in documents
    )


def _gate(road: Road, planned: Planned, place, facts: dict) -> tuple[Verdict, ...]:
    total = money.exact(facts["total_amount"], facts["currency"])
    mapping = road.load_mapping()
    verdicts = [
        place_verdict(place),
        journal_verdict(planned.journals, planned.clearing, planned.reference, total, facts["currency"]),
        accounts_verdict(road, mapping, planned.journals),
    ]
    if planned.mapping_hash != mapping.content_hash:
        finding = Finding(
            "mapping_changed_meanwhile",
            "The mapping changed after these journals were made.",
            "Materialize mapped_lines and journals of this settlement again; then post.",
        )
        verdicts.append(Verdict("made_with_this_mapping", False, finding.sentence, findings=(finding,)))
    failed = tuple(verdict for verdict in verdicts if not verdict.passed)
    if not failed:
        return (Verdict("gate", True, "Placed, tied, balanced; accounts valid; periods open."),)
    sentence = " ".join(verdict.sentence for verdict in failed)
    findings = tuple(finding for verdict in failed for finding in verdict.findings)
    return (Verdict("gate", False, sentence, findings=findings),)


def _drive_all(road: Road, planned: Planned) -> list[Driven]:
    """Drive every document of the newest revision, in order of parts."""
    documents = road.stores.outbox.documents(planned.journals.source)
    siblings = [document.journal for document in documents]
    return [drive(road.desk, document.key, siblings) for document in documents]


def _ask_again(road: Road, settlement_id: str, driven: list[Driven]) -> None:
    """Leave a due row for the earliest moment at which another look makes sense."""
    moments: list[datetime] = [one.again_at for one in driven if one.again_at is not None]
    if moments:
        states = ", ".join(sorted({str(one.document.state) for one in driven if one.again_at is not None}))
        road.stores.due.ask(road.connection, POSTING_KIND, settlement_id, min(moments), f"documents are {states}")


def _changed(road: Road, planned: Planned, settlement_id: str) -> tuple[Verdict, ...]:
    """Same settlement, other content than what was sent: an alarm with the differences, never a second post."""
    documents = road.stores.outbox.documents(planned.journals.source)
    rows = difference_rows(documents, planned)
    finding = Finding(
        "changed_after_posting",
        f"Settlement {settlement_id} would be booked otherwise now: {len(rows)} lines differ from what was sent.",
        "Nothing is sent. Keep the posting, or reverse it in the ERP and post anew as a new revision.",
        origin=planned.journals.fingerprint[:16],
    )
    return (Verdict("unchanged_since_posting", False, finding.sentence, is_blocking=False, rows=rows, findings=(finding,)),)


def difference_rows(documents: list[OutboxDocument], planned: Planned) -> tuple[dict[str, str], ...]:
    """Return account by account what was sent and what would be sent now, where they differ."""
    sent, now = _totals([one.journal for one in documents]), _totals(planned.journals.journals)
    return tuple(
        {"account": account, "reference": reference, "date": day, "sent": str(sent.get(key, 0)), "now": str(now.get(key, 0))}
        for key in sorted(sent.keys() | now.keys())
        for account, reference, day in [key]
        if sent.get(key) != now.get(key)
    )


def _totals(journals) -> dict[tuple[str, str, str], object]:
    totals: dict = {}
    for journal in journals:
        for line in journal.lines:
            key = (str(line.account), line.reference, journal.accounting_date.isoformat())
            totals[key] = totals.get(key, 0) + line.amount
    return totals


def _progress(driven: list[Driven]) -> Verdict:
    """Findings of the posting itself; a part that did not get through names the parts that are in the books."""
    findings = tuple(_with_parts(one, driven) for one in driven if one.finding is not None)
    states = ", ".join(f"part {one.document.part} {one.document.state}" for one in driven)
    is_waiting = not findings and any(one.document.state is not PostingState.POSTED for one in driven)
    return Verdict(
        "accepted_by_erp",
        not findings and not is_waiting,
        " ".join(finding.sentence for finding in findings) or states,
        is_blocking=False,
        is_waiting=is_waiting,
        findings=findings,
    )


def _with_parts(driven: Driven, everyone: list[Driven]) -> Finding:
    posted = [one.document for one in everyone if one.document.state in (PostingState.POSTED, PostingState.IMPORTING)]
    if not posted:
        return driven.finding
    named = ", ".join(f"part {one.part} as {one.erp_id}" for one in posted)
    return Finding(
        driven.finding.code,
        f"{driven.finding.sentence} Already in the books: {named}.",
        driven.finding.cure,
        origin=driven.finding.origin,
        amount=driven.finding.amount,
    )


def _result(road: Road, settlement_id: str, documents: list[OutboxDocument], verdicts: tuple[Verdict, ...]) -> StageResult:
    rows = tuple(
        {
            "part": f"{one.part}/{one.parts}",
            "revision": str(one.revision),
            "ERP document": one.erp_id,
            "date": one.journal.accounting_date.isoformat(),
            "debits": str(one.journal.debits),
            "credits": str(one.journal.credits),
            "state": str(one.state),
            "why": one.reason,
        }
        for one in documents
    )
    facts = {
        "posting": ", ".join(sorted({str(one.state) for one in documents})),
        "documents": len(documents),
        "debits": sum((one.journal.debits for one in documents), money.exact(0, documents[0].journal.currency)),
        "currency": documents[0].journal.currency,
    }
    links = {f"ERP document {one.part}": one.erp_id for one in documents if one.erp_id}
    return StageResult(facts=facts, rows=rows, rows_total=len(documents), verdicts=verdicts, links=links)
