"""Write the WSDL of the credit memo service: one operation, document/literal over SOAP 1.1, schemas inline.

What comes in: the address of the service. What goes out: a WSDL 1.1 document. The real one has more operations and
imports its schemas; names of elements and which of them are assumed: see `credit_memo_soap.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from emulators.fusion.credit_memo_soap import (
    AMOUNT,
    DAY,
    ELEMENTS,
    LINE,
    LINE_ELEMENTS,
    OPERATION,
    PERCENT,
    SERVICE,
    TEXT,
    TYPES,
    WHOLE,
)

_XSD = "http://www.w3.org/2001/XMLSchema"
_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_KINDS = {WHOLE: "xsd:long", TEXT: "xsd:string", DAY: "xsd:date", PERCENT: "xsd:decimal", AMOUNT: "tns:AmountType"}


def wsdl(address: str) -> str:
    """Return the service's WSDL; `address` is the soap:address location."""
    return "".join([
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<wsdl:definitions name="CreditMemoService" targetNamespace="{SERVICE}" xmlns:tns="{SERVICE}"',
        f' xmlns:types="{TYPES}" xmlns:wsdl="{_WSDL}" xmlns:soap="{_SOAP}" xmlns:xsd="{_XSD}">\n<wsdl:types>\n',
        _service_schema(),
        _types_schema(),
        "</wsdl:types>\n",
        f'<wsdl:message name="{OPERATION}"><wsdl:part name="parameters" element="types:{OPERATION}"/></wsdl:message>\n',
        f'<wsdl:message name="{OPERATION}Response"><wsdl:part name="parameters" element="types:{OPERATION}Response"/>',
        f'</wsdl:message>\n<wsdl:portType name="CreditMemoService"><wsdl:operation name="{OPERATION}">',
        f'<wsdl:input message="tns:{OPERATION}"/><wsdl:output message="tns:{OPERATION}Response"/>',
        "</wsdl:operation></wsdl:portType>\n",
        '<wsdl:binding name="CreditMemoServiceSoapHttp" type="tns:CreditMemoService">',
        '<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>',
        f'<wsdl:operation name="{OPERATION}"><soap:operation soapAction="{SERVICE}{OPERATION}"/>',
        '<wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>',
        '</wsdl:operation></wsdl:binding>\n<wsdl:service name="CreditMemoService">',
        '<wsdl:port name="CreditMemoServiceSoapHttpPort" binding="tns:CreditMemoServiceSoapHttp">',
        f"<soap:address location={quoteattr(address)}/></wsdl:port></wsdl:service>\n</wsdl:definitions>\n",
    ])  # fmt: skip


def _service_schema() -> str:
    memo = '<xsd:element name="CustomerTransactionId" type="xsd:long" minOccurs="0"/>\n' + _elements(ELEMENTS)
    lines = f'<xsd:element name="{LINE}" type="tns:{LINE}" minOccurs="0" maxOccurs="unbounded"/>\n'
    result = '<xsd:element name="Value" type="tns:CreditMemo" minOccurs="0" maxOccurs="unbounded"/>\n'
    amount = (
        '<xsd:complexType name="AmountType"><xsd:simpleContent><xsd:extension base="xsd:decimal">'
        '<xsd:attribute name="currencyCode" type="xsd:string"/></xsd:extension></xsd:simpleContent></xsd:complexType>\n'
    )
    parts = (_complex(LINE, _elements(LINE_ELEMENTS)), _complex("CreditMemo", memo + lines))
    return _schema(SERVICE, amount + "".join(parts) + _complex("CreditMemoResult", result))


def _types_schema() -> str:
    call = '<xsd:element name="creditMemo" type="tns:CreditMemo"/>'
    result = '<xsd:element name="result" type="tns:CreditMemoResult"/>'
    return _schema(
        TYPES,
        f'<xsd:import namespace="{SERVICE}"/>\n'
        f'<xsd:element name="{OPERATION}">{_complex("", call)}</xsd:element>\n'
        f'<xsd:element name="{OPERATION}Response">{_complex("", result)}</xsd:element>\n',
    )


def _schema(namespace: str, parts: str) -> str:
    return f'<xsd:schema targetNamespace="{namespace}" elementFormDefault="qualified">\n{parts}</xsd:schema>\n'


def _complex(name: str, parts: str) -> str:
    named = f' name="{name}"' if name else ""
    return f"<xsd:complexType{named}><xsd:sequence>\n{parts}</xsd:sequence></xsd:complexType>\n"


def _elements(known: Mapping[str, tuple[str, str]]) -> str:
    return "".join(
        f'<xsd:element name="{name}" type="{_KINDS[kind]}" minOccurs="0"/>\n' for name, (kind, _) in known.items()
    )
