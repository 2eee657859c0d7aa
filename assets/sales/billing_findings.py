"""What is told of orders that are not billed or not credited, each with what ends it.

In: an order or a marketplace, and what is wrong with it. Out: a `Finding`.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from assets.month_end.accrual_events import Place
from assets.stages.roadmap import Road
from ledger import money
from ledger.catalogue import Catalogue
from ledger.errors import Finding, InputRefused
from ledger.mapping import Mapping
from ledger.order_documents import Order

CUSTOMER_CODE, ACCOUNT_CODE, NO_SALE_CODE = "no_bill_to", "unmapped_category", "order_not_billable"
BEYOND_CODE, PRODUCT_CODE = "refund_exceeds_invoice", "unmapped_product"
UNCLEAR_CODE = "shipment_unclear"
_NAMED_MAX = 5


def unclear(order: Order) -> Finding:
    """Return that it is not known whether a transaction's shipment was billed by the report."""
    return Finding(
        "shipment_unclear",
        f"Transaction {order.transaction_id} of order {order.order_id} tells a shipment, and it is not known whether "
        "it was billed by the report of fulfilled shipments: several of the order are alike, or none is.",
        "Hold the order's shipments in Seller Central against its invoices. Bill what is missing by hand, then "
        "`dismiss` this; where the report tells the shipment later, it ends by itself.",
        origin=f"{order.order_id} {order.transaction_id}",
        details={"currency": order.currency},
    )


def beyond(order: Order, amount: Decimal) -> Finding:
    """Return that a refund takes back more than was billed and not credited yet."""
    return Finding(
        BEYOND_CODE,
        f"A refund of order {order.order_id} takes back {money.text(amount, order.currency)} {order.currency} more "
        "than was billed and not credited yet, by line, so no credit memo is made of it.",
        "Look at the refund in Seller Central. `dismiss` this to leave it to its settlement, which then books all of "
        "it as a refund.",
        origin=f"{order.order_id} {order.transaction_id}",
        amount=amount,
        details={"currency": order.currency},
    )


def no_customer(place: Place) -> Finding:
    """Return that a marketplace has no customer to be billed to."""
    return Finding(
        CUSTOMER_CODE,
        f"Orders of {place.marketplace} have no customer to be billed to.",
        f"Name one under books, invoicing, bill_to, {place.marketplace} in the connection.",
        origin=f"invoicing, {place.marketplace}",
    )


def no_account(place: Place, mapping: Mapping) -> Finding:
    """Return that invoices of a marketplace have no account to stand on."""
    return Finding(
        ACCOUNT_CODE,
        f"Invoices of orders of {place.marketplace} have no account to stand on until they are settled.",
        f"Add one under accounts, order_receivable in {mapping.file}.",
        origin="accounts, order_receivable",
    )


def unmapped(finding: Finding, row: dict[str, Any], day: date, place: Place) -> Finding:
    """Return a finding of lines without an account with what waits for it."""
    amount = money.exact(row["amount"], place.currency)
    sentence = f"{finding.sentence} {row['lines']} lines of transactions of {day} wait for it."
    return replace(finding, sentence=sentence, amount=amount, details={"currency": place.currency})


def no_product(road: Road, sku: str, orders: list[tuple[str, str]], day: date, catalogue: Catalogue | None) -> Finding:
    """Return that orders are not billed because the catalogue does not say all of a product."""
    assert catalogue is not None, "only a catalogue can lack a product"
    lacks = catalogue.lacks(sku, day, with_cost=road.policy.cost_of_goods is not None)
    return unknown_product(catalogue, sku, lacks, [order for order, _ in orders], day, "are not billed")


def unknown_product(
    catalogue: Catalogue, sku: str, lacks: tuple[str, ...], orders: list[str], day: date, what: str
) -> Finding:
    """Return that orders wait for what the catalogue does not say of a product, with the line to paste."""
    names = sorted(set(orders))
    more = f" and {len(names) - _NAMED_MAX} more" if len(names) > _NAMED_MAX else ""
    [line] = catalogue.lines_for([(sku, lacks)])
    # An entry of YAML counts only where it is indented as the others: it stands on a line of its own.
    pasted = (
        f"add it to {catalogue.file}: {line}"
        if catalogue.form
        else f"add it, indented so, to {catalogue.file}:\n{line}"
    )
    return Finding(
        PRODUCT_CODE,
        f"{catalogue.file} does not say {', '.join(lacks)} of product {sku or '(no SKU)'} on {day}: orders "
        f"{', '.join(names[:_NAMED_MAX])}{more} {what}.",
        f"Fill in what is empty and {pasted}",
        origin=f"product {sku}",
        details={"orders": names},
    )


def not_billable(order: Order, error: InputRefused) -> Finding:
    """Return that a shipment is no sale that an invoice could hold."""
    return Finding(
        NO_SALE_CODE,
        f"Order {order.order_id} is not billed: {error}",
        "Look at the transaction in Seller Central; its settlement books what it brought. `dismiss` this when that is "
        "right.",
        origin=f"{order.order_id} {order.transaction_id}",
        details={"currency": order.currency},
    )
