"""Cash entries: what the bank received of a settlement's payout, or paid of a charge in it, booked exactly once.

Only where the connection says `bank_receipt: connector`. In: what is certain between payouts and bank lines, and the
settlement's own journals, posted. Out: entries through the gate and the protocol of every document. Nothing is sent for
an item that somebody else has closed, and a match that changes after its entry was sent is an alarm. Under
`bank_receipt: erp` nothing new is sent; what was sent before is followed to its end.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache, partial

from assets.bank.cash_plans import ACCOUNT_CODE, UNCLEAR_CODE, CashPlan, Unplanned, cash_plan, is_posted
from assets.bank.cash_sources import cash_sets, cash_sources
from assets.bank.matches import Money, money_of
from assets.posting.accounting_dates import settled_dates
from assets.posting.document_sets import HANDED_OVER, is_settled, is_withheld, may_exist, to_send, undoing_of
from assets.posting.findings import CASH_REVERSED_CODE
from assets.posting.gate import accounts_verdict
from assets.posting.sets import WantedSet, gate_of, gate_or_hold, take
from assets.proofs.closing_entry import ours_on_item
from assets.review.hands import decisions
from assets.settlement_reports import registered
from assets.settlements.series import placed
from assets.stages.commands import undo_and_repost
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from assets.undo.reposting import is_wanted_again, undone_verdict
from assets.undo.undoing import follow, withheld
from ledger import money
from ledger.errors import Finding
from ledger.journal import Journal, JournalSet, SourceKey
from ledger.reversal import reversal_source
from resources.store.outbox import OutboxDocument

ASSET = "cash_entries"
CLOSED_CODE, DIFFERS_CODE = "cash_item_closed", "cash_item_differs"
_CURES = {
    UNCLEAR_CODE: "Nothing is sent. Book the receipt in the ERP by hand, then resolve this item with `keep`. It ends "
    "by itself when payout and bank line agree.",
    ACCOUNT_CODE: "Add the account to the mapping; the next run goes on by itself.",
}
# What the protocol calls its checks -> what they are called here, so that both are kept of one settlement.
_CHECKS = {
    "gate": "cash_gate",
    "accepted_by_erp": "cash_accepted_by_erp",
    "unchanged_since_posting": "cash_unchanged_since_posting",
}


def book_receipts(road: Road, settlement_id: str) -> StageResult:
    """Book what the bank received of a settlement, as far as it is certain and the books let it."""
    registered(road, settlement_id)
    books_cash = road.policy.bank_receipt == "connector"
    if not books_cash and not cash_sets(road, settlement_id):
        return StageResult(facts={"cash": "the ERP's own bank process books the receipt"})
    if placed(road)[settlement_id].is_before_go_live and not cash_sets(road, settlement_id):
        return StageResult(facts={"cash": "none: before go-live, already in the books by hand"})
    bank = cache(partial(money_of, road))
    return _together([_entry(road, settlement_id, one, bank) for one in cash_sources(road, settlement_id)])


def _entry(road: Road, settlement_id: str, source: SourceKey, bank: Callable[[], Money]) -> StageResult:
    """Take one cash entry as far as it goes now."""
    known = road.stores.outbox.documents(source)
    undoing = undoing_of(road, known)
    if undoing is not None and undoing.is_under_way:
        return _without_wish(road, settlement_id, follow(road, settlement_id, undoing))
    again = is_wanted_again(road, settlement_id, known)
    if undoing is not None and is_withheld(known) and not again:
        return _without_wish(road, settlement_id, withheld(road, settlement_id, undoing))
    plan = cash_plan(road, settlement_id, source, known, bank)
    if isinstance(plan, Unplanned):
        return _unplanned(road, settlement_id, source, known, plan)
    plan = replace(plan, journals=settled_dates(road, plan.journals, known))
    verdicts = () if is_settled(known) else gate_or_hold(road, lambda: _gate(road, settlement_id, plan, known), known)
    wanted = WantedSet(
        plan.journals,
        settlement_id,
        plan.mapping_hash,
        is_wanted_again=again,
        # The gate asks before the set is stored: the settlement may be on its way out of the books since.
        unless_begun=(reversal_source(plan.settlement[0].source, plan.settlement[0].revision),),
    )
    return take(road, wanted, known, verdicts, lambda stored: _changed(road, settlement_id, plan.journals, stored))


def _unplanned(
    road: Road, settlement_id: str, source: SourceKey, known: list[OutboxDocument], plan: Unplanned
) -> StageResult:
    """Say why nothing is booked; follow what was sent, and tell where it is no longer what would be booked."""
    verdicts = ()
    if plan.code:
        standing = "stands in the books, and would not be booked now" if may_exist(known) else "is not booked"
        sentence = f"The receipt of settlement {settlement_id} {standing}: {plan.why}."
        verdicts = (_left_to_a_person(road, settlement_id, source, plan.code, sentence),)
    if not known:
        return StageResult(facts={"cash": plan.why}, verdicts=verdicts)
    stored = JournalSet(source, known[0].revision, tuple(one.journal for one in known))
    wanted = WantedSet(stored, settlement_id, known[0].mapping_hash, is_never_sent=True)
    if plan.is_match_gone:
        wanted = replace(wanted, journals=JournalSet(source, 1, ()), is_never_sent=False)
    return take(road, wanted, known, verdicts, lambda newest: _changed(road, settlement_id, wanted.journals, newest))


def _left_to_a_person(road: Road, settlement_id: str, source: SourceKey, code: str, sentence: str) -> Verdict:
    """Tell what keeps a receipt from being booked, until a person has said of this very thing that it is done."""
    for item in decisions(road, settlement_id, frozenset({UNCLEAR_CODE}), "keep"):
        if (item.code, item.origin, item.sentence) == (code, source.source_id, sentence):
            kept = f"{sentence} {item.person} has left it to the books: {item.resolution_reason}"
            return Verdict("gate", False, kept, is_waiting=True)
    return Verdict("gate", False, sentence, findings=(Finding(code, sentence, _CURES[code], origin=source.source_id),))


def _gate(road: Road, settlement_id: str, plan: CashPlan, known: Sequence[OutboxDocument]) -> tuple[Verdict, ...]:
    """Ask what must be true before any of it is sent."""
    sending = to_send(plan.journals, known)
    verdicts = [
        *_settlement_verdict(road, settlement_id),
        *_item_verdict(road, settlement_id, plan, sending, known),
        _about(accounts_verdict(road, road.load_mapping(), sending), plan.journals.source),
        *undone_verdict(road, plan.journals.source),
    ]
    return (gate_of(verdicts, "The settlement is posted, its item open by that amount; accounts valid; periods open."),)


def _settlement_verdict(road: Road, settlement_id: str) -> Iterable[Verdict]:
    if not is_posted(road, settlement_id):
        sentence = f"Settlement {settlement_id} is not posted, or is being reversed: its receipt waits."
        yield Verdict("settlement_posted", False, sentence, is_waiting=True)


def _item_verdict(
    road: Road, settlement_id: str, plan: CashPlan, sending: JournalSet, known: Sequence[OutboxDocument]
) -> Iterable[Verdict]:
    """The clearing item stands open by what is to be booked: whoever else closed it has booked the receipt.

    What stands there under the very key of a document is that document: it is found before anything is sent.
    """
    if not plan.reference:
        return
    entries = road.target.item_entries(plan.closed, plan.reference, settlement_id)
    there = {one.erp_id for one in entries}
    left = sum((one.amount for one in entries if one.currency == plan.currency), money.exact(0, plan.currency))
    handed_over = [one.journal for one in known if one.state in HANDED_OVER]
    own = {road.target.erp_id(one): one for one in (*sending.journals, *handed_over)}
    pending = (one for name, one in own.items() if name not in there)
    closing = (one.reference_total(plan.closed, plan.reference) for one in pending)
    wanted = -sum(closing, money.exact(0, plan.currency))
    if left == wanted:
        return
    ours = ours_on_item(road, settlement_id) | own.keys()
    others = [one for one in entries if one.erp_id not in ours]
    by = ", ".join(f"{one.erp_id} of {one.accounting_date} ({one.amount} {one.currency})" for one in others) or "none"
    origin = by if others else plan.reference
    for item in decisions(road, settlement_id, frozenset({CLOSED_CODE}), "keep"):
        if item.origin == origin:
            kept = f"{by} has booked the receipt; {item.person} leaves it so: {item.resolution_reason}"
            yield Verdict("item_open", False, kept, is_waiting=True)
            return
    amounts = (
        f"{money.text(left, plan.currency)} {plan.currency}",
        f"{money.text(wanted, plan.currency)} {plan.currency}",
    )
    sentence = (
        f"The clearing item {plan.reference} of {plan.closed} stands at {amounts[0]} in the books, and the bank's "
        f"money would close {amounts[1]}. Entries of others on it: {by}. Nothing is sent."
    )
    code = CLOSED_CODE if others else DIFFERS_CODE
    cure = (
        "If that entry is the receipt, resolve this item with `keep`; and where the ERP's bank process books receipts, "
        "set bank_receipt: erp. If it is wrong, undo it in the ERP: the entry is then sent by itself."
        if others
        else "Materialize reconciliations of this settlement and of the one that carries its item in."
    )
    finding = Finding(code, sentence, cure, origin=origin, amount=wanted)
    yield Verdict("item_open", False, sentence, findings=(finding,))


def _about(verdict: Verdict, source: SourceKey) -> Verdict:
    """Return a verdict whose findings say that they are about this source, not about the settlement's journals."""
    told = (replace(one, details={**one.details, "document": str(source)}) for one in verdict.findings)
    return replace(verdict, findings=tuple(told))


