"""One accrual through the gate and the posting protocol, and read back.

In: an accrual as it would be now, and what is stored of it. Out: verdicts and documents. Once something of it may be in
the books, only what is stored is driven: other content is shown, and nothing is sent a second time. The reversal goes
through the same gate before the accrual is sent, so that neither stands in the books without the other.
"""

from dataclasses import replace
from decimal import Decimal

from assets.month_end.accrual_events import EventsOfMonth, booked_by
from assets.month_end.accrual_proof import ZERO_CHECK, zero_verdict
from assets.month_end.accrual_sets import Accrual
from assets.posting.accounting_dates import CLOSED_CODE
from assets.posting.books_read import into_review, looked_for, once, read_of, same
from assets.posting.document_sets import ever_in_books, is_settled, is_withheld, may_exist, to_send, undoing_of
from assets.posting.gate import accounts_verdict, verdict_of
from assets.posting.read_back import put_right
from assets.posting.sets import WantedSet, gate_of, gate_or_hold, take
from assets.reconciliations import accepted
from assets.stages.commands import undo_and_repost
from assets.stages.resumption import ask_for
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from assets.undo.reposting import is_wanted_again, undone_verdict
from assets.undo.undoing import follow, withheld
from ledger import money
from ledger.difference import difference
from ledger.journal import JournalSet, SourceKey
from ledger.posting import PostingState
from ledger.reconciliation import Compared, unbalanced
from ledger.references import reference
from resources.store.outbox import OutboxDocument

PERIOD_CODE = "accrual_period_closed"
UNCHANGED_CHECK = "unchanged_since_posting"
ONCE_CHECK, SAME_CHECK = "posted_exactly_once", "read_back_equals_journal"
_PERIOD_CURE = (
    "Open the period and resolve this item with `retry`. An accrual is never dated into another month; resolve it with "
    "`keep` to leave the month without one: what it would hold reaches the books with its settlements."
)
_REPORT_IT = "This is a fault of the connector, nothing was posted: keep the transactions and report it."
_LOOK = (
    "Look at the documents in the ERP; nothing is corrected by itself. If somebody did it there on purpose, resolve "
    "this item with `accept`."
)


def post_accrual(road: Road, events: EventsOfMonth, source: SourceKey, accrual: Accrual | None) -> StageResult:
    """Take an accrual as far as it goes now; `accrual` is None while something it is made of is waited for."""
    name = source.source_id
    known = road.stores.outbox.documents(source)
    undoing = undoing_of(road, known)
    if undoing is not None and undoing.is_under_way:
        return follow(road, name, undoing)
    if undoing is not None and is_withheld(known) and not is_wanted_again(road, name, known):
        return withheld(road, name, undoing)
    if accrual is None or accrual.findings:
        if not may_exist(known):
            return StageResult(facts={"posting": "waits for what it is made of"})
        stored = JournalSet(source, known[0].revision, tuple(one.journal for one in known))
        return _taken(road, events, stored, known[0].mapping_hash, known, None)
    return _taken(road, events, accrual.journals, accrual.mapping.content_hash, known, accrual)


def _taken(
    road: Road,
    events: EventsOfMonth,
    journals: JournalSet,
    mapping_hash: str,
    known: list[OutboxDocument],
    accrual: Accrual | None,
) -> StageResult:
    """Ask the gate, store the set before it is looked at once more what the books hold, and drive it."""
    name = journals.source.source_id
    if not journals.journals and not known:
        return StageResult(facts={"posting": "none: nothing is accrued"})

    def gate() -> tuple[Verdict, ...]:
        return _gate(road, accrual, to_send(journals, known))

    verdicts = () if is_settled(known) else gate_or_hold(road, gate, known)
    if any(one.stops for one in verdicts) and _is_left_out(road, name, verdicts):
        return StageResult(facts={"posting": "none: its period is closed, and a person leaves it so"})
    wanted = WantedSet(journals, name, mapping_hash, is_wanted_again=is_wanted_again(road, name, known))
    if not may_exist(known) and all(one.passed for one in verdicts) and _is_outdated(road, events, wanted):
        ask_for(road, name, "a settlement of the month was posted while its accrual was made")
        sentence = f"{name}: the books of {events.month} changed while it was made; the next run makes it anew."
        waits = Verdict("gate", False, sentence, is_blocking=False, is_waiting=True)
        return StageResult(facts={"posting": "made anew by the next run"}, verdicts=(waits,))
    told: list[Verdict] = []

    def alarm(documents: list[OutboxDocument]) -> Verdict:
        told.append(_changed(road.connection, name, documents, journals))
        # What is stored is finished all the same: an accrual stands in the books only with its reversal.
        return replace(told[0], passed=True)

    result = take(road, wanted, known, verdicts, alarm)
    kept = tuple(told[0] if told and one.check == UNCHANGED_CHECK else one for one in result.verdicts)
    return _read_back(road, replace(result, verdicts=kept), journals.source)


