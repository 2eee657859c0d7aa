"""Turn a credit memo into the call that credits an invoice, and read what the service answers.

In: a document that takes an invoice back, the invoice as Fusion holds it, the site's settings. Out: the values of
`createCreditMemo`, and the number it answers. Pure. REST makes credit memos on account only; against an invoice Fusion
credits by SOAP. Which elements carry lines, and which sign amounts have, is not documented and is set. Sources:
docs.oracle.com/en/cloud/saas/financials/24c/oeswf/receivablescreditmemo-d16504e18271.html,
docs.oracle.com/en/cloud/saas/financials/24c/farfa/Create_Receivables_Credit_Memos.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from ledger import money
from ledger.errors import InputRefused, TargetRefused, TargetUnclear
from ledger.journal import Journal
from resources.erp.fusion.faults import words
from resources.erp.fusion.receivables import payload
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.erp.fusion.settings import FusionSettings
from resources.transport.soap import NotXml, child, local_name, parse_xml

OPERATION = "createCreditMemo"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)


def call(
    journal: Journal, invoice_id: str, line_ids: Mapping[int, str], settings: FusionSettings, ours: ReceivablesSettings
) -> dict[str, Any]:
    """Return the values of the call; `line_ids` are the invoice's lines by number.

    Raises InputRefused for what no credit memo can hold, or takes back of a line that the invoice does not have.
    """
    total, _ = payload.require_bookable(journal)
    day = journal.accounting_date.isoformat()
    memo: dict[str, Any] = {
        "PreviousCustomerTransactionId": int(invoice_id),
        "TransactionNumber": payload.number(journal, settings),
        "TransactionSource": ours.transaction_source,
        "TransactionType": ours.credit_memo_type,
        "TransactionDate": day,
        "GlDate": day,
        "CurrencyCode": journal.currency,
        **({"ReasonCode": ours.credit_reason} if ours.credit_reason else {}),
        "Comments": payload.comments(journal, settings),
        "ComputeTax": "N",
    }
    if ours.are_credits_by_line:
        return {"creditMemo": memo | {"CreditMemoLine": _lines(journal, line_ids, ours)}}
    if len([one for one in _places(journal) if one]) < len(line_ids):
        raise InputRefused(
            f"Document {journal.key} takes back a part of its invoice, and the service of this site credits no single "
            "lines (are_credits_by_line is off). Make it by hand in Fusion."
        )
    return {"creditMemo": memo | {"LineAmount": _amount(-total.amount, journal, ours)}}


def _lines(journal: Journal, line_ids: Mapping[int, str], ours: ReceivablesSettings) -> list[dict[str, Any]]:
    found = []
    for line, place in zip(journal.lines, _places(journal), strict=True):
        if not place:
            continue
        if place not in line_ids:
            raise InputRefused(f"Document {journal.key} takes back line {place}, which its invoice does not have.")
        # In favour of the buyer is above zero here; a discount that is taken back is below it.
        amount = _amount(line.amount, journal, ours)
        found.append({"PreviousCustomerTransactionLineId": int(line_ids[place]), "LineAmount": amount})
    return found


def _places(journal: Journal) -> tuple[int, ...]:
    assert journal.billing is not None, "only order documents come here"
    return journal.billing.credited_lines


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