def _changed(road: Road, settlement_id: str, wanted: JournalSet, stored: list[OutboxDocument]) -> Verdict:
    """Another bank line, another amount or none: an alarm, never a second entry."""
    booked, now = _lines_of([one.journal for one in stored]), _lines_of(wanted.journals) or "nothing"
    sentence = f"The receipt of settlement {settlement_id} would be booked otherwise now: booked {booked}; now {now}."
    origin = wanted.fingerprint[:16]
    for item in decisions(road, settlement_id, frozenset({"changed_after_posting"}), "keep"):
        if item.origin == origin:
            kept = f"{sentence} {item.person} keeps the entry: {item.resolution_reason}"
            return Verdict("unchanged_since_posting", True, kept, is_blocking=False)
    cure = (
        "Nothing is sent. Resolve this item with `keep` to leave the books as they are; or undo the entry and book it "
        f"as it would be now: {undo_and_repost(road.connection, settlement_id, option='--cash-only')}"
    )
    where = ", ".join(one.erp_id for one in stored if one.erp_id)
    details = {"document": stored[0].key, "where": where}
    finding = Finding("changed_after_posting", sentence, cure, origin=origin, details=details)
    return Verdict("unchanged_since_posting", False, sentence, is_blocking=False, findings=(finding,))


def _lines_of(journals: Sequence[Journal]) -> str:
    return "; ".join(f"{one.debits} {one.currency} on {one.accounting_date} ({one.description})" for one in journals)


