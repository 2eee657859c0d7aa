"""Amazon's monthly invoices for its fees to the demonstration seller.

In: a market, its chain of settlements, the day it is seen from. Out: a `FeeInvoice` per month that is over, issued on
the third day of the next. A month's lines come to what the settlements charged in it; where fees hold VAT, the lines
say how much of it, and what the settlement has as a row of its own is the tax of its line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from emulators.amazon.history import FeeInvoice, FeeInvoiceLine
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.settlement_writer import Row
from emulators.demo_seller.catalog import Market
from emulators.demo_seller.orders import cents
from emulators.demo_seller.series import ChainedSettlement

_ZERO = Decimal("0.00")
_SELLING = "Selling on Amazon fees"
_FULFILMENT = "Fulfilment by Amazon fees"
# What Amazon charges for beside the fees that name themselves; other rows are no fees.
_DESCRIPTIONS = {
    "Commission": _SELLING,
    "RefundCommission": _SELLING,
    "DigitalServicesFee": "Digital services fees",
    "FBAPerUnitFulfillmentFee": _FULFILMENT,
    "FBA transportation fee": _FULFILMENT,
    "TransactionTotalAmount": "Advertising",
    "Subscription Fee": "Subscription",
    "RemovalComplete": "Removal orders",
}
_TAX = "Tax on fee"


def fee_invoices_of(market: Market, chain: Sequence[ChainedSettlement], as_of: date) -> list[FeeInvoice]:
    """Return one invoice per month that was over on a day and in which there were fees."""
    months: dict[tuple[int, int], dict[str, tuple[Decimal, Decimal]]] = {}
    for row in (row for link in chain for row in link.settlement.rows):
        description = _description(row)
        if description is None:
            continue
        lines = months.setdefault((row.posted.year, row.posted.month), {})
        net, tax = _net_and_tax(market, row)
        net_before, tax_before = lines.get(description, (_ZERO, _ZERO))
        lines[description] = net_before + net, tax_before + tax
    over = [month for month in sorted(months) if month < (as_of.year, as_of.month)]
    return [_invoice(market, month, months[month]) for month in over]


def is_fee(row: Row) -> bool:
    """Tell whether a row is on an invoice."""
    return _description(row) is not None


def _description(row: Row) -> str | None:
    if row.transaction_type in ("FBAFees", "AmazonFees"):
        return row.amount_type
    if row.transaction_type == "CouponRedemptionFee":
        return "Coupon redemptions"
    if row.amount_type in ("ItemPrice", "ItemWithheldTax", "Promotion"):
        return None
    return _DESCRIPTIONS.get(row.amount_description)


def _net_and_tax(market: Market, row: Row) -> tuple[Decimal, Decimal]:
    """Return what a row charges and its tax; rows of the order itself hold their tax, others have a second row."""
    charged = -row.amount
    if row.amount_description == _TAX:
        return _ZERO, charged
    if row.transaction_type in ("FBAFees", "AmazonFees"):
        return charged, _ZERO
    net = cents(charged / (1 + market.fee_tax_rate))
    return net, charged - net


def _invoice(market: Market, month: tuple[int, int], lines: dict[str, tuple[Decimal, Decimal]]) -> FeeInvoice:
    start = datetime(*month, 1, tzinfo=UTC)
    following = (start + timedelta(days=32)).replace(day=1)
    country = MARKETPLACES[market.marketplace_id].country
    number = f"{country}-AEU-{start:%Y-%m}-0042"
    rate = f"{country} {(market.fee_tax_rate * 100).normalize():f}"
    return FeeInvoice(
        number=number,
        identifier=f"{number}~{market.currency}",
        marketplace_id=market.marketplace_id,
        currency=market.currency,
        issued=following + timedelta(days=2, hours=6),
        period_start=start,
        period_end=following - timedelta(seconds=1),
        lines=tuple(
            FeeInvoiceLine(f"{position}", description, net, tax, rate)
            for position, (description, (net, tax)) in enumerate(sorted(lines.items()), start=1)
        ),
    )
