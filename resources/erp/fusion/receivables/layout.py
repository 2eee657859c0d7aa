"""Say how the lines of an order document become lines of an invoice, and which tax stands on which of them.

In: an order document and the site's settings. Out: the invoice's lines in order, each with its tax. Pure. Where the
site says under which codes, tax that the seller owes is no line of its own but a line of tax on what it is charged for;
the receivable holds both, so its total is the same either way. Source:
docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-receivablesinvoices-post.html (`receivablesInvoiceLineTaxLines`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledger import money
from ledger.billing import Billing
from ledger.categories import categories
from ledger.journal import Journal, JournalLine
from resources.erp.fusion.receivables.settings import ReceivablesSettings, TaxCodes

# What VAT that was taken out of a gross amount is called, behind the category of the amount.
_VAT = "_vat"


@dataclass(frozen=True)
class Place:
    """Where a line of a document stands in an invoice: which line, from 1, and which line of tax on it, 0 for none."""

    line: int
    tax: int = 0


@dataclass(frozen=True)
class Billed:
    """One line of an invoice, with the lines of tax on it."""

    line: JournalLine
    number: int
    taxes: tuple[JournalLine, ...] = ()


@dataclass(frozen=True)
class Taxable:
    """What may carry tax: category, product, and amount as the document has it (credit negative)."""

    category: str
    product: str
    amount: Decimal


def laid_out(journal: Journal, ours: ReceivablesSettings) -> list[Billed]:
    """Return the lines of the invoice in order, numbered from 1.

    Tax is a line of its own where the settings name no codes, where nothing else is billed, and where revenue is earned
    by rules: what percent of which amount a tax would be then, no documentation says.
    """
    billing = of(journal)
    lines = [one for one in journal.lines if one.account != billing.receivable]
    taxes = [one for one in lines if is_tax(kind(billing, one))] if ours.tax and not billing.rules else []
    goods = [one for one in lines if one not in taxes]
    if not goods:
        taxes, goods = [], lines
    may_carry = [Taxable(kind(billing, one), item(billing, one), one.amount) for one in goods]
    on: dict[int, list[JournalLine]] = {}
    for tax in taxes:
        wanted = Taxable(kind(billing, tax), item(billing, tax), tax.amount)
        on.setdefault(carrier(wanted, may_carry), []).append(tax)
    return [Billed(one, place + 1, tuple(on.get(place, ()))) for place, one in enumerate(goods)]


def placed(billed: Iterable[Billed]) -> Iterator[tuple[JournalLine, Place]]:
    """Yield each line of the document that is billed, with where it stands in the invoice."""
    for one in billed:
        yield one.line, Place(one.number)
        yield from ((tax, Place(one.number, place)) for place, tax in enumerate(one.taxes, start=1))


def carrier(tax: Taxable, goods: list[Taxable]) -> int:
    """Return which of some lines a tax belongs to, from 0.

    The line whose category it was taken out of, of the same product and on the same side; else the largest line of that
    product, else the largest of all; of equal ones the first.
    """
    assert goods, "tax is charged on something"
    return max(range(len(goods)), key=lambda place: (*_closeness(tax, goods[place]), -place))


def _closeness(tax: Taxable, line: Taxable) -> tuple[bool, bool, bool, Decimal]:
    is_product = line.product == tax.product
    is_own = is_product and tax.category == f"{line.category}{_VAT}"
    is_side = (line.amount < 0) == (tax.amount < 0)
    return is_product, is_own, is_own and is_side, abs(line.amount)


def carried_by(category: str, product: str) -> str:
    """Return the words of the line that a tax was taken out of, "" where its category tells none."""
    return f"{category.removesuffix(_VAT)} {product}".strip() if category.endswith(_VAT) else ""


def tax_lines(one: Billed, journal: Journal, ours: ReceivablesSettings) -> list[dict[str, Any]]:
    """Return the tax of one line as its children, amounts above zero where the buyer owes them."""
    found = []
    for tax in one.taxes:
        codes = codes_of(tax, journal, ours)
        amount = money.text(-tax.amount, journal.currency)
        found.append({"TaxAmount": amount, "TaxRegimeCode": codes.regime_code, "TaxRateCode": codes.rate_code})
    return found


def codes_of(tax: JournalLine, journal: Journal, ours: ReceivablesSettings) -> TaxCodes:
    """Return under which codes a line of tax stands."""
    assert ours.tax is not None, "only sites with codes have lines of tax"
    billing = of(journal)
    return ours.tax.codes(billing.customer, item(billing, tax), kind(billing, tax))


def is_tax(category: str) -> bool:
    """Tell whether what a line bills is tax on a sale."""
    known = categories().get(category)
    return category.endswith(_VAT) or (known is not None and known.is_sales_tax)


def item(billing: Billing, line: JournalLine) -> str:
    """Return the product of a line, "" where it is of none."""
    return billing.items[line.number - 1] if line.number <= len(billing.items) else ""


def kind(billing: Billing, line: JournalLine) -> str:
    """Return the category of a line, "" where it has none."""
    return billing.kinds[line.number - 1] if line.number <= len(billing.kinds) else ""


def of(journal: Journal) -> Billing:
    """Return the receivables side of an order document."""
    assert journal.billing is not None, "only order documents come here"
    return journal.billing
