"""Under which names the invoices of some orders were planned, and what was in their shipments.

In: orders. Out: the names of their invoices that were not refused, as the stored documents themselves say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from assets.stages.roadmap import Road
from ledger.journal import Journal
from ledger.order_adjustments import adjusts
from ledger.order_documents import INVOICE, billed_lines, is_of_report
from ledger.posting import MAY_EXIST, PostingState
from resources.store.outbox_reading import Standing


@dataclass(frozen=True)
class PlannedInvoice:
    """One invoice that was planned: whether it may be in the ERP, and its products with units, sorted."""

    may_exist: bool
    content: tuple[str, ...]


def is_any_of_a_report(road: Road) -> bool:
    """Tell whether any order was ever billed under the name of a shipment."""
    return any(is_of_report(one.source_id) for one in road.stores.outbox.of_kind(road.seller, road.ledger, INVOICE))


def planned_invoices(road: Road, orders: Iterable[str]) -> dict[str, dict[str, PlannedInvoice]]:
    """Return the invoices of some orders by order and name; what adjusts one is none of its own."""
    found: dict[str, dict[str, PlannedInvoice]] = {}
    for one in _invoices(road, orders):
        document = road.stores.outbox.document(one.key)
        if document is None or document.journal.billing is None:
            continue
        billing = document.journal.billing
        may_exist = one.state in MAY_EXIST or one.state is PostingState.REVERSED
        known = found.setdefault(billing.order_id, {}).get(billing.transaction_id)
        is_there = may_exist or (known is not None and known.may_exist)
        found[billing.order_id][billing.transaction_id] = PlannedInvoice(is_there, _content(document.journal))
    return found


def _invoices(road: Road, orders: Iterable[str]) -> list[Standing]:
    wanted = set(orders)
    return [
        one
        for one in road.stores.outbox.of_kind(road.seller, road.ledger, INVOICE)
        if one.state is not PostingState.REFUSED
        and one.source_id.partition(".")[0] in wanted
        and not adjusts(one.source_id)
    ]


def _content(invoice: Journal) -> tuple[str, ...]:
    units: dict[str, Decimal] = {}
    for one in billed_lines(invoice):
        if one.sku and one.quantity is not None:
            units[one.sku] = units.get(one.sku, Decimal(0)) + one.quantity
    return tuple(sorted(f"{sku} {quantity:f}" for sku, quantity in units.items()))
