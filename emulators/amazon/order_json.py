"""One order as `Order` of Amazon's model orders_2026-01-01 (https://github.com/amzn/selling-partner-api-models).

In: an `OrderRecord`, the moment it is looked at, the datasets asked for. Out: a JSON object: items always, proceeds,
promotions, packages and the rest only when asked for. Money is text. A pending order has no prices; a cancelled one
keeps its items. Packages exist for orders that the merchant ships.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from emulators.amazon.answers import date_time
from emulators.amazon.history import OrderLine, OrderRecord
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.order_state import CANCELLED, PENDING, SHIPPED, status_of, updated_at
from emulators.amazon.settings import Settings

_ZERO = Decimal("0.00")
# Regions whose shops show prices with tax.
_WITH_TAX_INSIDE = frozenset({"eu"})


def order_json(order: OrderRecord, now: datetime, included: frozenset[str], settings: Settings) -> dict[str, Any]:
    """Return the order as it is at a moment."""
    status = status_of(order, now)
    has_prices = status not in (PENDING, CANCELLED)
    body: dict[str, Any] = {
        "orderId": order.order_id,
        "orderAliases": [{"aliasId": order.order_id, "aliasType": "SELLER_ORDER_ID"}],
        "createdTime": date_time(order.purchased, "millis"),
        "lastUpdatedTime": date_time(updated_at(order, now), "millis"),
        "programs": ["AMAZON_BUSINESS"] if order.is_business else [],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": order.marketplace_id,
            "marketplaceName": order.channel,
        },
        "orderItems": [_item(order, line, status, included, settings) for line in order.lines],
    }
    if "FULFILLMENT" in included:
        body["fulfillment"] = {
            "fulfillmentStatus": status,
            "fulfilledBy": "AMAZON" if order.is_by_amazon else "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
        }
    if "PROCEEDS" in included and has_prices:
        body["proceeds"] = _order_proceeds(order, settings)
    if "PACKAGES" in included and status == SHIPPED and not order.is_by_amazon:
        body["packages"] = [_package(order)]
    if "RECIPIENT" in included:
        # No more is known of a buyer here, whatever role asks.
        body["recipient"] = {"deliveryAddress": {"countryCode": order.ship_country}}
    return body


def _item(
    order: OrderRecord, line: OrderLine, status: str, included: frozenset[str], settings: Settings
) -> dict[str, Any]:
    has_prices = status not in (PENDING, CANCELLED)
    product: dict[str, Any] = {"asin": line.asin, "title": line.title, "sellerSku": line.sku}
    product["condition"] = {"conditionType": "NEW", "conditionSubtype": "NEW"}
    if has_prices:
        unit = (line.principal / line.quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)
        product["price"] = {"unitPrice": _money(unit, order.currency)}
    item: dict[str, Any] = {
        "orderItemId": line.order_item_id,
        "quantityOrdered": line.quantity,
        "product": product,
    }
    if "PROCEEDS" in included and has_prices:
        item["proceeds"] = _item_proceeds(order, line, settings)
    if "PROMOTION" in included and has_prices and (line.item_promotion or line.ship_promotion):
        item["promotion"] = {"breakdowns": [{"promotionId": name} for name in _promotions(line)]}
    if "CANCELLATION" in included and status == CANCELLED:
        execution = {"cancelledBy": "BUYER", "cancelReason": "BuyerCancellation"}
        item["cancellation"] = {"cancellationExecution": execution}
    if "FULFILLMENT" in included:
        done = line.quantity if status == SHIPPED else 0
        left = 0 if status in (SHIPPED, CANCELLED) else line.quantity
        item["fulfillment"] = {"quantityFulfilled": done, "quantityUnfulfilled": left}
    if "TAX" in included and _is_facilitated(order) and line.tax:
        collection = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services, Inc."}
        item["tax"] = {"taxCollections": [collection]}
    return item


def _promotions(line: OrderLine) -> Iterable[str]:
    if line.item_promotion:
        yield "PAWS-DEMO-ITEM"
    if line.ship_promotion:
        yield "Core Free Shipping over threshold"


def _parts(order: OrderRecord, line: OrderLine, settings: Settings) -> dict[str, Decimal]:
    """Return what the item brings by type of proceeds; discounts negative."""
    prices = {"ITEM": line.principal, "SHIPPING": line.shipping, "GIFT_WRAP": line.gift_wrap}
    if is_with_tax(order) and settings.proceeds_vat == "beside":
        taxes = {"ITEM": line.tax, "SHIPPING": line.shipping_tax, "GIFT_WRAP": line.gift_wrap_tax}
        prices = {name: amount - taxes[name] for name, amount in prices.items()}
    tax = line.tax + line.shipping_tax + line.gift_wrap_tax
    return {**prices, "TAX": tax, "DISCOUNT": line.item_promotion + line.ship_promotion}


def _total(order: OrderRecord, parts: dict[str, Decimal], settings: Settings) -> Decimal:
    is_inside = is_with_tax(order) and settings.proceeds_vat == "inside"
    return sum((amount for name, amount in parts.items() if not (is_inside and name == "TAX")), _ZERO)


def _item_proceeds(order: OrderRecord, line: OrderLine, settings: Settings) -> dict[str, Any]:
    parts = _parts(order, line, settings)
    details = {
        "TAX": (("ITEM", line.tax), ("SHIPPING", line.shipping_tax), ("GIFT_WRAP", line.gift_wrap_tax)),
        "DISCOUNT": (("ITEM", line.item_promotion), ("SHIPPING", line.ship_promotion)),
    }
    breakdowns = []
    for entry in _breakdowns(order, parts, settings):
        name = entry["type"]
        if name in details:
            entry["detailedBreakdowns"] = [
                {"subtype": subtype, "value": _money(_shown(name, amount, settings), order.currency)}
                for subtype, amount in details[name]
                if amount
            ]
        breakdowns.append(entry)
    return {"proceedsTotal": _money(_total(order, parts, settings), order.currency), "breakdowns": breakdowns}


def _order_proceeds(order: OrderRecord, settings: Settings) -> dict[str, Any]:
    parts: dict[str, Decimal] = {}
    for line in order.lines:
        for name, amount in _parts(order, line, settings).items():
            parts[name] = parts.get(name, _ZERO) + amount
    total = _money(_total(order, parts, settings), order.currency)
    return {"grandTotal": total, "breakdowns": list(_breakdowns(order, parts, settings))}


def _breakdowns(order: OrderRecord, parts: dict[str, Decimal], settings: Settings) -> Iterable[dict[str, Any]]:
    for name, amount in parts.items():
        if amount or name == "ITEM":
            yield {"type": name, "subtotal": _money(_shown(name, amount, settings), order.currency)}


def _shown(name: str, amount: Decimal, settings: Settings) -> Decimal:
    return -amount if name == "DISCOUNT" and settings.proceeds_discount == "positive" else amount


def _package(order: OrderRecord) -> dict[str, Any]:
    assert order.shipped is not None
    return {
        "packageReferenceId": "1",
        "createdTime": date_time(order.shipped - timedelta(hours=1), "millis"),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": "Demo Parcel",
        "shipTime": date_time(order.shipped, "millis"),
        "shippingService": "Standard",
        "packageItems": [{"orderItemId": line.order_item_id, "quantity": line.quantity} for line in order.lines],
    }


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": f"{amount:f}", "currencyCode": currency}


def is_with_tax(order: OrderRecord) -> bool:
    """Tell whether the order's prices hold tax: in Europe they do, in North America they do not."""
    return MARKETPLACES[order.marketplace_id].region in _WITH_TAX_INSIDE


def _is_facilitated(order: OrderRecord) -> bool:
    return MARKETPLACES[order.marketplace_id].country == "US"
