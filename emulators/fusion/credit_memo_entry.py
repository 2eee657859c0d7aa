"""What the pod finds wrong with an on-account credit memo that is sent to it through REST, and what it fills in.

What comes in: the attributes of a POST, the site, the ledger. What goes out: an `Entry` with defaults and an amount
below zero; or a Refusal 400 with the first fault, named as for invoices. A POST never credits an invoice: for that
there is `credit_memo_soap.py`. Pure but for the periods. Sources:
https://docs.oracle.com/en/cloud/saas/financials/24c/farfa/Create_Receivables_Credit_Memos.html,
https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/Create_an_On_Account_Credit_Memo_with_Lines.html.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from emulators.fusion.answers import plain
from emulators.fusion.entry_checks import (
    Given,
    bill_to,
    check_currency,
    check_days,
    check_period,
    check_texts,
    children_of,
    fault,
    number_of,
    rounded,
    source_of,
)
from emulators.fusion.invoice_entry import Entry
from emulators.fusion.receivables import CREDIT_MEMO
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
    "CreditMemoCurrency": 15,
    "ConversionRateType": 30,
    "CreditMemoStatus": 30,
    "CreditReason": 80,
    "CreditMemoComments": 1760,
    "CrossReference": 240,
    "PurchaseOrder": 50,
    "InternalNotes": 240,
    # Lengths of these are not published; the columns behind them hold 240 characters.
    "GenerateBill": 240,
    "LegalEntityIdentifier": 240,
    "DefaultTaxationCountry": 240,
    "ShipToCustomerNumber": 240,
    "ShipToCustomerName": 360,
    "ShipToCustomerSite": 240,
}
DATES = ("TransactionDate", "AccountingDate", "ConversionDate")
LINES, DISTRIBUTIONS = "receivablesCreditMemoLines", "receivablesCreditMemoDistributions"
TAX_LINES = "receivablesCreditMemoLineTaxLines"
FREIGHT = "FreightCreditAmount"
LINE_LENGTHS = {"LineDescription": 240, "ItemNumber": 300, "MemoLine": 50, "LineCreditReason": 80}
LINE_LENGTHS |= {"TaxClassificationCode": 30, "UnitOfMeasure": 25}
LINE_NUMBERS = ("LineNumber", "LineQuantityCredit", "UnitSellingPrice", "LineAmountCredit", "LineFreightCreditAmount")
TAX_LENGTHS = {"TaxRegimeCode": 30, "TaxRateCode": 150}
DISTRIBUTION_LENGTHS = {"AccountClass": 80, "AccountCombination": 250, "Comments": 240}
DISTRIBUTION_NUMBERS = ("Amount", "AccountedAmount", "Percent", "CreditMemoLineNumber", "DetailedTaxLineNumber")


def on_account(given: Given, site: Site, ledger: Ledger, setup: Setup, today: date) -> Entry:
    """Check an on-account credit memo; the number's uniqueness is not looked at here.

    Raises:
        Refusal: 400.
    """
    check_texts(given, (*DATES, "ConversionRate", FREIGHT, LINES, DISTRIBUTIONS), LENGTHS, "")
    header = {name: value for name, value in given.items() if value is not None}
    source_of(header, site)
    if site.receivables.type_named(header.get("TransactionType"), CREDIT_MEMO) is None:
        raise fault("AR_TRX_TYPE_NOT_FOUND", "The transaction type you entered doesn't exist.", "TransactionType")
    check_reason(header.get("CreditReason"), site)
    customer = bill_to(header, site)
    check_days(header, DATES, today)
    check_period(header["AccountingDate"], site, ledger, setup)
    check_currency(header, "CreditMemoCurrency", site, ledger)
    header[LINES] = [_line(line, header, site) for line in children_of(header, LINES)]
    if not header[LINES]:
        raise fault("AR_LINE_REQ", "A credit memo needs at least one line.", LINES)
    header[DISTRIBUTIONS] = [_distribution(one) for one in children_of(header, DISTRIBUTIONS)]
    freight = number_of(header, FREIGHT) or Decimal(0)
    if freight:
        header[FREIGHT] = plain(freight)
    amount = sum((total_of(line) for line in header[LINES]), freight)
    if (amount < 0) != site.receivables.switches.are_credits_negative or not amount:
        raise fault("AR_CREATION_SIGN", "The amount of a credit memo has the wrong sign.", LINES)
    return Entry(header if amount < 0 else _negated(header), -abs(amount), customer)


def _negated(header: Given) -> dict[str, Any]:
    """Return a credit memo that was sent with positive amounts as it is kept and shown."""
    lines = [_other_sign(line, ("UnitSellingPrice", "LineAmountCredit")) for line in header[LINES]]
    lines = [{**line, TAX_LINES: [_other_sign(tax, ("TaxAmount",)) for tax in line[TAX_LINES]]} for line in lines]
    return {**_other_sign(header, (FREIGHT,)), LINES: lines}


def _other_sign(given: Given, names: tuple[str, ...]) -> dict[str, Any]:
    return {**given, **{name: plain(-Decimal(str(given[name]))) for name in names if name in given}}


def check_reason(reason: object, site: Site) -> None:
    """Refuse a credit reason that is not in the lookup."""
    if reason and reason not in site.receivables.credit_reasons:
        raise fault("AR_CREDIT_REASON_NOT_FOUND", "The credit reason doesn't exist.", "CreditReason")


def total_of(line: Given) -> Decimal:
    """Return a stored line's amount with the tax on it."""
    taxes = (Decimal(str(tax["TaxAmount"])) for tax in line.get(TAX_LINES, ()))
    return Decimal(str(line["LineAmountCredit"])) + sum(taxes, Decimal(0))


