"""What an accrual asks of invoices: whether every shipment of the month that is to be billed has its own posted.

In: a road that bills orders and a month. Out: sentences that say what the month waits for, with the days to make.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.invoice_postings import TABLE as POSTINGS_TABLE
from assets.month_end.accrual_events import EventsOfMonth
from assets.posting.document_sets import is_withheld
from assets.receivable_invoices import TABLE as INVOICES_TABLE
from assets.receivable_invoices import Staged, staged_invoices
from assets.sales.order_choices import billing_begins, revenue_orders
from assets.stages.days import days_between
from assets.stages.roadmap import Road
from ledger.month import Month
from ledger.posting import PostingState
from resources.store.outbox import OutboxDocument

_NAMED_MAX = 5


def unbilled(road: Road, events: EventsOfMonth) -> Iterator[str]:
    """Yield what a month waits for: days whose invoices are not made, and days of which some are not in the books."""
    if road.policy.invoicing is None or not events.files:
        return
    month = events.month
    begins = max(events.since, billing_begins(road, road.policy.invoicing)).date()
    days = days_between(max(begins, month.first), (events.until - timedelta(seconds=1)).date())
    staged = {day: staged_invoices(road, day) for day in days}
    not_made = [day for day, one in staged.items() if one is None]
    not_posted = [day for day, one in staged.items() if one is not None and _is_open(road, day, one, month)]
    if not_made:
        yield _sentence(road, "are not made", INVOICES_TABLE, not_made)
    if not_posted:
        yield _sentence(road, "are not all in the books", POSTINGS_TABLE, not_posted)


def _sentence(road: Road, what: str, asset: str, days: list[date]) -> str:
    more = f" and {len(days) - _NAMED_MAX} more days" if len(days) > _NAMED_MAX else ""
    named = ", ".join(map(str, days[:_NAMED_MAX])) + more
    command = f"connector fetch {asset} --from {days[0]} --to {days[-1]} -c {road.connection}"
    return f"Invoices and credit memos of {named} {what}, and what they recognise is not accrued: {command}"


def _is_open(road: Road, day: date, staged: Staged, month: Month) -> bool:
    """Tell whether a document of the month is still to be posted; what is revenue, or was undone, never is."""
    left = [
        one.source
        for one in staged.documents
        if any(Month.of(journal.accounting_date) <= month for journal in one.journals)
        and not _is_done(road.stores.outbox.documents(one.source))
    ]
    if not left:
        return False
    events = road.stores.warehouse.current(road.connection, EVENTS_TABLE, day.isoformat())
    revenue = revenue_orders(road, road.stores.warehouse.path(events)) if events else {}
    return any(source.belongs_to not in revenue for source in left)


def _is_done(documents: Sequence[OutboxDocument]) -> bool:
    return any(one.state is PostingState.POSTED for one in documents) or (bool(documents) and is_withheld(documents))
