"""Input tax: what waits on its own account, claimed with the number of the invoice that it stands on.

In: invoices of one time with the tax in them, and what settlements of that time left waiting. Out: how much of it each
invoice claims, and a journal per invoice from the waiting account to the one that tax is claimed from. Its key is made
from issuer and number alone, so that a number claims its tax once, whatever is told of it later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.accounts import AccountKey
from ledger.journal import JournalFrame, JournalSet, Movement, SourceKey, build_journals
from ledger.order_documents import document_source

KIND = "input_tax"
_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9_-]")
_NUMBER_MAX = 40


@dataclass(frozen=True)
class TaxInvoice:
    """One invoice: who issued it under which number, when, and the tax in it; a credit note's is negative."""

    issuer: str
    number: str
    on: date
    tax: Decimal


def claims(
    invoices: Iterable[TaxInvoice], waiting: Decimal, claimed: Mapping[TaxInvoice, Decimal]
) -> dict[TaxInvoice, Decimal]:
    """Return how much of what waits each invoice claims; together never more than waits, nor than they hold.

    What was claimed before stays as it is, then the oldest comes first. An invoice may hold more: fees whose tax is no
    row of its own were booked with it. A credit note lowers what the others can claim.
    """
    several = sorted(invoices, key=lambda one: (one.on, one.number, one.issuer))
    held = sum((one.tax for one in several), Decimal(0))
    left = min(waiting, held) - sum(claimed.values(), Decimal(0))
    found = dict(claimed)
    for one in several:
        part = min(left, one.tax)
        if one not in found and part > 0:
            found[one] = part
            left -= part
    return found


@dataclass(frozen=True)
class Books:
    """Where input tax is booked: seller and ledger, both accounts, currency, and how the ERP takes journals."""

    seller: str
    ledger: str
    input_tax: AccountKey
    waiting: AccountKey
    currency: str
    rate_type: str
    lines_max: int


def input_tax_source(seller: str, ledger: str, issuer: str, number: str) -> SourceKey:
    """Return what makes the posting key of one invoice's input tax."""
    return document_source(seller, ledger, KIND, id_of_number(number), f"{issuer} {number}")


def id_of_number(number: str) -> str:
    """Return the readable beginning of the id of an invoice's input tax; numbers of several issuers may share one."""
    return _NOT_OF_AN_ID.sub("-", number)[:_NUMBER_MAX]


def claim_of(invoice: TaxInvoice, amount: Decimal, books: Books) -> JournalSet:
    """Return the journal that claims an amount with an invoice, dated on the day it was issued."""
    source = input_tax_source(books.seller, books.ledger, invoice.issuer, invoice.number)
    movement = Movement(
        debit=books.input_tax,
        credit=books.waiting,
        amount=amount,
        currency=books.currency,
        label="input tax",
        detail=invoice.number,
    )
    frame = JournalFrame(
        source=source,
        revision=1,
        owner_unit=books.waiting.unit,
        currency=books.currency,
        rate_type=books.rate_type,
        description=f"Input tax of invoice {invoice.number}",
        document_reference=invoice.number,
        lines_max=books.lines_max,
    )
    return build_journals([movement], frame, invoice.on)
