"""Invoice postings: the order documents of one day in the ERP's receivables, each exactly once.

In: the invoices and credit memos made of a day. The gate is asked once for all that are new; then each is stored as
intent, looked for, sent and followed by the protocol that posts everything, and those that are posted are read back.
New ones go in one call where the target takes several. A document that a person or the ERP holds keeps none of the
others. Settlements that waited for one of them are asked for again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from decimal import Decimal
from functools import partial

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.month_end.accrued_months import accruals_beside
from assets.posting.accounting_dates import after_accruals
from assets.posting.day_postings import (
    GATE,
    Posted,
    again_verdict,
    changed_verdict,
    gate_of_day,
    joined,
    read_back,
    shown,
    stored_sources,
    undone_elsewhere,
    undone_sources,
    withheld_of_day,
)
from assets.posting.document_sets import INVOICE_POSTINGS as TABLE
from assets.posting.document_sets import is_reversal, is_settled, is_withheld, may_exist, to_send
from assets.posting.driving import spoken_for
from assets.posting.sent_together import MAY_GO, send_what_goes_together, takes_several
from assets.posting.sets import Taken, WantedSet, take_in, take_on
from assets.receivable_invoices import Staged, invoicing_of, make_invoices, staged_invoices
from assets.sales.billed_gate import CODE as NOT_BILLED_CODE
from assets.sales.order_choices import owed, revenue_orders
from assets.sales.order_clearing import cleared_verdict
from assets.stages.commands import undo_and_repost
from assets.stages.day_files import write_day
from assets.stages.day_names import day_name
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.resumption import ask_for
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import Row, StageResult, Verdict
from assets.undo.credits_again import are_to_be_made, ask_for_memos, memo_waits_for
from ledger import money
from ledger.errors import Finding
from ledger.journal import JournalSet, SourceKey
from ledger.order_adjustments import adjusts
from ledger.order_documents import CREDIT_MEMO, INVOICE
from ledger.posting import PostingState
from ledger.reversal import reversal_source
from resources.store.outbox import OutboxDocument

_POSTED = Posted(TABLE, "invoices", "Every invoice", "read_back_equals_invoice")
REVENUE_CODE = "order_is_revenue"
_ROWS_MAX = 200


def post_invoices(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Post the invoices of each day of a span as far as they go now; never twice, whoever calls how often."""
    invoicing_of(road)
    return {day: _day(road, day) for day in days_between(first, last)}


def _day(road: Road, day: date) -> DayOutcome:
    staged = staged_invoices(road, day)
    if staged is None:
        make = f"connector fetch receivable_invoices --from {day} --to {day} -c {road.connection}"
        return RefusedDay(((str(day), f"Its invoices are not made yet: {make}"),))
    partition = day_name(TABLE, day)
    staged = _made_anew(road, day, partition, staged)
    made = {one.source: one for one in staged.documents}
    stored = stored_sources(road, partition)
    sources = list(dict.fromkeys((*made, *stored)))
    known = {source: road.stores.outbox.documents(source) for source in sources}
    wanted = {source: after_accruals(road, one, known[source]) for source, one in made.items()}
    undone = undone_sources(road, partition)
    out = withheld_of_day(road, partition, [one for one in sources if one in undone], known)
    out |= undone_elsewhere(road, partition, known)
    open_ones = [one for one in wanted if one not in out and not is_settled(known[one])]
    gate = gate_of_day(road, [to_send(wanted[source], known[source]) for source in open_ones])
    settled = _revenue(road, day, staged)
    questions = {
        source: _question(road, partition, staged, wanted.get(source), known[source], gate, settled)
        for source in sources
        if source not in out
    }
    results = [*out.values(), *_results(road, questions, sources)]
    documents = [one for source in sources for one in shown(road, source, is_undone=source in undone)]
    _ask_for_others(road, [one for before in known.values() for one in before], documents)
    told = joined([one for result in results for one in result.verdicts], documents, _POSTED)
    read_before = road.stores.warehouse.current(road.connection, TABLE, day.isoformat())
    held, read = read_back(road, documents, read_before.facts if read_before else {}, _POSTED)
    verdicts = (gate, *told, held, cleared_verdict(road, map(_order, documents)))
    version = write_day(
        road, TABLE, day, [_stored_row(one) for one in documents], {"mapping": staged.mapping_hash, **read}
    )
    return StageResult(
        facts=_facts(road, documents) | _minutes(road, day, documents),
        rows=tuple(_row(one) for one in documents)[:_ROWS_MAX],
        rows_total=len(documents),
        verdicts=verdicts,
        links={f"order {_order(one)}": one.erp_id for one in documents[:10] if one.erp_id},
        version=version.id,
    )


