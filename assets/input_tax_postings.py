"""Input tax postings: tax on fees that waits in the books, claimed with the invoices that were issued on one day.

In: the fee invoices of a day, and what settlements left waiting. Out: a journal per invoice, made anew, stored as
intent, looked for, sent and followed by the protocol that posts everything, and read back. What would be claimed
otherwise than it was sent is told, and nothing is sent a second time.
"""

from collections.abc import Iterator
from datetime import date
from functools import partial

from assets.fee_invoices import TABLE as INVOICES_TABLE
from assets.month_end.claimed_tax import ClaimedDay, claimed_day
from assets.posting.day_journals import facts_of
from assets.posting.day_postings import Posted, changed_verdict, gate_of_day, joined, read_back, stored_sources
from assets.posting.document_sets import INPUT_TAX_POSTINGS as TABLE
from assets.posting.document_sets import is_settled, is_withheld, to_send
from assets.posting.sets import WantedSet, take
from assets.stages.day_files import write_day
from assets.stages.day_names import day_name
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.errors import ConfigurationRefused
from ledger.journal import JournalSet
from ledger.mapping import Mapping
from resources.store.outbox import OutboxDocument

EVIDENCED = "input_tax_evidenced"
_POSTED = Posted(TABLE, "journals of input tax", "Every journal of input tax", "read_back_equals_journal")
_ROWS_MAX = 200


def post_input_tax(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Claim the input tax of each day of a span as far as it goes now; never twice, whoever calls how often.

    Raises ConfigurationRefused where the connection lets none wait.
    """
    if not road.policy.holds_input_tax:
        raise ConfigurationRefused(f"{road.connection} lets no input tax wait: books.input_tax is not when_invoiced.")
    mapping = road.load_mapping()
    return {day: _day(road, mapping, day) for day in days_between(first, last)}


def _day(road: Road, mapping: Mapping, day: date) -> DayOutcome:
    invoices = road.stores.warehouse.current(road.connection, INVOICES_TABLE, day.isoformat())
    if invoices is None:
        fetch = f"connector fetch {INVOICES_TABLE} --from {day} --to {day} -c {road.connection}"
        return RefusedDay(((str(day), f"Its fee invoices are not here yet: {fetch}"),))
    made = claimed_day(road, mapping, day)
    partition = day_name(TABLE, day)
    wanted = {one.source: one for one in made.documents}
    sources = list(dict.fromkeys((*wanted, *stored_sources(road, partition))))
    known = {source: road.stores.outbox.documents(source) for source in sources}
    sending = [to_send(wanted[source], known[source]) for source in wanted if not is_settled(known[source])]
    gate = gate_of_day(road, sending)
    results = [_one(road, partition, mapping, wanted.get(source), known[source], gate) for source in sources]
    documents = [one for source in sources for one in road.stores.outbox.documents(source)]
    before = road.stores.warehouse.current(road.connection, TABLE, day.isoformat())
    held, read = read_back(road, documents, before.facts if before else {}, _POSTED)
    told = joined([one for result in results for one in result.verdicts], documents, _POSTED)
    facts = {"mapping": mapping.content_hash, "invoices": invoices.id, **read}
    version = write_day(road, TABLE, day, [row for one in documents for row in _lines_of(one)], facts)
    return StageResult(
        facts=facts_of(documents, "claimed"),
        rows=tuple(_row(one) for one in documents)[:_ROWS_MAX],
        rows_total=len(documents),
        verdicts=(_evidenced(made), gate, *told, held),
        links={one.journal.document_reference: one.erp_id for one in documents[:10] if one.erp_id},
        version=version.id,
    )


def _one(
    road: Road, partition: str, mapping: Mapping, wanted: JournalSet | None, known: list[OutboxDocument], gate: Verdict
) -> StageResult:
    """Take the tax of one invoice as far as it goes now; what is not claimed any more is followed, and never sent."""
    if is_withheld(known):
        return StageResult(facts={"posting": "reversed"})
    journals = wanted or JournalSet(known[0].source, known[0].revision, tuple(one.journal for one in known))
    set_of_day = WantedSet(journals, partition, mapping.content_hash, is_never_sent=wanted is None)
    result = take(road, set_of_day, known, (gate,), partial(_changed, road, partition, journals))
    return StageResult(facts=result.facts, verdicts=tuple(one for one in result.verdicts if one is not gate))


def _changed(road: Road, partition: str, wanted: JournalSet, documents: list[OutboxDocument]) -> Verdict:
    """Same invoice, other tax than what was sent: an alarm, never a second journal."""
    what = f"Invoice {documents[0].journal.document_reference} would claim otherwise now:"
    redo = ", and correct by hand in the ERP what is wrong there"
    return changed_verdict(road, partition, wanted, documents, what, redo)


def _evidenced(made: ClaimedDay) -> Verdict:
    """What waits of an invoice's time is claimed with a number; what is not says why."""
    rows, findings = tuple(made.rows), tuple(made.findings)
    unnumbered = sum(row["invoice"].startswith("no number") for row in rows)
    sentence = f"{len(made.documents)} of {len(rows)} invoices claim tax that waited."
    if findings:
        sentence += f" {findings[0].sentence}"
    if made.lacking:
        sentence += f" Of {made.lacking} times other tax waits than is claimed: the rows say how much."
    if made.waiting:
        sentence += f" {made.waiting} times are not all posted yet."
    if unnumbered:
        sentence += f" {unnumbered} invoices have no number yet: their tax waits."
    is_wrong = bool(made.lacking or findings)
    is_waiting = bool(made.waiting or unnumbered) and not is_wrong
    told = Verdict(
        EVIDENCED,
        not is_wrong and not is_waiting,
        sentence,
        is_blocking=False,
        is_waiting=is_waiting,
        rows=rows,
        findings=findings,
    )
    return told.cut(_ROWS_MAX)


def _row(document: OutboxDocument) -> Row:
    journal = document.journal
    return {
        "invoice": journal.document_reference,
        "ERP document": document.erp_id or "",
        "date": journal.accounting_date.isoformat(),
        "input tax": money.text(journal.debits, journal.currency),
        "currency": journal.currency,
        "state": str(document.state),
        "why": document.reason,
    }


def _lines_of(document: OutboxDocument) -> Iterator[dict[str, object]]:
    journal = document.journal
    for line in journal.lines:
        yield {
            "invoice_number": journal.document_reference,
            "revision": document.revision,
            "part": document.part,
            "erp_id": document.erp_id,
            "accounting_date": journal.accounting_date.isoformat(),
            "line": line.number,
            "account": str(line.account),
            "amount": money.text(line.amount, journal.currency),
            "currency": journal.currency,
            "state": str(document.state),
        }
