"""What stands on a document of an order, and so is undone with it or before it.

On an invoice: credit memos, which are undone with it, and the settlement that cleared it. On a cost: what returns took
back of it. In: a document. Out: the document that undoes it now, what keeps it from being undone as sentences for a
person, and what stands on it by name. What a credit memo took off the lines of its invoice stays taken off in the ERP
whatever undoes the memo. So an invoice is undone for what its memos left of it; invoice, memos and that rest together
come to nothing.
"""

from collections.abc import Collection, Iterator, Sequence

from assets.posting.document_sets import Undoing
from assets.sales.billed_gate import of_orders
from assets.sales.order_choices import settled_files
from assets.stages.roadmap import Road
from assets.undo.reversals import BUSY, reversal_for
from ledger.cost_documents import KIND as COST
from ledger.cost_documents import costed_units
from ledger.cost_returns import KIND as COST_RETURN
from ledger.cost_returns import units_back
from ledger.journal import SETTLEMENT, Journal, JournalSet, SourceKey
from ledger.order_adjustments import adjusts
from ledger.order_documents import CREDIT_MEMO, INVOICE
from ledger.posting import MAY_EXIST, PostingState
from resources.store.outbox import OutboxDocument

_SENDABLE = MAY_EXIST | {PostingState.APPROVED}
_UNDER_WAY = _SENDABLE | {PostingState.PLANNED}
# Of a memo in one of these nobody knows yet what it took off its invoice.
UNCERTAIN = BUSY
_ALL_DOCUMENTS = 1_000_000


def credits_of_invoice(road: Road, invoice: Journal) -> list[OutboxDocument]:
    """Return the credit memos against an invoice that stand in the books or may, the oldest first."""
    listed = road.stores.outbox.listing(road.connection, belongs_to=invoice.source.belongs_to, limit=_ALL_DOCUMENTS)
    memos = [one for one in listed if one.source.kind == CREDIT_MEMO and one.journal.billing]
    against = [one for one in memos if one.journal.billing.credits == invoice.key]
    there = [one for one in against if one.state in MAY_EXIST | {PostingState.REVERSED}]
    return sorted(there, key=lambda one: (one.journal.accounting_date, one.key))


def reversal_now(road: Road, originals: Sequence[OutboxDocument]) -> JournalSet:
    """Return what undoes these documents as they stand: of an invoice, what its credit memos in the books left of it.

    Raises InputRefused where nothing can take that back.
    """
    if originals[0].source.kind != INVOICE:
        return reversal_for(originals)
    return reversal_for(originals, {one.key: in_books_of(road, one.journal) for one in originals})


def in_books_of(road: Road, invoice: Journal) -> list[OutboxDocument]:
    """Return the credit memos against an invoice that stand in the books for certain."""
    return [one for one in credits_of_invoice(road, invoice) if one.state not in UNCERTAIN]


def further_invoices(road: Road, invoice: Journal) -> list[OutboxDocument]:
    """Return the invoices that stand for what this one lacked: billed again whole, it would hold that as well."""
    listed = road.stores.outbox.listing(road.connection, belongs_to=invoice.source.belongs_to, limit=_ALL_DOCUMENTS)
    ours = [one for one in listed if one.source.kind == INVOICE]
    return [
        one for one in ours if adjusts(one.source.source_id) == invoice.source.source_id and one.state in _UNDER_WAY
    ]


def clearing_settlements(road: Road, invoice: Journal) -> list[str]:
    """Return the settlements in the books, or on their way, that clear the order's receivable."""
    order = invoice.source.belongs_to
    return clearing_of(road, [order]).get(order, [])


def clearing_of(road: Road, orders: Collection[str]) -> dict[str, list[str]]:
    """Return the settlements in the books, or on their way, that clear the receivable of each of some orders."""
    files = settled_files(road)
    settled = of_orders(road, list(files), list(orders))
    found: dict[str, list[str]] = {}
    for file, settlement_id in files.items() if settled else ():
        source = SourceKey(road.seller, road.ledger, SETTLEMENT, settlement_id)
        if any(one.state in _SENDABLE for one in road.stores.outbox.documents(source)):
            for order, cleared in of_orders(road, [file], list(settled)).items():
                if cleared.sold_cleared or cleared.refunded_cleared:
                    found.setdefault(order, []).append(settlement_id)
    return {order: sorted(settlements) for order, settlements in found.items()}


def returns_on(road: Road, cost: SourceKey) -> list[OutboxDocument]:
    """Return what took back cost of the same order and product, as far as it may be in the books.

    What is not sent yet need not be waited for: its sending step sees the reversal of the cost.
    """
    order = cost.belongs_to
    products = {unit.sku for one in road.stores.outbox.documents(cost) for unit in costed_units(one.journal)}
    listed = road.stores.outbox.listing(road.connection, belongs_to=order, limit=_ALL_DOCUMENTS)
    returns = [one for one in listed if one.source.kind == COST_RETURN and one.source.belongs_to == order]
    standing = [one for one in returns if one.state in MAY_EXIST]
    return [one for one in standing if any(units_back([one.journal], sku) for sku in products)]


def waits_for(road: Road, undoing: Undoing) -> Iterator[str]:
    """Yield what keeps documents of an order from being undone now, as sentences."""
    source = undoing.originals[0].source
    if source.kind == COST:
        found = ", ".join(one.erp_id or one.key for one in returns_on(road, source))
        if found:
            yield f"The reversal waits until {found}, which took back some of this cost, is reversed."
    if source.kind != INVOICE:
        return
    for original in undoing.originals:
        counted = undoing.by_original[original.key].journal.takes_along if original.key in undoing.by_original else ()
        others = [
            one
            for one in credits_of_invoice(road, original.journal)
            if one.state in UNCERTAIN or one.key not in counted
        ]
        if others:
            names = ", ".join(f"{one.erp_id or one.key} ({one.state})" for one in others)
            yield f"The reversal of the invoice waits until it is certain what {names} took back of it."
        further = ", ".join(one.erp_id or one.key for one in further_invoices(road, original.journal))
        if further:
            yield f"The reversal waits until {further}, which adjusted the invoice, is reversed."
        settlements = ", ".join(clearing_settlements(road, original.journal))
        if settlements:
            yield f"The reversal waits until settlement {settlements}, which cleared the invoice, is reversed."