def _line(given: Given, header: Given, site: Site) -> dict[str, Any]:
    check_texts(given, (*LINE_NUMBERS, TAX_LINES), LINE_LENGTHS, f"{LINES}/")
    line = {name: value for name, value in given.items() if value is not None}
    numbers = {name: number_of(line, name) for name in LINE_NUMBERS}
    if numbers["LineNumber"] is None:
        raise fault("27014", "The attribute LineNumber is required.", f"{LINES}/LineNumber")
    if not (line.get("ItemNumber") or line.get("MemoLine") or line.get("LineDescription")):
        raise fault("AR_LINE_ATTR_OPT_REQ", "A line needs an item, a memo line or a description.", LINES)
    if line.get("MemoLine") and line["MemoLine"] not in site.receivables.memo_lines:
        raise fault("AR_MEMO_LINE_NOT_FOUND", "The memo line doesn't exist.", f"{LINES}/MemoLine")
    check_reason(line.get("LineCreditReason"), site)
    total = numbers["LineAmountCredit"]
    if total is None:
        if numbers["UnitSellingPrice"] is None:
            raise fault("27014", "A line needs an amount or a unit price.", f"{LINES}/UnitSellingPrice")
        step = Decimal(1).scaleb(-currency_decimals(header["CreditMemoCurrency"]))
        quantity = numbers["LineQuantityCredit"]
        total = rounded(numbers["UnitSellingPrice"] * (Decimal(1) if quantity is None else quantity), step)
    shown = {name: plain(value) for name, value in numbers.items() if value is not None}
    taxes = [_tax_line(one) for one in children_of(line, TAX_LINES)]
    return {**line, **shown, "LineAmountCredit": plain(total), TAX_LINES: taxes}


def _tax_line(given: Given) -> dict[str, Any]:
    check_texts(given, ("TaxAmount",), TAX_LENGTHS, f"{TAX_LINES}/")
    amount = number_of(given, "TaxAmount")
    if amount is None:
        raise fault("27014", "A tax line needs an amount.", f"{TAX_LINES}/TaxAmount")
    return {**given, "TaxAmount": plain(amount)}


def _distribution(given: Given) -> dict[str, Any]:
    check_texts(given, DISTRIBUTION_NUMBERS, DISTRIBUTION_LENGTHS, f"{DISTRIBUTIONS}/")
    numbers = {name: number_of(given, name) for name in DISTRIBUTION_NUMBERS}
    return {**given, **{name: plain(value) for name, value in numbers.items() if value is not None}}
