"""Checks that every document of the receivables goes through: texts, customers, dates, period, currency, numbers.

What comes in: the attributes of a POST, the site, the ledger. What goes out: nothing, a value, or filled in attributes;
or a Refusal 400 with the fault, named as in Oracle's list where that has it (numbers and the names of the others are
not published). Pure but for the periods. Source:
https://docs.oracle.com/en/cloud/saas/financials/25c/farfa/Error_Messages_for_Receivables_Invoices.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from emulators.fusion.answers import Detail, Refusal, plain
from emulators.fusion.receivables import Customer, InvoiceSource
from emulators.fusion.setup import Setup
from emulators.fusion.site import RECEIVABLES, Ledger, Site

Given = Mapping[str, Any]


def fault(code: str, text: str, path: str = "") -> Refusal:
    """Return a refusal of the receivables: one sentence, its name, the attribute."""
    return Refusal(400, Detail(text, code, f"/{path}" if path else ""))


def check_texts(given: Given, others: tuple[str, ...], lengths: Mapping[str, int], where: str) -> None:
    """Refuse attributes that are unknown, no text, or too long; `others` are known and of another kind."""
    for name, value in given.items():
        path = f"{where}{name[:60]}"
        if name not in lengths and name not in others:
            raise fault("", f"The attribute {name[:60]} isn't valid, or is read-only.", path)
        if name in lengths and value is not None:
            if not isinstance(value, str):
                raise fault("27014", f"The attribute {name} must be text.", path)
            if len(value) > lengths[name]:
                raise fault("27024", f"The attribute {name} is longer than {lengths[name]} characters.", path)


def source_of(header: Given, site: Site) -> InvoiceSource:
    """Return the transaction source after a look at the number: given for manual numbering, and only then."""
    source = site.receivables.source(header.get("TransactionSource"))
    if source is None or not source.is_valid_for(str(header.get("BusinessUnit"))):
        raise fault(
            "AR_BATCH_SOURCE_NOT_FOUND", "The transaction source you entered doesn't exist.", "TransactionSource"
        )
    if source.is_numbered_by_hand and not header.get("TransactionNumber"):
        raise fault("AR_TRX_NUMBER_REQ", "The transaction number is required for this source.", "TransactionNumber")
    if not source.is_numbered_by_hand and header.get("TransactionNumber"):
        raise fault("AR_TRX_NUMBER_NOT_ALLOWED", "This source numbers transactions itself.", "TransactionNumber")
    return source


def check_days(header: dict[str, Any], names: tuple[str, ...], today: date) -> None:
    """Check dates and fill in those of transaction and accounting."""
    for name in names:
        check_day(header, name)
    header.setdefault("TransactionDate", today.isoformat())
    header.setdefault("AccountingDate", header["TransactionDate"])


def bill_to(header: dict[str, Any], site: Site) -> Customer:
    """Return the bill-to customer, its number, name and site filled in."""
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


def check_ship_to(header: Given, site: Site) -> None:
    """Refuse a ship-to customer or site that does not exist."""
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


def check_period(day: str, site: Site, ledger: Ledger, setup: Setup) -> None:
    """Refuse an accounting date outside the open receivables periods."""
    period = setup.period_of(ledger.id, date.fromisoformat(day), RECEIVABLES)
    if period is None or period.status not in ("O", "F"):
        text = f"The accounting date {day} isn't in an open receivables period."
        raise fault(site.receivables.switches.closed_period_code, text, "AccountingDate")


def check_currency(header: dict[str, Any], attribute: str, site: Site, ledger: Ledger) -> None:
    """Check the currency that an attribute names and its conversion; without one it is the ledger's."""
    currency = header.setdefault(attribute, ledger.currency)
    if currency not in site.currencies:
        raise fault("AR_CURRENCY_NOT_FOUND", "The currency doesn't exist.", attribute)
    rate_type, given_rate = header.get("ConversionRateType"), number_of(header, "ConversionRate")
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


def children_of(header: Given, name: str) -> list[Given]:
    """Return the children sent under a name."""
    found = header.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise fault("", f"{name} isn't a list of objects.", name)
    return found


def check_day(given: Given, name: str) -> None:
    """Refuse what is no date."""
    try:
        if given.get(name) is not None and date.fromisoformat(given[name]).isoformat() != given[name]:
            raise ValueError(name)
    except (TypeError, ValueError):
        raise fault("27014", f"The attribute {name} must be a date such as 2026-01-31.", name) from None


def is_bounded(number: Decimal) -> bool:
    """Say whether a column of the database takes a number: finite, 15 digits before and 12 after the dot."""
    return number.is_finite() and number.adjusted() < 15 and int(number.as_tuple().exponent) >= -12


def rounded(number: Decimal, step: Decimal) -> Decimal:
    """Return an amount rounded to the currency's smallest; raises Refusal 400 for one that no column takes."""
    if number.adjusted() >= 15:
        raise fault("27014", "The amount is too large.")
    return number.quantize(step, ROUND_HALF_UP)


def number_of(given: Given, name: str) -> Decimal | None:
    """Return a number that was sent as JSON number or as text; raises Refusal 400 for anything else."""
    value = given.get(name)
    try:
        found = None if value is None or isinstance(value, bool) else Decimal(str(value))
        if (found is None) != (value is None) or (found is not None and not is_bounded(found)):
            raise InvalidOperation
    except InvalidOperation:
        raise fault("27014", f"The attribute {name} must be a number.", name) from None
    return found
