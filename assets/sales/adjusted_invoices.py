"""An invoice whose shipment is told otherwise after it was sent: as it was sent, with documents for the difference.

In: the invoice as it would be made now, as it is stored, and what stands of its order. Out: what is to be in the books
of the shipment. A difference that is too large, or of more than amounts, leaves the invoice as it would be made now: it
is then told as changed after posting, as without a tolerance.
"""

from datetime import date
from decimal import Decimal

from assets.sales.order_choices import Billed, being_reversed
from assets.stages.roadmap import Road
from ledger.journal import Journal, JournalSet
from ledger.order_adjustments import adjustment_of
from ledger.order_documents import Order, dated_as
from ledger.posting import PostingState
from resources.store.outbox import OutboxDocument


def adjusted_invoice(
    road: Road, order: Order, made: JournalSet, document: OutboxDocument, billed: Billed, tolerance: Decimal
) -> tuple[JournalSet, ...]:
    """Return the invoice of a shipment with its adjustments, one more of them where a difference is left.

    What is to be made up for is added once the invoice is posted and nobody undoes it: until then it stands as sent.
    """
    known = billed.adjusted(document.journal)
    before = tuple(map(_as_it_stands, known.adjustments))
    now = made.journals[0]
    found = adjustment_of(order, now, known, tolerance, _today(road))
    if found is None:
        return (made, *before)
    sent = _as_it_stands(document.journal)
    if not found.journals or document.state is not PostingState.POSTED or _is_being_reversed(road, document):
        return (sent, *before)
    return (sent, *before, _on_its_day(road, found))


def _as_it_stands(journal: Journal) -> JournalSet:
    return JournalSet(journal.source, journal.revision, (journal,)).with_revision(1)


def _on_its_day(road: Road, adjustment: JournalSet) -> JournalSet:
    """Return an adjustment on the day on which it was made first: what a person or the ERP refused is no news later."""
    known = road.stores.outbox.documents(adjustment.source)
    return dated_as(adjustment, known[0].journal) if known else adjustment


def _is_being_reversed(road: Road, document: OutboxDocument) -> bool:
    return (document.source.source_id, document.revision) in being_reversed(road)


def _today(road: Road) -> date:
    return road.clock.now().astimezone(road.policy.zone).date()
