"""Invoices and credit memos of orders: one balanced document per shipment or refund that Amazon tells.

In: what a transaction of one order sold or took back, by account, category and SKU. Out: a document of one receivable
line, netted, and a line per account, category and SKU. What an order brought is billed once, whatever its settlement
says later: its key is made from the order and Amazon's transaction alone, or the shipment's id in the report of
fulfilled shipments where that tells it. A refund takes back what an invoice billed,
by its lines and on their accounts, and never more than is left of a line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.billing import Billing, ClearBy, LineRule
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalLine, JournalSet, SourceKey
from ledger.periods import redated
from ledger.shipment_names import shipment_of

INVOICE, CREDIT_MEMO = "invoice", "credit_memo"
KINDS = (INVOICE, CREDIT_MEMO)
# What a refund calls a part of a price -> what the sale called it; everything else is called alike.
_SOLD_AS = {
    "refund": "revenue",
    "goodwill": "revenue",
    "a_to_z_claim": "revenue",
    "chargeback": "revenue",
    "refund_shipping": "shipping_revenue",
    "refund_gift_wrap": "gift_wrap_revenue",
}
_VAT = "_vat"
_MARK_LETTERS = 8
# No mark of a transaction begins so: those are hexadecimal.
_OF_REPORT = "S"


@dataclass(frozen=True)
class Sold:
    """One amount of an order in favour of the seller, with the account it stands on and what it is.

    Negative amounts are discounts, or what a refund takes back. `quantity` counts units once per item sold.
    `rule` is how the ERP earns it, where that is not at once.
    """

    account: AccountKey
    amount: Decimal
    category: str
    sku: str = ""
    quantity: Decimal | None = None
    rule: LineRule | None = None


@dataclass(frozen=True)
class Order:
    """Whose document it is: seller and ledger, order, Amazon's transaction, customer, the receivable it stands on.

    `on` is the day of shipment or refund in the ledger's time zone, `clear_by` what closes an invoice of it; a credit
    memo is closed as its invoice is.
    """

    seller: str
    ledger: str
    order_id: str
    transaction_id: str
    customer: str
    receivable: AccountKey
    currency: str
    rate_type: str
    on: date
    refund_id: str = ""
    clear_by: ClearBy = "journal"


def invoice_source(seller: str, ledger: str, order_id: str, transaction_id: str) -> SourceKey:
    """Return what makes the posting key of one shipment's invoice: the order, and a mark of the transaction."""
    return document_source(seller, ledger, INVOICE, order_id, transaction_id)


def document_source(seller: str, ledger: str, kind: str, order_id: str, transaction_id: str) -> SourceKey:
    """Return what makes the posting key of a document of one transaction of an order: both, the second as a mark."""
    return SourceKey(seller, ledger, kind, f"{order_id}.{_mark(transaction_id)}")


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


def dated_as(wanted: JournalSet, known: Journal) -> JournalSet:
    """Return an invoice on the date of the same one as it was sent, whatever is learned later of its day."""
    return replace(wanted, journals=tuple(redated(one, known) for one in wanted.journals))


def credit_source(seller: str, ledger: str, order_id: str, transaction_id: str, invoice: SourceKey) -> SourceKey:
    """Return what makes the posting key of what one refund takes back of one invoice."""
    return document_source(seller, ledger, CREDIT_MEMO, order_id, f"{transaction_id} {invoice.source_id}")


@dataclass(frozen=True)
class Credits:
    """The credit memos of one refund, one for each invoice it takes something back of; `beyond` is what none holds."""

    memos: tuple[JournalSet, ...]
    beyond: Decimal


def credits_of(order: Order, back: Iterable[Sold], invoices: Sequence[Journal], earlier: Iterable[Journal]) -> Credits:
    """Return what a refund takes back of an order's invoices, the oldest first, each line by its own.

    `back` are amounts as the refund tells them, negative where they are given back; `earlier` the credit memos of the
    order that stand already. `beyond` is positive: more than what was billed and not credited yet.
    """
    left = {one.key: billed_lines(one) for one in invoices}
    for memo in earlier:
        assert memo.billing is not None, "every credit memo has its billing"
        if memo.billing.credits in left:
            _take_off(left[memo.billing.credits], memo)
    taken: dict[str, list[Sold]] = {}
    beyond = Decimal(0)
    for one in _merged(back):
        rest = one.amount
        for invoice in invoices:
            for place, held in enumerate(left[invoice.key]):
                part = _part_of(rest, held) if _is_of(one, held) else Decimal(0)
                if part:
                    left[invoice.key][place] = replace(held, amount=held.amount + part)
                    taken.setdefault(invoice.key, []).append(replace(held, amount=part, quantity=None))
                    rest -= part
        beyond += abs(rest)
    memos = [_memo(order, invoice, taken[invoice.key]) for invoice in invoices if invoice.key in taken]
    return Credits(tuple(one for one in memos if one.journals), money.exact(beyond, order.currency))


