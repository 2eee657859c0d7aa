"""Undo of what orders have in the books, document by document: which ones a name means, and what undoes each.

In: an order, or a document of one by any of its names; an invoice of Amazon's whose input tax was claimed. Out: a plan
per document that changes nothing, which `reversals.py` stores as intent and every later run of its day takes further.
The cost of a shipment, what a return took back of it, and claimed input tax are undone by reversing journals, an
invoice by a credit memo for what is left of it; its credit memos stay in the ERP and are undone with it. What is posted
again goes the way of its day, as the next revision, and credit memos after their invoice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from assets.audit.story import documents_named
from assets.cost_postings import costs_of_day
from assets.input_tax_postings import input_tax_of_day
from assets.posting.accounting_dates import settled_dates
from assets.posting.document_sets import called_by_day, kind_by_day, revisions_of, undoing_of
from assets.posting.gate import accounts_verdict
from assets.receivable_invoices import TABLE as INVOICES
from assets.receivable_invoices import staged_invoices
from assets.return_postings import returns_of_day
from assets.sales.reported_shipments import AROUND
from assets.stages.commands import deciding
from assets.stages.day_names import day_name, day_of_name
from assets.stages.kept_days import kept_days
from assets.stages.resumption import ask_for
from assets.stages.roadmap import Road
from assets.undo.order_dependents import (
    UNCERTAIN,
    clearing_settlements,
    credits_of_invoice,
    in_books_of,
    returns_on,
    reversal_now,
)
from assets.undo.reposting import keep_wish, require_undone
from assets.undo.reversals import UNSENT, ReversalPlan, already, items_stay, require_reversible, resumed
from ledger.cost_documents import KIND as COST
from ledger.cost_returns import KIND as COST_RETURN
from ledger.errors import DoneAlready, InputRefused
from ledger.four_eyes import Decider
from ledger.input_tax import KIND as INPUT_TAX
from ledger.input_tax import id_of_number
from ledger.item_documents import KIND as ITEM
from ledger.journal import JournalSet, SourceKey
from ledger.order_documents import INVOICE, is_of_report
from ledger.posting import MAY_EXIST, PostingState
from resources.store.outbox import OutboxDocument
from resources.store.review import ReviewItem

# In the order in which they are undone.
UNDONE_BY_COMMAND = (INVOICE, COST_RETURN, COST, INPUT_TAX)
_ALL_DOCUMENTS = 1_000_000
_EVER_THERE = MAY_EXIST | {PostingState.REVERSED}


def order_sources(road: Road, name: str) -> list[SourceKey]:
    """Return which documents of orders a name means, in the order in which they are undone; none for another name.

    A name is an order, a shipment or refund of it as plans and sentences write it, the number of an invoice of Amazon's
    whose input tax was claimed, a document's number or natural key in the ERP, or its posting key; that of a reversing
    document means what it undoes. Of an order, what never reached the ERP is left out, and so are credit memos: they
    are undone and made again with their invoice. Raises InputRefused for a credit memo alone: what one took off its
    invoice in the ERP stays taken off; and for an item that was created.
    """
    known = _documents_of(road, name)
    items = [one for one in known if one.source.kind == ITEM]
    if items and len(items) == len(known):
        raise items_stay(road, items[0].journal.description, items[0].partition)
    documents = [one for one in known if kind_by_day(one.source)]
    found = {_undone_source(road, one) for one in documents}
    # Of an order what was never sent is left to its day.
    sent = {source for source in found if was_sent(road, source)} or found
    meant = in_order(one for one in sent if one.kind in UNDONE_BY_COMMAND)
    if sent and not meant:
        memos = ", ".join(sorted(called_by_day(one) for one in sent))
        order = next(iter(sent)).belongs_to
        raise InputRefused(
            f"{memos} of {road.connection} cannot be reversed or posted again alone: what a credit memo took off the "
            f"lines of its invoice stays taken off in the ERP. It is undone with its invoice, and made again after it. "
            f"Nothing was done. Name the order: {order}"
        )
    return meant


def with_credits(road: Road, sources: Iterable[SourceKey]) -> list[SourceKey]:
    """Return documents of orders and, behind them, the credit memos that are or were undone with them, by their day."""
    chosen = list(sources)
    memos = []
    for source in chosen:
        for invoice in revisions_of(road, source) if source.kind == INVOICE else ():
            memos += credits_of_invoice(road, invoice.journal)
    by_day = sorted(memos, key=lambda one: (one.journal.accounting_date, one.key))
    return list(dict.fromkeys((*chosen, *(one.source for one in by_day))))


def in_order(sources: Iterable[SourceKey]) -> list[SourceKey]:
    """Return documents of orders, each once, in the order in which they are undone."""
    return sorted(set(sources), key=lambda one: (UNDONE_BY_COMMAND.index(one.kind), one.source_id))


def _documents_of(road: Road, name: str) -> list[OutboxDocument]:
    """Return the documents of that name: of an order first, for its id may be a word of other names."""
    outbox = road.stores.outbox
    for narrowed in ({"belongs_to": name}, {"source_id": name}):
        listed = outbox.listing(road.connection, limit=_ALL_DOCUMENTS, **narrowed)
        if any(kind_by_day(one.source) for one in listed):
            return listed
    claims = outbox.listing(road.connection, limit=_ALL_DOCUMENTS, belongs_to=id_of_number(name))
    numbered = [one for one in claims if one.source.kind == INPUT_TAX and one.journal.document_reference == name]
    if numbered:
        return numbered
    return documents_named(road.stores, road.connection, name)


def _undone_source(road: Road, document: OutboxDocument) -> SourceKey:
    """Return the source of a document, of a reversing one that of what it undoes."""
    original = road.stores.outbox.document(document.journal.reverses) if document.journal.reverses else None
    return original.source if original else document.source


def was_sent(road: Road, source: SourceKey) -> bool:
    """Tell whether the newest documents of a source are or were in the ERP, as far as we know."""
    return any(one.state in _EVER_THERE for one in road.stores.outbox.documents(source))


def plan_order_reversal(road: Road, source: SourceKey, together: frozenset[str] = frozenset()) -> ReversalPlan:
    """Return what would be posted to undo a document of an order; nothing is stored and nothing is sent.

    `together` are the settlements and documents of orders, by name, that are undone by the same wish. Raises as
    `plan_reversal` does.
    """
    newest = road.stores.outbox.documents(source)
    undoing, what = undoing_of(road, newest), called_by_day(source)
    if undoing is not None and undoing.is_done:
        raise DoneAlready(already(what, source.source_id, undoing))
    partition = newest[0].partition
    if undoing is not None and undoing.is_under_way:
        return resumed(source.source_id, newest, undoing, partition)
    require_reversible(road, what, newest)
    originals = tuple(one for one in newest if one.state is PostingState.POSTED)
    credited = [memo for one in originals if source.kind == INVOICE for memo in _require_certain(road, what, one)]
    warnings = list(_require_nothing_on_it(road, what, originals, together))
    journals = settled_dates(road, _left(road, what, originals), undoing.documents if undoing else ())
    sending = replace(journals, journals=tuple(one for one in journals.journals if not one.is_on_record))
    return ReversalPlan(
        source.source_id,
        originals,
        journals,
        withdrawn=tuple(one for one in newest if one.state in UNSENT),
        warnings=(*warnings, *(one.sentence for one in accounts_verdict(road, None, sending).findings)),
        kept_under=partition,
        credits=tuple(credited),
    )


def _require_certain(road: Road, what: str, invoice: OutboxDocument) -> list[OutboxDocument]:
    """Return the credit memos that are undone with an invoice; raise InputRefused where one is under way.

    Also where receipts close the invoice: its credit memos are on account there, so that they are not against it, and
    crediting it whole would leave them open for ever.
    """
    memos = credits_of_invoice(road, invoice.journal)
    names = ", ".join(one.erp_id or one.key for one in memos)
    if memos and invoice.journal.billing is not None and invoice.journal.billing.is_open:
        raise InputRefused(
            f"{what} of {road.connection} cannot be reversed by command: receipts close it, so its credit memos "
            f"({names}) are on account and not against it. Crediting the invoice would leave them open, and nothing "
            "would ever be applied to them. Nothing was done. Undo both in the ERP."
        )
    unclear = [f"{one.erp_id or one.key} is {one.state}" for one in memos if one.state in UNCERTAIN]
    if unclear:
        raise InputRefused(
            f"{what} of {road.connection} cannot be reversed while its credit memo {', '.join(unclear)}: it has to be "
            "certain what was taken back of it. Let it come to its end, or resolve its review item: connector review "
            "list"
        )
    return in_books_of(road, invoice.journal)


def _left(road: Road, what: str, originals: Sequence[OutboxDocument]) -> JournalSet:
    """Return what undoes these documents; raise InputRefused where nothing takes back what is left of an invoice."""
    try:
        return reversal_now(road, originals)
    except InputRefused as error:
        raise InputRefused(
            f"{what} of {road.connection} cannot be reversed by command: {error} Nothing was done. Set invoice and "
            "credit memos right in the ERP."
        ) from None


def _require_nothing_on_it(
    road: Road, what: str, originals: Sequence[OutboxDocument], together: frozenset[str]
) -> Iterator[str]:
    """Yield a warning for what is undone as well; raise InputRefused for what else stands on a document."""
    for source in dict.fromkeys(one.source for one in originals if one.source.kind == COST):
        returns = {one.source.source_id: one.erp_id or one.key for one in returns_on(road, source)}
        others = " ".join(sorted(one for one in returns if one not in together))
        if others:
            raise InputRefused(
                f"{what} cannot be reversed before {', '.join(sorted(returns.values()))}, which took back some of it "
                "when units came back. Reverse them together, in the right order by itself: "
                f"{deciding('reverse', road.connection, others, source.source_id)}"
            )
        yield from (f"It waits until {one}, which took back some of it, is reversed." for one in returns.values())
    for invoice in (one.journal for one in originals if one.source.kind == INVOICE):
        settlements = clearing_settlements(road, invoice)
        others = " ".join(one for one in settlements if one not in together)
        if others:
            raise InputRefused(
                f"{what} cannot be reversed before settlement {others}, which cleared it. Reverse them together, in "
                f"the right order by itself: {deciding('reverse', road.connection, others, invoice.source.belongs_to)}"
            )
        yield from (f"It waits until settlement {one}, which cleared it, is reversed." for one in settlements)


def repost_order(road: Road, source: SourceKey, decider: Decider, reason: str) -> ReviewItem:
    """Keep a person's word that a reversed document of an order is to be posted again; its day is asked for with it.

    Return the item. Raises InputRefused unless it is reversed, DoneAlready where it stands posted, UnderWayAlready
    where its next revision is on its way.
    """
    newest = road.stores.outbox.documents(source)
    undoing = require_undone(road, called_by_day(source), source.source_id, newest)
    item = keep_wish(road, newest[0].partition, undoing, decider, reason)
    for day in days_of(road, source)[1:]:
        ask_for(road, day, "an invoice that another day keeps is wanted again")
    return item


def require_order_reversed(road: Road, source: SourceKey) -> None:
    """Raise as `repost_order` does, unless it may be posted again."""
    require_undone(road, called_by_day(source), source.source_id, road.stores.outbox.documents(source))


def days_of(road: Road, source: SourceKey) -> list[str]:
    """Return the day that keeps a document and, where another one makes it by now, that day.

    So it is where the report told a shipment, and its transaction came on another day.
    """
    home = road.stores.outbox.documents(source)[0].partition
    found = day_of_name(home)
    assert found is not None, "documents of orders are kept by day"
    if source.kind != INVOICE or not is_of_report(source.source_id) or source in _made_on(road, home):
        return [home]
    days = (day for day in kept_days(road, INVOICES).versions if abs(day - found[1]) <= AROUND)
    nearest = sorted(days, key=lambda day: abs(day - found[1]))
    names = (day_name(found[0], day) for day in nearest)
    return [home, *islice((one for one in names if source in _made_on(road, one)), 1)]


def _made_on(road: Road, name: str) -> dict[SourceKey, JournalSet]:
    """Return what was made of a day of order documents, by source."""
    found = day_of_name(name)
    assert found is not None, "documents of orders are kept by day"
    staged = staged_invoices(road, found[1])
    return {one.source: one for one in staged.documents} if staged else {}


def made_again(road: Road, source: SourceKey) -> JournalSet:
    """Return what the day of a reversed document makes of it now, as the next revision; empty where it makes nothing.

    Raises ConfigurationRefused where the connection does not make such documents any more.
    """
    newest = road.stores.outbox.documents(source)
    found = day_of_name(newest[0].partition)
    assert found is not None, "documents of orders are kept by day"
    if source.kind == COST:
        every = costs_of_day(road, found[1])
    elif source.kind == COST_RETURN:
        every = returns_of_day(road, found[1])
    elif source.kind == INPUT_TAX:
        every = input_tax_of_day(road, found[1])
    else:
        every = _made_on(road, days_of(road, source)[-1])
    made = every.get(source, JournalSet(source, 1, ()))
    revision = newest[0].revision + 1
    return JournalSet(source, revision, tuple(replace(one, revision=revision) for one in made.journals))
