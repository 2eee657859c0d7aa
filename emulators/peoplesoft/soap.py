"""SOAP in and out: read an envelope with its WS-Security token, write an answer, write a fault.

What comes in: the bytes of a request. What goes out: a `SoapCall` with the body's root element, or a `SoapFault` that
carries message set, number and text of the Integration Broker; and the bytes of answers.
Source: PeopleTools "Implementing Web Services Security"; W3C SOAP 1.1 and 1.2; fault shape from public QAS clients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from emulators.wsgi import Response, text_response

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
CONTENT_TYPES = {SOAP_11: "text/xml; charset=UTF-8", SOAP_12: "application/soap+xml; charset=UTF-8"}


@dataclass(frozen=True)
class SoapCall:
    """One request: envelope version, the body's root element, and the token (user "" when there is none)."""

    envelope: str
    root: Element
    user: str
    password: str

    @property
    def root_name(self) -> str:
        """Return the root's local name."""
        return local_name(self.root)

    @property
    def root_namespace(self) -> str:
        """Return the root's namespace, "" when it has none."""
        return namespace(self.root)


class SoapFault(Exception):
    """The Integration Broker refuses; nothing was saved."""

    def __init__(self, message_set: int, number: int, text: str, parameters: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.message_set = message_set
        self.number = number
        self.text = text
        self.parameters = tuple(parameters)


def parser_error(reason: str) -> SoapFault:
    """Return the fault for XML that cannot be parsed."""
    return SoapFault(159, 5, f"XML parser error ParseXmlString Fatal Error: {reason} (159,5)")


def schema_error(reason: str) -> SoapFault:
    """Return the fault for XML that is not what the WSDL says; set and number are unverified."""
    return SoapFault(158, 10616, f"Message does not conform to its schema: {reason} (158,10616)")


def contact_error() -> SoapFault:
    """Return the fault of a gateway that cannot reach the target node."""
    return SoapFault(158, 10721, "Integration Gateway - External System Contact Error (158,10721)")


def parse_call(body: bytes) -> SoapCall:
    """Return the call inside an envelope.

    Raises SoapFault (159,5) for what is no XML or has a document type, (158,10616) for what is no envelope.
    """
    try:
        envelope = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as reason:
        raise parser_error(type(reason).__name__) from None
    version = namespace(envelope)
    if local_name(envelope) != "Envelope" or version not in CONTENT_TYPES:
        raise schema_error("the root is not a SOAP envelope")
    content = envelope.find(f"{{{version}}}Body")
    if content is None or len(content) != 1:
        raise schema_error("the SOAP body does not hold exactly one element")
    token = envelope.find(f"{{{version}}}Header/{{{WSSE}}}Security/{{{WSSE}}}UsernameToken")
    user = password = ""
    if token is not None:
        user = token.findtext(f"{{{WSSE}}}Username") or ""
        password = token.findtext(f"{{{WSSE}}}Password") or ""
    return SoapCall(version, content[0], user, password)


def answer(body: str, envelope: str = SOAP_11) -> Response:
    """Answer 200 with an element inside an envelope."""
    text = (
        f'<?xml version="1.0"?>\n<soapenv:Envelope xmlns:soapenv="{envelope}">'
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
    return text_response(200, text, CONTENT_TYPES[envelope])


def fault(refusal: SoapFault, http_status: int, envelope: str = SOAP_11) -> Response:
    """Answer a SOAP fault; the news is in DefaultMessage, `faultstring` says null as in the captured samples."""
    detail = ib_response(refusal)
    if envelope == SOAP_12:
        inner = (
            "<SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Receiver</SOAP-ENV:Value></SOAP-ENV:Code>"
            '<SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">null</SOAP-ENV:Text></SOAP-ENV:Reason>'
            f"<SOAP-ENV:Detail>{detail}</SOAP-ENV:Detail>"
        )
    else:
        inner = f"<faultcode>SOAP-ENV:Server</faultcode><faultstring>null</faultstring><detail>{detail}</detail>"
    text = (
        f'<?xml version="1.0"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="{envelope}"><SOAP-ENV:Body>'
        f"<SOAP-ENV:Fault>{inner}</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
    return text_response(http_status, text, CONTENT_TYPES[envelope])


def ib_response(refusal: SoapFault) -> str:
    """Return the IBResponse element of a refusal, as it stands in a fault's detail or alone with HTTP 200."""
    parameters = "".join(f"<Parameter>{_cdata(parameter)}</Parameter>" for parameter in refusal.parameters)
    return (
        '<IBResponse xmlns="" type="error"><DefaultTitle>Integration Broker Response</DefaultTitle>'
        f"<StatusCode>20</StatusCode><MessageID>{refusal.number}</MessageID>"
        f"<DefaultMessage>{_cdata(refusal.text)}</DefaultMessage>"
        f"<MessageParameters>{parameters}</MessageParameters></IBResponse>"
    )


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def local_name(element: Element) -> str:
    """Return an element's name without namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """Return an element's namespace, "" when it has none."""
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""
