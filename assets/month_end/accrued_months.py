"""Months that have their accrual: nothing of a settlement or an invoice is dated into them any more.

The accrual holds what the month earned and its books did not have; a settlement or an invoice dated into the month
afterwards would have the same money twice there. In: documents that are wanted. Out: the same, those in an accrued
month moved to the first day after it, or the accruals that must not be begun when they are sent.
"""

from collections.abc import Iterator

from assets.posting.document_sets import DEAD
from assets.stages.roadmap import Road
from ledger.accrual import accrual_source
from ledger.combination import Context
from ledger.journal import SETTLEMENT, JournalSet, SourceKey
from ledger.mapping import settlement_marketplace
from ledger.month import Month
from ledger.order_documents import CREDIT_MEMO, INVOICE
from ledger.periods import OpenDay, in_open_periods
from ledger.posting import PostingState
from ledger.reversal import KIND as REVERSAL_KIND
from ledger.reversal import undone_by
from resources.amazon.marketplaces import marketplace_named
from resources.store.settlements import SettlementRecord


def place_code(marketplace: str) -> str:
    """Return how a marketplace is named in an accrual's id: the country of one that is known, else its name."""
    known = marketplace_named(marketplace)
    return known.country if known else marketplace


def accrual_of(road: Road, place: tuple[str, str], month: Month) -> SourceKey:
    """Return the source of the accrual of a marketplace and currency."""
    marketplace, currency = place
    return accrual_source(road.seller, road.ledger, place_code(marketplace), currency, month)


def settlement_place(road: Road, record: SettlementRecord) -> tuple[str, str]:
    """Return marketplace and currency of a settlement, as the accrual of its sales has them."""
    context = Context(record.facts["currency"], tuple(record.facts["marketplaces"]))
    marketplace = context.selling_marketplace or settlement_marketplace(road.load_mapping(), context)
    return marketplace or "", context.currency


def is_accrued(road: Road, source: SourceKey) -> bool:
    """Tell whether an accrual is planned, under way or in the books; one that was refused or reversed is not."""
    return any(one.state not in DEAD for one in road.stores.outbox.documents(source))


def after_accrued(road: Road, wanted: JournalSet) -> OpenDay:
    """Return what finds the first day on or after a day that lies in no accrued month of these documents' marketplace.

    Documents that are of no settlement and no order of ours keep every day.
    """
    places = _places_of(road, wanted)

    def first_day(unit: str, day):
        while any(is_accrued(road, accrual_of(road, place, Month.of(day))) for place in places):
            day = Month.of(day).following.first
        return day

    return first_day


def outside_accrued(road: Road, wanted: JournalSet) -> JournalSet:
    """Return documents of a settlement or an order, or of what undoes one, dated into no month that has its accrual."""
    return in_open_periods(wanted, after_accrued(road, wanted))


def accruals_beside(road: Road, wanted: JournalSet) -> Iterator[SourceKey]:
    """Yield the accruals of the months these documents are dated in: none may be planned by the time they are sent.

    An accrual that was reversed is no hindrance, and stays known; so it is left out.
    """
    months = sorted({Month.of(one.accounting_date) for one in wanted.journals})
    for source in (accrual_of(road, place, month) for month in months for place in _places_of(road, wanted)):
        is_reversed = any(one.state is PostingState.REVERSED for one in road.stores.outbox.documents(source))
        if not is_reversed or is_accrued(road, source):
            yield source


def _places_of(road: Road, wanted: JournalSet) -> list[tuple[str, str]]:
    """Return the marketplaces and currencies whose accruals hold what these documents, or what they undo, may book.

    An invoice or a credit memo does not say its marketplace, so it is each one of its currency: a document that is
    moved for another's accrual lies after the month, and its own accrual holds it until then. A cash entry moves what
    was earned before from clearing to the bank: it is of none, and keeps the day on which the bank did so.
    """
    source = wanted.source
    undone = undone_by(source) if source.kind == REVERSAL_KIND else None
    kind, source_id = (undone.kind, undone.source_id) if undone else (source.kind, source.source_id)
    if kind in (INVOICE, CREDIT_MEMO):
        currencies = {one.currency for one in wanted.journals}
        known = [(name, marketplace_named(name)) for name in road.marketplaces]
        return [(name, one.currency) for name, one in known if one is not None and one.currency in currencies]
    record = road.stores.settlements.get(road.connection, source_id) if kind == SETTLEMENT else None
    return [] if record is None else [settlement_place(road, record)]
