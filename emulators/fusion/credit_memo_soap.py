"""The SOAP side of credit memos: read a `createCreditMemo`, write its answer or its fault.

What comes in: the bytes of a request. What goes out: a `Credit`, or a `SoapRefusal`; and the bytes of answers.
Documented elements (namespace .../creditMemoService/): PreviousCustomerTransactionId, TransactionNumber,
TransactionDate, GlDate, CurrencyCode, ReasonCode, Comments, LineAmount, LinePercent, FreightAmount, ComputeTax,
BatchSourceSequenceId, CustomerTransactionTypeSequenceId. Assumed, unverified: TransactionSource or BatchSourceName and
TransactionType (by name), CreditMemoLine with PreviousCustomerTransactionLineId, QuantityCredited, LineAmount,
TaxAmount, the sign of amounts, the texts of faults. https://docs.oracle.com/en/cloud/saas/financials/25d/oeswf/creditmemo-d16509e62093.html
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from emulators.fusion.answers import Detail, Refusal
from emulators.fusion.crediting import Credit, LineOrder
from emulators.fusion.entry_checks import is_bounded
from emulators.fusion.receivables import ReceivablesSwitches
from emulators.wsgi import Response, text_response

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "http://xmlns.oracle.com/apps/financials/receivables/transactions/creditMemos/creditMemoService/"
TYPES = SERVICE + "types/"
ERRORS = "http://xmlns.oracle.com/adf/svc/errors/"
OPERATION = "createCreditMemo"
LINE, TAX = "CreditMemoLine", "TaxAmount"
XML_TYPE = "text/xml; charset=UTF-8"

WHOLE, TEXT, DAY, AMOUNT, PERCENT = "whole", "text", "day", "amount", "percent"
# Element: kind and attribute of the credit, "" for one that is taken and changes nothing here.
ELEMENTS: Mapping[str, tuple[str, str]] = {
    "PreviousCustomerTransactionId": (WHOLE, "invoice_id"),
    "TransactionNumber": (TEXT, "number"),
    "TransactionSource": (TEXT, "source"),
    "BatchSourceName": (TEXT, "source"),
    "BatchSourceSequenceId": (WHOLE, "source_id"),
    "TransactionType": (TEXT, "type"),
    "CustomerTransactionTypeSequenceId": (WHOLE, "type_id"),
    "TransactionDate": (DAY, "transaction_date"),
    "GlDate": (DAY, "gl_date"),
    "CurrencyCode": (TEXT, "currency"),
    "ReasonCode": (TEXT, "reason"),
    "Comments": (TEXT, "comments"),
    "LineAmount": (AMOUNT, "line_amount"),
    "LinePercent": (PERCENT, "line_percent"),
    "FreightAmount": (AMOUNT, "freight_amount"),
    "ComputeTax": (TEXT, "is_tax_computed"),
    "CustomerReference": (TEXT, ""),
    "CustomerReferenceDate": (DAY, ""),
    "InternalNotes": (TEXT, ""),
    "MethodForRules": (TEXT, ""),
    "SplitTerminationMethod": (TEXT, ""),
}
LINE_ELEMENTS: Mapping[str, tuple[str, str]] = {
    "PreviousCustomerTransactionLineId": (WHOLE, "line_id"),
    "QuantityCredited": (PERCENT, "quantity"),
    "LineAmount": (AMOUNT, "amount"),
    TAX: (AMOUNT, "tax"),
}
_LENGTHS = {"number": 20, "source": 50, "type": 20, "reason": 80, "comments": 1760, "currency": 15}


class SoapRefusal(Exception):
    """The request can't be read as a call of this service: a fault with HTTP 500."""


def credit_of(body: bytes, switches: ReceivablesSwitches) -> Credit:
    """Return the credit that an envelope orders; blank elements are as good as none.

    Raises:
        SoapRefusal: No XML, no envelope, another operation, an element or a value that the service does not have.
    """
    memo = _memo(body)
    found: dict[str, object] = {"lines": ()}
    for element in memo:
        if element.tag == f"{{{SERVICE}}}{LINE}" and switches.are_credit_lines_accepted:
            found["lines"] = (*found["lines"], _line_order(element, switches))  # type: ignore[misc]
            continue
        name, value = _value(element, ELEMENTS, switches)
        if name:
            found[name] = value
        if element.get("currencyCode"):
            found["currency"] = element.get("currencyCode")
    found["invoice_id"] = str(found.get("invoice_id", 0))
    found["is_tax_computed"] = found.get("is_tax_computed") not in ("N", "false")
    return Credit(**found)  # type: ignore[arg-type]


def _memo(body: bytes) -> Element:
    try:
        envelope = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as reason:
        raise SoapRefusal(f"The request isn't well-formed XML: {type(reason).__name__}.") from None
    content = envelope.find(f"{{{SOAP}}}Body") if envelope.tag == f"{{{SOAP}}}Envelope" else None
    if content is None or len(content) != 1:
        raise SoapRefusal("The request isn't a SOAP 1.1 envelope with one element in its body.")
    call = content[0]
    if call.tag != f"{{{TYPES}}}{OPERATION}" or [one.tag for one in call] != [f"{{{TYPES}}}creditMemo"]:
        raise SoapRefusal(f"Unknown operation or payload {call.tag[-120:]}.")
    return call[0]


