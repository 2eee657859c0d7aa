"""Amazon's invoices for its own fees: getInvoiceHeaders and getInvoice of the Finances API for invoices, 2026-06-25.

In: a span of issue, per marketplace of the connection. Out: typed invoices with their lines, complete or not at all;
every answer is archived first. They are what input tax is claimed with
(https://github.com/amzn/selling-partner-api-models, financesInvoices_2026-06-25). A head may lack its period, its
breakdown or its lines: what Amazon does not say is None or "". Amounts of a credit note are negative here, whether
Amazon writes them so (the model has no word for it) or names it by its type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from urllib.parse import quote

from ledger.errors import SourceRefused
from resources.amazon.answers import (
    Answer,
    misshapen,
    needed_text,
    object_of,
    objects_of,
    possible_moment_of,
    text_of,
    texts_of,
    utc,
    written,
)
from resources.amazon.door import Door
from resources.amazon.paged import Archive, Listed, Listing, Unusable, listed
from resources.amazon.stated import Stated, shown, stated_of

# What one question may span.
SPAN_MAX = timedelta(days=90)
REJECTED = "REJECTED"
_PATH = "/finances/invoices/2026-06-25/invoices"
_HEADS = Listing("getInvoiceHeaders", _PATH, "invoices")
_SECOND = timedelta(seconds=1)
_NET, _TAX = ("InvoiceAmountWithoutTax", "ItemCostWithoutTax"), ("TaxAmount", "ItemTaxAmount")


@dataclass(frozen=True, slots=True)
class FeeInvoiceLine:
    """One line: what was charged; `tax_codes` are country and rate as Amazon writes them, for example `DE 19`."""

    line_id: str
    description: str
    service: str
    net: Decimal | None
    tax: Decimal | None
    total: Decimal
    tax_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeeInvoice:
    """One invoice, in its currency; `is_fee` is false where Amazon is who pays, the issuer named where it is Amazon."""

    number: str
    identifier: str
    status: str
    kind: str
    marketplace_id: str
    issued: datetime
    period_start: datetime | None
    period_end: datetime | None
    currency: str
    net: Decimal | None
    tax: Decimal | None
    total: Decimal
    is_fee: bool
    issuer: str
    issuer_registration: str
    lines: tuple[FeeInvoiceLine, ...]
    document: str


class FeeInvoices:
    """The fee invoices of one connection.

    Args:
        door: Calls the operations.
        marketplace_ids: The marketplaces that are asked for; Amazon lists invoices of one at a time.
    """

    def __init__(self, door: Door, marketplace_ids: Sequence[str]) -> None:
        self._door = door
        self._marketplace_ids = tuple(marketplace_ids)

    def issued(self, after: datetime, before: datetime, archive: Archive) -> tuple[FeeInvoice, ...]:
        """Return the invoices issued from `after` on and before `before`, each once.

        `archive` is handed every answer before anything looks inside it, and returns the name it is kept under.

        Raises:
            SourceRefused: A person has to act; without `status` an answer is not of the documented shape, and `reasons`
                name the invoices that cannot be used.
            SourceUnavailable: Throttled or out of order beyond all attempts, or the pages do not come to an end.
        """
        found: dict[str, FeeInvoice] = {}
        unusable = Unusable("Invoice", "invoiceIdentifier")
        for marketplace_id in self._marketplace_ids:
            for start, stop in _spans(utc(after), utc(before)):
                # "Issued after": a second earlier, so that the first moment is among them.
                span = {"fromIssueDate": written(start - _SECOND), "toIssueDate": written(stop)}
                heads = listed(self._door, _HEADS, {"marketplaceId": marketplace_id, **span}, archive)
                for invoice in unusable.read(heads, partial(self._invoice, marketplace_id, archive)):
                    if utc(after) <= invoice.issued < utc(before):
                        # Were it listed under another marketplace as well, its tax would count twice.
                        found.setdefault(invoice.identifier, invoice)
        unusable.raise_any()
        return tuple(found.values())

    def _invoice(self, marketplace_id: str, archive: Archive, head: Listed) -> FeeInvoice:
        identifier = needed_text(self._door.connection, head.answer, "invoiceIdentifier")
        path = f"{_PATH}/{quote(identifier, safe='')}"
        listing = Listing("getInvoice", path, "invoiceItems", token="nextTokenForLineItems", is_needed=False)
        try:
            lines = listed(self._door, listing, {"marketplaceId": marketplace_id}, archive)
        except SourceRefused as refused:
            if refused.status != 404:
                raise
            lines = ()  # listed, and not to be had yet
        return _invoice_of(self._door.connection, head, marketplace_id, lines)


def _spans(start: datetime, end: datetime) -> Iterable[tuple[datetime, datetime]]:
    while start < end:
        stop = min(end, start + SPAN_MAX - _SECOND)
        yield start, stop
        start = stop


def _invoice_of(connection: str, head: Listed, marketplace_id: str, lines: Sequence[Listed]) -> FeeInvoice:
    answer = head.answer
    identifier = needed_text(connection, answer, "invoiceIdentifier")
    what = f"invoice {shown(identifier)}"
    issued = possible_moment_of(connection, answer, "issueDate")
    total = stated_of(connection, answer, "invoiceAmount", what)
    if issued is None or total is None:
        raise misshapen(connection, f"{what} has no {'issueDate' if issued is None else 'invoiceAmount'}")
    kind = text_of(connection, answer, "invoiceType") or ""
    sign = -1 if "CREDIT" in kind.upper() and total.amount > 0 else 1
    parts = objects_of(connection, answer, "invoiceAmountBreakdowns")
    payer, payee = object_of(connection, answer, "payer"), object_of(connection, answer, "payee")
    period = object_of(connection, answer, "billingPeriod")
    is_issuer = text_of(connection, payee, "partnerType") == "AMAZON"
    return FeeInvoice(
        number=(text_of(connection, answer, "invoiceNumber") or "").strip(),
        identifier=identifier,
        status=text_of(connection, answer, "invoiceStatus") or "",
        kind=kind,
        marketplace_id=marketplace_id,
        issued=issued,
        period_start=possible_moment_of(connection, period, "startDate"),
        period_end=possible_moment_of(connection, period, "endDate"),
        currency=total.currency,
        net=_signed(sign, _part(connection, parts, _NET, total.currency, what)),
        tax=_signed(sign, _part(connection, parts, _TAX, total.currency, what)),
        total=sign * total.amount,
        is_fee=text_of(connection, payer, "partnerType") != "AMAZON",
        issuer=(text_of(connection, payee, "partnerName") or "") if is_issuer else "",
        issuer_registration=(text_of(connection, payee, "taxRegistrationNumber") or "") if is_issuer else "",
        lines=tuple(_line_of(connection, one.answer, total.currency, sign, what) for one in lines),
        document=head.document,
    )


def _line_of(connection: str, answer: Answer, currency: str, sign: int, invoice: str) -> FeeInvoiceLine:
    line_id = needed_text(connection, answer, "lineItemId")
    what = f"line {shown(line_id)} of {invoice}"
    total = stated_of(connection, answer, "totalAmount", what)
    if total is None:
        raise misshapen(connection, f"{what} has no totalAmount")
    parts = objects_of(connection, answer, "totalAmountBreakdown")
    context = object_of(connection, answer, "lineItemContext")
    return FeeInvoiceLine(
        line_id=line_id,
        description=text_of(connection, context, "itemDescription") or "",
        service=text_of(connection, context, "serviceChargeType") or "",
        net=_signed(sign, _part(connection, parts, _NET, currency, what)),
        tax=_signed(sign, _part(connection, parts, _TAX, currency, what)),
        total=sign * _in(connection, total, currency, what),
        tax_codes=texts_of(connection, answer, "taxRateCodes"),
    )


def _part(
    connection: str, breakdowns: Sequence[Answer], names: Sequence[str], currency: str, what: str
) -> Decimal | None:
    """Return an amount by the name of its breakdown, wherever in the tree it stands; None where none has the name."""
    found = None
    left = list(breakdowns)
    while left:
        one = left.pop()
        if text_of(connection, one, "breakdownType") in names:
            stated = stated_of(connection, one, "breakdownAmount", what)
            if stated is not None:
                found = (found or Decimal(0)) + _in(connection, stated, currency, what)
        else:
            left += objects_of(connection, one, "breakdowns")
    return found


def _in(connection: str, stated: Stated, currency: str, what: str) -> Decimal:
    if stated.currency != currency:
        raise misshapen(connection, f"{what} is in {stated.currency} and in {currency}")
    return stated.amount


def _signed(sign: int, amount: Decimal | None) -> Decimal | None:
    return None if amount is None else sign * amount
