"""An item that the ERP's master data is to have: a document that moves no amount, once per organization and number.

In: a product's SKU and what the ERP is to be told of it. Out: a set of one document without lines. It goes through the
outbox as everything that writes does; its key is ledger, organization and number, whichever connection wants it, so
that two that sell the same product make one item.
"""

from __future__ import annotations

from datetime import date

from ledger.journal import Journal, JournalSet, SourceKey
from ledger.masters import NewItem

KIND = "item"


def item_source(ledger: str, organization: str, number: str) -> SourceKey:
    """Return what makes the posting key of an item.

    No seller account owns an item: in its place stands the organization. An id is divided by its first dot, which
    numbers of items have: there it is written as %2E, and % as %25.
    """
    plain = number.replace("%", "%25").replace(".", "%2E")
    return SourceKey(organization, ledger, KIND, plain)


def item_document(ledger: str, organization: str, item: NewItem, currency: str, on: date) -> JournalSet:
    """Return the document of one item; `currency` is one that the ledger knows, nothing is booked in it."""
    source = item_source(ledger, organization, item.number)
    journal = Journal(
        source=source,
        revision=1,
        part=1,
        parts=1,
        unit=organization,
        accounting_date=on,
        currency=currency,
        rate_type="",
        description=f"Item {item.number}",
        lines=(),
        document_reference=item.number,
        item=item,
    )
    return JournalSet(source, 1, (journal,))