def _without_wish(road: Road, settlement_id: str, result: StageResult) -> StageResult:
    """Leave out that a reversed entry may be posted again while its settlement is not in the books either."""
    if is_posted(road, settlement_id):
        return result
    verdicts = (
        replace(one, findings=tuple(each for each in one.findings if each.code != CASH_REVERSED_CODE))
        for one in result.verdicts
    )
    return replace(result, verdicts=tuple(verdicts))


def _together(results: Sequence[StageResult]) -> StageResult:
    """Return one result of all entries of a settlement, each check once."""
    verdicts = [
        _merged(check, [one for result in results for one in result.verdicts if one.check == name])
        for name, check in _CHECKS.items()
        if any(one.check == name for result in results for one in result.verdicts)
    ]
    facts = dict(results[0].facts)
    for number, result in enumerate(results[1:], start=1):
        facts |= {f"charge {number}, {name}": value for name, value in result.facts.items()}
    return StageResult(
        facts=facts,
        rows=tuple(row for one in results for row in one.rows),
        rows_total=sum(one.rows_total for one in results),
        verdicts=tuple(verdicts),
        links={name: link for one in results for name, link in one.links.items()},
    )


def _merged(check: str, verdicts: Sequence[Verdict]) -> Verdict:
    """Return several verdicts of one check as one; trouble with the cash stops no proof of the settlement."""
    failed = [one for one in verdicts if not one.passed]
    return Verdict(
        check,
        not failed,
        " ".join(dict.fromkeys(one.sentence for one in failed or verdicts)),
        is_blocking=False,
        is_waiting=bool(failed) and all(one.is_waiting for one in failed),
        rows=tuple(row for one in verdicts for row in one.rows),
        findings=tuple(each for one in failed for each in one.findings),
    )
