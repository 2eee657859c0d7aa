"""The orders of the demonstration that are billed when they are shipped, and what stands of them in the ERP.

In: a road. Out: the days to bill, the day assets in the order in which they are made, and a sentence of what was
posted. A refund becomes a credit memo once its invoice is planned, so the documents are made twice.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assets.stages.roadmap import Road

DOCUMENTS = ("receivable_invoices", "invoice_postings")
ASSETS = ("financial_events", *DOCUMENTS, *DOCUMENTS)


def billed_days(road: "Road") -> tuple[date, date] | None:
    """Return first and last day of what a connection bills; None where it bills nothing."""
    from assets.stages.day_names import today

    invoicing = road.policy.invoicing
    last = today(road.clock)
    return (invoicing.shipped_from, last) if invoicing and invoicing.shipped_from <= last else None


def bill(road: "Road") -> None:
    """Fetch the events of the days that are billed, make the documents and post them."""
    from assets.stages.day_stages import DAY_STAGES
    from assets.stages.days import days_between, fetch_days

    span = billed_days(road)
    for asset in ASSETS if span else ():
        for _ in fetch_days(road, DAY_STAGES[asset], days_between(*span)):
            pass


def billed_sentence(roads: Sequence["Road"]) -> str:
    """Say what stands in the receivables of the connections that bill; "" where none does."""
    told = [sentence for road in roads if (sentence := _of_road(road))]
    return " ".join(told)


def _of_road(road: "Road") -> str:
    from assets.sales.order_choices import owed
    from ledger import money
    from ledger.order_documents import CREDIT_MEMO, INVOICE

    if billed_days(road) is None:
        return ""
    listed = road.stores.outbox.listing(road.connection, limit=100_000)
    documents = [one for one in listed if one.source.kind in (INVOICE, CREDIT_MEMO)]
    posted = [one for one in documents if str(one.state) == "posted"]
    invoices = [one for one in posted if one.source.kind == INVOICE]
    if not documents:
        return f"No order of {road.connection} was billed."
    currency = documents[0].journal.currency
    total = sum((owed(one.journal) for one in posted), Decimal(0))
    words = (
        f"{len(invoices)} orders of {road.connection} are billed and {len(posted) - len(invoices)} refunds of them "
        f"credited, {money.text(total, currency)} {currency} in all, each once"
    )
    waiting = len(documents) - len(posted)
    return f"{words}; {waiting} documents wait." if waiting else f"{words}."
