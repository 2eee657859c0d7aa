"""An order of the Orders API as rows of the report of all orders, so that nobody behind has to know which road it came.

In: one order, read without anything about people. Out: a row per item by the report's column names
(https://developer-docs.amazon.com/sp-api/docs/order-tracking-reports-attributes). Amounts are text, exact. Where the
report states prices with tax and the API without, or the other way round, they are brought to the report's way. What
only the report tells stays empty: the country a parcel goes to belongs to the recipient, who is never asked for.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from ledger import money
from ledger.stated_tax import order_report_holds_tax
from resources.amazon.marketplaces import Marketplace, marketplace
from resources.amazon.order import Order, OrderItem, Proceeds

Row = dict[str, str | int | bool | None]
_ZERO = Decimal(0)


def rows_of_order(order: Order) -> Iterator[Row]:
    """Yield the rows of an order, one per item."""
    place = marketplace(order.marketplace_id or "")
    status = _word(order.status or "")
    is_cancelled = order.status == "CANCELLED"
    for item in order.items:
        yield {
            "order_id": order.order_id,
            "merchant_order_id": order.seller_order_id,
            "purchased_at": _second(order.created),
            "updated_at": _second(order.updated),
            "order_status": status,
            "fulfillment_channel": (order.fulfilled_by or "").capitalize() or None,
            "sales_channel": _sales_channel(order, place),
            "title": item.title,
            "sku": item.sku,
            "asin": item.asin,
            "item_status": status,
            # The report counts nothing of what was cancelled.
            "quantity": 0 if is_cancelled else item.quantity_ordered,
            "promotion_ids": ",".join(item.promotion_ids) or None,
            "is_business": order.is_business,
            "is_replacement": order.original_id is not None,
            "original_order_id": order.original_id,
            **_money(item, place),
        }


def _word(text: str) -> str:
    """Write PARTIALLY_SHIPPED as the report does: PartiallyShipped."""
    return "".join(part.capitalize() for part in text.split("_"))


def _second(moment: datetime) -> str:
    """Return a moment in UTC as the report tells it, to the second."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat(sep=" ")


def _sales_channel(order: Order, place: Marketplace | None) -> str | None:
    """Return where it was sold, as reports and settlements name it; orders of another shop are "Non-Amazon"."""
    told = order.marketplace_name or (place.settlement_name if place else None)
    if order.channel != "NON_AMAZON":
        return told
    return told if told and told.casefold().startswith("non-amazon") else "Non-Amazon"


def _money(item: OrderItem, place: Marketplace | None) -> Row:
    """Return what the report tells of an item with a price; of one without it tells neither tax nor currency."""
    proceeds = item.proceeds
    if proceeds is None:
        return {}
    tax = _by_subtype(proceeds, "TAX", ("ITEM", "SHIPPING", "GIFT_WRAP"))
    discount = _by_subtype(proceeds, "DISCOUNT", ("ITEM", "SHIPPING"))
    shift = _shift(proceeds, place)

    def price(kind: str) -> Decimal:
        return proceeds.parts.get(kind, _ZERO) + shift * tax[kind]

    amounts = {
        "item_tax": tax["ITEM"],
        "shipping_price": price("SHIPPING"),
        "shipping_tax": tax["SHIPPING"],
        "gift_wrap_price": price("GIFT_WRAP"),
        "gift_wrap_tax": tax["GIFT_WRAP"],
        "item_promotion": discount["ITEM"],
        "ship_promotion": discount["SHIPPING"],
    }
    # The report leaves amounts of nothing out, but for the price of the item.
    told = {"item_price": price("ITEM"), **{name: amount for name, amount in amounts.items() if amount}}
    return {
        "tax_collection_model": _word(item.tax_collection_model or "") or None,
        "tax_responsible_party": item.tax_responsible_party,
        "currency": proceeds.currency,
        **{name: money.text(one, proceeds.currency) for name, one in told.items()},
    }


def _by_subtype(proceeds: Proceeds, kind: str, columns: Sequence[str]) -> dict[str, Decimal]:
    """Return a tax or a discount by what it is of; what the report has no column for is told with the item's."""
    found = {subtype: proceeds.details.get((kind, subtype), _ZERO) for subtype in columns}
    found["ITEM"] += proceeds.parts.get(kind, _ZERO) - sum(found.values(), _ZERO)
    return found


def _shift(proceeds: Proceeds, place: Marketplace | None) -> int:
    """Return how often the tax is added to a price to make it the report's: 1, -1, or 0 where both state it alike."""
    wanted = order_report_holds_tax(place.country) if place else None
    told = proceeds.is_tax_inside
    if wanted is None or told is None:
        return 0
    return int(wanted) - int(told)
