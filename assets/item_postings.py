"""Item postings: products that were sold and have no item in the ERP, created there, each exactly once.

In: what was sold lately and the ERP's items, matched anew. Out: a document per item, without amounts, stored as intent,
looked for by number, sent and followed by the protocol that posts everything, and read back. Only what has surely no
item is created: a near match, several, or an ERP that shows nothing at all creates none. A document is kept under the
day on which it was planned.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from assets.posting.day_postings import ACCEPTED, Posted, gate_of_day, joined, read_back, stored_sources
from assets.posting.document_sets import ITEM_POSTINGS as TABLE
from assets.posting.document_sets import is_settled, is_withheld, may_exist, to_send
from assets.posting.sets import WantedSet, take
from assets.sales.master_tables import ITEMS_TABLE, WHOLE
from assets.sales.sold_matches import SoldMatches, match_sold
from assets.stages.day_files import write_day
from assets.stages.day_names import day_name, today
from assets.stages.days import DayOutcome, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger.errors import ConfigurationRefused, InputRefused
from ledger.item_documents import item_document, item_source
from ledger.journal import JournalSet, SourceKey
from ledger.masters import Likeness, Match
from resources.erp.masters import MasterReader, MasterTarget
from resources.store.outbox import OutboxDocument

CREATED = "missing_items_created"
_POSTED = Posted(TABLE, "items", "Every item", "read_back_equals_item")
_ROWS_MAX = 200


@dataclass
class _Missing:
    """The items that are wanted now, by source; `waiting` has no description yet, `refused` can be no item."""

    found: SoldMatches
    wanted: dict[SourceKey, JournalSet] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Return the numbers of the items that are there."""
        return frozenset(str(row["number"]) for row in self.found.items.rows)