def billed_lines(invoice: Journal) -> list[Sold]:
    """Return the lines of an invoice or a credit memo but for its total, in favour of the seller."""
    assert invoice.billing is not None, "every invoice has its billing"
    return [
        Sold(line.account, -line.amount, kind, item, line.quantity)
        for line, kind, item in zip(invoice.lines, invoice.billing.kinds, invoice.billing.items, strict=True)
        if kind
    ]


def _take_off(left: list[Sold], memo: Journal) -> None:
    """Lower what is left of an invoice's lines by what a credit memo took back of them."""
    for gone in billed_lines(memo):
        rest = gone.amount
        for place, held in enumerate(left):
            part = _part_of(rest, held) if (held.category, held.sku) == (gone.category, gone.sku) else Decimal(0)
            left[place] = replace(held, amount=held.amount + part)
            rest -= part


def sold_as(category: str) -> str:
    """Return what the sale called an amount that a refund takes back; every other category is its own."""
    return _SOLD_AS.get(category, category)


def recognised(document: Journal) -> dict[str, Decimal]:
    """Return what an invoice or credit memo recognises by category of the sale, in favour of the seller, with VAT."""
    sums: dict[str, Decimal] = {}
    for one in billed_lines(document):
        name = one.category.removesuffix(_VAT)
        sums[name] = sums.get(name, Decimal(0)) + one.amount
    return sums


def _is_of(back: Sold, held: Sold) -> bool:
    """Tell whether a refunded amount is of the kind and product of a line."""
    is_vat = back.category.endswith(_VAT)
    kind = sold_as(back.category.removesuffix(_VAT)) + (_VAT if is_vat else "")
    return (kind, back.sku) == (held.category, held.sku)


def _part_of(rest: Decimal, held: Sold) -> Decimal:
    """Return how much of a refunded amount a line takes: of the other sign, and at most what is left of the line."""
    if not rest or not held.amount or (rest > 0) == (held.amount > 0):
        return Decimal(0)
    return max(rest, -held.amount) if rest < 0 else min(rest, -held.amount)


def _memo(order: Order, invoice: Journal, taken: Sequence[Sold]) -> JournalSet:
    """Return the credit memo against one invoice; empty where what is taken back comes to nothing."""
    source = credit_source(order.seller, order.ledger, order.order_id, order.transaction_id, invoice.source)
    lines = _merged(taken)
    total = money.total((one.amount for one in lines), order.currency)
    if not lines:
        return JournalSet(source, 1, ())
    assert invoice.billing is not None, "every order document has its billing"
    order = replace(order, clear_by=invoice.billing.clear_by)
    memo = _document(order, source, lines, total, f"Refund of Amazon order {order.order_id}")
    assert memo.billing is not None, "every order document has its billing"
    places = (*(0 for line in memo.lines if line.reference), *(_place(one, invoice) for one in lines))
    billing = replace(memo.billing, credits=invoice.key, credited_lines=places, refund_id=order.refund_id)
    return JournalSet(source, 1, (replace(memo, billing=billing),))


def _place(taken: Sold, invoice: Journal) -> int:
    """Return which of an invoice's own lines an amount is taken back of, counted from 1."""
    own = ((held.account, held.category, held.sku, held.amount < 0) for held in billed_lines(invoice))
    return [*own].index((taken.account, taken.category, taken.sku, taken.amount > 0)) + 1


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
        accounting_date=order.on,
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
            kinds=(*("" for _ in owed), *(one.category for one in lines)),
            transaction_id=order.transaction_id,
            rules=_rules(owed, lines),
            clear_by=order.clear_by,
        ),
    )


def _rules(owed: Sequence[JournalLine], lines: Sequence[Sold]) -> tuple[LineRule | None, ...]:
    """Return the accounting rules by line of the document; nothing where no line has one."""
    return (*(None for _ in owed), *(one.rule for one in lines)) if any(one.rule for one in lines) else ()


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


def is_of_report(source_id: str) -> bool:
    """Tell whether a document of this id is of a shipment that the report names, and no transaction."""
    return source_id.partition(".")[2].startswith(_OF_REPORT)


def _mark(name: str) -> str:
    mark = hashlib.sha256(name.encode()).hexdigest()[:_MARK_LETTERS].upper()
    return f"{_OF_REPORT}{mark}" if shipment_of(name) else mark
