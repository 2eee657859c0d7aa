"""What the pod finds wrong with an invoice that is sent to it, and what it fills in.

What comes in: the attributes of a POST, the site, the ledger. What goes out: an `Entry` with defaults and amount; or a
Refusal 400 with the first fault, named as in Oracle's list where that has it (numbers and the names of the others are
not published). Pure but for the periods. Sources:
https://docs.oracle.com/en/cloud/saas/financials/25c/farfa/Error_Messages_for_Receivables_Invoices.html,
https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-receivablesinvoices-post.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from emulators.fusion.accounting_rules import DURATION, LINES, RULE_LENGTHS, check_rules, check_shares
from emulators.fusion.answers import plain
from emulators.fusion.entry_checks import (
    Given,
    bill_to,
    check_currency,
    check_days,
    check_period,
    check_ship_to,
    check_texts,
    children_of,
    fault,
    number_of,
    rounded,
    source_of,
)
from emulators.fusion.invoice_tax import DISTRIBUTIONS, TAX_LINES, add_tax, check_distributions
from emulators.fusion.receivables import INVOICE, Customer
from emulators.fusion.setup import Setup
from emulators.fusion.site import Ledger, Site, currency_decimals

LENGTHS = {
    "TransactionNumber": 20,
    "TransactionSource": 50,
    "TransactionType": 20,
    "BusinessUnit": 240,
    "BillToCustomerNumber": 30,
    "BillToCustomerName": 360,
    "BillToSite": 150,
    "ShipToCustomerNumber": 30,
    "ShipToCustomerName": 360,
    "ShipToSite": 150,
    "InvoiceCurrencyCode": 15,
    "ConversionRateType": 30,
    "PaymentTerms": 15,
    "CrossReference": 240,
    "SpecialInstructions": 240,
    "InternalNotes": 240,
    "Comments": 1760,
    "PurchaseOrder": 50,
    "InvoiceStatus": 30,
    "AllowCompletion": 1,
    "StructuredPaymentReference": 256,
    "DefaultTaxationCountry": 60,
    # Lengths of these are not published; the columns behind them hold 240 characters.
    "InvoicingRule": 240,
    "ReceiptMethod": 240,
    "SalesPersonNumber": 240,
    "LegalEntityIdentifier": 240,
    "DocumentNumber": 240,
    "DeliveryMethod": 240,
    "PrintOption": 240,
    "Email": 240,
    "FirstPartyRegistrationNumber": 240,
    "ThirdPartyRegistrationNumber": 240,
}
DATES = ("TransactionDate", "AccountingDate", "BillingDate", "DueDate", "ConversionDate")
LINE_FLEXFIELD = "receivablesInvoiceLineTransactionDFF"
FLEX_CONTEXT = "__FLEX_Context"
FREIGHT = "FreightAmount"
LINE_LENGTHS = {"Description": 240, "ItemNumber": 300, "MemoLine": 50, "UnitOfMeasure": 25}
LINE_LENGTHS |= {"TaxClassificationCode": 30, "SalesOrder": 50, **RULE_LENGTHS}
LINE_NUMBERS = ("LineNumber", "Quantity", "UnitSellingPrice", "LineAmount", "AllocatedFreightAmount", DURATION)
TAX_LENGTHS = {"TaxRegimeCode": 30, "TaxRateCode": 150}
DISTRIBUTION_LENGTHS = {"AccountClass": 80, "AccountCombination": 250, "Comments": 240}
DISTRIBUTION_NUMBERS = ("Amount", "AccountedAmount", "Percent", "InvoiceLineNumber", "DetailedTaxLineNumber")


@dataclass(frozen=True)
class Entry:
    """A sound invoice: header with defaults, its children, its total in the invoice's currency.

    `own_tax` is what of the total the pod has calculated itself.
    """

    header: dict[str, Any]
    amount: Decimal
    customer: Customer
    own_tax: Decimal = Decimal(0)


def entered(given: Given, site: Site, ledger: Ledger, setup: Setup, today: date) -> Entry:
    """Check an invoice; the number's uniqueness is not looked at here.

    Raises:
        Refusal: 400.
    """
    check_texts(given, (*DATES, "ConversionRate", FREIGHT, LINES, DISTRIBUTIONS), LENGTHS, "")
    header = {name: value for name, value in given.items() if value is not None}
    # Of two faults the one that stands first in this order is named.
    source = site.receivables.source(header.get("TransactionSource"))
    if source is not None and site.receivables.type_named(header.get("TransactionType"), INVOICE) is None:
        raise fault("AR_TRX_TYPE_NOT_FOUND", "The transaction type you entered doesn't exist.", "TransactionType")
    source_of(header, site)
    if header.get("LegalEntityIdentifier", ledger.legal_entity) != ledger.legal_entity:
        raise fault("AR_LEGAL_ENTITY_NOT_FOUND", "The legal entity doesn't bill here.", "LegalEntityIdentifier")
    customer = bill_to(header, site)
    check_ship_to(header, site)
    check_days(header, DATES, today)
    check_period(header["AccountingDate"], site, ledger, setup)
    _check_terms(header, site, customer)
    check_currency(header, "InvoiceCurrencyCode", site, ledger)
    freight = number_of(header, FREIGHT)
    header |= {} if freight is None else {FREIGHT: plain(freight)}
    header[LINES] = [
        _line(line, number, header, site) for number, line in enumerate(children_of(header, LINES), start=1)
    ]
    if not header[LINES]:
        raise fault("AR_LINE_REQ", "An invoice needs at least one line.", LINES)
    check_rules(header, header[LINES], site)
    header[DISTRIBUTIONS] = [_distribution(one) for one in children_of(header, DISTRIBUTIONS)]
    check_shares(header, header[DISTRIBUTIONS], site)
    check_distributions(header)
    own_tax = add_tax(header, site)
    amount = sum((line_total(line) for line in header[LINES]), freight or Decimal(0))
    return Entry(header, amount, customer, own_tax)


def line_total(line: Given) -> Decimal:
    """Return a stored line's amount with the tax on it."""
    taxes = (Decimal(str(tax["TaxAmount"])) for tax in line.get(TAX_LINES, ()))
    return Decimal(str(line["LineAmount"])) + sum(taxes, Decimal(0))


