"""The financial transactions behind the demonstration seller's settlements, and those that none holds yet.

In: a market, its chain of settlements, its orders, orders still to be settled. Out: `TransactionRecord`s whose released
sums are those of the settlement rows, but for rows that carry something between settlements (reserves, debts), which
no transaction is told of. An order that was shipped before its money was released is told twice: deferred when it was
shipped, released when the settlement's row was posted. Names of leaves are Amazon's where a source has them, else
Amazon's way of making them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from emulators.amazon.history import Leaf, OrderRecord, TransactionItem, TransactionRecord
from emulators.amazon.settlement_writer import Row
from emulators.demo_seller.account_rows import advertising
from emulators.demo_seller.catalog import PRODUCTS, Market
from emulators.demo_seller.orders import Order
from emulators.demo_seller.payouts import group_id_of, open_group_id_of
from emulators.demo_seller.series import ChainedSettlement

_PRODUCTS = {product.sku: product for product in PRODUCTS}
# Rows that carry something from one settlement to another: no transaction is told of them.
_CARRIES = frozenset({"Previous Reserve Amount Balance", "Current Reserve Amount", "Payable to Amazon"})
_PRICES = {
    "Principal": ("ProductCharges", "OurPricePrincipal"),
    "Tax": ("Tax", "OurPriceTax"),
    "Shipping": ("Shipping", "ShippingPrincipal"),
    "ShippingTax": ("Tax", "ShippingTax"),
    "GiftWrap": ("GiftWrap", "GiftWrapPrincipal"),
    "GiftWrapTax": ("Tax", "GiftWrapTax"),
}
_PROMOTIONS = {"Principal": ("Promotions", "OurPricePrincipal"), "Shipping": ("Promotions", "ShippingPrincipal")}
_FEES = {"FBA Inventory Storage Fee": "FBAStorageFee", "FBA Inbound Placement Service Fee": "FBAInboundPlacementFee"}
# How soon a transaction is told, and how late one in forty is.
_TOLD_AFTER, _TOLD_LATE = timedelta(minutes=20), timedelta(hours=30)
_LATE_ONE_IN = 40
# A charge of the period that is still open.
_ADVERTISED_AFTER, _ADVERTISED = timedelta(hours=5), Decimal("61.40")
# Money is held when it is released later than this after shipment.
_AT_ONCE = timedelta(hours=12)


def transactions_of(
    market: Market,
    chain: Sequence[ChainedSettlement],
    orders: Iterable[OrderRecord],
    unsettled: Iterable[tuple[Order, datetime]],
) -> list[TransactionRecord]:
    """Return all transactions of a market."""
    shipped = {order.order_id: order.shipped for order in orders if order.shipped is not None}
    made: list[TransactionRecord] = []
    for link in chain:
        settlement_id = link.settlement.settlement_id
        names = (("FINANCIAL_EVENT_GROUP_ID", group_id_of(settlement_id)), ("SETTLEMENT_ID", settlement_id))
        made += _of_rows(market, link.settlement.rows, shipped, names)
    # What comes after the last settlement belongs to the group that is open, and to no settlement yet.
    last = chain[-1].settlement
    open_names = (("FINANCIAL_EVENT_GROUP_ID", open_group_id_of(last.settlement_id)),)
    for order, moment in unsettled:
        made += _of_rows(market, order.rows, {order.order_id: moment}, open_names)
    made += _of_rows(market, open_rows(chain), {}, open_names)
    return made


def open_rows(chain: Sequence[ChainedSettlement]) -> list[Row]:
    """Return what was charged since the last settlement, beside its orders: rows that no file has yet."""
    return [advertising(chain[-1].settlement.end + _ADVERTISED_AFTER, _ADVERTISED)]


def _of_rows(
    market: Market, rows: Sequence[Row], shipped: Mapping[str, datetime], names: tuple[tuple[str, str], ...]
) -> Iterator[TransactionRecord]:
    told = [row for row in rows if row.amount_description not in _CARRIES and row.amount]
    sales = [row for row in told if row.transaction_type in ("Order", "Refund")]
    for _, group in groupby(sorted(sales, key=_sale), key=_sale):
        yield _sale_of(market, list(group), shipped, names)
    others = [row for row in told if row.transaction_type not in ("Order", "Refund")]
    for number, row in enumerate(others):
        yield _other(market, row, number, names)


def _sale(row: Row) -> tuple[str, str, str, str]:
    return row.transaction_type, row.order_id, row.shipment_id or row.adjustment_id, row.posted.isoformat()


def _sale_of(
    market: Market, rows: list[Row], shipped: Mapping[str, datetime], names: tuple[tuple[str, str], ...]
) -> TransactionRecord:
    """Return the shipment or the refund that some rows of one order are."""
    first = rows[0]
    is_refund = first.transaction_type == "Refund"
    sent = None if is_refund else shipped.get(first.order_id)
    is_held = sent is not None and first.posted - sent > _AT_ONCE
    identifiers = [("ORDER_ID", first.order_id)]
    if first.shipment_id:
        identifiers.append(("SHIPMENT_ID", first.shipment_id))
    if is_refund:
        identifiers.append(("REFUND_ID", first.adjustment_id))
    leaves = [(row, _leaf(row)) for row in rows]
    return _record(
        market,
        "/".join(_sale(first)),
        "Refund" if is_refund else "Shipment",
        "Refund Order" if is_refund else "Order Payment",
        sent if is_held and sent is not None else first.posted,
        tuple(_summed(leaf for _, leaf in leaves)),
        items=tuple(_items(leaves)),
        identifiers=(*identifiers, *names),
        deferred_until=first.posted if is_held else None,
    )


def _items(leaves: list[tuple[Row, Leaf]]) -> Iterator[TransactionItem]:
    """Yield an item per product; a fee of the whole parcel stands with the first."""
    codes = list(dict.fromkeys(row.order_item_code for row, _ in leaves if row.order_item_code))
    for number, code in enumerate(codes):
        own = [
            pair for pair in leaves if pair[0].order_item_code == code or (not pair[0].order_item_code and not number)
        ]
        first = next(row for row, _ in own if row.order_item_code == code)
        yield TransactionItem(
            leaves=tuple(leaf for _, leaf in own),
            sku=first.sku,
            asin=_PRODUCTS[first.sku].asin,
            quantity=first.quantity,
            network=first.fulfillment_id,
            description=_PRODUCTS[first.sku].title,
            identifiers=(("ORDER_ADJUSTMENT_ITEM_ID", first.merchant_adjustment_item_id or code),),
        )


def _leaf(row: Row) -> Leaf:
    name = row.amount_description
    if row.amount_type == "ItemPrice":
        return Leaf(_PRICES[name], row.amount)
    if row.amount_type == "ItemWithheldTax":
        return Leaf(("Tax", name), row.amount)
    if row.amount_type == "Promotion":
        return Leaf(_PROMOTIONS[name], row.amount)
    words = "".join(word[:1].upper() + word[1:] for word in name.split())
    return Leaf(("AmazonFees", words, "Base"), row.amount)


def _summed(leaves: Iterable[Leaf]) -> Iterator[Leaf]:
    """Yield the transaction's own tree: the items' leaves, added up two levels deep."""
    sums: dict[tuple[str, str], Decimal] = {}
    for leaf in leaves:
        over = "Expenses" if leaf.path[0] == "AmazonFees" else "Sales"
        sums[over, leaf.path[0]] = sums.get((over, leaf.path[0]), Decimal(0)) + leaf.amount
    yield from (Leaf(path, amount) for path, amount in sums.items())


def _other(market: Market, row: Row, number: int, names: tuple[tuple[str, str], ...]) -> TransactionRecord:
    """Return the transaction of a row that belongs to no order."""
    kind, description, path = _named(row)
    seed = f"{row.transaction_type}/{row.amount_type}/{row.amount_description}/{row.posted.isoformat()}/{number}"
    return _record(market, seed, kind, description, row.posted, (Leaf(path, row.amount),), identifiers=names)


def _named(row: Row) -> tuple[str, str, tuple[str, ...]]:
    """Return transaction type, description and leaf of a row that belongs to no order."""
    kind, amount_type, name = row.triple
    if amount_type == "Cost of Advertising":
        return "ProductAdsPayment", "Cost of Advertising", ("TransactionTotalAmount",)
    if amount_type == "FBA Inventory Reimbursement":
        return "Adjustment", "FBA Inventory Reimbursement", ("FBAInventoryReimbursement", name)
    if kind == "Debt Adjustment":
        return "DebtRecovery", name, ("DebtAdjustment",)
    if name == "Successful charge":
        return "DebtRecovery", name, ("DebtPayment",)
    part = "Tax" if name == "Tax on fee" else "Base"
    if kind == "CouponRedemptionFee":
        return "ServiceFee", "Coupon redemption", ("CouponRedemptionFee", part)
    fee = _FEES.get(amount_type) or {"Subscription Fee": "Subscription", "RemovalComplete": "FBARemovalFee"}.get(name)
    return "ServiceFee", amount_type if amount_type != "other-transaction" else name, (fee or amount_type, part)


def _record(
    market: Market,
    seed: str,
    kind: str,
    description: str,
    posted: datetime,
    leaves: tuple[Leaf, ...],
    *,
    items: tuple[TransactionItem, ...] = (),
    identifiers: tuple[tuple[str, str], ...] = (),
    deferred_until: datetime | None = None,
) -> TransactionRecord:
    own = uuid.uuid5(uuid.NAMESPACE_OID, f"{market.marketplace_id}/{seed}")
    is_late = own.int % _LATE_ONE_IN == 0
    return TransactionRecord(
        transaction_id=own.hex,
        transaction_type=kind,
        description=description,
        posted=posted,
        visible=posted + (_TOLD_LATE if is_late else _TOLD_AFTER),
        currency=market.currency,
        marketplace_id=market.marketplace_id,
        marketplace_name=market.name,
        leaves=leaves,
        items=items,
        identifiers=identifiers,
        deferred_until=deferred_until,
    )
