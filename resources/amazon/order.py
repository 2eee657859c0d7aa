"""One order of Amazon's as the books need it: what was sold, for what, how it stands; nobody's name or address.

In: `Order` of Amazon's model orders_2026-01-01 (https://github.com/amzn/selling-partner-api-models). Out: typed values;
money comes as text and becomes a Decimal with the currency's decimals. The model leaves two things open (issue 5297
there): the sign of a discount, and whether a tax is inside the prices or beside them. A discount is made zero or
negative here, and the total says which it is with the tax.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger import money
from ledger.errors import InputRefused
from resources.amazon.answers import (
    Answer,
    count_of,
    misshapen,
    needed_text,
    object_of,
    objects_of,
    possible_moment_of,
    text_of,
    texts_of,
)

STATUSES = frozenset(
    {"PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE"}
)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its currency's decimals."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Proceeds:
    """What an order or an item brings, by type: ITEM, SHIPPING, GIFT_WRAP, TAX, DISCOUNT, ...

    `details` are those of TAX and DISCOUNT by (type, subtype). Discounts are zero or negative.
    """

    currency: str
    total: Decimal | None
    parts: Mapping[str, Decimal]
    details: Mapping[tuple[str, str], Decimal]

    @property
    def is_tax_inside(self) -> bool | None:
        """Tell whether the prices hold the tax, by which sum the total is; None when nothing decides it."""
        tax = self.parts.get("TAX", Decimal(0))
        others = sum((amount for name, amount in self.parts.items() if name != "TAX"), Decimal(0))
        if self.total is None or not tax or self.total not in (others, others + tax):
            return None
        return self.total == others


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One product of an order; proceeds are None while the order is pending and of what was not asked for."""

    order_item_id: str
    quantity_ordered: int
    quantity_fulfilled: int | None
    sku: str | None
    asin: str | None
    title: str | None
    unit_price: Money | None
    proceeds: Proceeds | None
    points_cost: Money | None
    promotion_ids: tuple[str, ...]
    cancelled_by: str | None
    tax_collection_model: str | None
    tax_responsible_party: str | None
    tax_reporting_scheme: str | None


