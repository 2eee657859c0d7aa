"""Cost postings: what was shipped on one day, from inventory to cost in the ERP's general ledger, each shipment once.

In: the transactions of a day, and the catalogue. Each shipment's journals are made anew, stored as intent, looked for,
sent and followed by the protocol that posts everything, and read back. Other cost than what was sent is told and
nothing is sent a second time. A refund reverses no cost: nothing here tells whether the unit came back and can be sold.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.posting.day_postings import (
    Posted,
    again_verdict,
    changed_verdict,
    gate_of_day,
    joined,
    read_back,
    shown,
    stored_sources,
    undone_sources,
    withheld_of_day,
)
from assets.posting.document_sets import COST_POSTINGS as TABLE
from assets.posting.document_sets import is_reversal, is_settled, is_withheld, to_send
from assets.posting.driving import what_it_is
from assets.posting.sets import WantedSet, take
from assets.sales.costed_shipments import CostedDay, costed_day
from assets.stages.commands import undo_and_repost
from assets.stages.day_files import write_day
from assets.stages.day_names import day_name
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.catalogue import Catalogue
from ledger.errors import ConfigurationRefused
from ledger.journal import JournalSet, SourceKey
from ledger.mapping import Mapping
from ledger.policy import CostOfGoods
from ledger.posting import PostingState
from resources.store.outbox import OutboxDocument

COSTED = "every_shipment_costed"
_POSTED = Posted(TABLE, "cost journals", "Every cost journal", "read_back_equals_journal")
_ROWS_MAX = 200


def post_costs(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Book the cost of each day of a span as far as it goes now; never twice, whoever calls how often.

    Raises ConfigurationRefused where the connection books none.
    """
    costs, catalogue = _settings(road)
    mapping = road.load_mapping()
    return {day: _day(road, costs, mapping, catalogue, day) for day in days_between(first, last)}


def costs_of_day(road: Road, day: date) -> dict[SourceKey, JournalSet]:
    """Return what would be booked of a day now, by shipment; nothing is stored. Raises as `post_costs` does."""
    costs, catalogue = _settings(road)
    events = road.stores.warehouse.current(road.connection, EVENTS_TABLE, day.isoformat())
    if events is None:
        return {}
    path = road.stores.warehouse.path(events)
    made = costed_day(road, costs, road.load_mapping(), catalogue, day, path)
    return {one.source: one for one in made.documents}


def _settings(road: Road) -> tuple[CostOfGoods, Catalogue]:
    costs, catalogue = road.policy.cost_of_goods, road.load_catalogue()
    if costs is None or catalogue is None:
        raise ConfigurationRefused(f"{road.connection} books no cost of goods: books.cost_of_goods is not set.")
    return costs, catalogue


def _day(road: Road, costs: CostOfGoods, mapping: Mapping, catalogue: Catalogue, day: date) -> DayOutcome:
    events = road.stores.warehouse.current(road.connection, EVENTS_TABLE, day.isoformat())
    if events is None:
        fetch = f"connector fetch {EVENTS_TABLE} --from {day} --to {day} -c {road.connection}"
        return RefusedDay(((str(day), f"Its financial events are not here yet: {fetch}"),))
    made = costed_day(road, costs, mapping, catalogue, day, road.stores.warehouse.path(events))
    partition = day_name(TABLE, day)
    wanted = {one.source: one for one in made.documents}
    sources = list(dict.fromkeys((*wanted, *stored_sources(road, partition))))
    known = {source: road.stores.outbox.documents(source) for source in sources}
    undone = undone_sources(road, partition)
    out = withheld_of_day(road, partition, [one for one in sources if one in undone], known)
    open_ones = [one for one in wanted if one not in out and not is_settled(known[one])]
    gate = gate_of_day(road, [to_send(wanted[source], known[source]) for source in open_ones])
    results = [
        out.get(source) or _one(road, partition, mapping, wanted.get(source), known[source], gate) for source in sources
    ]
    documents = [one for source in sources for one in shown(road, source, is_undone=source in undone)]
    before = road.stores.warehouse.current(road.connection, TABLE, day.isoformat())
    held, read = read_back(road, documents, before.facts if before else {}, _POSTED)
    told = joined([one for result in results for one in result.verdicts], documents, _POSTED)
    facts = {"mapping": mapping.content_hash, "catalogue": catalogue.content_hash, "events": events.id, **read}
    rows = [row for one in documents for row in _lines_of(one)]
    version = write_day(road, TABLE, day, rows, facts)
    return StageResult(
        facts=_facts(made, documents),
        rows=tuple(_row(one) for one in documents)[:_ROWS_MAX],
        rows_total=len(documents),
        verdicts=(_costed(made), gate, *told, held),
        links={f"order {one.source.belongs_to}": one.erp_id for one in documents[:10] if one.erp_id},
        version=version.id,
    )


