"""What stands on an invoice of an order, and so is undone before it: credit memos, and the settlement that cleared it.

In: an invoice. Out: sentences for a person, and the settlements by name. A credit memo takes its lines off the invoice
in the ERP for good, whatever undoes the memo: an invoice that was ever credited cannot be credited whole any more.
"""

from collections.abc import Iterable

from assets.sales.billed_gate import of_orders
from assets.sales.order_choices import settled_files
from assets.stages.roadmap import Road
from ledger.journal import SETTLEMENT, Journal, SourceKey
from ledger.order_adjustments import adjusts
from ledger.order_documents import CREDIT_MEMO, INVOICE
from ledger.posting import MAY_EXIST, PostingState
from resources.store.outbox import OutboxDocument

_UNDER_WAY = MAY_EXIST | {PostingState.PLANNED, PostingState.APPROVED}
_SENDABLE = MAY_EXIST | {PostingState.APPROVED}
_ALL_DOCUMENTS = 1_000_000


def credits_of_invoice(road: Road, invoice: Journal) -> list[OutboxDocument]:
    """Return the credit memos that were made against an invoice, but for those that were given up unsent."""
    listed = road.stores.outbox.listing(road.connection, belongs_to=invoice.source.belongs_to, limit=_ALL_DOCUMENTS)
    memos = [one for one in listed if one.source.kind == CREDIT_MEMO and one.journal.billing]
    standing = _UNDER_WAY | {PostingState.REVERSED}
    return [one for one in memos if one.journal.billing.credits == invoice.key and one.state in standing]


def _further_invoices(road: Road, invoice: Journal) -> list[OutboxDocument]:
    """Return the invoices that stand for what this one lacked: billed again whole, it would hold that as well."""
    listed = road.stores.outbox.listing(road.connection, belongs_to=invoice.source.belongs_to, limit=_ALL_DOCUMENTS)
    ours = [one for one in listed if one.source.kind == INVOICE]
    return [
        one for one in ours if adjusts(one.source.source_id) == invoice.source.source_id and one.state in _UNDER_WAY
    ]


def clearing_settlements(road: Road, invoice: Journal) -> list[str]:
    """Return the settlements in the books, or on their way, that clear the order's receivable."""
    order = invoice.source.belongs_to
    files = settled_files(road)
    if order not in of_orders(road, list(files), [order]):
        return []
    found = []
    for file, settlement_id in files.items():
        cleared = of_orders(road, [file], [order]).get(order)
        source = SourceKey(road.seller, road.ledger, SETTLEMENT, settlement_id)
        is_there = any(one.state in _SENDABLE for one in road.stores.outbox.documents(source))
        if is_there and cleared is not None and (cleared.sold_cleared or cleared.refunded_cleared):
            found.append(settlement_id)
    return sorted(found)


def waits_for(road: Road, source: SourceKey, undone: Iterable[Journal]) -> list[str]:
    """Return what keeps these documents of an order from being undone now, as sentences; only an invoice has any."""
    if source.kind != INVOICE:
        return []
    found = []
    for invoice in undone:
        memos = ", ".join(one.erp_id or one.key for one in credits_of_invoice(road, invoice))
        if memos:
            found.append(f"The reversal of the invoice is held: {memos} was made against it.")
        further = ", ".join(one.erp_id or one.key for one in _further_invoices(road, invoice))
        if further:
            found.append(f"The reversal waits until {further}, which adjusted the invoice, is reversed.")
        settlements = ", ".join(clearing_settlements(road, invoice))
        if settlements:
            found.append(f"The reversal waits until settlement {settlements}, which cleared the invoice, is reversed.")
    return found