@dataclass(frozen=True, slots=True)
class Package:
    """One parcel that the merchant sent; `shipped` is None before it was handed over."""

    reference_id: str
    status: str | None
    shipped: datetime | None
    quantities: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One order; `status` and `fulfilled_by` are None when fulfilment was not asked for.

    `original_id` is the order that this one replaces, None for one that was bought.
    """

    order_id: str
    seller_order_id: str | None
    created: datetime
    updated: datetime
    channel: str
    marketplace_id: str | None
    marketplace_name: str | None
    original_id: str | None
    status: str | None
    fulfilled_by: str | None
    programs: tuple[str, ...]
    proceeds: Proceeds | None
    items: tuple[OrderItem, ...]
    packages: tuple[Package, ...]

    @property
    def is_business(self) -> bool:
        """Tell whether a company bought it through Amazon Business."""
        return "AMAZON_BUSINESS" in self.programs


def order_of(connection: str, answer: Answer) -> Order:
    """Read one order.

    Raises:
        SourceRefused: It is not of the documented shape, or an amount is none of its currency.
    """
    created, updated = (possible_moment_of(connection, answer, name) for name in ("createdTime", "lastUpdatedTime"))
    if created is None or updated is None:
        raise misshapen(connection, "an order has no createdTime or no lastUpdatedTime")
    channel = object_of(connection, answer, "salesChannel")
    fulfillment = object_of(connection, answer, "fulfillment")
    status = text_of(connection, fulfillment, "fulfillmentStatus")
    if status is not None and status not in STATUSES:
        shown = status[:40] if status.isascii() and status.isprintable() else "not printable"
        raise misshapen(connection, f"an order has a status that is not known ({shown})")
    if "orderItems" not in answer:
        raise misshapen(connection, "an order has no orderItems")
    return Order(
        order_id=needed_text(connection, answer, "orderId"),
        seller_order_id=_seller_order_id(connection, answer),
        created=created,
        updated=updated,
        channel=needed_text(connection, channel, "channelName"),
        marketplace_id=text_of(connection, channel, "marketplaceId"),
        marketplace_name=text_of(connection, channel, "marketplaceName"),
        original_id=_original_id(connection, answer),
        status=status,
        fulfilled_by=text_of(connection, fulfillment, "fulfilledBy"),
        programs=texts_of(connection, answer, "programs"),
        proceeds=_proceeds(connection, object_of(connection, answer, "proceeds"), "grandTotal"),
        items=tuple(_item(connection, item) for item in objects_of(connection, answer, "orderItems")),
        packages=tuple(_package(connection, package) for package in objects_of(connection, answer, "packages")),
    )


def _seller_order_id(connection: str, answer: Answer) -> str | None:
    for alias in objects_of(connection, answer, "orderAliases"):
        if alias.get("aliasType") == "SELLER_ORDER_ID":
            return text_of(connection, alias, "aliasId")
    return None


def _original_id(connection: str, answer: Answer) -> str | None:
    for other in objects_of(connection, answer, "associatedOrders"):
        if other.get("associationType") == "REPLACEMENT_ORIGINAL_ID":
            return text_of(connection, other, "orderId")
    return None


def _item(connection: str, item: Answer) -> OrderItem:
    product = object_of(connection, item, "product")
    quantity = count_of(connection, item, "quantityOrdered")
    if quantity is None:
        raise misshapen(connection, "quantityOrdered is missing")
    points = object_of(
        connection, object_of(connection, object_of(connection, item, "expense"), "pointsCost"), "pointsGranted"
    )
    cancellation = object_of(connection, object_of(connection, item, "cancellation"), "cancellationExecution")
    promotions = objects_of(connection, object_of(connection, item, "promotion"), "breakdowns")
    tax = object_of(connection, item, "tax")
    collection = next(iter(objects_of(connection, tax, "taxCollections")), {})
    calculation = next(iter(objects_of(connection, tax, "taxCalculationBreakdowns")), {})
    return OrderItem(
        order_item_id=needed_text(connection, item, "orderItemId"),
        quantity_ordered=quantity,
        quantity_fulfilled=count_of(connection, object_of(connection, item, "fulfillment"), "quantityFulfilled"),
        sku=text_of(connection, product, "sellerSku"),
        asin=text_of(connection, product, "asin"),
        title=text_of(connection, product, "title"),
        unit_price=_money(connection, object_of(connection, product, "price"), "unitPrice"),
        proceeds=_proceeds(connection, object_of(connection, item, "proceeds"), "proceedsTotal"),
        points_cost=_money(connection, object_of(connection, points, "pointsGranted"), "pointsMonetaryValue"),
        promotion_ids=tuple(one for entry in promotions if (one := text_of(connection, entry, "promotionId"))),
        cancelled_by=text_of(connection, cancellation, "cancelledBy"),
        tax_collection_model=text_of(connection, collection, "model"),
        tax_responsible_party=text_of(connection, collection, "responsibleParty"),
        tax_reporting_scheme=text_of(connection, calculation, "reportingScheme"),
    )


def _package(connection: str, package: Answer) -> Package:
    quantities = []
    for entry in objects_of(connection, package, "packageItems"):
        quantity = count_of(connection, entry, "quantity")
        if quantity is None:
            raise misshapen(connection, "a package has an item without a quantity")
        quantities.append((needed_text(connection, entry, "orderItemId"), quantity))
    return Package(
        reference_id=needed_text(connection, package, "packageReferenceId"),
        status=text_of(connection, object_of(connection, package, "packageStatus"), "status"),
        shipped=possible_moment_of(connection, package, "shipTime"),
        quantities=tuple(quantities),
    )


def _proceeds(connection: str, proceeds: Answer, total_name: str) -> Proceeds | None:
    if not proceeds:
        return None
    total = _money(connection, proceeds, total_name)
    currencies = {total.currency} if total is not None else set()
    parts: dict[str, Decimal] = {}
    details: dict[tuple[str, str], Decimal] = {}
    for entry in objects_of(connection, proceeds, "breakdowns"):
        kind, subtotal = needed_text(connection, entry, "type"), _money(connection, entry, "subtotal")
        if subtotal is None:
            raise misshapen(connection, "proceeds have a type without a subtotal")
        currencies.add(subtotal.currency)
        parts[kind] = parts.get(kind, Decimal(0)) + _signed(kind, subtotal.amount)
        for detail in objects_of(connection, entry, "detailedBreakdowns"):
            value = _money(connection, detail, "value")
            if value is not None:
                key = (kind, needed_text(connection, detail, "subtype"))
                currencies.add(value.currency)
                details[key] = details.get(key, Decimal(0)) + _signed(kind, value.amount)
    if not currencies:
        return None
    if len(currencies) > 1:
        raise misshapen(connection, "proceeds are in more than one currency")
    return Proceeds(currencies.pop(), None if total is None else total.amount, parts, details)


def _signed(kind: str, amount: Decimal) -> Decimal:
    return -abs(amount) if kind == "DISCOUNT" else amount


def _money(connection: str, answer: Answer, name: str) -> Money | None:
    value = object_of(connection, answer, name)
    if not value:
        return None
    amount, currency = needed_text(connection, value, "amount"), needed_text(connection, value, "currencyCode")
    try:
        return Money(money.exact(amount, currency), currency)
    except InputRefused:
        raise misshapen(connection, f"{name} is no amount of its currency") from None