def _made_anew(road: Road, day: date, partition: str, staged: Staged) -> Staged:
    """Return the documents of a day, made anew where what they were made of may be otherwise by now.

    So where its credit memos are wanted again with an invoice billed since, and where a transaction may have come for a
    shipment that the report told.
    """
    listed = road.stores.outbox.listing(road.connection, [PostingState.REVERSED], partition=partition, limit=100_000)
    memos = [one for one in listed if one.source.kind == CREDIT_MEMO]
    made = (journal for one in staged.documents for journal in one.journals)
    is_unsent = any(not may_exist(road.stores.outbox.documents(one)) for one in staged.by_report)
    if not is_unsent and not (memos and are_to_be_made(road, memos, made)):
        return staged
    make_invoices(road, day, day)
    return staged_invoices(road, day) or staged


def _ask_for_others(road: Road, before: Sequence[OutboxDocument], now: Sequence[OutboxDocument]) -> None:
    """Ask for the settlements that wait for invoices, and for credit memos, once something was posted that was not."""
    posted = [one for one in now if one.state is PostingState.POSTED and not is_reversal(one)]
    ask_for_memos(road, (one for one in posted if one.revision > 1))
    known = {one.key for one in before if one.state is PostingState.POSTED}
    if not any(one.key not in known for one in posted):
        return
    for item in road.stores.review.listing(road.connection):
        if item.code == NOT_BILLED_CODE:
            ask_for(road, item.partition, "invoices that it may have waited for were posted")


def _revenue(road: Road, day: date, staged: Staged) -> dict[str, str]:
    """Return the orders of a day that a settlement has booked as revenue by now."""
    events = road.stores.warehouse.current(road.connection, EVENTS_TABLE, day.isoformat())
    besides = {one.belongs_to for one in staged.by_report}
    return revenue_orders(road, road.stores.warehouse.path(events), besides=besides) if events else {}


@dataclass(frozen=True)
class _Question:
    """One order document that is wanted, and what keeps it from being sent."""

    wanted: WantedSet
    known: list[OutboxDocument]
    gate: Verdict
    verdicts: tuple[Verdict, ...]

    def everything(self, road: Road) -> tuple[Verdict, ...]:
        """Return all that keeps it from being sent now: what its invoice says is asked when its turn comes."""
        again = self.wanted.is_wanted_again or (self.known and self.known[0].revision > 1)
        is_later = again and not is_settled(self.known)
        undone = again_verdict(road, self.wanted.source) if is_later else ()
        return (*self.verdicts, *undone, *_before_its_invoice(road, self.wanted.journals, self.known))

    def changed(self, road: Road, documents: list[OutboxDocument]) -> Verdict:
        """Say how it would be billed otherwise now."""
        return _changed(road, self.wanted, documents)

    def told(self, result: StageResult) -> StageResult:
        """Return a result without the verdict that is told once for the whole day."""
        return replace(result, verdicts=tuple(one for one in result.verdicts if one is not self.gate))


def _question(
    road: Road,
    partition: str,
    staged: Staged,
    wanted: JournalSet | None,
    known: list[OutboxDocument],
    gate: Verdict,
    settled: dict[str, str],
) -> _Question:
    """Return what is asked of one order document."""
    if wanted is None:
        # Made once and not any more: what was sent is followed, what was not is never sent.
        wanted = JournalSet(known[0].source, known[0].revision, tuple(one.journal for one in known))
        gate = replace(gate, passed=False, is_blocking=True, findings=())
    order = wanted.source.belongs_to
    is_revenue = order in settled and not may_exist(known)
    verdicts = (gate, _is_revenue(order, settled[order])) if is_revenue else (gate,)
    beside = tuple(accruals_beside(road, wanted)) if road.policy.month_end == "accrue" else ()
    beside = (*beside, *_undoing_of_invoices(road, wanted))
    # What was reversed comes here only where a person wants it posted again.
    again = is_withheld(known)
    names = staged.others.get(wanted.source, ())
    asked = WantedSet(
        wanted, partition, staged.mapping_hash, is_wanted_again=again, unless_begun=beside, other_names=names
    )
    return _Question(asked, known, gate, verdicts)


def _undoing_of_invoices(road: Road, wanted: JournalSet) -> Iterator[SourceKey]:
    """Yield under which sources the invoices that credit memos take back would be undone."""
    for journal in wanted.journals:
        credited = journal.billing.credits if journal.billing else ""
        invoice = road.stores.outbox.document(credited) if credited else None
        if invoice is not None:
            yield reversal_source(invoice.source, invoice.revision)


def _results(road: Road, questions: Mapping[SourceKey, _Question], sources: Sequence[SourceKey]) -> list[StageResult]:
    """Take every order document as far as it goes now; those that go together go first.

    A run waits for the ERP once for the whole day: what one document has waited for, the next need not.
    """
    begun = {source: _taken_in(road, one) for source, one in questions.items() if _may_go_together(road, one)}
    resting = send_what_goes_together(road, list(begun.values()))
    results = []
    for source in sources:
        if source not in questions:
            continue
        started = road.clock.monotonic()
        one = questions[source]
        taken = begun.get(source) or _taken_in(road, one)
        result = one.told(take_on(road, taken, resting))
        results.append(result)
        if any(verdict.is_waiting and not verdict.passed for verdict in result.verdicts):
            road = _less_patient(road, road.clock.monotonic() - started)
    return results


