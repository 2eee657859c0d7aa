"""Write the WSDL and the message schemas that a site publishes for its journal component interface.

What comes in: a site profile and the address of the listening connector. What goes out: a WSDL 1.1 document,
document/literal over SOAP 1.1, with one inline schema per message, each in its own namespace as PeopleSoft does it.
Source: PeopleTools Integration Broker, "Naming Conventions for Integration Metadata"; W3C WSDL 1.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

from emulators.peoplesoft.profile import OPERATIONS, SiteProfile
from emulators.peoplesoft.records import HEADER_FIELDS, KEY_FIELDS, LINE_FIELDS, Field

XSD = "http://www.w3.org/2001/XMLSchema"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
TRANSPORT = "http://schemas.xmlsoap.org/soap/http"

MESSAGE_PARTS = ("type", "messagesetnumber", "messagenumber", "messagetext", "explaintext")


def wsdl(profile: SiteProfile, address: str) -> str:
    """Return the service's WSDL; `address` is the soap:address location."""
    service = profile.service
    namespace = f"{profile.service_base}/{profile.wsdl_name}"
    prefixes = "".join(
        f" xmlns:{prefix}={quoteattr(uri)}"
        for method in OPERATIONS
        for prefix, uri in (
            (f"{method}In", profile.request_namespace(method)),
            (f"{method}Out", profile.response_namespace(method)),
        )
    )
    return "".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            f'<wsdl:definitions name="{service}" targetNamespace={quoteattr(namespace)}',
            f' xmlns:tns={quoteattr(namespace)} xmlns:wsdl="{WSDL}" xmlns:soap="{SOAP}" xmlns:xsd="{XSD}"{prefixes}>\n',
            "<wsdl:types>\n",
            *(schema(profile, message) for method in OPERATIONS for message in profile.messages[method]),
            "</wsdl:types>\n",
            *(_messages(profile, method) for method in OPERATIONS),
            f'<wsdl:portType name="{service}_PortType">\n',
            *(_port_operation(profile, method) for method in OPERATIONS),
            "</wsdl:portType>\n",
            f'<wsdl:binding name="{service}_Binding" type="tns:{service}_PortType">\n',
            f'<soap:binding style="document" transport="{TRANSPORT}"/>\n',
            *(_bound_operation(profile, method) for method in OPERATIONS),
            "</wsdl:binding>\n",
            f'<wsdl:service name="{service}"><wsdl:port name="{service}_Port" binding="tns:{service}_Binding">',
            f"<soap:address location={quoteattr(address)}/></wsdl:port></wsdl:service>\n",
            "</wsdl:definitions>\n",
        ]
    )


def schema(profile: SiteProfile, message: str) -> str:
    """Return the schema of one message (`M500101`); raise KeyError when the service has no such message."""
    for method in OPERATIONS:
        request, response = profile.messages[method]
        if message == request:
            return _schema(profile, message, profile.request_root(method), _request_parts(profile, method))
        if message == response:
            return _schema(profile, message, profile.response_root(method), _response_parts(profile, method))
    raise KeyError(message)


def _schema(profile: SiteProfile, message: str, root: str, parts: str) -> str:
    namespace = f"{profile.schema_base}/{message}.V1"
    return (
        f'<xsd:schema xmlns:xsd="{XSD}" targetNamespace={quoteattr(namespace)} elementFormDefault="qualified">\n'
        f'<xsd:element name="{root}"><xsd:complexType><xsd:sequence>\n{parts}'
        "</xsd:sequence></xsd:complexType></xsd:element>\n</xsd:schema>\n"
    )


def _request_parts(profile: SiteProfile, method: str) -> str:
    return _keys(profile) if method in ("Get", "Find") else _buffer(profile)


def _response_parts(profile: SiteProfile, method: str) -> str:
    interface = profile.component_interface
    if method == "Get":
        return _buffer(profile)
    if method == "Find":
        return _nested(interface, _keys(profile), 'minOccurs="0" maxOccurs="unbounded"')
    key = _nested(interface, _keys(profile), "") if method == "Create" else ""
    texts = "".join(f'<xsd:element name="{part}" type="xsd:string" minOccurs="0"/>\n' for part in MESSAGE_PARTS)
    messages = _nested("messages", texts, 'minOccurs="0" maxOccurs="unbounded"')
    return '<xsd:element name="notification" type="xsd:string"/>\n' + _nested("detail", key + messages, 'minOccurs="0"')


def _buffer(profile: SiteProfile) -> str:
    lines = _elements(LINE_FIELDS, profile.line_names)
    collection = _nested(profile.lines_collection, lines, 'minOccurs="0" maxOccurs="unbounded"')
    return _elements(HEADER_FIELDS, profile.header_names) + collection


def _keys(profile: SiteProfile) -> str:
    return _elements((field for field in HEADER_FIELDS if field.name in KEY_FIELDS), profile.header_names)


def _nested(name: str, parts: str, occurs: str) -> str:
    opening = f'<xsd:element name="{name}" {occurs}>'.replace(" >", ">")
    return f"{opening}<xsd:complexType><xsd:sequence>\n{parts}</xsd:sequence></xsd:complexType></xsd:element>\n"


def _elements(fields: Iterable[Field], names: Mapping[str, str]) -> str:
    return "".join(
        f'<xsd:element name="{escape(names[field.name])}" minOccurs="0"><xsd:simpleType>{_restriction(field)}'
        "</xsd:simpleType></xsd:element>\n"
        for field in fields
    )


def _restriction(field: Field) -> str:
    if field.kind == "text":
        return f'<xsd:restriction base="xsd:string"><xsd:maxLength value="{field.length}"/></xsd:restriction>'
    if field.kind == "date":
        return '<xsd:restriction base="xsd:date"/>'
    digits = f'<xsd:totalDigits value="{field.length}"/><xsd:fractionDigits value="{field.decimals}"/>'
    return f'<xsd:restriction base="xsd:decimal">{digits}</xsd:restriction>'


def _messages(profile: SiteProfile, method: str) -> str:
    request, response = profile.messages[method]
    return (
        f'<wsdl:message name="{request}.V1"><wsdl:part name="parameter"'
        f' element="{method}In:{profile.request_root(method)}"/></wsdl:message>\n'
        f'<wsdl:message name="{response}.V1"><wsdl:part name="parameter"'
        f' element="{method}Out:{profile.response_root(method)}"/></wsdl:message>\n'
    )


def _port_operation(profile: SiteProfile, method: str) -> str:
    request, response = profile.messages[method]
    name = profile.operation(method)
    return (
        f'<wsdl:operation name="{name}"><wsdl:input message="tns:{request}.V1" name="{request}.V1"/>'
        f'<wsdl:output message="tns:{response}.V1" name="{response}.V1"/></wsdl:operation>\n'
    )


def _bound_operation(profile: SiteProfile, method: str) -> str:
    request, response = profile.messages[method]
    body = '<soap:body use="literal"/>'
    return (
        f'<wsdl:operation name="{profile.operation(method)}">'
        f'<soap:operation soapAction="{profile.aliases[method]}" style="document"/>'
        f'<wsdl:input name="{request}.V1">{body}</wsdl:input>'
        f'<wsdl:output name="{response}.V1">{body}</wsdl:output></wsdl:operation>\n'
    )