def _line_order(element: Element, switches: ReceivablesSwitches) -> LineOrder:
    known = {name: one for name, one in LINE_ELEMENTS.items() if name != TAX or switches.are_credit_taxes_accepted}
    found = {name: value for name, value in (_value(one, known, switches) for one in element) if name}
    if "line_id" not in found:
        raise SoapRefusal(f"{LINE} needs a PreviousCustomerTransactionLineId.")
    return LineOrder(**found)  # type: ignore[arg-type]


def _value(element: Element, known: Mapping[str, tuple[str, str]], switches: ReceivablesSwitches) -> tuple[str, object]:
    space, _, name = element.tag.rpartition("}")
    if space != "{" + SERVICE or name not in known or len(element):
        raise SoapRefusal(f"The element {element.tag[-120:]} isn't known here.")
    kind, attribute = known[name]
    text = (element.text or "").strip()
    if kind == TEXT or not text:
        if len(text) > _LENGTHS.get(attribute, 1760):
            raise SoapRefusal(f"The value of {name} is too long.")
        return (attribute, text) if kind == TEXT else ("", None)
    try:
        return attribute, _typed(kind, text, name, switches)
    except (ValueError, InvalidOperation):
        raise SoapRefusal(f"The value of {name} isn't valid.") from None


def _typed(kind: str, text: str, name: str, switches: ReceivablesSwitches) -> object:
    if kind == WHOLE:
        if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
            raise ValueError(name)
        return int(text)
    if kind == DAY:
        return date.fromisoformat(text[:10]).isoformat()
    number = Decimal(text)
    if not is_bounded(number):
        raise ValueError(name)
    if kind == PERCENT:
        return number
    return -number if switches.are_credits_negative else number


def expect_sign(credit: Credit) -> None:
    """Refuse amounts of the wrong sign; those of lines are measured against the line itself."""
    for name, amount in (("LineAmount", credit.line_amount), ("FreightAmount", credit.freight_amount)):
        if amount is not None and amount < 0:
            text = f"The {name} of a credit has the wrong sign."
            raise Refusal(400, Detail(text, "AR_CREATION_SIGN", f"/{name}"))


def answered(values: Mapping[str, str], *, is_multipart: bool) -> Response:
    """Answer a credit memo that was made, its attributes under the documented names."""
    cells = "".join(f"<ns1:{name}>{escape(text)}</ns1:{name}>" for name, text in values.items())
    message = uuid.uuid5(uuid.NAMESPACE_OID, repr(sorted(values.items())))
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope xmlns:env="{SOAP}"'
        ' xmlns:wsa="http://www.w3.org/2005/08/addressing"><env:Header>'
        f"<wsa:Action>{SERVICE}{OPERATION}Response</wsa:Action><wsa:MessageID>urn:uuid:{message}</wsa:MessageID>"
        f'</env:Header><env:Body><ns0:{OPERATION}Response xmlns:ns0="{TYPES}"><ns0:result xmlns:ns1="{SERVICE}">'
        f"<ns1:Value>{cells}</ns1:Value></ns0:result></ns0:{OPERATION}Response></env:Body></env:Envelope>"
    )
    return _message(200, text, is_multipart)


def fault_answer(status: int, code: str, sentence: str, *, is_multipart: bool = False) -> Response:
    """Answer a fault; the sentence stands in faultstring and, as ADF services do it, once more in the detail."""
    told = escape(sentence)
    name = escape(code or "FND_CMN_SYS_ERR")
    inner = f"<tns:code>{name}</tns:code><tns:message>{told}</tns:message><tns:severity>SEVERITY_ERROR</tns:severity>"
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope xmlns:env="{SOAP}"><env:Body><env:Fault>'
        f"<faultcode>env:Server</faultcode><faultstring>JBO-{name}:::{name}: {told}</faultstring>"
        f'<detail><tns:ServiceErrorMessage xmlns:tns="{ERRORS}">{inner}<tns:detail>{inner}</tns:detail>'
        "<tns:exceptionClassName>oracle.jbo.AttrValException</tns:exceptionClassName>"
        "</tns:ServiceErrorMessage></detail></env:Fault></env:Body></env:Envelope>"
    )
    return _message(status, text, is_multipart)


def _message(status: int, text: str, is_multipart: bool) -> Response:
    if not is_multipart:
        return text_response(status, text, XML_TYPE)
    mark = "----=_Part_1_1162738201.1795996800000"
    part = (
        f'--{mark}\r\nContent-Type: application/xop+xml;charset=UTF-8;type="text/xml"\r\n'
        f"Content-Transfer-Encoding: 8bit\r\nContent-ID: <body@oracle>\r\n\r\n{text}\r\n--{mark}--\r\n"
    )
    kind = f'multipart/related; type="application/xop+xml"; boundary="{mark}"; start="<body@oracle>"'
    return text_response(status, part, f'{kind}; start-info="text/xml"')