def post_items(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Create what is missing and follow what was begun on each day of a span; never twice, whoever calls how often.

    New items are planned under today alone. Raises ConfigurationRefused where the connection creates none,
    TargetUnavailable and TargetMisconfigured when the ERP cannot be asked.
    """
    reader = road.target.masters if isinstance(road.target, MasterTarget) else None
    if reader is None or not road.policy.create_missing_items:
        raise ConfigurationRefused(
            f"{road.connection} creates no items: books.create_missing_items is not set, or its ERP's items are not "
            "read."
        )
    missing = _missing(road, reader)
    return {day: _day(road, missing, day) for day in days_between(first, last)}


def _missing(road: Road, reader: MasterReader) -> _Missing:
    """Match anew, so that what a person created meanwhile is seen, and make the documents of what is missing."""
    missing = _Missing(match_sold(road, reader))
    found = missing.found
    for match in found.matches if found.items.is_seen else ():
        if match.likeness is not Likeness.MISS:
            continue
        sku = match.product.sku
        if _may_be_described_later(found, match):
            missing.waiting.append(sku)
            continue
        try:
            item = reader.new_item(sku, match.product.title)
        except InputRefused as error:
            missing.refused.append((sku, str(error)))
            continue
        on = today(road.clock)
        made = item_document(road.ledger, reader.organization, item, reader.currency, on)
        missing.wanted[item_source(road.ledger, reader.organization, sku)] = made
    return missing


def _may_be_described_later(found: SoldMatches, match: Match) -> bool:
    """Tell whether Amazon's catalog may still say what the product is called."""
    products = found.products
    is_answered = match.product.sku in (*products.unknown, *products.unaskable)
    return not match.product.title and not is_answered and bool(products.left or products.trouble)


def _day(road: Road, missing: _Missing, day: date) -> DayOutcome:
    partition = day_name(TABLE, day)
    stored = stored_sources(road, partition)
    # What was planned before, on another day or for another connection, is followed there.
    new = [one for one in missing.wanted if day == today(road.clock) and not road.stores.outbox.documents(one)]
    sources = list(dict.fromkeys((*stored, *new)))
    known = {source: road.stores.outbox.documents(source) for source in sources}
    wanted = {source: _wanted(missing, source, known[source]) for source in sources}
    open_ones = [one for one in sources if wanted[one] is not None and not is_settled(known[one])]
    gate = gate_of_day(road, [to_send(wanted[one] or _as_stored(known[one]), known[one]) for one in open_ones])
    results = [_one(road, partition, wanted[source], known[source], gate) for source in sources]
    documents = [one for source in sources for one in road.stores.outbox.documents(source)]
    before = road.stores.warehouse.current(road.connection, TABLE, day.isoformat())
    held, read = read_back(road, documents, before.facts if before else {}, _POSTED)
    told = joined([one for result in results for one in result.verdicts], documents, _POSTED)
    accepted = [one for one in told if one.check == ACCEPTED]
    facts = {"items": _version_of_items(road), **read}
    version = write_day(road, TABLE, day, [_stored_row(one) for one in documents], facts)
    return StageResult(
        facts=_facts(documents),
        rows=tuple(map(_row, documents[:_ROWS_MAX])),
        rows_total=len(documents),
        verdicts=(_created(missing), gate, *accepted, held),
        version=version.id,
    )


def _version_of_items(road: Road) -> str:
    found = road.stores.warehouse.current(road.connection, ITEMS_TABLE, WHOLE)
    return found.id if found else ""


def _wanted(missing: _Missing, source: SourceKey, known: Sequence[OutboxDocument]) -> JournalSet | None:
    """Return what is to be created, what was begun as it is stored, and None for what is not missing any more.

    What has its item under this very number meanwhile goes on: the look before the send takes that one over.
    """
    if known and (may_exist(known) or is_settled(known) or known[0].journal.document_reference in missing.numbers):
        return _as_stored(known)
    made = missing.wanted.get(source)
    if made is None or not known:
        return made
    # Planned on its own day: another day is no other content.
    return _dated(made, known[0].journal.accounting_date)


def _as_stored(known: Sequence[OutboxDocument]) -> JournalSet:
    return JournalSet(known[0].source, known[0].revision, tuple(one.journal for one in known))


def _dated(made: JournalSet, on: date) -> JournalSet:
    return JournalSet(made.source, made.revision, tuple(replace(one, accounting_date=on) for one in made.journals))


def _one(
    road: Road, partition: str, wanted: JournalSet | None, known: list[OutboxDocument], gate: Verdict
) -> StageResult:
    """Take one item as far as it goes now; what has an item meanwhile is never sent."""
    if is_withheld(known):
        return StageResult(facts={"posting": "withdrawn"})
    journals = wanted or _as_stored(known)
    asked = WantedSet(journals, partition, "", is_never_sent=wanted is None)
    result = take(road, asked, known, (gate,), lambda documents: gate)
    return StageResult(facts=result.facts, verdicts=tuple(one for one in result.verdicts if one is not gate))


def _created(missing: _Missing) -> Verdict:
    """Every product that was sold and has surely no item gets one; what gets none says why."""
    found = missing.found
    if not found.items.is_seen:
        sentence = "The ERP shows no item at all, so none is known to be missing and none is created."
        return Verdict(CREATED, False, sentence, is_blocking=False, is_waiting=True)
    if missing.refused:
        rows = tuple({"product": sku, "why": why} for sku, why in missing.refused)
        sentence = f"{len(rows)} products cannot become an item: {missing.refused[0][1]} Create them in the ERP."
        return Verdict(CREATED, False, sentence, is_blocking=False, rows=rows).cut(_ROWS_MAX)
    if missing.waiting:
        sentence = f"{len(missing.waiting)} items wait until Amazon's catalog says what they are called."
        return Verdict(CREATED, False, sentence, is_blocking=False, is_waiting=True)
    return Verdict(CREATED, True, f"{len(missing.wanted)} products that were sold have no item yet.", is_blocking=False)


def _facts(documents: Sequence[OutboxDocument]) -> Mapping[str, object]:
    states = Counter(str(one.state) for one in documents)
    return {"items": len(documents), **{f"of these {state}": count for state, count in states.items()}}


def _row(document: OutboxDocument) -> Row:
    item = document.journal.item
    assert item is not None, "an item posting holds an item"
    told = dict(item.attributes)
    return {
        "item": item.number,
        "description": told.get("ItemDescription", ""),
        "organization": document.journal.unit,
        "ERP document": document.erp_id or "",
        "state": str(document.state),
        "why": document.reason,
    }


def _stored_row(document: OutboxDocument) -> dict[str, object]:
    row = _row(document)
    same_names = {name: row[name] for name in ("item", "description", "organization", "state", "why")}
    return {**same_names, "erp_id": row["ERP document"], "revision": document.revision}
