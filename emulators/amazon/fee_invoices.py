"""Amazon's invoices for its own fees: `getInvoiceHeaders` and `getInvoice` of the model financesInvoices_2026-06-25.

In: requests of one seller (https://github.com/amzn/selling-partner-api-models). Out: heads of at most ninety days,
issued by the clock, and the lines of one invoice, six hundred a page. A seller's fees are taken from its balance, so an
invoice is deducted from the day it is issued.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from emulators.amazon.answers import Refusal, date_time, invalid, read_date_time
from emulators.amazon.history import FeeInvoice, FeeInvoiceLine
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.paging import WrongToken, page_of, place_of
from emulators.amazon.parameters import with_known
from emulators.amazon.settings import Settings
from emulators.amazon.transaction_json import money
from emulators.amazon.world import World
from emulators.clock import Clock
from emulators.wsgi import Request, Response, json_response

_HEADER_NAMES = frozenset({"marketplaceId", "fromIssueDate", "toIssueDate", "invoicesModifiedAfter", "nextToken"})
_LINE_TOKEN = "nextTokenForLineItems"
_SPAN_MAX = timedelta(days=90)
_ZERO = Decimal("0.00")
# Who issues: Amazon's company per country, with an invented registration.
_ISSUERS = {
    "US": ("Amazon.com Services LLC", ""),
    "CA": ("Amazon.com.ca ULC", "000000000RT0001"),
    "GB": ("Amazon EU SARL, UK Branch", "GB000000000"),
}
_ISSUER_OF_EUROPE = ("Amazon EU SARL", "LU00000000")


class FeeInvoices:
    """The two operations."""

    def __init__(self, world: World, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._clock = clock
        self._settings = settings

    def get_invoice_headers(self, request: Request, seller_id: str) -> Response:
        """Answer one page of heads, the newest first.

        Raises:
            Refusal: 400 for arguments Amazon does not take.
        """
        request = with_known(request, _HEADER_NAMES, self._settings)
        marketplace_id = _marketplace_of(request)
        try:
            place = place_of(request, seller_id, self._clock.now())
        except WrongToken:
            raise invalid("Invalid nextToken.") from None
        first, last = _span_of(request, place.asked)
        modified_text = request.first("invoicesModifiedAfter")
        modified = None if modified_text is None else read_date_time(modified_text, "invoicesModifiedAfter")
        found = [
            invoice
            for invoice in self._world.histories[seller_id].fee_invoices
            if invoice.marketplace_id == marketplace_id
            and first < invoice.issued <= min(last, place.asked)
            and (modified is None or invoice.issued > modified)
        ]
        found.sort(key=lambda invoice: (invoice.issued, invoice.number), reverse=True)
        size = self._settings.invoices_page_size
        shown, token = page_of(request, seller_id, place, found, size, self._settings)
        heads = [_header(invoice, seller_id) for invoice in shown]
        body: dict[str, Any] = {"invoices": heads, "numOfRecords": len(heads)}
        if token is not None:
            body["nextToken"] = token
        return json_response(200, body)

    def get_invoice(self, request: Request, seller_id: str, invoiceIdentifier: str) -> Response:
        """Answer one page of an invoice's lines, its head with each.

        Raises:
            Refusal: 404 for an invoice that is not there in this marketplace; 400 as for heads.
        """
        request = with_known(request, {"marketplaceId", _LINE_TOKEN}, self._settings)
        marketplace_id = _marketplace_of(request)
        try:
            place = place_of(request, seller_id, self._clock.now(), _LINE_TOKEN)
        except WrongToken:
            raise invalid(f"Invalid {_LINE_TOKEN}.") from None
        for invoice in self._world.histories[seller_id].fee_invoices:
            if (invoice.identifier, invoice.marketplace_id) == (invoiceIdentifier, marketplace_id):
                break
        else:
            raise Refusal(404)
        if invoice.issued > place.asked:
            raise Refusal(404)
        size = self._settings.invoice_lines_page_size
        shown, token = page_of(request, seller_id, place, invoice.lines, size, self._settings, _LINE_TOKEN)
        body: dict[str, Any] = {
            "invoiceHeader": _header(invoice, seller_id),
            "invoiceItems": [_line(line, invoice) for line in shown],
        }
        if token is not None:
            body[_LINE_TOKEN] = token
        return json_response(200, body)


def _marketplace_of(request: Request) -> str:
    marketplace_id = request.first("marketplaceId")
    if marketplace_id is None or marketplace_id not in MARKETPLACES:
        raise invalid("marketplaceId is required and must be one of Amazon's.")
    return marketplace_id


def _span_of(request: Request, now: datetime) -> tuple[datetime, datetime]:
    """Return the span of issue dates: both given or both left out."""
    first, last = request.first("fromIssueDate"), request.first("toIssueDate")
    if first is None and last is None:
        return now - _SPAN_MAX, now
    if first is None or last is None:
        raise invalid("Either provide both fromIssueDate and toIssueDate or leave both empty.")
    span = read_date_time(first, "fromIssueDate"), read_date_time(last, "toIssueDate")
    if span[0] > span[1] or span[1] - span[0] > _SPAN_MAX:
        raise invalid("The range between fromIssueDate and toIssueDate must not exceed 90 days.")
    return span


def _header(invoice: FeeInvoice, seller_id: str) -> dict[str, Any]:
    net = sum((line.net for line in invoice.lines), _ZERO)
    tax = sum((line.tax for line in invoice.lines), _ZERO)
    name, registration = _ISSUERS.get(MARKETPLACES[invoice.marketplace_id].country, _ISSUER_OF_EUROPE)
    payee = {"partnerId": f"AMAZON_{MARKETPLACES[invoice.marketplace_id].country}", "partnerType": "AMAZON"}
    payee["partnerName"] = name
    if registration:
        payee["taxRegistrationNumber"] = registration
    issued = date_time(invoice.issued, "millis")
    return {
        "invoiceNumber": invoice.number,
        "invoiceIdentifier": invoice.identifier,
        "invoiceStatus": "DEDUCTED",
        "invoiceType": "OTHER",
        "billingPeriod": {
            "startDate": date_time(invoice.period_start, "millis"),
            "endDate": date_time(invoice.period_end, "millis"),
        },
        "payer": {"partnerId": seller_id, "partnerType": "SELLER"},
        "payee": payee,
        "issueDate": issued,
        "invoiceAmount": money(net + tax, invoice.currency),
        "invoiceAmountBreakdowns": [
            _node(
                "Total",
                net + tax,
                invoice.currency,
                _node("InvoiceAmountWithoutTax", net, invoice.currency),
                _node("TaxAmount", tax, invoice.currency),
            )
        ],
        "creationDate": issued,
        "lastUpdatedDate": issued,
    }


def _line(line: FeeInvoiceLine, invoice: FeeInvoice) -> dict[str, Any]:
    currency = invoice.currency
    body: dict[str, Any] = {
        "lineItemId": line.line_id,
        "quantity": 1,
        "unitCost": money(line.net, currency),
        "totalAmount": money(line.net + line.tax, currency),
        "totalAmountBreakdown": [
            _node("ItemCostWithoutTax", line.net, currency),
            _node("ItemTaxAmount", line.tax, currency),
        ],
        "lineItemContext": {
            "lineItemType": "SERVICES",
            "itemDescription": line.description,
            "serviceChargeType": "FBA_INVENTORY_STORAGE_FEE" if "Storage" in line.description else "OTHER",
            "serviceChargePeriod": {
                "startDate": date_time(invoice.period_start, "millis"),
                "endDate": date_time(invoice.period_end, "millis"),
            },
        },
    }
    return body | {"taxRateCodes": [line.rate_code]} if line.rate_code else body


def _node(name: str, amount: Decimal, currency: str, *below: dict[str, Any]) -> dict[str, Any]:
    return {"breakdownType": name, "breakdownAmount": money(amount, currency), "breakdowns": list(below)}
