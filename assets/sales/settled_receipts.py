"""The receipts of a settlement: what it brought of orders whose invoices are open, applied to just these.

In: a settlement's mapped lines and what is open of its orders. Out: balanced receipts that stand beside its journals in
one set, and what keeps a receipt from being made, which holds the whole settlement. The orders that receipts clear are
left out of the journal, so both together are the settlement's total.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.sales.billed_gate import of_orders
from assets.settlements.settlement_books import Books
from assets.stages.roadmap import Road
from ledger import money
from ledger.clearing_receipts import Brought, ReceiptFrame, Receipts, Shares, receipts_of, shares_of
from ledger.errors import Finding
from ledger.journal import Journal, SourceKey
from ledger.policy import Invoicing

_NAMED_MAX = 5
_BOTH = (
    "Let one way clear all of an order: reverse the invoice that is not to stay, with the invoices' clear_by as it "
    "should be, and post it again."
)
_BEYOND = (
    "Look at the orders in Seller Central and at their invoices. Where a shipment or refund was never billed or "
    "credited, make the documents of its day; then `retry`."
)
_TOO_MANY = "Raise applied_to_max under books, invoicing."
_NOT_ABOVE_ZERO = (
    "No standard receipt is of zero or less, so nothing of this settlement is posted. Book it by hand: apply the "
    "credit memos in the ERP, and the whole settlement against clearing."
)


@dataclass(frozen=True)
class Received:
    """The receipts of a settlement, and what keeps one from being made."""

    journals: tuple[Journal, ...] = ()
    held: tuple[Finding, ...] = ()


def receipts_of_settlement(road: Road, books: Books, mapped: Path, source: SourceKey) -> Received:
    """Return the receipts of a settlement; nothing where its journal clears everything, or before go-live.

    Raises InputRefused for invoices of another unit than clearing.
    """
    invoicing, opened = road.policy.invoicing, books.open_orders
    if invoicing is None or not (opened.orders or opened.in_both_ways):
        return Received()
    brought = of_orders(road, [str(mapped)], sorted(opened.orders))
    told = [Brought(one.order_id, one.sold_cleared, one.refunded_cleared) for one in brought.values()]
    shares = shares_of(told, opened.items)
    receipts = receipts_of(shares.shares, _frame(road, books, invoicing, source))
    return Received(receipts.journals, tuple(_held(books, shares, receipts)))


def _frame(road: Road, books: Books, invoicing: Invoicing, source: SourceKey) -> ReceiptFrame:
    return ReceiptFrame(
        source=source,
        clearing=books.clearing,
        reference=books.reference,
        currency=books.currency,
        rate_type=road.policy.rate_type,
        on=books.parts[-1].accounting_date,
        applied_to_max=invoicing.applied_to_max,
    )


def _held(books: Books, shares: Shares, receipts: Receipts) -> Iterator[Finding]:
    currency, both = books.currency, sorted(books.open_orders.in_both_ways)
    if both:
        sentence = (
            f"{len(both)} orders have an invoice that the settlement's journal clears and one that a receipt clears: "
            f"{_named(both)}."
        )
        yield _finding(sentence, _BOTH, "both ways", currency)
    if shares.beyond:
        named = [f"{order} ({money.text(amount, currency)})" for order, amount in sorted(shares.beyond.items())]
        sentence = (
            f"Of {len(named)} orders the settlement brings more than is open on their invoices and credit memos, in "
            f"{currency}: {_named(named)}."
        )
        yield _finding(sentence, _BEYOND, "beyond", currency)
    for customer, amount in receipts.not_above_zero.items():
        text = f"{money.text(amount, currency)} {currency}"
        if amount > 0:
            sentence = (
                f"{text} of customer {customer} are too much for one receipt, and of several one is not above zero."
            )
            yield _finding(sentence, _TOO_MANY, f"customer {customer}", currency)
            continue
        sentence = (
            f"For customer {customer} the settlement gave back as much as it brought, or more: it comes to {text}, and "
            "a receipt has to be above zero."
        )
        yield _finding(sentence, _NOT_ABOVE_ZERO, f"customer {customer}", currency)


def _finding(sentence: str, cure: str, origin: str, currency: str) -> Finding:
    return Finding("receipt_not_possible", sentence, cure, origin=origin, details={"currency": currency})


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED_MAX} more" if len(names) > _NAMED_MAX else ""
    return ", ".join(names[:_NAMED_MAX]) + more
