"""The SOAP service `/fscmService/CreditMemoService`: its WSDL, and `createCreditMemo` against a specific invoice.

What comes in: requests with the bearer token that REST takes too. What goes out: answers and faults. A refusal of the
receivables is a fault with the HTTP status of a switch (200 by default: the body alone says that nothing was stored),
what cannot be read is one with 500, a missing privilege one with 403.
Source: https://docs.oracle.com/en/cloud/saas/financials/24c/oeswf/receivablescreditmemo-d16504e18271.html.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus

from emulators.fusion.answers import Detail, Refusal
from emulators.fusion.books import Books
from emulators.fusion.credit_memo_soap import (
    OPERATION,
    XML_TYPE,
    SoapRefusal,
    answered,
    credit_of,
    expect_sign,
    fault_answer,
)
from emulators.fusion.credit_memo_wsdl import wsdl
from emulators.fusion.credit_memos import CreditMemos
from emulators.fusion.site import NO_PRIVILEGE, Client
from emulators.fusion.store import Fields
from emulators.wsgi import Request, Response, text_response

PATH = "/fscmService/CreditMemoService"


class CreditMemoService:
    """The service of one pod."""

    operation = OPERATION

    def __init__(self, books: Books, memos: CreditMemos) -> None:
        self._books = books
        self._memos = memos
        books.on_pending(OPERATION, self._credit_pending)

    def description(self, request: Request) -> Response:
        """Answer a GET: the WSDL where it is asked for."""
        if {name.upper() for name in request.query} != {"WSDL"}:
            return text_response(404, "Not Found")
        return text_response(200, wsdl(f"{request.scheme}://{request.host}{request.prefix}{PATH}"), XML_TYPE)

    def answer(self, request: Request, client: Client) -> Response:
        """Answer a POST; raises Refusal."""
        if client.role == NO_PRIVILEGE:
            raise Refusal(403, "You aren't authorized to use this service.")
        if request.method != "POST":
            return text_response(405, "Method Not Allowed")
        if (request.header("Content-Type") or "").partition(";")[0].strip().lower() != "text/xml":
            return text_response(415, "Unsupported Media Type")
        switches = self._books.site.receivables.switches
        try:
            memo = self._credited(request.body, client, self._books.clock.now())
        except SoapRefusal as refusal:
            return fault_answer(500, "FND_CMN_SERVICE_PAYLOAD", str(refusal))
        return answered(_values(memo), is_multipart=switches.is_soap_multipart)

    def refused(self, refusal: Refusal) -> Response:
        """Return the fault of a refusal."""
        switches = self._books.site.receivables.switches
        detail = refusal.details[0] if refusal.details else Detail(HTTPStatus(refusal.status).phrase)
        status = switches.soap_refusal_status if refusal.status == 400 else refusal.status
        return fault_answer(status, detail.code, detail.text, is_multipart=switches.is_soap_multipart)

    def _credited(self, body: bytes, client: Client, at: datetime) -> Fields:
        credit = credit_of(body, self._books.site.receivables.switches)
        expect_sign(credit)
        return self._memos.credit(credit, client, at)

    def _credit_pending(self, client_id: str, body: str, at: datetime) -> None:
        client = self._books.site.client(client_id)
        if client is not None:
            # Nobody waits for the answer any more, whatever it would be.
            with suppress(Refusal, SoapRefusal):
                self._credited(body.encode("utf-8"), client, at)


def _values(memo: Fields) -> dict[str, str]:
    body = json.loads(memo["BODY"])
    found = {
        "CustomerTransactionId": memo["ID"],
        "PreviousCustomerTransactionId": memo["CREDITED_ID"],
        "TransactionNumber": memo["NUMBER"],
        "TransactionSource": memo["SOURCE"],
        "TransactionType": body["TransactionType"],
        "TransactionDate": body["TransactionDate"],
        "GlDate": body["AccountingDate"],
        "CurrencyCode": body["CreditMemoCurrency"],
        "ReasonCode": body.get("CreditReason", ""),
        "Comments": body.get("CreditMemoComments", ""),
    }
    return {name: text for name, text in found.items() if text}