def _one(
    road: Road,
    partition: str,
    mapping: Mapping,
    wanted: JournalSet | None,
    known: list[OutboxDocument],
    gate: Verdict,
) -> StageResult:
    """Take the cost of one shipment as far as it goes now; what is not made any more is followed, and never sent.

    What was reversed comes here only where a person wants it posted again.
    """
    is_made = wanted is not None
    journals = wanted or JournalSet(known[0].source, known[0].revision, tuple(one.journal for one in known))
    again = is_withheld(known)
    set_of_day = WantedSet(journals, partition, mapping.content_hash, is_wanted_again=again, is_never_sent=not is_made)
    is_later = again or (bool(known) and known[0].revision > 1 and not is_settled(known))
    verdicts = (gate, *(again_verdict(road, journals.source) if is_later else ()))
    result = take(road, set_of_day, known, verdicts, partial(_changed, road, partition, journals))
    return StageResult(facts=result.facts, verdicts=tuple(one for one in result.verdicts if one is not gate))


def _changed(road: Road, partition: str, wanted: JournalSet, documents: list[OutboxDocument]) -> Verdict:
    """Same shipment, other cost than what was sent: an alarm, never a second journal."""
    order = wanted.source.belongs_to
    redo = f"; or undo what was booked, and book it as it is now: {undo_and_repost(road.connection, order)}"
    return changed_verdict(road, partition, wanted, documents, f"Order {order} would cost otherwise now:", redo)


def _costed(made: CostedDay) -> Verdict:
    """Every shipment of the day carries its cost; what waits is named with its orders."""
    findings = tuple(made.findings)
    if not findings:
        words = f"{len(made.documents)} of {made.shipments} shipments carry cost; the others cost nothing."
        return Verdict(COSTED, True, words, is_blocking=False)
    rows = tuple({"what": one.sentence, "what to do": one.cure} for one in findings)
    sentence = f"{made.left_out} shipments wait. {findings[0].sentence}"
    return Verdict(COSTED, False, sentence, is_blocking=False, rows=rows, findings=findings)


def _facts(made: CostedDay, documents: Sequence[OutboxDocument]) -> dict:
    states = Counter(str(one.state) for one in documents)
    facts: dict = {"shipments": made.shipments, "documents": len(documents)}
    facts |= {f"of these {state}": count for state, count in states.items()}
    totals: dict[str, Decimal] = {}
    for one in documents:
        if is_reversal(one) or one.state is PostingState.REVERSED:
            continue
        totals[one.journal.currency] = totals.get(one.journal.currency, Decimal(0)) + one.journal.debits
    return facts | {f"cost {currency}": money.text(total, currency) for currency, total in totals.items()}


def _row(document: OutboxDocument) -> Row:
    journal = document.journal
    return {
        "order": document.source.belongs_to,
        "what": what_it_is(document),
        "ERP document": document.erp_id or "",
        "date": journal.accounting_date.isoformat(),
        "cost": money.text(journal.debits, journal.currency),
        "currency": journal.currency,
        "state": str(document.state),
        "why": document.reason,
    }


def _lines_of(document: OutboxDocument) -> Iterator[dict[str, object]]:
    journal = document.journal
    for line in journal.lines:
        yield {
            "order_id": document.source.belongs_to,
            "revision": document.revision,
            "part": document.part,
            "erp_id": document.erp_id,
            "accounting_date": journal.accounting_date.isoformat(),
            "line": line.number,
            "account": str(line.account),
            "description": line.description,
            "quantity": None if line.quantity is None else format(line.quantity, "f"),
            "amount": money.text(line.amount, journal.currency),
            "currency": journal.currency,
            "state": str(document.state),
        }
