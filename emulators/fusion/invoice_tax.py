"""Tax on invoices: what the pod calculates on top of what was sent, and the accounts that lines of tax stand on.

What comes in: checked lines and distributions of an invoice, and the site. What goes out: lines of tax of the pod's
own, for types that are not excluded from tax calculation; distributions that hold every line of tax and the whole
total; or a Refusal 400. Assumed, nowhere said: that tax of the pod's own stands beside what was sent and the receivable
grows by it, and that a line of tax without a distribution goes to the pod's own tax account. Attributes:
https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-receivablesinvoices-post.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from emulators.fusion.accounting_rules import LINES, amount_of
from emulators.fusion.answers import plain
from emulators.fusion.entry_checks import Given, fault, rounded
from emulators.fusion.receivables import INVOICE
from emulators.fusion.site import Site, currency_decimals

TAX_LINES, DISTRIBUTIONS = "receivablesInvoiceLineTaxLines", "receivablesInvoiceDistributions"
RECEIVABLE_CLASSES, TAX_CLASSES = ("Receivable", "REC"), ("Tax", "TAX")


def add_tax(header: dict[str, Any], site: Site) -> Decimal:
    """Let the pod add its own tax to each line, where it calculates any; return what that comes to."""
    receivables = site.receivables
    kind = receivables.type_named(header.get("TransactionType"), INVOICE)
    if kind is None or kind.is_tax_excluded:
        return Decimal(0)
    step = Decimal(1).scaleb(-currency_decimals(header["InvoiceCurrencyCode"]))
    amounts = [rounded(Decimal(one["LineAmount"]) * receivables.tax_percent / 100, step) for one in header[LINES]]
    for line, amount in zip(header[LINES], amounts, strict=True):
        own = {"TaxRegimeCode": "POD TAX", "TaxRateCode": "POD STANDARD", "TaxAmount": plain(amount)}
        line[TAX_LINES] = [*line[TAX_LINES], *([own] if amount else [])]
    return sum(amounts, Decimal(0))


def check_distributions(header: Given) -> None:
    """Refuse distributions of tax that name no line of tax, or come to another amount than theirs."""
    lines = {str(one["LineNumber"]): one.get(TAX_LINES, ()) for one in header[LINES]}
    for share in (one for one in header[DISTRIBUTIONS] if is_tax(one)):
        taxes = lines.get(str(share.get("InvoiceLineNumber")), ())
        tax = _named(share, taxes)
        if tax is None:
            text = "A distribution of tax needs the numbers of a line and of a line of tax on it."
            raise fault("AR_DISTRIBUTION_TAX_LINE", text, f"{DISTRIBUTIONS}/DetailedTaxLineNumber")
        whole = Decimal(tax["TaxAmount"])
        if amount_of(share, whole) != whole:
            text = f"The distribution of a tax of {plain(whole)} comes to another amount."
            raise fault("AR_DISTRIBUTION_AMOUNT", text, f"{DISTRIBUTIONS}/Amount")


def is_tax(share: Given) -> bool:
    """Say whether a distribution is one of tax."""
    return share.get("AccountClass") in TAX_CLASSES


def completed(header: Given, own_tax: Decimal, site: Site) -> list[dict[str, Any]]:
    """Return distributions that hold every line of tax, and the pod's own tax in the receivable.

    Where none were sent there are none: they come later.
    """
    found = [dict(one) for one in header[DISTRIBUTIONS]]
    owed = next((one for one in found if one.get("AccountClass") in RECEIVABLE_CLASSES and "Amount" in one), None)
    if owed is not None:
        owed["Amount"] = plain(Decimal(owed["Amount"]) + own_tax)
    taken = {_key(one) for one in found if is_tax(one)}
    return [*found, *_missing(header[LINES], taken, site)] if found else []


def of_tax(share: Given, lines: Sequence[Given]) -> Decimal:
    """Return what a distribution of tax comes to."""
    own = next((one for one in lines if str(one["LineNumber"]) == str(share.get("InvoiceLineNumber"))), {})
    tax = _named(share, own.get(TAX_LINES, ()))
    return Decimal(0) if tax is None else amount_of(share, Decimal(tax["TaxAmount"]))


def _missing(lines: Sequence[Given], taken: set[tuple[str, str]], site: Site) -> Iterator[dict[str, Any]]:
    for line in lines:
        for place, tax in enumerate(line.get(TAX_LINES, ()), start=1):
            number = str(line["LineNumber"])
            if (number, str(place)) not in taken:
                yield {
                    "AccountClass": TAX_CLASSES[0],
                    "AccountCombination": site.receivables.tax_account,
                    "Amount": tax["TaxAmount"],
                    "InvoiceLineNumber": number,
                    "DetailedTaxLineNumber": str(place),
                }


def _named(share: Given, taxes: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    place = _key(share)[1]
    return taxes[int(place) - 1] if place.isdigit() and 0 < int(place) <= len(taxes) else None


def _key(share: Given) -> tuple[str, str]:
    return str(share.get("InvoiceLineNumber")), str(share.get("DetailedTaxLineNumber"))
