"""ERP postings: the journals of a settlement in the ERP's books, exactly once.

In: the journals staged for this settlement. The gate is asked again here; then the whole set is stored as intent and
each document is driven as far as it goes now. What the ERP needs longer for is asked again by a due row.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from assets.desk import UNSENT
from assets.gate import accounts_verdict, journal_verdict, place_verdict
from assets.journals import Planned, out_of_date, planned_journals
from assets.posting import Driven, drive
from assets.posting_findings import REFUSED_CODE, SENDABLE_CODES
from assets.resumption import POSTING_KIND, ask_for
from assets.roadmap import Road
from assets.series import placed
from assets.settlement_reports import registered
from assets.verdicts import StageResult, Verdict
from ledger import money
from ledger.errors import ConnectorError, Finding, TargetError
from ledger.journal import JournalSet
from ledger.posting import MAY_EXIST, PostingState
from ledger.series import Place
from resources.store.outbox import OutboxDocument
from resources.store.review import ReviewItem

# A part is sent when every part before it has got this far.
_HANDED_OVER = frozenset({PostingState.SENT, PostingState.IMPORTING, PostingState.POSTED})
# What was sent and seen in the ERP is never sent again; everything else still may be.
_DONE = _HANDED_OVER | {PostingState.REFUSED, PostingState.REVERSED}


def post(road: Road, settlement_id: str) -> StageResult:
    """Post what is planned for a settlement; never twice, whoever calls how often.

    What is under way is followed even while the gate is closed; only nothing new is sent then.
    """
    record = registered(road, settlement_id)
    place = placed(road)[settlement_id]
    planned = planned_journals(road, settlement_id)
    known = road.stores.outbox.documents(planned.journals.source)
    if place.is_before_go_live and all(one.state in UNSENT for one in known):
        return StageResult(facts={"posting": "none: before go-live, already in the books by hand"})
    verdicts = () if _is_settled(known) else _gate_or_hold(road, planned, known, place, record.facts)
    is_held = place.is_before_go_live or any(not verdict.passed and verdict.is_blocking for verdict in verdicts)
    if any(finding.code == "changed_meanwhile" for verdict in verdicts for finding in verdict.findings):
        ask_for(road, settlement_id, "something changed after the journals were made")
    if not is_held or (_may_exist(known) and not place.is_before_go_live):
        alarms, may_send = _plan(road, planned, settlement_id, known)
        verdicts, is_held = (*verdicts, *alarms), is_held or not may_send
    documents = road.stores.outbox.documents(planned.journals.source)
    if not documents or _is_withdrawn(planned, documents):
        word = "stopped at the gate" if is_held else "none: no amount other than zero"
        return StageResult(facts={"posting": word}, verdicts=verdicts)
    driven = _drive_all(road, settlement_id, documents, is_held)
    _ask_again(road, settlement_id, driven)
    if _may_exist(documents) and all(one.document.state in UNSENT for one in driven):
        ask_for(road, settlement_id, "nothing of it is in the ERP: what is planned now may go")
    return _result([one.document for one in driven], (*verdicts, _progress(driven)))


def _is_settled(documents: list[OutboxDocument]) -> bool:
    """Tell whether everything is in the ERP already, so that the gate has nothing left to guard."""
    return bool(documents) and all(one.state in _HANDED_OVER for one in documents)


def _may_exist(documents: list[OutboxDocument]) -> bool:
    return any(one.state in MAY_EXIST for one in documents)


def _to_send(planned: Planned, known: list[OutboxDocument]) -> JournalSet:
    """Return the journals that would be sent: once something may be in the ERP, the stored ones and no others."""
    if not _may_exist(known):
        return planned.journals
    stored = tuple(one.journal for one in known if one.state not in _DONE)
    return JournalSet(planned.journals.source, known[0].revision, stored)


def _is_withdrawn(planned: Planned, documents: list[OutboxDocument]) -> bool:
    """Tell whether there is nothing to post any more, and nothing of it ever was."""
    return not planned.journals.journals and all(one.state is PostingState.REFUSED for one in documents)


def _plan(
    road: Road, planned: Planned, settlement_id: str, known: list[OutboxDocument]
) -> tuple[tuple[Verdict, ...], bool]:
    """Store the set as intent where it is new; an alarm where something else may be in the ERP already.

    Also tell whether what is stored may be sent: it is what the gate was asked about, and nobody wants it otherwise.
    """
    outcome = road.stores.outbox.plan(
        road.connection,
        planned.journals,
        approved=road.policy.approval == "automatic",
        mapping_hash=planned.mapping_hash,
        partition=settlement_id,
        run=road.run,
        person=road.person,
        again=_is_wanted_again(road, settlement_id, known),
    ).outcome
    if outcome != "changed":
        return (), outcome == "same" or not _may_exist(known)
    documents = road.stores.outbox.documents(planned.journals.source)
    if _may_exist(documents):
        alarm = _changed(road, planned, settlement_id, documents)
        return (alarm,), alarm.passed and _may_exist(known)
    sentence = "The journals changed, and another worker still holds what was planned before; the next run replaces it."
    return (Verdict("unchanged_since_posting", False, sentence, is_blocking=False, is_waiting=True),), False


def _decisions(road: Road, settlement_id: str, codes: frozenset[str], resolution: str) -> Iterator[ReviewItem]:
    for code in sorted(codes):
        for item in road.stores.review.decisions(road.connection, settlement_id, code):
            if item.resolution == resolution:
                yield item


def _is_wanted_again(road: Road, settlement_id: str, known: list[OutboxDocument]) -> bool:
    """Tell whether a person wants the refused content once more: a decision on one of these very documents."""
    dead = {one.key for one in known if one.state is PostingState.REFUSED}
    items = _decisions(road, settlement_id, frozenset({REFUSED_CODE}), "retry")
    return any(item.document_key in dead for item in items)


def _wanted_if_absent(road: Road, settlement_id: str, documents: list[OutboxDocument]) -> frozenset[str]:
    """Return the documents in review of which a person said `recheck` since they came there."""
    since = {one.key: one.changed_at for one in documents if one.state is PostingState.REVIEW}
    if not since:
        return frozenset()
    items = _decisions(road, settlement_id, SENDABLE_CODES, "recheck")
    return frozenset(
        item.document_key
        for item in items
        if item.document_key in since and item.ended_at is not None and item.ended_at >= since[item.document_key]
    )


def _gate_or_hold(
    road: Road, planned: Planned, known: list[OutboxDocument], place: Place, facts: dict
) -> tuple[Verdict, ...]:
    """Ask the gate; when it cannot be asked, hold what is unsent, so that what is under way is followed all the same.

    Raises what the gate raises while nothing is under way.
    """
    try:
        return _gate(road, planned, _to_send(planned, known), place, facts)
    except ConnectorError as error:
        if not _may_exist(known):
            raise
        sentence = f"The gate cannot be asked, so nothing is sent: {error}"
        if isinstance(error, TargetError):
            return (Verdict("gate", False, sentence, is_waiting=True),)
        finding = Finding("changed_meanwhile", sentence, "Correct what the sentence names; then resolve with `retry`.")
        return (Verdict("gate", False, sentence, findings=(finding,)),)


def _gate(road: Road, planned: Planned, to_send: JournalSet, place: Place, facts: dict) -> tuple[Verdict, ...]:
    """Ask everything again that a blocking check guarded in an earlier run, accounts and periods of what is sent."""
    total = money.exact(facts["total_amount"], facts["currency"])
    verdicts = [
        place_verdict(place),
        journal_verdict(road, planned.journals, planned.clearing, planned.reference, total, facts["currency"]),
        accounts_verdict(road, road.load_mapping(), to_send),
    ]
    changed = out_of_date(road, planned.journals.source.source_id, planned)
    if changed:
        finding = Finding(
            "changed_meanwhile",
            f"Since these journals were made, {changed} changed.",
            "Materialize mapped_lines and journals of this settlement again; then post.",
        )
        verdicts.append(Verdict("made_of_what_is_true_now", False, finding.sentence, findings=(finding,)))
    failed = tuple(verdict for verdict in verdicts if not verdict.passed)
    if not failed:
        return (Verdict("gate", True, "Placed, tied, balanced; accounts valid; periods open."),)
    sentence = " ".join(verdict.sentence for verdict in failed)
    findings = tuple(finding for verdict in failed for finding in verdict.findings)
    return (Verdict("gate", False, sentence, is_blocking=any(one.stops for one in failed), findings=findings),)


def _drive_all(road: Road, settlement_id: str, documents: list[OutboxDocument], is_held: bool) -> list[Driven]:
    """Drive every document, in order of parts; a part is not sent before the parts before it are through.

    So a refused first part leaves the others unsent, and the whole set can be corrected.
    """
    siblings = [document.journal for document in documents]
    desk = replace(road.desk, may_send_again=_wanted_if_absent(road, settlement_id, documents))
    is_way_clear, driven = not is_held, []
    for document in documents:
        is_held_here = document.state is PostingState.APPROVED and not is_way_clear
        one = Driven(document) if is_held_here else drive(replace(desk, may_send=is_way_clear), document.key, siblings)
        is_way_clear = is_way_clear and one.document.state in _HANDED_OVER
        driven.append(one)
    return driven


def _ask_again(road: Road, settlement_id: str, driven: list[Driven]) -> None:
    """Leave a due row for the earliest moment at which another look makes sense."""
    moments: list[datetime] = [one.again_at for one in driven if one.again_at is not None]
    if moments:
        states = ", ".join(sorted({str(one.document.state) for one in driven if one.again_at is not None}))
        road.stores.due.ask(road.connection, POSTING_KIND, settlement_id, min(moments), f"documents are {states}")


def _changed(road: Road, planned: Planned, settlement_id: str, documents: list[OutboxDocument]) -> Verdict:
    """Same settlement, other content than what was sent: an alarm with the differences, never a second post."""
    rows = difference_rows(documents, planned)
    sentence = f"Settlement {settlement_id} would be booked otherwise now: {len(rows)} lines differ from what was sent."
    origin = planned.journals.fingerprint[:16]
    for item in _decisions(road, settlement_id, frozenset({"changed_after_posting"}), "keep"):
        if item.origin == origin:
            kept = f"{sentence} {item.person} keeps the posting: {item.resolution_reason}"
            return Verdict("unchanged_since_posting", True, kept, is_blocking=False, rows=rows)
    finding = Finding(
        "changed_after_posting",
        sentence,
        "Nothing is sent. Resolve this item with `keep` to leave the books as they are; or unpost every journal of the "
        "settlement in the ERP, materialize reconciliations, and resolve what it finds with `deleted`: the changed "
        "journals then become a new revision.",
        origin=origin,
        details={"differences": [dict(row) for row in rows[:50]]},
    )
    return Verdict("unchanged_since_posting", False, sentence, is_blocking=False, rows=rows, findings=(finding,))


def difference_rows(documents: list[OutboxDocument], planned: Planned) -> tuple[dict[str, str], ...]:
    """Return account by account what was sent and what would be sent now, where they differ."""
    sent, now = _totals([one.journal for one in documents]), _totals(planned.journals.journals)
    return tuple(
        {
            "account": account,
            "reference": reference,
            "date": day,
            "sent": str(sent.get(key, 0)),
            "now": str(now.get(key, 0)),
        }
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
    findings = tuple(_with_parts(one.finding, one, driven) for one in driven if one.finding is not None)
    states = ", ".join(_state_of(one) for one in driven)
    is_waiting = not findings and any(one.document.state is not PostingState.POSTED for one in driven)
    return Verdict(
        "accepted_by_erp",
        not findings and not is_waiting,
        " ".join(finding.sentence for finding in findings) or states,
        is_blocking=False,
        is_waiting=is_waiting,
        findings=findings,
    )


def _state_of(driven: Driven) -> str:
    """Return where a part stands, since when, and what it waits for."""
    one = driven.document
    if one.state is PostingState.POSTED:
        return f"part {one.part} {one.state}"
    waits = f", waits for {driven.waits_for}" if driven.waits_for else ""
    return f"part {one.part} {one.state} since {one.changed_at:%Y-%m-%d %H:%M} UTC{waits}"


def _with_parts(finding: Finding, driven: Driven, everyone: list[Driven]) -> Finding:
    """Name the parts that are in the books: until they are taken out, the set is held whole."""
    others = [one.document for one in everyone if one is not driven and one.document.state in MAY_EXIST]
    if not others:
        return finding
    parts = ", ".join(f"part {one.part} as {one.erp_id} ({one.state})" for one in others)
    return replace(finding, sentence=f"{finding.sentence} Already in the books or under way: {parts}.")


def _result(documents: list[OutboxDocument], verdicts: tuple[Verdict, ...]) -> StageResult:
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
