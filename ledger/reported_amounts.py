"""How the amounts of the report of fulfilled shipments are read where no transaction tells them yet.

In: the tax settings and country of a marketplace, and whether a shipment states tax and promotions. Out: whether tax
is to be taken out of its prices, and whether it is billed; or a sentence that says why the report does not tell.
What a transaction would show and the report does not (who remits the tax) is never supposed.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.policy import Marketplace, TaxModel
from ledger.stated_tax import order_report_holds_tax
from ledger.tax import model_of_order


@dataclass(frozen=True)
class Reading:
    """Whether tax is taken out of prices that hold it, and whether it stands on the invoice."""

    without_tax: bool = False
    bills_tax: bool = False


def reading_of(settings: Marketplace | None, country: str, *, has_tax: bool, has_promotion: bool) -> Reading | str:
    """Return how a shipment's amounts are read, or why they cannot be.

    Prices are stated as in the order report: with VAT in Europe, without tax in North America
    (https://developer-docs.amazon.com/sp-api/docs/fba-sales-reports-attributes).
    """
    if settings is None:
        return "nothing says who owes the tax on sales there; state its tax_model under marketplaces"
    holds_tax = order_report_holds_tax(country)
    if holds_tax is None:
        return "it is not known whether the report states prices there with tax or without"
    if settings.tax_model is TaxModel.MIXED and has_tax:
        return "the report does not tell who remits the tax on it"
    model = model_of_order(settings, has_withheld=False, has_tax=False)
    if model is TaxModel.INCLUDED:
        return _with_vat(holds_tax=holds_tax, has_tax=has_tax)
    if holds_tax and has_tax and has_promotion:
        return "the report does not tell how much of its promotions is tax"
    return Reading(without_tax=holds_tax and has_tax, bills_tax=model is TaxModel.ADDED)


def _with_vat(*, holds_tax: bool, has_tax: bool) -> Reading | str:
    """Return how prices are read that contain VAT, where transactions state them so as well."""
    if not holds_tax:
        return "its prices are to contain VAT, and the report states them without tax"
    if has_tax:
        return "the report states VAT of it, so its transaction states prices without"
    return Reading()
