"""Orders, refunds and multi-channel shipments of the demonstration seller as settlement rows.

In: a market, a random generator, instants. Out: `Row`s in the order Amazon writes them: prices, withheld tax, fees,
promotions; a refund repeats an order's rows with the sign turned. Tax follows the market's model: collected and
withheld (per order zero), added, or inside the price and not shown.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from emulators.amazon.settlement_writer import Row
from emulators.demo_seller.catalog import PRODUCTS, Market, Product

CENT = Decimal("0.01")
_ZERO = Decimal("0.00")
_PROMOTIONS = ("Save 10% on camp mugs", "Spring trail days - lightning offer", "Buy 2, get 5% off")
_FREE_SHIPPING = "Core Free Shipping over threshold"
_LETTERS = "BCDFGHJKLMNPQRSTVWXZbcdfghjklmnpqrstvwxz0123456789"


@dataclass(frozen=True, slots=True)
class Order:
    """An order as settled: its rows, to be refunded later by turning them."""

    order_id: str
    rows: tuple[Row, ...]


def cents(amount: Decimal) -> Decimal:
    """Round half up to two decimals, as fees and taxes are."""
    return amount.quantize(CENT, ROUND_HALF_UP)


class OrderMaker:
    """Makes orders of one market, the same ones for the same generator."""

    def __init__(self, market: Market, draw: random.Random) -> None:
        self._market = market
        self._draw = draw
        self._number = draw.randrange(1_000, 9_000)

    def order(self, posted: datetime) -> Order:
        """Make an order of one or two items, settled at that instant."""
        draw, market = self._draw, self._market
        order_id = f"{draw.choice(market.order_prefixes)}-{draw.randrange(10**7):07d}-{draw.randrange(10**7):07d}"
        by_amazon = draw.random() < market.amazon_share
        shared = Row(
            "Order",
            "",
            "",
            _ZERO,
            posted,
            order_id=order_id,
            merchant_order_id=order_id,
            shipment_id=self._shipment_id(),
            # Now and then Amazon leaves the marketplace out although the row has an order.
            marketplace_name="" if draw.random() < 0.01 else market.name,
            fulfillment_id="AFN" if by_amazon else "MFN",
        )
        rate = draw.choice(market.tax_rates)
        rows: list[Row] = []
        for product in draw.sample(PRODUCTS, 2 if draw.random() < 0.12 else 1):
            rows += self._item(shared, product, rate)
        return Order(order_id, tuple(rows))

    def _item(self, shared: Row, product: Product, rate: Decimal) -> list[Row]:
        draw, market = self._draw, self._market
        quantity = draw.choice((1, 1, 1, 1, 1, 2, 3))
        by_amazon = shared.fulfillment_id == "AFN"
        item = replace(shared, order_item_code=str(draw.randrange(10**13, 10**14)), sku=product.sku, quantity=quantity)
        principal = cents(product.price * market.price_factor) * quantity
        shipping = Decimal("5.99") if draw.random() < 0.15 else _ZERO
        is_free = bool(shipping) and draw.random() < 0.5
        wrap = Decimal("3.49") if by_amazon and draw.random() < 0.03 else _ZERO
        discount = cents(principal / 10) if draw.random() < 0.10 else _ZERO
        tax, shipping_tax = cents((principal - discount) * rate), cents(_ZERO if is_free else shipping * rate)
        prices = [("Principal", principal), ("Tax", tax), ("Shipping", shipping), ("ShippingTax", shipping_tax)]
        prices.append(("GiftWrap", wrap))
        rows = [item.with_amount("ItemPrice", label, amount) for label, amount in prices if amount]
        if market.tax_model == "facilitator":
            withheld = (
                ("MarketplaceFacilitatorTax-Shipping", shipping_tax),
                ("MarketplaceFacilitatorTax-Principal", tax),
            )
            rows += [item.with_amount("ItemWithheldTax", label, -amount) for label, amount in withheld if amount]
        commission = cents((principal - discount) * market.referral_rate)
        fees = [("Commission", commission), ("DigitalServicesFee", cents(commission * market.digital_services_rate))]
        if by_amazon:
            fees.insert(0, ("FBAPerUnitFulfillmentFee", cents(product.fulfilment_fee * quantity)))
            # Amazon takes back what the buyer paid for shipping and gift wrap, because Amazon shipped.
            fees += [("ShippingChargeback", _ZERO if is_free else shipping), ("GiftwrapChargeback", wrap)]
        rows += [item.with_amount("ItemFees", label, -amount) for label, amount in fees if amount]
        if discount:
            promotion = replace(item, promotion_id=draw.choice(_PROMOTIONS))
            rows.append(promotion.with_amount("Promotion", "Principal", -discount))
        if is_free:
            rows.append(replace(item, promotion_id=_FREE_SHIPPING).with_amount("Promotion", "Shipping", -shipping))
        return rows

    def refund(self, order: Order, posted: datetime) -> list[Row]:
        """Turn an order back: its rows with the other sign, without fulfilment fees, plus the refund commission."""
        draw = self._draw
        shared = {
            "transaction_type": "Refund",
            "posted": posted,
            "adjustment_id": f"amzn1:crow:{''.join(draw.choices(_LETTERS, k=22))}",
            "shipment_id": "",
            "quantity": None,
            "merchant_adjustment_item_id": str(draw.randrange(10**18, 10**19)),
            "promotion_id": "",
        }
        rows = []
        for row in order.rows:
            if row.amount_description == "FBAPerUnitFulfillmentFee":
                continue
            rows.append(replace(row, amount=-row.amount, **shared))
            if row.amount_description == "Commission":
                kept = min(cents(-row.amount / 5), Decimal("5.00"))
                rows.append(replace(rows[-1], amount_description="RefundCommission", amount=-kept))
        return rows

    def multi_channel(self, posted: datetime) -> list[Row]:
        """Make an order of another shop that Amazon shipped: no sale, only fees."""
        draw = self._draw
        self._number += 1
        product = draw.choice(PRODUCTS)
        shared = Row(
            "Order",
            "",
            "",
            _ZERO,
            posted,
            order_id=f"S01-{draw.randrange(10**7):07d}-{draw.randrange(10**7):07d}",
            merchant_order_id=f"#{self._number}",
            shipment_id=self._shipment_id(),
            marketplace_name=self._market.non_amazon_name,
            fulfillment_id="AFN",
        )
        item = replace(
            shared,
            order_item_code=str(draw.randrange(10**13, 10**14)),
            merchant_order_item_id=product.sku,
            sku=product.sku,
            quantity=1,
        )
        fee = cents(product.fulfilment_fee * Decimal("1.6"))
        return [
            item.with_amount("ItemPrice", "Principal", _ZERO),
            item.with_amount("ItemFees", "FBAPerUnitFulfillmentFee", -fee),
            shared.with_amount("Shipment-Fees", "FBA transportation fee", Decimal("-3.64")),
        ]

    def _shipment_id(self) -> str:
        return "".join(self._draw.choices(_LETTERS, k=9))


def instants(draw: random.Random, start: datetime, end: datetime, count: int) -> list[datetime]:
    """Draw instants between start and end (both excluded), to the second, in no order."""
    seconds = int((end - start).total_seconds())
    return [start + timedelta(seconds=draw.randrange(60, seconds - 60)) for _ in range(count)]