def _is_outdated(road: Road, events: EventsOfMonth, wanted: WantedSet) -> bool:
    """Store the set, then tell whether a settlement went into the books of the month since it was made.

    From here on none does: whoever sends one looks for the accrual first.
    """
    road.stores.outbox.plan(
        road.connection,
        wanted.journals,
        approved=False,
        mapping_hash=wanted.mapping_hash,
        partition=wanted.partition,
        run=road.run,
        person=road.person,
        again=wanted.is_wanted_again,
    )
    return booked_by(road, events.month, events.since)[0] != events.booked


def _gate(road: Road, accrual: Accrual | None, sending: JournalSet) -> tuple[Verdict, ...]:
    """Ask what must be true before anything is sent, of the reversal as of the accrual."""
    verdicts = [
        verdict_of("gate", _tied(road, sending, accrual), "not_equal_events", _REPORT_IT),
        _in_open_periods(accounts_verdict(road, accrual.mapping if accrual else None, sending)),
        *undone_verdict(road, sending.source),
    ]
    return (gate_of(verdicts, "Balanced, taken back on the day after; accounts valid; both periods open."),)


def _tied(road: Road, journals: JournalSet, accrual: Accrual | None) -> Compared:
    """Every document balances; what is made anew holds what its lines add up to, and takes it back."""
    per_unit = road.policy.inter_unit == "accounts"
    lopsided = [row for journal in journals.journals for row in unbalanced(journal, per_unit=per_unit)]
    if lopsided:
        parts = ", ".join(sorted({row["part"] for row in lopsided}))
        return Compared(False, f"Out of balance: part {parts}. Nothing may be sent.", tuple(lopsided))
    if accrual is None or accrual.account is None or journals.fingerprint != accrual.journals.fingerprint:
        return Compared(True, "What is stored balances.")
    currency, item = accrual.place.currency, reference(accrual.name)
    by_day = {one.accounting_date: Decimal(0) for one in journals.journals}
    for one in journals.journals:
        by_day[one.accounting_date] += one.reference_total(accrual.account, item)
    wanted = {accrual.month.last: accrual.total, accrual.month.following.first: -accrual.total}
    rows = tuple(
        {"date": str(day), "booked": money.text(by_day.get(day, Decimal(0)), currency), "lines": str(amount)}
        for day, amount in wanted.items()
    )
    if by_day == wanted:
        return Compared(True, f"{accrual.total} {currency} are accrued and taken back.")
    return Compared(False, f"{accrual.name}: its journals are not what its lines add up to.", rows)


def _in_open_periods(verdict: Verdict) -> Verdict:
    """Say of a closed period what an accrual can do about it: nothing but wait."""
    findings = tuple(
        replace(one, code=PERIOD_CODE, cure=_PERIOD_CURE) if one.code == CLOSED_CODE else one
        for one in verdict.findings
    )
    return replace(verdict, findings=findings)


def _is_left_out(road: Road, name: str, verdicts: tuple[Verdict, ...]) -> bool:
    """Tell whether all that stops it is a closed period, and a person leaves the month without an accrual."""
    findings = [one for verdict in verdicts for one in verdict.findings]
    if not findings or any(one.code != PERIOD_CODE for one in findings):
        return False
    decided = road.stores.review.decisions(road.connection, name, PERIOD_CODE)
    return any(one.resolution == "keep" for one in decided)


def _changed(connection: str, name: str, documents: list[OutboxDocument], wanted: JournalSet) -> Verdict:
    """Show what would be accrued otherwise now; it is in the next month with its settlement, and nothing is sent."""
    found = difference([one.journal for one in documents], wanted.journals)
    rows = tuple([*(one.row() for one in found.documents), *(one.row() for one in found.lines)])
    sentence = (
        f"{name} would be other now: {found.sentence()} It stays as it was sent; what came later reaches the books "
        f"with its settlement. To have it as it would be now: {undo_and_repost(connection, name)}"
    )
    return Verdict(UNCHANGED_CHECK, False, sentence, is_blocking=False, rows=rows)


def _read_back(road: Road, result: StageResult, source: SourceKey) -> StageResult:
    """Hold the books against what was posted, once everything is; what a person took out of them goes into review."""
    name = source.source_id
    documents = put_right(road, road.stores.outbox.documents(source))
    if not documents or any(one.state is not PostingState.POSTED for one in documents):
        sentence = f"{name}: not in the books yet."
        waits = (
            Verdict(check, False, sentence, is_blocking=False, is_waiting=True)
            for check in (ONCE_CHECK, SAME_CHECK, ZERO_CHECK)
        )
        return replace(result, verdicts=(*result.verdicts, *waits)) if documents else result
    standing = ever_in_books(road, documents)
    sightings, gone = looked_for(road, standing)
    if gone:
        findings = into_review(road, sightings, gone)
        words = " ".join(one.sentence for one in findings)
        return replace(result, verdicts=(*result.verdicts, Verdict(ONCE_CHECK, False, words, findings=findings)))
    verdicts = (
        accepted(road, name, ONCE_CHECK, once(standing, sightings, []), "not_once", _LOOK),
        accepted(road, name, SAME_CHECK, same(read_of(road, standing)), "books_differ", _LOOK),
        zero_verdict(road, name, documents),
    )
    return replace(result, verdicts=(*result.verdicts, *verdicts))
