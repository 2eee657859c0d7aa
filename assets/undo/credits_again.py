"""Credit memos of an order that is undone and billed again: what they wait for, and when their days are looked at.

In: a credit memo that is to be sent, documents that are posted. Out: sentences on what keeps a memo from being sent,
and days asked for. A memo is made anew, for it takes back lines of the invoice as that is billed now; so its day is
made again first, and memos of one order in the order in which Amazon told the refunds.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from assets.posting.document_sets import is_withheld, undoing_of
from assets.sales.order_choices import Billed, billed_before
from assets.stages.resumption import ask_for
from assets.stages.roadmap import Road
from assets.undo.reposting import is_wanted_again
from ledger.journal import Journal, SourceKey
from ledger.order_documents import CREDIT_MEMO, INVOICE
from resources.store.outbox import OutboxDocument

_ALL_DOCUMENTS = 1_000_000


def memo_waits_for(road: Road, memo: Journal) -> Iterator[str]:
    """Yield what keeps a credit memo of which nothing was sent from being sent now, as sentences."""
    assert memo.billing is not None, "every credit memo has its billing"
    order = memo.billing.order_id
    newest = _newest(road, order)
    for source in sorted((one for one in newest if one.kind == INVOICE), key=str):
        documents = newest[source]
        undoing = undoing_of(road, documents)
        if is_withheld(documents) or (undoing is not None and undoing.is_wanted):
            is_gone = is_withheld(documents)
            state = "is reversed and not billed again" if is_gone else "is being reversed"
            yield f"An invoice of order {order} {state}; its credit memo follows it."
    earlier = [one for one in _to_be_made_again(road, newest) if _told(one.journal) < _told(memo)]
    if any(one.source != memo.source for one in earlier):
        yield f"An earlier credit memo of order {order} is to be made again first."


def ask_for_memos(road: Road, posted: Iterable[OutboxDocument]) -> None:
    """Ask for the days of credit memos that are to be made again, of whose order something is posted again."""
    for order in sorted({one.source.belongs_to for one in posted}):
        for memo in _to_be_made_again(road, _newest(road, order)):
            ask_for(road, memo.partition, "what its credit memo may have waited for is posted")


def are_to_be_made(road: Road, memos: Iterable[OutboxDocument], made: Iterable[Journal]) -> bool:
    """Tell whether a credit memo that is wanted again, and may be by now, was made before its invoice was billed again.

    `memos` are those of a day that are reversed, `made` what was made of the day.
    """
    by_source = {one.source: one.billing.credits for one in made if one.billing is not None}
    for memo in memos:
        if not is_wanted_again(road, memo.partition, road.stores.outbox.documents(memo.source)):
            continue
        billed = billed_before(road, [memo.source.belongs_to]).get(memo.source.belongs_to, Billed())
        standing = {one.key for one in billed.invoices}
        is_made = by_source.get(memo.source, "") in standing
        if standing and not is_made and not any(memo_waits_for(road, memo.journal)):
            return True
    return False


def _newest(road: Road, order: str) -> dict[SourceKey, list[OutboxDocument]]:
    """Return the newest documents of an order by source."""
    listed = road.stores.outbox.listing(road.connection, belongs_to=order, limit=_ALL_DOCUMENTS)
    sources = {one.source for one in listed if one.source.kind in (INVOICE, CREDIT_MEMO)}
    return {source: road.stores.outbox.documents(source) for source in sources}


def _to_be_made_again(road: Road, newest: dict[SourceKey, list[OutboxDocument]]) -> list[OutboxDocument]:
    """Return the credit memos that are reversed and that a person wants again with their invoice."""
    memos = [documents for source, documents in newest.items() if source.kind == CREDIT_MEMO]
    return [one[0] for one in memos if is_wanted_again(road, one[0].partition, one)]


def _told(memo: Journal) -> tuple[date, str]:
    assert memo.billing is not None, "every credit memo has its billing"
    return memo.accounting_date, memo.billing.transaction_id
