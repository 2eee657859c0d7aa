"""What an order looks like at a moment: not there yet, pending, to be shipped, shipped, cancelled.

In: an `OrderRecord`, which holds an order's whole life, and a moment. Out: its status in the words of Amazon's model
orders_2026-01-01 and when it last changed. The Orders API and the order reports both look through this.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from emulators.amazon.history import OrderRecord

PENDING, UNSHIPPED, SHIPPED, CANCELLED = "PENDING", "UNSHIPPED", "SHIPPED", "CANCELLED"
STATUSES = ("PENDING_AVAILABILITY", PENDING, UNSHIPPED, "PARTIALLY_SHIPPED", SHIPPED, CANCELLED, "UNFULFILLABLE")

_CONFIRMED_AFTER = timedelta(minutes=30)


def is_there(order: OrderRecord, now: datetime) -> bool:
    """Tell whether the order was placed by then."""
    return order.purchased <= now


def status_of(order: OrderRecord, now: datetime) -> str:
    """Return the order's status at a moment after its purchase."""
    if order.cancelled is not None and order.cancelled <= now:
        return CANCELLED
    if order.shipped is not None and order.shipped <= now:
        return SHIPPED
    return UNSHIPPED if _confirmed(order) <= now else PENDING


def updated_at(order: OrderRecord, now: datetime) -> datetime:
    """Return the order's last change up to a moment after its purchase."""
    moments = (order.purchased, _confirmed(order), order.shipped, order.cancelled, order.updated)
    return max(moment for moment in moments if moment is not None and moment <= now)


def _confirmed(order: OrderRecord) -> datetime:
    """Return when the payment was confirmed: stated, half an hour after the purchase, or by what came before that."""
    if order.pending_until is not None:
        return order.pending_until
    ends = [order.purchased + _CONFIRMED_AFTER]
    ends += [moment for moment in (order.shipped, order.cancelled) if moment is not None]
    return min(ends)
