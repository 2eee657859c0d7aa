"""What the pod finds wrong with an invoice that is sent to it, and what it fills in.

What comes in: the attributes of a POST, the site, the ledger. What goes out: an `Entry` with defaults and amount; or a
Refusal 400 with the first fault, named as in Oracle's list where that has it (numbers and the names of the others are
not published). Pure but for the periods. Sources:
https://docs.oracle.com/en/cloud/saas/financials/25c/farfa/Error_Messages_for_Receivables_Invoices.html,
https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-receivablesinvoices-post.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from emulators.fusion.answers import Detail, Refusal, plain
from emulators.fusion.receivables import Customer
from emulators.fusion.setup import Setup
from emulators.fusion.site import RECEIVABLES, Ledger, Site, currency_decimals

Given = Mapping[str, Any]

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
LINES, DISTRIBUTIONS = "receivablesInvoiceLines", "receivablesInvoiceDistributions"
LINE_LENGTHS = {"Description": 240, "ItemNumber": 300, "MemoLine": 50, "UnitOfMeasure": 25}
LINE_LENGTHS |= {"TaxClassificationCode": 30, "SalesOrder": 50}
LINE_NUMBERS = ("LineNumber", "Quantity", "UnitSellingPrice", "LineAmount", "AllocatedFreightAmount")
DISTRIBUTION_LENGTHS = {"AccountClass": 80, "AccountCombination": 250, "Comments": 240}
DISTRIBUTION_NUMBERS = ("Amount", "AccountedAmount", "Percent", "InvoiceLineNumber", "DetailedTaxLineNumber")


@dataclass(frozen=True)
class Entry:
    """A sound invoice: header with defaults, its children, its total in the invoice's currency."""

    header: dict[str, Any]
    amount: Decimal
    customer: Customer


def entered(given: Given, site: Site, ledger: Ledger, setup: Setup, today: date) -> Entry:
    """Check an invoice; the number's uniqueness is not looked at here.

    Raises:
        Refusal: 400.
    """
    _check_texts(given, (*DATES, "ConversionRate", LINES, DISTRIBUTIONS), LENGTHS, "")
    header = {name: value for name, value in given.items() if value is not None}
    receivables = site.receivables
    source = receivables.source(header.get("TransactionSource"))
    if source is None:
        raise fault(
            "AR_BATCH_SOURCE_NOT_FOUND", "The transaction source you entered doesn't exist.", "TransactionSource"
        )
    if header.get("TransactionType") not in receivables.types:
        raise fault("AR_TRX_TYPE_NOT_FOUND", "The transaction type you entered doesn't exist.", "TransactionType")
    if source.is_numbered_by_hand and not header.get("TransactionNumber"):
        raise fault("AR_TRX_NUMBER_REQ", "The transaction number is required for this source.", "TransactionNumber")
    if not source.is_numbered_by_hand and header.get("TransactionNumber"):
        raise fault("AR_TRX_NUMBER_NOT_ALLOWED", "This source numbers transactions itself.", "TransactionNumber")
    customer = _bill_to(header, site)
    _check_ship_to(header, site)
    for name in DATES:
        _day(header, name)
    header.setdefault("TransactionDate", today.isoformat())
    header.setdefault("AccountingDate", header["TransactionDate"])
    _check_period(header, site, ledger, setup)
    _check_terms(header, site, customer)
    _check_currency(header, site, ledger)
    header[LINES] = [_line(line, number, header, site) for number, line in enumerate(_children(header, LINES), start=1)]
    if not header[LINES]:
        raise fault("AR_LINE_REQ", "An invoice needs at least one line.", LINES)
    header[DISTRIBUTIONS] = [_distribution(one) for one in _children(header, DISTRIBUTIONS)]
    amount = sum((Decimal(str(line["LineAmount"])) for line in header[LINES]), Decimal(0))
    return Entry(header, amount, customer)


def fault(code: str, text: str, path: str = "") -> Refusal:
    """Return a refusal of the receivables: one sentence, its name, the attribute."""
    return Refusal(400, Detail(text, code, f"/{path}" if path else ""))


def _check_texts(given: Given, others: tuple[str, ...], lengths: Mapping[str, int], where: str) -> None:
    for name, value in given.items():
        path = f"{where}{name[:60]}"
        if name not in lengths and name not in others:
            raise fault("", f"The attribute {name[:60]} isn't valid, or is read-only.", path)
        if name in lengths and value is not None:
            if not isinstance(value, str):
                raise fault("27014", f"The attribute {name} must be text.", path)
            if len(value) > lengths[name]:
                raise fault("27024", f"The attribute {name} is longer than {lengths[name]} characters.", path)


def _bill_to(header: dict[str, Any], site: Site) -> Customer:
    customer = site.receivables.customer(header.get("BillToCustomerNumber"), header.get("BillToCustomerName"))
    if customer is None:
        raise fault("AR_BILL_TO_CUST_NOT_FOUND", "The bill-to customer doesn't exist.", "BillToCustomerNumber")
    wanted = header.get("BillToSite") or customer.primary_site
    if not wanted:
        raise fault(
            "AR_BILL_TO_SITE_DUPLICATE", "The customer has several bill-to sites and none is primary.", "BillToSite"
        )
    if wanted not in customer.sites:
        raise fault("AR_BILL_TO_SITE_NOT_FOUND", "The bill-to site doesn't exist.", "BillToSite")
    header |= {"BillToCustomerNumber": customer.number, "BillToCustomerName": customer.name, "BillToSite": wanted}
    return customer


