"""The report of VAT transactions: every European sale and refund with its countries, its rate and its VAT.

In: what was asked for. Out: rows by Amazon's column names. Where the order states its VAT (Amazon's VAT service runs)
that is the VAT; elsewhere it is taken out of the price at the rate of the country of arrival. Shapes as seen in real
files: dates 30-04-2022, periods 2022-APR, an amount of nothing 0.0, a promotion that there was none empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from emulators.amazon.history import OrderLine, OrderRecord
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.report_request import Asked

_ZERO = Decimal("0.00")
_COUNTRIES = {
    "GB": ("UNITED KINGDOM", Decimal("0.20")),
    "DE": ("GERMANY", Decimal("0.19")),
    "AT": ("AUSTRIA", Decimal("0.20")),
    "NL": ("NETHERLANDS", Decimal("0.21")),
    "FR": ("FRANCE", Decimal("0.20")),
}


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a line (items, shipping, gift wrap): with VAT, its promotion with VAT, the VAT of both."""

    price: Decimal
    promotion: Decimal
    vat: Decimal
    promotion_vat: Decimal


def vat_transactions(asked: Asked) -> Iterator[dict[str, str]]:
    """Yield a row per item shipped within the dates, and one per item of every order refunded within them."""
    # Outside Europe there is nothing to report.
    orders = {
        order.order_id: order
        for order in asked.history.orders
        if order.marketplace_id in asked.marketplace_ids and order.ship_country in _COUNTRIES
    }
    for order in orders.values():
        if order.shipped is not None and asked.start <= order.shipped <= min(asked.end, asked.as_of):
            yield from _rows(asked, order, order.shipped, "SALE")
    for refund in asked.history.refunds:
        if refund.order_id in orders and asked.start <= refund.refunded <= min(asked.end, asked.as_of):
            yield from _rows(asked, orders[refund.order_id], refund.refunded, "REFUND")


def _rows(asked: Asked, order: OrderRecord, moment: datetime, kind: str) -> Iterator[dict[str, str]]:
    states_vat = any(line.tax for line in order.lines)
    home = MARKETPLACES[order.marketplace_id].country
    jurisdiction, rate = _COUNTRIES[order.ship_country]
    for line in order.lines:
        parts = _parts(line, rate, states_vat=states_vat)
        yield {
            "UNIQUE_ACCOUNT_IDENTIFIER": asked.seller.seller_id,
            "ACTIVITY_PERIOD": moment.strftime("%Y-") + _MONTHS[moment.month - 1],
            "SALES_CHANNEL": "AFN" if order.is_by_amazon else "MFN",
            "MARKETPLACE": order.channel.lower(),
            "PROGRAM_TYPE": "REGULAR",
            "TRANSACTION_TYPE": kind,
            "TRANSACTION_EVENT_ID": order.order_id,
            "ACTIVITY_TRANSACTION_ID": order.shipment_id if kind == "SALE" else f"amzn1:crow:{order.shipment_id}",
            "TAX_CALCULATION_DATE": _day(moment),
            "TRANSACTION_DEPART_DATE": _day(moment) if kind == "SALE" else "",
            "TRANSACTION_COMPLETE_DATE": _day(moment),
            "SELLER_SKU": line.sku,
            "ASIN": line.asin,
            "ITEM_DESCRIPTION": line.title,
            "QTY": str(line.quantity),
            **_amounts(parts, -1 if kind == "REFUND" else 1, _rate_text(rate, asked.settings.vat_rate)),
            "TRANSACTION_CURRENCY_CODE": order.currency,
            "PRODUCT_TAX_CODE": "A_GEN_STANDARD",
            "DEPARTURE_COUNTRY": home,
            "ARRIVAL_COUNTRY": order.ship_country,
            "SALE_DEPART_COUNTRY": home,
            "SALE_ARRIVAL_COUNTRY": order.ship_country,
            "TRANSPORTATION_MODE": "CONSIGNMENT_BY_POST",
            "DELIVERY_CONDITIONS": "DAP",
            "TAXABLE_JURISDICTION": jurisdiction,
            "TAXABLE_JURISDICTION_LEVEL": "Country",
            "EXPORT_OUTSIDE_EU": "NO",
            "TAX_REPORTING_SCHEME": "REGULAR" if home == order.ship_country else "UNION-OSS",
            "TAX_COLLECTION_RESPONSIBILITY": "SELLER",
        }


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _parts(line: OrderLine, rate: Decimal, *, states_vat: bool) -> dict[str, _Part]:
    stated = {"PRICE_OF_ITEMS": line.tax, "SHIP_CHARGE": line.shipping_tax, "GIFT_WRAP": line.gift_wrap_tax}
    prices = {
        "PRICE_OF_ITEMS": (line.principal, line.item_promotion),
        "SHIP_CHARGE": (line.shipping, line.ship_promotion),
        "GIFT_WRAP": (line.gift_wrap, _ZERO),
    }
    parts = {}
    for name, (price, promotion) in prices.items():
        total_vat = stated[name] if states_vat else _vat_in(price + promotion, rate)
        promotion_vat = _vat_in(promotion, rate)
        parts[name] = _Part(price, promotion, total_vat - promotion_vat, promotion_vat)
    return parts


def _amounts(parts: dict[str, _Part], sign: int, rate: str) -> dict[str, str]:
    row: dict[str, str] = {}
    total_incl, total_vat = _ZERO, _ZERO
    for name, part in parts.items():
        incl, vat = part.price + part.promotion, part.vat + part.promotion_vat
        total_incl, total_vat = total_incl + incl, total_vat + vat
        row |= {
            f"{name}_AMT_VAT_EXCL": _amount(sign * (part.price - part.vat)),
            f"{name}_VAT_RATE_PERCENT": rate if vat else "0.0",
            f"{name}_VAT_AMT": _amount(sign * part.vat),
            f"{name}_AMT_VAT_INCL": _amount(sign * part.price),
            f"TOTAL_{name}_AMT_VAT_EXCL": _amount(sign * (incl - vat)),
            f"TOTAL_{name}_VAT_AMT": _amount(sign * vat),
            f"TOTAL_{name}_AMT_VAT_INCL": _amount(sign * incl),
        }
        if part.promotion:
            row |= {
                f"PROMO_{name}_AMT_VAT_EXCL": _amount(sign * (part.promotion - part.promotion_vat)),
                f"PROMO_{name}_VAT_AMT": _amount(sign * part.promotion_vat),
                f"PROMO_{name}_AMT_VAT_INCL": _amount(sign * part.promotion),
            }
    return row | {
        "TOTAL_ACTIVITY_VALUE_AMT_VAT_EXCL": _amount(sign * (total_incl - total_vat)),
        "TOTAL_ACTIVITY_VALUE_VAT_AMT": _amount(sign * total_vat),
        "TOTAL_ACTIVITY_VALUE_AMT_VAT_INCL": _amount(sign * total_incl),
    }


def _vat_in(price: Decimal, rate: Decimal) -> Decimal:
    return (price * rate / (1 + rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _amount(amount: Decimal) -> str:
    return f"{amount:f}" if amount else "0.0"


def _rate_text(rate: Decimal, shape: str) -> str:
    return f"{rate.normalize():f}" if shape == "fraction" else f"{(rate * 100).normalize():f}"


def _day(moment: datetime) -> str:
    return moment.strftime("%d-%m-%Y")
