"""What the documents of one source say together: settled, perhaps in the ERP, undone; and which reversal undoes them.

In: documents of the outbox. Out: plain answers that the posting step, the reversal, the proof and the command line
share. A reversal belongs to one revision; per document it undoes, the newest reversing one counts.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assets.bank.cash_sources import cash_sets
from assets.posting.findings import ORDER_KINDS, REVERSAL_REFUSED_CODE
from assets.stages.day_names import day_of_name
from assets.stages.roadmap import Road
from ledger.accrual import KIND as ACCRUAL_KIND
from ledger.accrual import month_of_accrual
from ledger.input_tax import KIND as INPUT_TAX
from ledger.journal import SETTLEMENT, JournalSet, SourceKey
from ledger.order_documents import CREDIT_MEMO
from ledger.posting import MAY_EXIST, PostingState
from ledger.reversal import KIND as REVERSAL_KIND
from ledger.reversal import reversal_source, undone_by
from resources.store.outbox import OutboxDocument

# A part is sent when every part before it has got this far.
HANDED_OVER = frozenset({PostingState.SENT, PostingState.IMPORTING, PostingState.POSTED})
DEAD = frozenset({PostingState.REFUSED, PostingState.REVERSED})
# What was sent and seen in the ERP is never sent again; everything else still may be.
DONE = HANDED_OVER | DEAD
_UNDECIDED = frozenset({PostingState.PLANNED, PostingState.APPROVED})
IN_BOOKS = frozenset({PostingState.POSTED, PostingState.REVERSED})
# The assets by whose days documents are kept, with what those are called.
INVOICE_POSTINGS, COST_POSTINGS, INPUT_TAX_POSTINGS = "invoice_postings", "cost_postings", "input_tax_postings"
ITEM_POSTINGS, RETURN_POSTINGS = "item_postings", "return_postings"
_CALLED = {
    INVOICE_POSTINGS: "Invoices",
    COST_POSTINGS: "Cost of goods",
    RETURN_POSTINGS: "Returned cost",
    INPUT_TAX_POSTINGS: "Input tax",
    ITEM_POSTINGS: "Items",
}
# What is kept by day and undone one by one: documents of orders, and the input tax that an invoice of Amazon claims.
_CALLED_BY_DAY = {kind: f"{name} of order" for kind, name in ORDER_KINDS.items()} | {INPUT_TAX: "Input tax of invoice"}
_ALL_DOCUMENTS = 1_000_000


def settlement_source(road: Road, settlement_id: str) -> SourceKey:
    """Return what makes the posting keys of a settlement."""
    return SourceKey(road.seller, road.ledger, SETTLEMENT, settlement_id)


def source_named(road: Road, name: str) -> SourceKey:
    """Return what makes the posting keys of a settlement, or of an accrual, whose id is one like `US-USD-2026-10`."""
    if month_of_accrual(name) is None:
        return settlement_source(road, name)
    return SourceKey(road.seller, road.ledger, ACCRUAL_KIND, name)


def documents_of_day(road: Road, name: str) -> list[OutboxDocument]:
    """Return the newest documents of a day named like `invoice_postings-2026-11-14`, in order of source."""
    found = day_of_name(name)
    if found is None or found[0] not in _CALLED:
        return []
    listed = road.stores.outbox.listing(road.connection, partition=name, limit=_ALL_DOCUMENTS)
    newest: dict[SourceKey, list[OutboxDocument]] = {}
    for one in sorted(listed, key=lambda one: (str(one.source), one.revision, one.part)):
        known = newest.get(one.source, [])
        newest[one.source] = [*known, one] if known and known[0].revision == one.revision else [one]
    return [one for documents in newest.values() for one in documents]


def content_mark(documents: Sequence[OutboxDocument]) -> str:
    """Return a mark of what a person decides on: the fingerprint of the set, or one over those of several sets."""
    marks = sorted({one.set_fingerprint for one in documents})
    return marks[0] if len(marks) == 1 else hashlib.sha256(" ".join(marks).encode()).hexdigest()


def called(name: str) -> str:
    """Return what a settlement, an accrual or a day of documents is called at the beginning of a sentence."""
    day = day_of_name(name)
    if day is not None:
        return f"{_CALLED.get(day[0], day[0])} of {day[1]}"
    return f"{'Settlement' if month_of_accrual(name) is None else 'Accrual'} {name}"


def order_kind(source: SourceKey) -> str:
    """Return which document of an order it is, or undoes; "" for what is of no order."""
    kind = undone_by(source).kind if source.kind == REVERSAL_KIND else source.kind
    return kind if kind in ORDER_KINDS else ""


def kind_by_day(source: SourceKey) -> str:
    """Return which document that is undone by itself it is, or undoes, of those kept by day; "" for any other."""
    kind = undone_by(source).kind if source.kind == REVERSAL_KIND else source.kind
    return kind if kind in _CALLED_BY_DAY else ""


def called_by_day(source: SourceKey) -> str:
    """Return what such a document is called at the beginning of a sentence: `Cost of order 111-….8A2B44C1`."""
    return f"{_CALLED_BY_DAY[source.kind]} {source.source_id}"


def is_settled(documents: Sequence[OutboxDocument]) -> bool:
    """Tell whether everything is in the ERP already, so that the gate has nothing left to guard."""
    return bool(documents) and all(one.state in HANDED_OVER for one in documents)


def may_exist(documents: Iterable[OutboxDocument]) -> bool:
    """Tell whether anything of these may be in the ERP as it was sent."""
    return any(one.state in MAY_EXIST for one in documents)


def is_withheld(documents: Sequence[OutboxDocument]) -> bool:
    """Tell whether a revision was reversed and nothing of it is left: only a person's word posts it again."""
    states = {one.state for one in documents}
    return states <= DEAD and PostingState.REVERSED in states


