"""Tax on sales: VAT inside gross amounts, and what is left of tax that Amazon collects and withholds.

All amounts are whole minor units (cents), so nothing is ever rounded twice. These functions are the reference for the
set-based form that runs over millions of lines. Rounding is half away from zero, the usual rule for VAT per document
(Council Directive 2006/112/EC leaves it to the member states; commercial rounding is accepted in all of them).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.errors import Finding, InputRefused
from ledger.policy import Marketplace, TaxModel, VatRate


def rate_ratio(rate: Decimal) -> tuple[int, int]:
    """Return a rate in per cent as the exact share of VAT in a gross amount: 19 -> (19, 119), 7.7 -> (77, 1077).

    Raises InputRefused for a rate outside 0 to 100.
    """
    if not isinstance(rate, Decimal) or not rate.is_finite() or not 0 <= rate <= 100:
        raise InputRefused("A VAT rate is a decimal in per cent between 0 and 100, for example 19 or 7.7.")
    numerator, denominator = rate.as_integer_ratio()
    return numerator, 100 * denominator + numerator


def vat_in_gross(gross_minor: int, rate: Decimal) -> int:
    """Return the VAT contained in a gross amount, both in minor units, rounded half away from zero."""
    share, whole = rate_ratio(rate)
    rounded = (2 * abs(gross_minor) * share + whole) // (2 * whole)
    return rounded if gross_minor >= 0 else -rounded


def split_order(gross_minor: Sequence[int], rate: Decimal) -> list[int]:
    """Return the VAT of each line of one order, so that together they are exactly the VAT of the order's gross.

    Each line gets what its running total adds to the VAT (cumulative rounding): no line is off by more than a cent.
    """
    shares: list[int] = []
    gross_so_far = vat_so_far = 0
    for amount in gross_minor:
        gross_so_far += amount
        vat = vat_in_gross(gross_so_far, rate)
        shares.append(vat - vat_so_far)
        vat_so_far = vat
    return shares


NO_RATE, NO_COUNTRY = "no_vat_rate", "no_vat_country"


@dataclass(frozen=True)
class Remainder:
    """Tax of one order that was collected but not withheld (positive), or withheld but not collected (negative)."""

    order: str
    amount_minor: int


def pass_through_remainders(rows: Iterable[tuple[str, int]]) -> list[Remainder]:
    """Return what is left per order of collected (+) and withheld (-) tax rows, orders in sorted order.

    `rows` are (order id, amount in minor units); rows without an order share the order "". Orders never offset each
    other: each remainder goes to the seller's own tax liability.
    """
    left: dict[str, int] = {}
    for order, amount in rows:
        left[order] = left.get(order, 0) + amount
    return [Remainder(order, amount) for order, amount in sorted(left.items()) if amount]


def model_of_order(marketplace: Marketplace, *, has_withheld: bool, has_tax: bool) -> TaxModel:
    """Return the tax model of one order: that of its marketplace, or for `mixed` what its rows show.

    `has_withheld` and `has_tax` tell whether the order has rows of that kind with an amount other than zero.
    """
    if marketplace.tax_model is not TaxModel.MIXED:
        return marketplace.tax_model
    if has_withheld:
        return TaxModel.FACILITATOR
    assert marketplace.otherwise is not None, "a mixed marketplace says what it is otherwise"
    return TaxModel.ADDED if has_tax else marketplace.otherwise


def rate_on(marketplace: Marketplace, day: date, country: str = "") -> VatRate | None:
    """Return the VAT rate that holds on an accounting date; None (then nothing is posted) when there is none.

    `country` is looked at only where the marketplace splits VAT by country.
    """
    fitting = (rate for rate in marketplace.vat_rates if not marketplace.is_by_country or rate.country == country)
    return next((rate for rate in fitting if rate.holds_on(day)), None)


def no_rate(marketplace: str, day: date, country: str = "") -> Finding:
    """Return the finding for a date (and country) without a VAT rate."""
    where = f" for {country}" if country else ""
    return Finding(
        NO_RATE,
        f"{marketplace} states prices with VAT, and no VAT rate{where} holds on {day.isoformat()}.",
        f"Add a rate{where} that holds on that date to marketplaces, {marketplace}, vat_rates of the connection.",
        origin=marketplace,
    )


def no_country(marketplace: str, *, has_order: bool) -> Finding:
    """Return the finding for an amount whose country is not known, where VAT is split by country."""
    if has_order:
        return Finding(
            NO_COUNTRY,
            f"{marketplace} splits VAT by country, and neither orders nor the VAT report say where these were sent.",
            "Fetch `orders` or `vat_transactions` of the days they were sold on, or say the country of each under "
            f"marketplaces, {marketplace}, vat_order_countries of the connection.",
            origin=marketplace,
        )
    return Finding(
        NO_COUNTRY,
        f"{marketplace} splits VAT by country, and amounts without an order have none.",
        f"Say whose rate they hold under marketplaces, {marketplace}, vat_country_without_order of the connection.",
        origin=marketplace,
    )
