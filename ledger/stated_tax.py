"""Whether a source states amounts with or without tax: facts of source and marketplace, in one table.

In: the country of a marketplace. Out: True where the prices of its order report hold the tax that stands beside them,
False where tax comes on top, None where no source says so: then both readings are tried and the one that fits counts.
Source: https://developer-docs.amazon.com/sp-api/docs/order-tracking-reports-attributes (item-price with VAT in Europe)
and files seen of American sellers.
"""

from __future__ import annotations

from decimal import Decimal

_WITH_TAX = frozenset({"AT", "BE", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "SE"})
_WITHOUT_TAX = frozenset({"US", "CA", "MX"})


def order_report_holds_tax(country: str) -> bool | None:
    """Tell whether the prices of the order report hold the tax, by ISO country; None where nothing says so."""
    if country in _WITH_TAX:
        return True
    return False if country in _WITHOUT_TAX else None


def paid_by_buyer(prices: Decimal, tax: Decimal, country: str) -> tuple[Decimal, ...]:
    """Return what a buyer paid for items whose prices, less promotions, and tax an order report states.

    One amount where it is known how the report states them, else both that are possible, the likelier first.
    """
    holds_tax = order_report_holds_tax(country)
    if holds_tax is None:
        return (prices, prices + tax) if tax else (prices,)
    return (prices if holds_tax else prices + tax,)