def to_send(wanted: JournalSet, known: Sequence[OutboxDocument]) -> JournalSet:
    """Return the journals that would be sent: once something may be in the ERP, the stored ones and no others."""
    if not may_exist(known):
        return wanted
    stored = tuple(one.journal for one in known if one.state not in DONE)
    return JournalSet(wanted.source, known[0].revision, stored)


def revisions_of(road: Road, source: SourceKey) -> list[OutboxDocument]:
    """Return the documents of all revisions of a source, the first revision first."""
    newest = road.stores.outbox.documents(source)
    if not newest:
        return []
    before = range(1, newest[0].revision)
    return [*(one for number in before for one in road.stores.outbox.documents(source, number)), *newest]


@dataclass(frozen=True)
class Undoing:
    """The reversal of one revision: the newest reversing document per document it undoes, in order of parts."""

    source: SourceKey
    originals: tuple[OutboxDocument, ...]
    documents: tuple[OutboxDocument, ...] = ()
    by_original: dict[str, OutboxDocument] = field(default_factory=dict)
    is_given_up: bool = False

    @property
    def is_wanted(self) -> bool:
        """Tell whether a reversal is planned, under way or done; one that a person rejected or gave up is not.

        What counts as reversed needs its reversing document in the books, whatever became of that one since.
        """
        is_begun = any(one.state is not PostingState.REFUSED or one.attempts for one in self.documents)
        is_begun = is_begun and not self.is_given_up
        return is_begun or any(one.state is PostingState.REVERSED for one in self.originals)

    @property
    def is_done(self) -> bool:
        """Tell whether all that was posted is reversed, each document by one that stands in the books."""
        undone = [one for one in self.originals if one.state is PostingState.REVERSED]
        is_all = bool(undone) and all(one.state in DEAD for one in self.originals)
        return is_all and all(self.state_of(one) is PostingState.POSTED for one in undone)

    @property
    def is_under_way(self) -> bool:
        """Tell whether the reversal has still to come to its end."""
        return self.is_wanted and not self.is_done

    def state_of(self, original: OutboxDocument) -> PostingState | None:
        """Return where the reversal of one document stands."""
        found = self.by_original.get(original.key)
        return found.state if found else None


def undoing_of(road: Road, originals: Sequence[OutboxDocument]) -> Undoing | None:
    """Return the reversal of the revision these documents are; None where nothing of it ever was in the books.

    A credit memo has none of its own: it is undone with its invoice, whose reversal is followed there and not here.
    """
    if not any(one.state in MAY_EXIST | IN_BOOKS for one in originals):
        return None
    if originals[0].source.kind == CREDIT_MEMO:
        return _undone_with_its_invoice(road, originals)
    source = reversal_source(originals[0].source, originals[0].revision)
    newest = {one.journal.reverses: one for one in revisions_of(road, source)}
    # A receipt is undone before the journals of its settlement.
    order = {one.key: (one.journal.applied is None, one.part) for one in originals}
    documents = tuple(sorted(newest.values(), key=lambda one: order.get(one.journal.reverses, (False, 0))))
    return Undoing(source, tuple(originals), documents, newest, _is_given_up(road, documents))


