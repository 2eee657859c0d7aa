"""Input tax postings: tax on fees that waits in the books, claimed with the invoices that were issued on one day.

In: the fee invoices of a day, and what settlements left waiting. Out: a journal per invoice, made anew, stored as
intent, looked for, sent and followed by the protocol that posts everything, and read back. What would be claimed
otherwise than it was sent is told, and nothing is sent a second time. What was reversed waits again, until a person
wants it claimed anew.
"""

from collections.abc import Iterator
from datetime import date
from functools import partial

from assets.fee_invoices import TABLE as INVOICES_TABLE
from assets.month_end.claimed_tax import ClaimedDay, claimed_day
from assets.posting.day_journals import facts_of, take_day
from assets.posting.day_postings import Posted, changed_verdict
from assets.posting.document_sets import INPUT_TAX_POSTINGS as TABLE
from assets.posting.driving import what_it_is
from assets.stages.commands import undo_and_repost
from assets.stages.day_files import write_day
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.errors import ConfigurationRefused
from ledger.journal import JournalSet, SourceKey
from ledger.mapping import Mapping
from resources.store.outbox import OutboxDocument

EVIDENCED = "input_tax_evidenced"
_POSTED = Posted(TABLE, "journals of input tax", "Every journal of input tax", "read_back_equals_journal")
_ROWS_MAX = 200


def post_input_tax(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Claim the input tax of each day of a span as far as it goes now; never twice, whoever calls how often.

    Raises ConfigurationRefused where the connection lets none wait.
    """
    _require_held(road)
    mapping = road.load_mapping()
    return {day: _day(road, mapping, day) for day in days_between(first, last)}


def input_tax_of_day(road: Road, day: date) -> dict[SourceKey, JournalSet]:
    """Return what would be claimed of a day now, by invoice; nothing is stored. Raises as `post_input_tax` does."""
    _require_held(road)
    return {one.source: one for one in claimed_day(road, road.load_mapping(), day).documents}


def _require_held(road: Road) -> None:
    if not road.policy.holds_input_tax:
        raise ConfigurationRefused(f"{road.connection} lets no input tax wait: books.input_tax is not when_invoiced.")


def _day(road: Road, mapping: Mapping, day: date) -> DayOutcome:
    invoices = road.stores.warehouse.current(road.connection, INVOICES_TABLE, day.isoformat())
    if invoices is None:
        fetch = f"connector fetch {INVOICES_TABLE} --from {day} --to {day} -c {road.connection}"
        return RefusedDay(((str(day), f"Its fee invoices are not here yet: {fetch}"),))
    made = claimed_day(road, mapping, day)
    wanted = {one.source: one for one in made.documents}
    taken = take_day(road, _POSTED, day, wanted, mapping.content_hash, partial(_changed, road))
    documents = taken.documents
    facts = {"mapping": mapping.content_hash, "invoices": invoices.id, **taken.read}
    version = write_day(road, TABLE, day, [row for one in documents for row in _lines_of(one)], facts)
    return StageResult(
        facts=facts_of(documents, "claimed"),
        rows=tuple(_row(one) for one in documents)[:_ROWS_MAX],
        rows_total=len(documents),
        verdicts=(_evidenced(made), *taken.verdicts),
        links={one.journal.document_reference: one.erp_id for one in documents[:10] if one.erp_id},
        version=version.id,
    )


def _changed(road: Road, partition: str, wanted: JournalSet, documents: list[OutboxDocument]) -> Verdict:
    """Same invoice, other tax than what was sent: an alarm, never a second journal."""
    what = f"Invoice {documents[0].journal.document_reference} would claim otherwise now:"
    name = documents[0].source.source_id
    redo = f"; or undo what was claimed, and claim it as it is now: {undo_and_repost(road.connection, name)}"
    return changed_verdict(road, partition, wanted, documents, what, redo)


def _evidenced(made: ClaimedDay) -> Verdict:
    """What waits of an invoice's time is claimed with a number; what is not says why."""
    rows, findings = tuple(made.rows), tuple(made.findings)
    unnumbered = sum(row["invoice"].startswith("no number") for row in rows)
    sentence = f"{len(made.documents) - made.reversed} of {len(rows)} invoices claim tax that waited."
    if made.reversed:
        sentence += f" Of {made.reversed} the journal is reversed: their tax waits."
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
        "what": what_it_is(document),
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