def _taken_in(road: Road, one: _Question) -> Taken:
    """Store one order document as intent where nothing keeps it."""
    taken = take_in(road, one.wanted, one.known, one.everything(road), partial(one.changed, road))
    return replace(taken, documents=tuple(spoken_for(road, taken.documents)))


def _may_go_together(road: Road, one: _Question) -> bool:
    """Tell whether a document may go with others: an invoice, of which nothing is known to be in the ERP."""
    is_credit = any(
        journal.billing is not None and journal.billing.is_credit for journal in one.wanted.journals.journals
    )
    return takes_several(road) and not is_credit and all(document.state in MAY_GO for document in one.known)


def _less_patient(road: Road, seconds: float) -> Road:
    left = max(0.0, road.patience.in_run - seconds)
    return replace(road, patience=replace(road.patience, in_run=left))


def _before_its_invoice(road: Road, wanted: JournalSet, known: list[OutboxDocument]) -> Iterator[Verdict]:
    """Hold a credit memo until the invoice that it takes back is in the books, and none of its order is undone."""
    for journal in wanted.journals:
        if journal.billing is None or not journal.billing.is_credit or may_exist(known):
            continue
        words = list(memo_waits_for(road, journal))
        invoice = road.stores.outbox.document(journal.billing.credits)
        if not words and (invoice is None or invoice.state is not PostingState.POSTED):
            state = f"is {invoice.state}" if invoice else "was never planned"
            words = [f"The invoice of order {journal.billing.order_id} {state}; its credit memo follows it."]
        if words:
            yield Verdict(GATE, False, " ".join(words), is_waiting=True)


def _is_revenue(order: str, settlement: str) -> Verdict:
    sentence = f"Order {order} is revenue of settlement {settlement} already, so it is not billed."
    finding = Finding(
        REVENUE_CODE,
        sentence,
        "Make the invoices of the day again: it leaves the order out. To bill it after all, reverse that settlement "
        "first.",
        origin=order,
    )
    return Verdict(GATE, False, sentence, findings=(finding,))


def _changed(road: Road, wanted: WantedSet, documents: list[OutboxDocument]) -> Verdict:
    """Same shipment, other content than what was sent: an alarm, never a second invoice."""
    order = wanted.journals.source.belongs_to
    redo = f"; or undo what was billed, and bill it as it is now: {undo_and_repost(road.connection, order)}"
    what = f"Order {order} would be billed otherwise now:"
    return changed_verdict(road, wanted.partition, wanted.journals, documents, what, redo)


def _facts(road: Road, documents: Sequence[OutboxDocument]) -> dict:
    states = Counter(str(one.state) for one in documents)
    facts: dict = {"documents": len(documents), **{f"of these {state}": count for state, count in states.items()}}
    totals: dict[str, Decimal] = {}
    for one in documents:
        if is_reversal(one) or one.state is PostingState.REVERSED:
            continue
        totals[one.journal.currency] = totals.get(one.journal.currency, Decimal(0)) + owed(one.journal)
    facts |= {f"billed {currency}": money.text(total, currency) for currency, total in totals.items()}
    return facts


def _minutes(road: Road, day: date, documents: Sequence[OutboxDocument]) -> dict[str, int]:
    """Return how many minutes after its shipment an invoice was posted: half of them within, and the longest."""
    events = road.stores.warehouse.current(road.connection, EVENTS_TABLE, day.isoformat())
    if events is None:
        return {}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        bound = {"events": str(road.stores.warehouse.path(events))}
        rows = dicts(duck.sql(statement("shipment_moments"), params=bound))
    shipped = {row["transaction_id"]: row["shipped_at"].replace(tzinfo=UTC) for row in rows}
    waited = sorted(
        int((one.changed_at - shipped[one.journal.billing.transaction_id]).total_seconds() // 60)
        for one in documents
        if _is_posted(one) and one.source.kind == INVOICE and not adjusts(one.source.source_id)
        if one.journal.billing is not None and one.journal.billing.transaction_id in shipped
    )
    if not waited:
        return {}
    return {
        "minutes from shipment to posted, half within": waited[(len(waited) - 1) // 2],
        "minutes from shipment to posted, longest": waited[-1],
    }


def _is_posted(document: OutboxDocument) -> bool:
    return document.state is PostingState.POSTED


def _order(document: OutboxDocument) -> str:
    return document.source.belongs_to


def _row(document: OutboxDocument) -> Row:
    journal = document.journal
    return {
        "order": _order(document),
        "what": document.source.kind.replace("_", " "),
        "ERP document": document.erp_id or "",
        "date": journal.accounting_date.isoformat(),
        "total": money.text(owed(journal), journal.currency),
        "currency": journal.currency,
        "state": str(document.state),
        "why": document.reason,
    }


def _stored_row(document: OutboxDocument) -> dict[str, object]:
    row = _row(document)
    told = {"order_id": row["order"], "erp_id": row["ERP document"], "accounting_date": row["date"]}
    same_names = {name: row[name] for name in ("total", "currency", "state")}
    return {**told, **same_names, "kind": document.source.kind, "revision": document.revision}
