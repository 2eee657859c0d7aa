"""Undo of what orders have in the books, document by document: which ones a name means, and what undoes each.

In: an order, or a document of one by any of its names. Out: a plan per document that changes nothing, which
`assets/reversals.py` stores as intent and every later run of its day takes further. The cost of a shipment is undone by
a reversing journal. What is posted again goes the way of its day, as the next revision.
"""

from collections.abc import Iterable
from dataclasses import replace

from assets.accounting_dates import settled_dates
from assets.audit_story import documents_named
from assets.cost_postings import costs_of_day
from assets.day_names import day_of_name
from assets.document_sets import called_of_order, order_kind, undoing_of
from assets.gate import accounts_verdict
from assets.reposting import keep_wish, require_undone
from assets.reversals import UNSENT, ReversalPlan, already, require_reversible, resumed, reversal_for
from assets.roadmap import Road
from ledger.cost_documents import KIND as COST
from ledger.errors import DoneAlready, InputRefused
from ledger.four_eyes import Decider
from ledger.journal import JournalSet, SourceKey
from ledger.posting import MAY_EXIST, PostingState
from resources.store.outbox import OutboxDocument
from resources.store.review import ReviewItem

# In the order in which they are undone.
_UNDONE_BY_COMMAND = (COST,)
_ALL_DOCUMENTS = 1_000_000
_EVER_THERE = MAY_EXIST | {PostingState.REVERSED}


def order_sources(road: Road, name: str) -> list[SourceKey]:
    """Return which documents of orders a name means, in the order in which they are undone; none for another name.

    A name is an order, a shipment or refund of it as plans and sentences write it, a document's number or natural key
    in the ERP, or its posting key; that of a reversing document means what it undoes. Of an order, what never reached
    the ERP is left out. Raises InputRefused for documents that no command undoes.
    """
    documents = [one for one in _documents_of(road, name) if order_kind(one.source)]
    found = {_undone_source(road, one) for one in documents}
    # Of an order what was never sent is left to its day.
    sent = {source for source in found if _was_sent(road, source)} or found
    others = sorted(called_of_order(one) for one in sent if one.kind not in _UNDONE_BY_COMMAND)
    if others:
        raise InputRefused(
            f"{', '.join(others)} of {road.connection} cannot be reversed or posted again by command: that takes "
            f"settlements, accruals and the cost of orders only. Nothing was done. See what is in the books: connector "
            f"outbox show {name}"
        )
    return in_order(sent)


def in_order(sources: Iterable[SourceKey]) -> list[SourceKey]:
    """Return documents of orders, each once, in the order in which they are undone."""
    return sorted(set(sources), key=lambda one: (_UNDONE_BY_COMMAND.index(one.kind), one.source_id))


def _documents_of(road: Road, name: str) -> list[OutboxDocument]:
    """Return the documents of that name: of an order first, for its id may be a word of other names."""
    outbox = road.stores.outbox
    for narrowed in ({"belongs_to": name}, {"source_id": name}):
        listed = outbox.listing(road.connection, limit=_ALL_DOCUMENTS, **narrowed)
        if any(order_kind(one.source) for one in listed):
            return listed
    return documents_named(road.stores, road.connection, name)


def _undone_source(road: Road, document: OutboxDocument) -> SourceKey:
    """Return the source of a document, of a reversing one that of what it undoes."""
    original = road.stores.outbox.document(document.journal.reverses) if document.journal.reverses else None
    return original.source if original else document.source


def _was_sent(road: Road, source: SourceKey) -> bool:
    return any(one.state in _EVER_THERE for one in road.stores.outbox.documents(source))


def plan_order_reversal(road: Road, source: SourceKey) -> ReversalPlan:
    """Return what would be posted to undo a document of an order; nothing is stored and nothing is sent.

    Raises as `plan_reversal` does.
    """
    newest = road.stores.outbox.documents(source)
    undoing, what = undoing_of(road, newest), called_of_order(source)
    if undoing is not None and undoing.is_done:
        raise DoneAlready(already(what, source.source_id, undoing))
    partition = newest[0].partition
    if undoing is not None and undoing.is_under_way:
        return resumed(source.source_id, newest, undoing, partition)
    require_reversible(road, what, newest)
    originals = tuple(one for one in newest if one.state is PostingState.POSTED)
    journals = settled_dates(road, reversal_for(originals), undoing.documents if undoing else ())
    return ReversalPlan(
        source.source_id,
        originals,
        journals,
        withdrawn=tuple(one for one in newest if one.state in UNSENT),
        warnings=tuple(one.sentence for one in accounts_verdict(road, None, journals).findings),
        kept_under=partition,
    )


def repost_order(road: Road, source: SourceKey, decider: Decider, reason: str) -> ReviewItem:
    """Keep a person's word that a reversed document of an order is to be posted again; its day is asked for with it.

    Return the item. Raises InputRefused unless it is reversed, DoneAlready where it stands posted, UnderWayAlready
    where its next revision is on its way.
    """
    newest = road.stores.outbox.documents(source)
    undoing = require_undone(road, called_of_order(source), source.source_id, newest)
    return keep_wish(road, newest[0].partition, undoing, decider, reason)


def require_order_reversed(road: Road, source: SourceKey) -> None:
    """Raise as `repost_order` does, unless it may be posted again."""
    require_undone(road, called_of_order(source), source.source_id, road.stores.outbox.documents(source))


def made_again(road: Road, source: SourceKey) -> JournalSet:
    """Return what the day of a reversed document makes of it now, as the next revision; empty where it makes nothing.

    Raises ConfigurationRefused where the connection does not make such documents any more.
    """
    newest = road.stores.outbox.documents(source)
    found = day_of_name(newest[0].partition)
    assert found is not None, "documents of orders are kept by day"
    made = costs_of_day(road, found[1]).get(source, JournalSet(source, 1, ()))
    revision = newest[0].revision + 1
    return JournalSet(source, revision, tuple(replace(one, revision=revision) for one in made.journals))
