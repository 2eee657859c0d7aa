"""The journals of one day in the ERP's general ledger, each as far as it goes now: cost of shipments, and of returns.

In: the journals that were made of a day, by source. Out: its documents, the verdicts on them, and what was read back.
Each is stored as intent, looked for, sent and followed by the protocol that posts everything. What is not made any more
is followed and never sent; what was reversed is posted again by a person's word alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from assets.posting.day_postings import (
    Posted,
    again_verdict,
    gate_of_day,
    joined,
    read_back,
    shown,
    stored_sources,
    undone_elsewhere,
    undone_sources,
    withheld_of_day,
)
from assets.posting.document_sets import is_reversal, is_settled, is_withheld, to_send
from assets.posting.driving import what_it_is
from assets.posting.sets import WantedSet, take
from assets.stages.day_files import write_day
from assets.stages.day_names import day_name
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.journal import JournalSet, SourceKey
from ledger.posting import PostingState
from resources.store.outbox import OutboxDocument

_TYPED_BY, _ROWS_MAX = "cost_postings", 200
# What is stored of a source, and what would be booked of it now -> the verdict that says so.
Changed = Callable[[str, JournalSet, list[OutboxDocument]], Verdict]


@dataclass(frozen=True)
class TakenDay:
    """The documents of a day as they stand now, the verdicts on them, and what was read back, to be remembered."""

    documents: tuple[OutboxDocument, ...]
    verdicts: tuple[Verdict, ...]
    read: Mapping[str, Any]


def take_day(
    road: Road,
    posted: Posted,
    day: date,
    wanted: Mapping[SourceKey, JournalSet],
    mapping_hash: str,
    changed: Changed,
    unless_begun: Mapping[SourceKey, Sequence[SourceKey]] | None = None,
) -> TakenDay:
    """Take the journals of a day as far as they go now; never twice, whoever calls how often.

    `changed` is given the day's name, what would be booked now, and what is stored otherwise. `unless_begun` are, by
    source, those of which nothing may be planned, under way or done when it is sent.
    """
    partition = day_name(posted.table, day)
    sources = list(dict.fromkeys((*wanted, *stored_sources(road, partition))))
    known = {source: road.stores.outbox.documents(source) for source in sources}
    undone = undone_sources(road, partition)
    out = withheld_of_day(road, partition, [one for one in sources if one in undone], known)
    out |= undone_elsewhere(road, partition, known)
    open_ones = [one for one in wanted if one not in out and not is_settled(known[one])]
    gate = gate_of_day(road, [to_send(wanted[source], known[source]) for source in open_ones])
    results = []
    for source in sources:
        beside = (unless_begun or {}).get(source, ())
        made = partial(_one, road, partition, mapping_hash, wanted.get(source), known[source], gate, changed, beside)
        results.append(out.get(source) or made())
    documents = [one for source in sources for one in shown(road, source, is_undone=source in undone)]
    before = road.stores.warehouse.current(road.connection, posted.table, day.isoformat())
    held, read = read_back(road, documents, before.facts if before else {}, posted)
    told = joined([one for result in results for one in result.verdicts], documents, posted)
    return TakenDay(tuple(documents), (gate, *told, held), read)


def kept_day(
    road: Road, posted: Posted, day: date, taken: TakenDay, made_of: dict[str, Any], own: dict[str, Any], said: Verdict
) -> StageResult:
    """Write the lines of a day's documents, and return the day as people see it.

    `made_of` names what the journals were made of, `own` are the asset's facts of the day, `said` is its own verdict.
    """
    documents = taken.documents
    lines = [row for one in documents for row in lines_of(one)]
    version = write_day(road, posted.table, day, lines, {**made_of, **taken.read}, typed_by=_TYPED_BY)
    return StageResult(
        facts=own,
        rows=tuple(row_of(one) for one in documents)[:_ROWS_MAX],
        rows_total=len(documents),
        verdicts=(said, *taken.verdicts),
        links={f"order {one.source.belongs_to}": one.erp_id for one in documents[:10] if one.erp_id},
        version=version.id,
    )


def _one(
    road: Road,
    partition: str,
    mapping_hash: str,
    wanted: JournalSet | None,
    known: list[OutboxDocument],
    gate: Verdict,
    changed: Changed,
    beside: Sequence[SourceKey],
) -> StageResult:
    """Take the journals of one source as far as they go now.

    What was reversed comes here only where a person wants it posted again.
    """
    journals = wanted or JournalSet(known[0].source, known[0].revision, tuple(one.journal for one in known))
    again = is_withheld(known)
    set_of_day = WantedSet(
        journals,
        partition,
        mapping_hash,
        is_wanted_again=again,
        is_never_sent=wanted is None,
        unless_begun=beside,
    )
    is_later = again or (bool(known) and known[0].revision > 1 and not is_settled(known))
    verdicts = (gate, *(again_verdict(road, journals.source) if is_later else ()))
    result = take(road, set_of_day, known, verdicts, partial(changed, partition, journals))
    return StageResult(facts=result.facts, verdicts=tuple(one for one in result.verdicts if one is not gate))


def facts_of(documents: Sequence[OutboxDocument], amount: str) -> dict:
    """Return how many documents stand in which state, and by currency what those come to that count."""
    states = Counter(str(one.state) for one in documents)
    facts: dict = {"documents": len(documents), **{f"of these {state}": count for state, count in states.items()}}
    totals: dict[str, Decimal] = {}
    for one in documents:
        if not is_reversal(one) and one.state is not PostingState.REVERSED:
            totals[one.journal.currency] = totals.get(one.journal.currency, Decimal(0)) + one.journal.debits
    return facts | {f"{amount} {currency}": money.text(total, currency) for currency, total in totals.items()}


def row_of(document: OutboxDocument) -> Row:
    """Return a document of an order as people see it."""
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


def lines_of(document: OutboxDocument) -> Iterator[dict[str, object]]:
    """Yield the lines of a document of an order as they are kept."""
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
