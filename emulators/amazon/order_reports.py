"""The order reports: all orders by last update or by order date, and what Amazon shipped.

In: what was asked for. Out: rows by Amazon's column names
(https://developer-docs.amazon.com/sp-api/docs/order-tracking-reports-attributes,
https://developer-docs.amazon.com/sp-api/docs/fba-sales-reports-attributes). Where a parcel goes is known by country
only; city, state and postal code stay empty. European prices hold VAT. A pending order has neither currency nor prices.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from emulators.amazon.history import OrderLine, OrderRecord
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.order_state import CANCELLED, PENDING, SHIPPED, is_there, status_of, updated_at
from emulators.amazon.report_request import Asked

_ALL_ORDERS_START = (
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "fulfillment-channel",
    "sales-channel",
    "order-channel",
)
_ALL_ORDERS_REST = (
    "ship-service-level",
    "product-name",
    "sku",
    "asin",
    "number-of-items",
    "item-status",
    "tax-collection-model",
    "tax-collection-responsible-party",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    "address-type",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "promotion-ids",
    "payment-method-details",
    "item-extensions-data",
    "is-business-order",
    "purchase-order-number",
    "price-designation",
    "is-replacement-order",
    "is-exchange-order",
    "original-order-id",
    "signature-confirmation-recommended",
    "is-iba",
)
SHIPMENT_COLUMNS = (
    "amazon-order-id",
    "merchant-order-id",
    "shipment-id",
    "shipment-item-id",
    "amazon-order-item-id",
    "merchant-order-item-id",
    "purchase-date",
    "payments-date",
    "shipment-date",
    "reporting-date",
    "sku",
    "product-name",
    "quantity-shipped",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "ship-service-level",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "item-promotion-discount",
    "ship-promotion-discount",
    "carrier",
    "tracking-number",
    "estimated-arrival-date",
    "fulfillment-center-id",
    "fulfillment-channel",
    "sales-channel",
)
_STATUS_WORDS = {PENDING: "Pending", "UNSHIPPED": "Unshipped", SHIPPED: "Shipped", CANCELLED: "Cancelled"}
Row = dict[str, str]


def all_orders_columns(asked: Asked) -> tuple[str, ...]:
    """Return the columns, which differ a little from region to region: North America has a `url`."""
    url = ("url",) if asked.seller.region == "na" else ()
    return (*_ALL_ORDERS_START, *url, *_ALL_ORDERS_REST)


def orders_by_update(asked: Asked) -> Iterator[Row]:
    """Yield a row per item of every order that changed within the dates."""
    return _all_orders(asked, by_update=True)


def orders_by_purchase(asked: Asked) -> Iterator[Row]:
    """Yield a row per item of every order that was placed within the dates."""
    return _all_orders(asked, by_update=False)


def _all_orders(asked: Asked, *, by_update: bool) -> Iterator[Row]:
    filters = asked.settings.all_orders_marketplaces == "filtered"
    for order in asked.history.orders:
        if not is_there(order, asked.as_of) or (filters and order.marketplace_id not in asked.marketplace_ids):
            continue
        changed = updated_at(order, asked.as_of)
        if asked.start <= (changed if by_update else order.purchased) <= asked.end:
            for line in order.lines:
                yield _order_row(asked, order, line, changed)


def _order_row(asked: Asked, order: OrderRecord, line: OrderLine, changed: datetime) -> Row:
    status = status_of(order, asked.as_of)
    row = {
        "amazon-order-id": order.order_id,
        "merchant-order-id": order.order_id,
        "purchase-date": _instant(order.purchased),
        "last-updated-date": _instant(changed),
        "order-status": _STATUS_WORDS[status],
        "fulfillment-channel": "Amazon" if order.is_by_amazon else "Merchant",
        "sales-channel": order.channel,
        "ship-service-level": "Standard",
        "product-name": line.title,
        "sku": line.sku,
        "asin": line.asin,
        "number-of-items": str(len(order.lines)),
        "item-status": _STATUS_WORDS[status],
        "quantity": "0" if status == CANCELLED else str(line.quantity),
        "ship-country": order.ship_country,
        "is-business-order": _truth(order.is_business),
        "is-replacement-order": "false",
        "is-exchange-order": "false",
        "signature-confirmation-recommended": "false",
        "is-iba": "false",
    }
    if status in (PENDING, CANCELLED):
        return row
    sign = -1 if asked.settings.all_orders_promotion == "positive" else 1
    if MARKETPLACES[order.marketplace_id].country == "US" and line.tax:
        row |= {"tax-collection-model": "MarketplaceFacilitator"}
        row |= {"tax-collection-responsible-party": "Amazon Services, Inc."}
    promotions = [name for name, amount in _promotions(line) if amount]
    return row | {
        "currency": order.currency,
        "item-price": f"{line.principal:f}",
        "item-tax": _unless_zero(line.tax),
        "shipping-price": _unless_zero(line.shipping),
        "shipping-tax": _unless_zero(line.shipping_tax),
        "gift-wrap-price": _unless_zero(line.gift_wrap),
        "gift-wrap-tax": _unless_zero(line.gift_wrap_tax),
        "item-promotion-discount": _unless_zero(sign * line.item_promotion),
        "ship-promotion-discount": _unless_zero(sign * line.ship_promotion),
        "promotion-ids": ",".join(promotions),
        "price-designation": "Business Price" if order.is_business else "",
    }


def shipments(asked: Asked) -> Iterator[Row]:
    """Yield a row per item that Amazon shipped within the dates; the newest hours are not in it yet."""
    newest = asked.as_of - timedelta(hours=asked.settings.shipments_delay_hours)
    for order in asked.history.orders:
        is_asked = order.is_by_amazon and order.marketplace_id in asked.marketplace_ids
        if not is_asked or order.shipped is None or not asked.start <= order.shipped <= min(asked.end, newest):
            continue
        for number, line in enumerate(order.lines):
            yield _shipment_row(order, line, order.shipped, number)


def _shipment_row(order: OrderRecord, line: OrderLine, shipped: datetime, number: int) -> Row:
    amounts = {
        "item-price": line.principal,
        "item-tax": line.tax,
        "shipping-price": line.shipping,
        "shipping-tax": line.shipping_tax,
        "gift-wrap-price": line.gift_wrap,
        "gift-wrap-tax": line.gift_wrap_tax,
        "item-promotion-discount": line.item_promotion,
        "ship-promotion-discount": line.ship_promotion,
    }
    return {
        "amazon-order-id": order.order_id,
        "shipment-id": order.shipment_id,
        "shipment-item-id": f"{order.shipment_id}{number}",
        "amazon-order-item-id": line.order_item_id,
        "purchase-date": _instant(order.purchased),
        "payments-date": _instant(shipped),
        "shipment-date": _instant(shipped),
        "reporting-date": _instant(shipped + timedelta(hours=1)),
        "sku": line.sku,
        "product-name": line.title,
        "quantity-shipped": str(line.quantity),
        "currency": order.currency,
        "ship-service-level": "Standard",
        "ship-country": order.ship_country,
        "carrier": "AMZN_DEMO",
        "fulfillment-center-id": "DEM1",
        "fulfillment-channel": "AFN",
        "sales-channel": order.channel,
        **{name: f"{amount:f}" for name, amount in amounts.items()},
    }


def _promotions(line: OrderLine) -> tuple[tuple[str, Decimal], ...]:
    return ("PAWS-DEMO-ITEM", line.item_promotion), ("Core Free Shipping over threshold", line.ship_promotion)


def _unless_zero(amount: Decimal) -> str:
    # Seen in real files: an amount of nothing is left out.
    return f"{amount:f}" if amount else ""


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _truth(value: bool) -> str:
    return "true" if value else "false"
