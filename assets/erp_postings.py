"""ERP postings: the journals of a settlement in the ERP's books, exactly once.

In: the journals staged for this settlement. The gate is asked again here; then the whole set is stored as intent and
each document is driven as far as it goes now. What the ERP needs longer for is asked again by a due row.
"""

from dataclasses import replace

from assets.journals import Planned, out_of_date, planned_journals, whole_verdict
from assets.month_end.accrued_months import accruals_beside
from assets.posting.accounting_dates import settled_dates
from assets.posting.desk import UNSENT
from assets.posting.document_sets import is_settled, is_withheld, to_send, undoing_of
from assets.posting.gate import accounts_verdict, place_verdict
from assets.posting.sets import WantedSet, gate_of, gate_or_hold, take
from assets.review.hands import decisions
from assets.sales.billed_gate import billed_verdict
from assets.sales.settled_costs import ask_for_costs
from assets.settlement_reports import content_verdict, registered
from assets.settlements.changed_lines import changed_lines
from assets.settlements.series import placed
from assets.stages.commands import undo_and_repost
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict, kept_rows
from assets.undo.reposting import carried_verdict, is_wanted_again, undoing_sources, undone_verdict
from assets.undo.undoing import follow, withheld
from ledger import money
from ledger.errors import Finding
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

    def gate() -> tuple[Verdict, ...]:
        return _gate(road, planned, to_send(planned.journals, known), place, facts)

    verdicts = () if is_settled(known) else gate_or_hold(road, gate, known)
    wanted = WantedSet(
        planned.journals,
        settlement_id,
        planned.mapping_hash,
        is_wanted_again=is_wanted_again(road, settlement_id, known),
        is_never_sent=place.is_before_go_live,
        # The gate asks before the set is stored: what it carries in may be undone since, so whoever sends asks too.
        unless_begun=(*undoing_sources(road, place), *accruals_beside(road, planned.journals)),
    )
    result = take(road, wanted, known, verdicts, lambda documents: _changed(road, planned, settlement_id, documents))
    if not _are_posted(known) and _are_posted(road.stores.outbox.documents(planned.journals.source)):
        ask_for_costs(road, registered(road, settlement_id))
    return result


def _are_posted(documents: list[OutboxDocument]) -> bool:
    return bool(documents) and all(one.state is PostingState.POSTED for one in documents)


def _gate(road: Road, planned: Planned, sending: JournalSet, place: Place, facts: dict) -> tuple[Verdict, ...]:
    """Ask everything again that a blocking check guarded in an earlier run, accounts and periods of what is sent."""
    total = money.exact(facts["total_amount"], facts["currency"])
    verdicts = [
        place_verdict(place),
        replace(content_verdict(road, planned.journals.source.source_id), is_blocking=True),
        whole_verdict(road, planned, total, facts["currency"]),
        accounts_verdict(road, road.load_mapping(), sending),
        *carried_verdict(road, place),
        *undone_verdict(road, planned.journals.source),
        *billed_verdict(road, planned.journals.source.source_id, place),
    ]
    changed = out_of_date(road, planned.journals.source.source_id, planned)
    if changed:
        finding = Finding(
            "changed_meanwhile",
            f"Since these journals were made, {changed} changed.",
            "Materialize mapped_lines and journals of this settlement again; then post.",
        )
        verdicts.append(Verdict("made_of_what_is_true_now", False, finding.sentence, findings=(finding,)))
    return (gate_of(verdicts, "Placed, tied, balanced; accounts valid; periods open."),)


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
    if all(one.state is PostingState.REVIEW for one in documents):
        # Nothing to undo: what holds it has an item of its own, and the next run that finds it posted tells this.
        waits = f"{sentence} It is not posted, so what is in the ERP comes to its end first."
        return Verdict("unchanged_since_posting", False, waits, is_blocking=False, is_waiting=True, rows=rows)
    finding = Finding(
        "changed_after_posting",
        sentence,
        "Nothing is sent. Resolve this item with `keep` to leave the books as they are; or undo what is posted and "
        f"post it as it would be now: {undo_and_repost(road.connection, settlement_id)}",
        origin=origin,
        amount=changed.found.amount,
        details={
            **kept_rows("differences", rows[:50]),
            "where": ", ".join(one.erp_id for one in documents if one.erp_id),
        },
    )
    return Verdict("unchanged_since_posting", False, sentence, is_blocking=False, rows=rows, findings=(finding,))
