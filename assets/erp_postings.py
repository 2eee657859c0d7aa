"""ERP postings: the journals of a settlement in the ERP's books, exactly once.

In: the journals staged for this settlement. The gate is asked again here; then the whole set is stored as intent and
each document is driven as far as it goes now. What the ERP needs longer for is asked again by a due row.
"""

from dataclasses import replace

from assets.accounting_dates import settled_dates
from assets.changed_lines import changed_lines
from assets.desk import UNSENT
from assets.document_sets import is_settled, is_withheld, may_exist, to_send, undoing_of
from assets.driving import ask_again, decisions, drive_all, is_refused_late, is_retried, progress, result_of
from assets.gate import accounts_verdict, journal_verdict, place_verdict
from assets.journals import Planned, out_of_date, planned_journals
from assets.reposting import carried_verdict, is_wanted_again, undoing_sources, undone_verdict
from assets.resumption import ask_for
from assets.roadmap import Road
from assets.series import placed
from assets.settlement_reports import registered
from assets.undoing import follow, withheld
from assets.verdicts import StageResult, Verdict
from ledger import money
from ledger.errors import ConnectorError, Finding, TargetError
from ledger.journal import JournalSet
from ledger.posting import PostingState
from ledger.series import Place
from resources.store.outbox import OutboxDocument


def post(road: Road, settlement_id: str) -> StageResult:
    """Post what is planned for a settlement; never twice, whoever calls how often.

    What is under way is followed even while the gate is closed; only nothing new is sent then. While a reversal is
    under way it is followed instead; a settlement that is reversed stays so until a person wants it posted again.
    """
    record = registered(road, settlement_id)
    place = placed(road)[settlement_id]
    planned = planned_journals(road, settlement_id)
    known = road.stores.outbox.documents(planned.journals.source)
    if place.is_before_go_live and all(one.state in UNSENT for one in known):
        return StageResult(facts={"posting": "none: before go-live, already in the books by hand"})
    undoing = undoing_of(road, known)
    if undoing is not None and undoing.is_under_way:
        return follow(road, settlement_id, undoing)
    if undoing is not None and is_withheld(known) and not is_wanted_again(road, settlement_id, known):
        return withheld(road, settlement_id, undoing)
    planned = replace(planned, journals=settled_dates(road, planned.journals, known))
    return _posted(road, settlement_id, planned, known, place, record.facts)


def _posted(
    road: Road, settlement_id: str, planned: Planned, known: list[OutboxDocument], place: Place, facts: dict
) -> StageResult:
    """Take the newest revision as far as it goes now, through the gate where something is left to send."""
    verdicts = () if is_settled(known) else _gate_or_hold(road, planned, known, place, facts)
    is_held = place.is_before_go_live or any(not verdict.passed and verdict.is_blocking for verdict in verdicts)
    if any(finding.code == "changed_meanwhile" for verdict in verdicts for finding in verdict.findings):
        ask_for(road, settlement_id, "something changed after the journals were made")
    if not is_held or (may_exist(known) and not place.is_before_go_live):
        alarms, may_send = _plan(road, planned, settlement_id, known)
        verdicts, is_held = (*verdicts, *alarms), is_held or not may_send
    documents = road.stores.outbox.documents(planned.journals.source)
    if not documents or _is_withdrawn(planned, documents):
        word = "stopped at the gate" if is_held else "none: no amount other than zero"
        return StageResult(facts={"posting": word}, verdicts=verdicts)
    # The gate has asked before the set was stored: what it carries in may be undone since, so whoever sends asks too.
    undoing = undoing_sources(road, place)
    driven = drive_all(road, settlement_id, documents, is_held=is_held, unless_begun=undoing)
    ask_again(road, settlement_id, driven)
    if may_exist(documents) and all(one.document.state in UNSENT for one in driven):
        ask_for(road, settlement_id, "nothing of it is in the ERP: what is planned now may go")
    if is_refused_late(road, planned.journals, documents, driven):
        ask_for(road, settlement_id, "its period was closed meanwhile")
    return result_of([one.document for one in driven], (*verdicts, progress(driven)))


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
        again=is_retried(road, settlement_id, known) or is_wanted_again(road, settlement_id, known),
    ).outcome
    if outcome != "changed":
        return (), outcome == "same" or not may_exist(known)
    documents = road.stores.outbox.documents(planned.journals.source)
    if may_exist(documents):
        alarm = _changed(road, planned, settlement_id, documents)
        return (alarm,), alarm.passed and may_exist(known)
    sentence = "The journals changed, and another worker still holds what was planned before; the next run replaces it."
    return (Verdict("unchanged_since_posting", False, sentence, is_blocking=False, is_waiting=True),), False


def _gate_or_hold(
    road: Road, planned: Planned, known: list[OutboxDocument], place: Place, facts: dict
) -> tuple[Verdict, ...]:
    """Ask the gate; when it cannot be asked, hold what is unsent, so that what is under way is followed all the same.

    Raises what the gate raises while nothing is under way.
    """
    try:
        return _gate(road, planned, to_send(planned.journals, known), place, facts)
    except ConnectorError as error:
        if not may_exist(known):
            raise
        sentence = f"The gate cannot be asked, so nothing is sent: {error}"
        if isinstance(error, TargetError):
            return (Verdict("gate", False, sentence, is_waiting=True),)
        finding = Finding("changed_meanwhile", sentence, "Correct what the sentence names; then resolve with `retry`.")
        return (Verdict("gate", False, sentence, findings=(finding,)),)


def _gate(road: Road, planned: Planned, sending: JournalSet, place: Place, facts: dict) -> tuple[Verdict, ...]:
    """Ask everything again that a blocking check guarded in an earlier run, accounts and periods of what is sent."""
    total = money.exact(facts["total_amount"], facts["currency"])
    verdicts = [
        place_verdict(place),
        journal_verdict(road, planned.journals, planned.clearing, planned.reference, total, facts["currency"]),
        accounts_verdict(road, road.load_mapping(), sending),
        *carried_verdict(road, place),
        *undone_verdict(road, planned.journals.source),
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


def _changed(road: Road, planned: Planned, settlement_id: str, documents: list[OutboxDocument]) -> Verdict:
    """Same settlement, other content than what was sent: an alarm with the differences, never a second post."""
    changed = changed_lines(road, settlement_id, documents, planned)
    rows = changed.rows
    sentence = f"Settlement {settlement_id} would be booked otherwise now: {changed.found.sentence()}"
    origin = planned.journals.fingerprint[:16]
    for item in decisions(road, settlement_id, frozenset({"changed_after_posting"}), "keep"):
        if item.origin == origin:
            kept = f"{sentence} {item.person} keeps the posting: {item.resolution_reason}"
            return Verdict("unchanged_since_posting", True, kept, is_blocking=False, rows=rows)
    finding = Finding(
        "changed_after_posting",
        sentence,
        "Nothing is sent. Resolve this item with `keep` to leave the books as they are; or undo what is posted and "
        f"post it as it would be now: connector reverse {settlement_id}, then connector repost {settlement_id}.",
        origin=origin,
        amount=changed.found.amount,
        details={
            "differences": [dict(row) for row in rows[:50]],
            "where": ", ".join(one.erp_id for one in documents if one.erp_id),
        },
    )
    return Verdict("unchanged_since_posting", False, sentence, is_blocking=False, rows=rows, findings=(finding,))
