"""Invoices and credit memos of orders: one balanced document per shipment or refund that Amazon tells.

In: what a transaction of one order sold, as movements between the order's receivable and the accounts of the mapping.
Out: a document of one receivable line, netted, and a line per account, category and SKU. What an order brought is
billed once, whatever its settlement says later: its key is made from the order and Amazon's transaction alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.billing import Billing
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalLine, JournalSet, SourceKey

INVOICE, CREDIT_MEMO = "invoice", "credit_memo"
KINDS = (INVOICE, CREDIT_MEMO)
_MARK_LETTERS = 8


@dataclass(frozen=True)
class Sold:
    """One amount of an order in favour of the seller, with the account it stands on and what it is.

    Negative amounts are discounts, or what a refund takes back. `quantity` counts units once per item sold.
    """

    account: AccountKey
    amount: Decimal
    category: str
    sku: str = ""
    quantity: Decimal | None = None


@dataclass(frozen=True)
class Order:
    """Whose document it is: seller and ledger, order, Amazon's transaction, customer, the receivable it stands on."""

    seller: str
    ledger: str
    order_id: str
    transaction_id: str
    customer: str
    receivable: AccountKey
    currency: str
    rate_type: str
    shipped_on: date


def invoice_source(seller: str, ledger: str, order_id: str, transaction_id: str) -> SourceKey:
    """Return what makes the posting key of one shipment's invoice: the order, and a mark of the transaction."""
    return SourceKey(seller, ledger, INVOICE, f"{order_id}.{_mark(transaction_id)}")


def invoice_of(order: Order, sold: Iterable[Sold]) -> JournalSet:
    """Return the invoice of one shipment; empty where nothing of it has an amount.

    Raises InputRefused for a shipment that would owe the buyer money: that is no sale.
    """
    source = invoice_source(order.seller, order.ledger, order.order_id, order.transaction_id)
    lines = _merged(sold)
    total = money.total((one.amount for one in lines), order.currency)
    if total < 0:
        raise InputRefused(
            f"Shipment {order.transaction_id} of order {order.order_id} comes to {money.text(total, order.currency)} "
            f"{order.currency}, and no invoice can owe the buyer money."
        )
    if not lines:
        return JournalSet(source, 1, ())
    return JournalSet(source, 1, (_document(order, source, lines, total, f"Amazon order {order.order_id}"),))


def _document(order: Order, source: SourceKey, lines: Sequence[Sold], total: Decimal, words: str) -> Journal:
    billed = [
        JournalLine(0, one.account, -one.amount, "", f"{one.category} {one.sku}".strip(), one.quantity) for one in lines
    ]
    owed = [JournalLine(0, order.receivable, total, order.order_id)] if total else []
    numbered = tuple(replace(one, number=place) for place, one in enumerate([*owed, *billed], start=1))
    return Journal(
        source=source,
        revision=1,
        part=1,
        parts=1,
        unit=order.receivable.unit,
        accounting_date=order.shipped_on,
        currency=order.currency,
        rate_type=order.rate_type,
        description=words,
        lines=numbered,
        document_reference=order.order_id,
        billing=Billing(
            order_id=order.order_id,
            customer=order.customer,
            receivable=order.receivable,
            items=(*("" for _ in owed), *(one.sku for one in lines)),
            transaction_id=order.transaction_id,
        ),
    )


def _merged(sold: Iterable[Sold]) -> list[Sold]:
    """Add up what stands on one account for one category, SKU and side; amounts of nothing are left out."""
    merged: dict[tuple, Sold] = {}
    for one in sold:
        key = (one.sku, one.category, str(one.account), one.amount > 0)
        known = merged.get(key)
        if known is None:
            merged[key] = one
            continue
        quantity = None if one.quantity is None else one.quantity + (known.quantity or Decimal(0))
        quantity = known.quantity if quantity is None else quantity
        merged[key] = replace(known, amount=known.amount + one.amount, quantity=quantity)
    return [merged[key] for key in sorted(merged) if merged[key].amount]


def _mark(transaction_id: str) -> str:
    return hashlib.sha256(transaction_id.encode()).hexdigest()[:_MARK_LETTERS].upper()