def _undone_with_its_invoice(road: Road, memos: Sequence[OutboxDocument]) -> Undoing:
    """Return what undoes the invoice of a credit memo where that takes the memo along; nothing else undoes one."""
    invoice = invoice_of_memo(road, memos[0])
    undoing = undoing_of(road, [invoice]) if invoice else None
    taking = [one for one in undoing.documents if memos[0].key in one.journal.takes_along] if undoing else []
    source = reversal_source(memos[0].source, memos[0].revision)
    return Undoing(source, tuple(memos), (), dict(zip([memos[0].key], taking, strict=False)))


def invoice_of_memo(road: Road, memo: OutboxDocument) -> OutboxDocument | None:
    """Return the invoice that a credit memo takes something back of."""
    return road.stores.outbox.document(memo.journal.billing.credits) if memo.journal.billing else None


def documents_named_in(road: Road, keys: Iterable[str]) -> list[OutboxDocument]:
    """Return the documents of some posting keys, in their order."""
    found = (road.stores.outbox.document(key) for key in keys)
    return [one for one in found if one is not None]


def _is_given_up(road: Road, documents: Sequence[OutboxDocument]) -> bool:
    """Tell whether the ERP refused a whole reversal and a person leaves the books as they are."""
    if not documents or any(one.state is not PostingState.REFUSED for one in documents):
        return False
    keys = {one.key for one in documents}
    items = road.stores.review.decisions(road.connection, documents[0].partition, REVERSAL_REFUSED_CODE)
    return any(item.resolution == "keep" and item.document_key in keys for item in items)


def ever_in_books(road: Road, newest: Sequence[OutboxDocument]) -> list[OutboxDocument]:
    """Return every document of a settlement that stands in the books: of all revisions, and the reversals of them."""
    if not newest:
        return []
    undoing = undoing_of(road, newest)
    everything = [*earlier_documents(road, newest), *newest, *(undoing.documents if undoing else ())]
    return [one for one in everything if one.state in IN_BOOKS]


def earlier_documents(road: Road, newest: Sequence[OutboxDocument]) -> list[OutboxDocument]:
    """Return the documents of all revisions before the newest, and the reversals of them, whatever their state."""
    found: list[OutboxDocument] = []
    for number in range(1, newest[0].revision if newest else 1):
        revision = road.stores.outbox.documents(newest[0].source, number)
        undoing = undoing_of(road, revision)
        found += [*revision, *(undoing.documents if undoing else ())]
    return found


def open_documents(road: Road, name: str) -> list[OutboxDocument]:
    """Return the documents to be decided on or followed: those of a reversal under way, else the newest.

    Of a settlement and its cash entries those of which nothing was sent come first: they wait for a decision. Of a day
    of documents it is those that nobody has decided on, as long as there are any.
    """
    of_day = documents_of_day(road, name)
    if of_day:
        return [one for one in of_day if one.state in _UNDECIDED] or of_day
    sets = []
    for newest in sets_of(road, name):
        undoing = undoing_of(road, newest)
        sets.append(list(undoing.documents) if undoing and undoing.is_under_way else newest)
    return next((one for one in sets if any(each.state in _UNDECIDED for each in one)), sets[0])


def newest_documents(road: Road, settlement_id: str) -> list[OutboxDocument]:
    """Return the newest revision of a settlement and of its cash entries, each with the reversal of it if any."""
    found: list[OutboxDocument] = []
    for newest in sets_of(road, settlement_id):
        undoing = undoing_of(road, newest)
        found += [*newest, *(undoing.documents if undoing else ())]
    return found


def sets_of(road: Road, name: str) -> list[list[OutboxDocument]]:
    """Return the newest revision of a settlement or an accrual, which may be none, and of each of its cash entries.

    Of a day of documents it is the newest revision of each of them.
    """
    sources = dict.fromkeys(one.source for one in documents_of_day(road, name) if not is_reversal(one))
    if sources:
        return [road.stores.outbox.documents(source) for source in sources]
    return [road.stores.outbox.documents(source_named(road, name)), *cash_sets(road, name)]


def is_reversal(document: OutboxDocument) -> bool:
    """Tell whether a document undoes another one."""
    return document.source.kind == REVERSAL_KIND