def _check_terms(header: dict[str, Any], site: Site, customer: Customer) -> None:
    header.setdefault("PaymentTerms", customer.payment_terms or None)
    if header["PaymentTerms"] not in site.receivables.payment_terms:
        raise fault("AR_PAYMENT_TERMS_NOT_FOUND", "The payment terms are missing or don't exist.", "PaymentTerms")


def _line(given: Given, number: int, header: Given, site: Site) -> dict[str, Any]:
    check_texts(given, (*LINE_NUMBERS, TAX_LINES, LINE_FLEXFIELD), LINE_LENGTHS, f"{LINES}/")
    line = {name: value for name, value in given.items() if value is not None}
    if not (line.get("ItemNumber") or line.get("MemoLine") or line.get("Description")):
        raise fault("AR_LINE_ATTR_OPT_REQ", "A line needs an item, a memo line or a description.", LINES)
    if line.get("ItemNumber") and line["ItemNumber"] not in site.receivables.items:
        raise fault("AR_ITEM_NOT_FOUND", "The item doesn't exist.", f"{LINES}/ItemNumber")
    if line.get("MemoLine") and line["MemoLine"] not in site.receivables.memo_lines:
        raise fault("AR_MEMO_LINE_NOT_FOUND", "The memo line doesn't exist.", f"{LINES}/MemoLine")
    numbers = {name: number_of(line, name) for name in LINE_NUMBERS}
    total = numbers["LineAmount"]
    if total is None:
        if numbers["UnitSellingPrice"] is None:
            raise fault("27014", "A line needs an amount or a unit price.", f"{LINES}/UnitSellingPrice")
        step = Decimal(1).scaleb(-currency_decimals(header["InvoiceCurrencyCode"]))
        quantity = Decimal(1) if numbers["Quantity"] is None else numbers["Quantity"]
        total = rounded(quantity * numbers["UnitSellingPrice"], step)
    shown = {name: plain(value) for name, value in numbers.items() if value is not None}
    below = {TAX_LINES: [_tax_line(one) for one in children_of(line, TAX_LINES)]}
    below[LINE_FLEXFIELD] = [_flexfield(one, site) for one in children_of(line, LINE_FLEXFIELD)]
    return {**line, "LineNumber": str(number), **shown, "LineAmount": plain(total), **below}


def _tax_line(given: Given) -> dict[str, Any]:
    check_texts(given, ("TaxAmount",), TAX_LENGTHS, f"{TAX_LINES}/")
    amount = number_of(given, "TaxAmount")
    if amount is None:
        raise fault("27014", "A tax line needs an amount.", f"{TAX_LINES}/TaxAmount")
    return {**given, "TaxAmount": plain(amount)}


def _flexfield(given: Given, site: Site) -> dict[str, Any]:
    context = site.receivables.line_context(given.get(FLEX_CONTEXT))
    if context is None:
        raise fault("", "The context of the line transactions flexfield isn't defined.", LINE_FLEXFIELD)
    check_texts(given, (FLEX_CONTEXT,), dict.fromkeys(context.segments, 30), f"{LINE_FLEXFIELD}/")
    return dict(given)


def _distribution(given: Given) -> dict[str, Any]:
    check_texts(given, DISTRIBUTION_NUMBERS, DISTRIBUTION_LENGTHS, f"{DISTRIBUTIONS}/")
    numbers = {name: number_of(given, name) for name in DISTRIBUTION_NUMBERS}
    return {**given, **{name: plain(value) for name, value in numbers.items() if value is not None}}
