"""Somebody who orders credits of invoices by hand: envelopes spelled out, answers and faults read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import httpx
from defusedxml.ElementTree import fromstring

from emulators.fusion.crediting import line_id
from tests.emulators.fusion.bench import ITEM, Caller
from tests.emulators.fusion.test_receivables import INVOICE

SERVICE = "http://xmlns.oracle.com/apps/financials/receivables/transactions/creditMemos/creditMemoService/"
ADDRESS = "https://pod.example/fscmService/CreditMemoService"
XML = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": SERVICE + "createCreditMemo"}
TWO_LINES = [
    {"LineNumber": 1, "Description": "Sales", "Quantity": 4, "UnitSellingPrice": "25.00"},
    {"LineNumber": 2, "Description": "Shipping", "LineAmount": "10.01"},
]
# What every order of these tests has besides the invoice.
ORDER = {"TransactionNumber": "CM-1", "TransactionDate": "2026-11-12", "GlDate": "2026-11-12", "ReasonCode": "RETURN"}


def invoice(caller: Caller, **changes: Any) -> int:
    """Create an invoice of two lines, 100.00 and 10.01, and return its id."""
    body = INVOICE | {"receivablesInvoiceLines": TWO_LINES} | changes
    answer = caller.request("POST", "receivablesInvoices", headers=ITEM, body=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["CustomerTransactionId"]


def envelope(elements: Mapping[str, object], lines: Sequence[Mapping[str, object]] = ()) -> str:
    """Return the envelope of a createCreditMemo."""
    below = "".join(f"<cred:CreditMemoLine>{_cells(line)}</cred:CreditMemoLine>" for line in lines)
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns:typ="{SERVICE}types/" xmlns:cred="{SERVICE}"><soapenv:Body><typ:createCreditMemo><typ:creditMemo>'
        f"{_cells(elements)}{below}</typ:creditMemo></typ:createCreditMemo></soapenv:Body></soapenv:Envelope>"
    )


def _cells(elements: Mapping[str, object]) -> str:
    return "".join(
        f"<cred:{name}>{escape(str(value))}</cred:{name}>" for name, value in elements.items() if value is not None
    )


def send(caller: Caller, text: str) -> httpx.Response:
    """Post a text to the service."""
    return caller.http.post(ADDRESS, content=text, headers=XML | {"Authorization": f"Bearer {caller.token}"})


def credit(
    caller: Caller, invoice_id: int, lines: Sequence[Mapping[str, object]] = (), **elements: object
) -> httpx.Response:
    """Order a credit of an invoice."""
    return send(caller, envelope({"PreviousCustomerTransactionId": invoice_id} | ORDER | elements, lines))


def line(invoice_id: int, place: int, amount: str | None = None, quantity: int | None = None) -> dict[str, object]:
    """Return the credit of the line at a place (from 1)."""
    found = {"PreviousCustomerTransactionLineId": line_id(str(invoice_id), place)}
    return found | {"QuantityCredited": quantity, "LineAmount": amount}


def values(answer: httpx.Response) -> dict[str, str]:
    """Return the attributes of the credit memo that an answer holds."""
    assert answer.status_code == 200, answer.text
    value = _root(answer).find(f".//{{{SERVICE}}}Value")
    assert value is not None, answer.text
    return {one.tag.rpartition("}")[2]: one.text or "" for one in value}


def fault(answer: httpx.Response) -> tuple[str, str]:
    """Return code and sentence of a fault, blank for an answer that is none."""
    errors = "{http://xmlns.oracle.com/adf/svc/errors/}"
    message = _root(answer).find(f".//{errors}ServiceErrorMessage")
    if message is None:
        return "", ""
    return message.findtext(f"{errors}code") or "", message.findtext(f"{errors}message") or ""


def _root(answer: httpx.Response) -> Element:
    text = answer.text
    if answer.headers["Content-Type"].startswith("multipart/related"):
        text = text[text.index("<?xml") : text.rindex("Envelope>") + len("Envelope>")]
    return fromstring(text.encode())


def balance(caller: Caller, invoice_id: int) -> object:
    """Return an invoice's balance as REST shows it."""
    return caller.items("receivablesInvoices", q=f"CustomerTransactionId = {invoice_id}")[0]["InvoiceBalanceAmount"]