def _check_ship_to(header: Given, site: Site) -> None:
    number, name, wanted = (header.get(f"ShipTo{part}") for part in ("CustomerNumber", "CustomerName", "Site"))
    if wanted and not number:
        raise fault("AR_SHIP_TO_CUST_NUM_REQ", "A ship-to site needs its customer number.", "ShipToCustomerNumber")
    if not number and not name:
        return
    customer = site.receivables.customer(number, name)
    if customer is None:
        raise fault("AR_SHIP_TO_CUST_NOT_FOUND", "The ship-to customer doesn't exist.", "ShipToCustomerNumber")
    if wanted and wanted not in customer.sites:
        raise fault("AR_SHIP_TO_SITE_NOT_FOUND", "The ship-to site doesn't exist.", "ShipToSite")


def _check_period(header: Given, site: Site, ledger: Ledger, setup: Setup) -> None:
    period = setup.period_of(ledger.id, date.fromisoformat(header["AccountingDate"]), RECEIVABLES)
    if period is None or period.status not in ("O", "F"):
        text = f"The accounting date {header['AccountingDate']} isn't in an open receivables period."
        raise fault(site.receivables.switches.closed_period_code, text, "AccountingDate")


def _check_terms(header: dict[str, Any], site: Site, customer: Customer) -> None:
    header.setdefault("PaymentTerms", customer.payment_terms or None)
    if header["PaymentTerms"] not in site.receivables.payment_terms:
        raise fault("AR_PAYMENT_TERMS_NOT_FOUND", "The payment terms are missing or don't exist.", "PaymentTerms")


def _check_currency(header: dict[str, Any], site: Site, ledger: Ledger) -> None:
    currency = header.setdefault("InvoiceCurrencyCode", ledger.currency)
    if currency not in site.currencies:
        raise fault("AR_CURRENCY_NOT_FOUND", "The currency doesn't exist.", "InvoiceCurrencyCode")
    rate_type, given_rate = header.get("ConversionRateType"), _number(header, "ConversionRate")
    if given_rate is not None:
        header["ConversionRate"] = plain(given_rate)
    if currency == ledger.currency:
        return
    if rate_type not in site.rate_types:
        raise fault(
            "AR_FUNC_CURRENCY_REQ", "Another currency than the ledger's needs a rate type.", "ConversionRateType"
        )
    day = date.fromisoformat(header.get("ConversionDate") or header["TransactionDate"])
    rate = given_rate if rate_type == "User" else site.rate_on(rate_type, currency, ledger.currency, day)
    if rate is None:
        raise fault("AR_FUNC_CURRENCY_REQ", f"There is no rate for {day.isoformat()}.", "ConversionRate")


def _children(header: Given, name: str) -> list[Given]:
    found = header.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise fault("", f"{name} isn't a list of objects.", name)
    return found


def _line(given: Given, number: int, header: Given, site: Site) -> dict[str, Any]:
    _check_texts(given, LINE_NUMBERS, LINE_LENGTHS, f"{LINES}/")
    line = {name: value for name, value in given.items() if value is not None}
    if not (line.get("ItemNumber") or line.get("MemoLine") or line.get("Description")):
        raise fault("AR_LINE_ATTR_OPT_REQ", "A line needs an item, a memo line or a description.", LINES)
    if line.get("ItemNumber") and line["ItemNumber"] not in site.receivables.items:
        raise fault("AR_ITEM_NOT_FOUND", "The item doesn't exist.", f"{LINES}/ItemNumber")
    if line.get("MemoLine") and line["MemoLine"] not in site.receivables.memo_lines:
        raise fault("AR_MEMO_LINE_NOT_FOUND", "The memo line doesn't exist.", f"{LINES}/MemoLine")
    numbers = {name: _number(line, name) for name in LINE_NUMBERS}
    total = numbers["LineAmount"]
    if total is None:
        if numbers["UnitSellingPrice"] is None:
            raise fault("27014", "A line needs an amount or a unit price.", f"{LINES}/UnitSellingPrice")
        step = Decimal(1).scaleb(-currency_decimals(header["InvoiceCurrencyCode"]))
        quantity = Decimal(1) if numbers["Quantity"] is None else numbers["Quantity"]
        total = (quantity * numbers["UnitSellingPrice"]).quantize(step, ROUND_HALF_UP)
    shown = {name: plain(value) for name, value in numbers.items() if value is not None}
    return {**line, "LineNumber": str(number), **shown, "LineAmount": plain(total)}


def _distribution(given: Given) -> dict[str, Any]:
    _check_texts(given, DISTRIBUTION_NUMBERS, DISTRIBUTION_LENGTHS, f"{DISTRIBUTIONS}/")
    numbers = {name: _number(given, name) for name in DISTRIBUTION_NUMBERS}
    return {**given, **{name: plain(value) for name, value in numbers.items() if value is not None}}


def _day(given: Given, name: str) -> None:
    try:
        if given.get(name) is not None and date.fromisoformat(given[name]).isoformat() != given[name]:
            raise ValueError(name)
    except (TypeError, ValueError):
        raise fault("27014", f"The attribute {name} must be a date such as 2026-01-31.", name) from None


def is_bounded(number: Decimal) -> bool:
    """Say whether a column of the database takes a number: finite, 15 digits before and 12 after the dot."""
    return number.is_finite() and number.adjusted() < 15 and int(number.as_tuple().exponent) >= -12


def _number(given: Given, name: str) -> Decimal | None:
    """Return a number that was sent as JSON number or as text; raises Refusal 400 for anything else."""
    value = given.get(name)
    try:
        found = None if value is None or isinstance(value, bool) else Decimal(str(value))
        if (found is None) != (value is None) or (found is not None and not is_bounded(found)):
            raise InvalidOperation
    except InvalidOperation:
        raise fault("27014", f"The attribute {name} must be a number.", name) from None
    return found
