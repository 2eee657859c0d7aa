"""Turn a credit memo into the call that credits an invoice, and read what the service answers.

In: a document that takes an invoice back, the invoice as Fusion holds it, the site's settings. Out: the values of
`createCreditMemo`, and the number it answers. Pure. REST makes credit memos on account only; against an invoice Fusion
credits by SOAP. Which elements carry lines and tax, and which sign amounts have, is not documented and is set. Sources:
docs.oracle.com/en/cloud/saas/financials/24c/oeswf/receivablescreditmemo-d16504e18271.html,
docs.oracle.com/en/cloud/saas/financials/25d/oeswf/creditmemo-d16509e62093.html (`ComputeTax`),
docs.oracle.com/en/cloud/saas/financials/24c/farfa/Create_Receivables_Credit_Memos.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from ledger import money
from ledger.errors import InputRefused, TargetRefused, TargetUnclear
from ledger.journal import Journal
from resources.erp.fusion.faults import words
from resources.erp.fusion.receivables import payload, taxed_lines
from resources.erp.fusion.receivables.books import Held
from resources.erp.fusion.receivables.layout import of
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.erp.fusion.receivables.taxed_lines import TakenBack
from resources.erp.fusion.settings import FusionSettings
from resources.transport.soap import NotXml, child, local_name, parse_xml

OPERATION = "createCreditMemo"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)


def call(
    journal: Journal, invoice: Held, line_ids: Mapping[int, str], settings: FusionSettings, ours: ReceivablesSettings
) -> dict[str, Any]:
    """Return the values of the call; `line_ids` are the invoice's lines by number.

    Raises InputRefused for what no credit memo can hold, or takes back of a line that the invoice does not have.
    """
    return _call(journal, invoice.header.id, line_ids, list(_by_place(journal, line_ids)), settings, ours)


def call_with_tax(
    journal: Journal, invoice: Held, line_ids: Mapping[int, str], settings: FusionSettings, ours: ReceivablesSettings
) -> dict[str, Any]:
    """Return the values of the call that credits an invoice with lines of tax, each line with its own tax.

    Raises InputRefused also for tax that this site's service cannot take back in that amount.
    """
    taken = list(taxed_lines.taken_back(journal, invoice, settings))
    if _is_computed(taken, ours):
        taxed_lines.require_in_proportion(journal, taken)
    return _call(journal, invoice.header.id, line_ids, taken, settings, ours)


def _call(
    journal: Journal,
    invoice_id: str,
    line_ids: Mapping[int, str],
    taken: list[TakenBack],
    settings: FusionSettings,
    ours: ReceivablesSettings,
) -> dict[str, Any]:
    payload.require_bookable(journal)
    day, is_computed = journal.accounting_date.isoformat(), _is_computed(taken, ours)
    memo: dict[str, Any] = {
        "PreviousCustomerTransactionId": int(invoice_id),
        "TransactionNumber": payload.number(journal, settings),
        "TransactionSource": ours.transaction_source,
        "TransactionType": ours.type_of(of(journal)),
        "TransactionDate": day,
        "GlDate": day,
        "CurrencyCode": journal.currency,
        **({"ReasonCode": ours.credit_reason} if ours.credit_reason else {}),
        "Comments": payload.comments(journal, settings),
        "ComputeTax": "Y" if is_computed else "N",
    }
    if ours.are_credits_by_line:
        lines = [_line(one, line_ids, journal, ours, is_computed=is_computed) for one in taken]
        return {"creditMemo": memo | {"CreditMemoLine": lines}}
    if len(taken) < len(line_ids):
        raise InputRefused(
            f"Document {journal.key} takes back a part of its invoice, and the service of this site credits no single "
            "lines (are_credits_by_line is off). Make it by hand in Fusion."
        )
    whole = sum((one.amount for one in taken), Decimal(0))
    return {"creditMemo": memo | {"LineAmount": _amount(whole, journal, ours)}}


def _is_computed(taken: list[TakenBack], ours: ReceivablesSettings) -> bool:
    """Tell whether the service computes the tax of what is credited; else tax goes by amount, or not at all."""
    taxed = [one for one in taken if one.is_taxed]
    is_by_amount = ours.are_taxes_credited_by_amount and ours.are_credits_by_line and all(one.tax for one in taxed)
    return bool(taxed) and not is_by_amount


def _by_place(journal: Journal, line_ids: Mapping[int, str]) -> Iterator[TakenBack]:
    """Yield what is taken back of each line, tax being a line of its own."""
    assert journal.billing is not None, "only order documents come here"
    for line, place in zip(journal.lines, journal.billing.credited_lines, strict=True):
        if place and place not in line_ids:
            raise InputRefused(f"Document {journal.key} takes back line {place}, which its invoice does not have.")
        if place:
            yield TakenBack(place, line.amount)


def _line(
    one: TakenBack, line_ids: Mapping[int, str], journal: Journal, ours: ReceivablesSettings, *, is_computed: bool
) -> dict[str, Any]:
    # In favour of the buyer is above zero here; a discount that is taken back is below it.
    tax = Decimal(0) if is_computed else one.tax
    return {
        "PreviousCustomerTransactionLineId": int(line_ids[one.line]),
        **({"LineAmount": _amount(one.amount, journal, ours)} if one.amount else {}),
        **({"TaxAmount": _amount(tax, journal, ours)} if tax else {}),
    }


def _amount(amount: Decimal, journal: Journal, ours: ReceivablesSettings) -> dict[str, str]:
    signed = -amount if ours.are_credits_negative else amount
    return {"_value_1": money.text(signed, journal.currency), "currencyCode": journal.currency}


def xml_of(content_type: str, body: bytes) -> bytes:
    """Return the XML of an answer, which may come as the first part of a MIME message."""
    if not content_type.lower().startswith("multipart/"):
        return body
    mark = _BOUNDARY.search(content_type)
    parts = body.split(b"--" + mark[1].encode()) if mark else []
    for part in parts[1:]:
        head, _, content = part.partition(b"\r\n\r\n")
        if b"xml" in head.lower():
            return content.strip()
    return b""


def require_made(what: str, number: str, content_type: str, body: bytes) -> None:
    """Read an answer; raise TargetRefused for a fault of the receivables, TargetUnclear for anything but our memo."""
    try:
        content = child(parse_xml(xml_of(content_type, body)), "Body")
    except NotXml:
        content = None
    answered = next(iter(content), None) if content is not None else None
    if answered is None:
        raise _unclear(what, "it is no SOAP answer")
    if local_name(answered) == "Fault":
        raise _fault(what, answered)
    numbers = ["".join(one.itertext()).strip() for one in answered.iter("{*}TransactionNumber")]
    if numbers != [number]:
        raise _unclear(what, f"it is about {', '.join(numbers)[:60] or 'no document'}")


def _fault(what: str, fault: etree._Element) -> Exception:
    """Return what a fault says: a refusal where the service itself says so, else nobody knows."""
    message = next(fault.iter("{*}ServiceErrorMessage"), None)
    said = words(next(("".join(one.itertext()) for one in fault.iter("{*}message")), ""))
    code = words(next(("".join(one.itertext()) for one in fault.iter("{*}code")), ""))
    if message is None or not said:
        return _unclear(what, f"a fault: {words(''.join(fault.itertext())) or 'no words with it'}")
    return TargetRefused(
        f"{what} was refused by Fusion, nothing was made: {said} ({code}). Correct what is named and prepare the "
        "document again; the correction is a new revision.",
        code=code or None,
        messages=(said,),
    )


def _unclear(what: str, why: str) -> TargetUnclear:
    return TargetUnclear(
        f"{what} was sent, and the answer leaves open whether it was made: {why}. Fusion is asked for it by number "
        "before anything else is sent."
    )
