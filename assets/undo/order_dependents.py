"""What stands on a document of an order, and so is undone before it.

On an invoice: credit memos, and the settlement that cleared it. On a cost: what returns took back of it. In: a
document. Out: sentences for a person, and what stands on it by name. A credit memo takes its lines off the invoice in
the ERP for good, whatever undoes the memo: an invoice that was ever credited cannot be credited whole any more.
"""

from collections.abc import Iterable

from assets.sales.billed_gate import of_orders
from assets.sales.order_choices import settled_files
from assets.stages.roadmap import Road
from ledger.cost_documents import KIND as COST
from ledger.cost_documents import costed_units
from ledger.cost_returns import KIND as COST_RETURN
from ledger.cost_returns import units_back
from ledger.journal import SETTLEMENT, Journal, SourceKey
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


def waits_for(road: Road, source: SourceKey, undone: Iterable[Journal]) -> list[str]:
    """Return what keeps these documents of an order from being undone now, as sentences."""
    if source.kind == COST:
        found = ", ".join(one.erp_id or one.key for one in returns_on(road, source))
        return [f"The reversal waits until {found}, which took back some of this cost, is reversed."] if found else []
    if source.kind != INVOICE:
        return []
    found = []
    for invoice in undone:
        memos = ", ".join(one.erp_id or one.key for one in credits_of_invoice(road, invoice))
        if memos:
            found.append(f"The reversal of the invoice is held: {memos} was made against it.")
        settlements = ", ".join(clearing_settlements(road, invoice))
        if settlements:
            found.append(f"The reversal waits until settlement {settlements}, which cleared the invoice, is reversed.")
    return found
