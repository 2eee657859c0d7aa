"""SOAP over our rings: hostile WSDLs are refused, envelopes follow the WSDL, answers are parsed without trust."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import httpx
import pytest
from lxml import etree

from ledger.errors import TargetMisconfigured, TargetUnavailable
from resources.transport import soap

URL = "https://ps.example/PSIGW/x.wsdl"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

WSDL = """<?xml version="1.0"?>
<definitions name="S" targetNamespace="urn:s" xmlns:tns="urn:s" xmlns="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:m="urn:m">
 <types>%s</types>
 <message name="in"><part name="p" element="m:Do"/></message>
 <portType name="P"><operation name="OP_C"><input message="tns:in"/></operation></portType>
 <binding name="B" type="tns:P"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
  <operation name="OP_C"><soap:operation soapAction="OP_C.V1"/><input><soap:body use="literal"/></input></operation>
 </binding>
</definitions>"""
XSD = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
SCHEMA = f"""<xsd:schema {XSD} targetNamespace="urn:m" elementFormDefault="qualified">
 <xsd:element name="Do"><xsd:complexType><xsd:sequence>
  <xsd:element name="FIRST" type="xsd:string"/><xsd:element name="SECOND" type="xsd:decimal" minOccurs="0"/>
  <xsd:element name="ROW" minOccurs="0" maxOccurs="unbounded"><xsd:complexType><xsd:sequence>
   <xsd:element name="A" type="xsd:string" minOccurs="0"/></xsd:sequence></xsd:complexType></xsd:element>
 </xsd:sequence></xsd:complexType></xsd:element></xsd:schema>"""
PLAIN = WSDL % SCHEMA
IMPORTS = f'<xsd:schema {XSD}><xsd:import namespace="urn:m" schemaLocation="%s"/></xsd:schema>'


class Web:
    """A few documents by address; every address asked for is kept."""

    def __init__(self, documents: dict[str, str | httpx.Response]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        found = self.documents.get(str(request.url), httpx.Response(404))
        return httpx.Response(200, text=found) if isinstance(found, str) else found


@pytest.fixture
def read() -> Callable[..., soap.Wsdl]:
    """Read the WSDL at URL out of some documents."""

    def run(documents: dict, reader: soap.WsdlReader | None = None) -> soap.Wsdl:
        web = documents if isinstance(documents, Web) else Web(documents)
        with httpx.Client(transport=httpx.MockTransport(web)) as client:
            return (reader or soap.WsdlReader()).read(client, URL)

    return run


def test_an_envelope_has_the_order_and_namespace_of_the_wsdl(read):
    """Whatever order the values come in."""
    wsdl = read({URL: PLAIN})
    envelope = wsdl.envelope("OP_C", {"ROW": [{"A": "1"}, {"A": "2"}], "SECOND": "-12.50", "FIRST": "a & <b>"})
    assert etree.tostring(envelope).decode() == (
        f'<soap-env:Envelope xmlns:soap-env="{SOAP}"><soap-env:Body><ns0:Do xmlns:ns0="urn:m">'
        "<ns0:FIRST>a &amp; &lt;b&gt;</ns0:FIRST><ns0:SECOND>-12.50</ns0:SECOND>"
        "<ns0:ROW><ns0:A>1</ns0:A></ns0:ROW><ns0:ROW><ns0:A>2</ns0:A></ns0:ROW>"
        "</ns0:Do></soap-env:Body></soap-env:Envelope>"
    )
    assert wsdl.action("OP_C") == "OP_C.V1"
    assert wsdl.request_root("OP_C") == "Do"


@pytest.mark.parametrize(
    ("values", "word"),
    [({"SECOND": "1"}, "FIRST"), ({"FIRST": "a", "THIRD": "b"}, "THIRD"), ({"FIRST": "a", "ROW": [{"B": "1"}]}, "B")],
)
def test_values_that_do_not_fit_the_wsdl_fail_closed_and_are_named(read, values, word):
    """A missing required element or an unknown one never leaves."""
    with pytest.raises(TargetMisconfigured, match=word):
        read({URL: PLAIN}).envelope("OP_C", values)


def test_a_missing_operation_or_element_is_named(read):
    """All missing elements in one sentence, nested ones with their parent."""
    wsdl = read({URL: PLAIN})
    wsdl.require("OP_C", [("FIRST",), ("ROW", "A")])
    with pytest.raises(TargetMisconfigured, match=r"takes no FOURTH, ROW\.B, THIRD\."):
        wsdl.require("OP_C", [("FIRST",), ("THIRD",), ("ROW", "B"), ("FOURTH",)])
    with pytest.raises(TargetMisconfigured, match="no operation OP_G; it has OP_C"):
        wsdl.envelope("OP_G", {})


@pytest.mark.parametrize(
    "address",
    [
        "https://other.example/m.xsd",
        "http://ps.example/m.xsd",
        "https://ps.example:8443/m.xsd",
        "https://ps.example@other.example/m.xsd",
        "file:///etc/passwd",
        "ftp://ps.example/m.xsd",
        "//other.example/m.xsd",
    ],
)
def test_a_schema_elsewhere_is_refused_and_never_asked_for(read, address):
    """Same scheme, host and port only; files neither."""
    web = Web({URL: WSDL % (IMPORTS % address)})
    with pytest.raises(TargetMisconfigured):
        read(web)
    assert web.asked == [URL]


def test_a_schema_on_the_same_host_is_followed(read):
    """PeopleSoft gateways publish each message's schema at its own address."""
    web = Web({URL: WSDL % (IMPORTS % "m.xsd"), "https://ps.example/PSIGW/m.xsd": SCHEMA})
    read(web).require("OP_C", [("FIRST",)])
    assert web.asked == [URL, "https://ps.example/PSIGW/m.xsd"]


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE d [<!ENTITY a "b">]>' + PLAIN.partition("?>")[2],
        '<!DOCTYPE d SYSTEM "https://other.example/d.dtd">' + PLAIN.partition("?>")[2],
        "<html><body>sign in</body></html>",
        "no xml at all",
        "",
        PLAIN[:700],
        "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'/>",
        '<?xml version="1.0" encoding="no-such-code"?><a/>',
    ],
)
def test_what_is_no_plain_wsdl_is_refused_by_address(read, text):
    """Document types, HTML, cut XML, a WSDL without a binding."""
    web = Web({URL: text})
    with pytest.raises(TargetMisconfigured, match=URL):
        read(web)
    assert web.asked == [URL]


def test_an_operation_without_a_described_message_is_refused_by_name(read):
    """Its schema is missing: nothing could be built from it."""
    wsdl = read({URL: WSDL % ""})
    for use in (lambda: wsdl.require("OP_C", [("FIRST",)]), lambda: wsdl.envelope("OP_C", {"FIRST": "a"})):
        with pytest.raises(TargetMisconfigured, match="OP_C"):
            use()


def test_a_wsdl_without_end_is_refused(read, monkeypatch):
    """Counted in unpacked bytes, also over many imports."""
    monkeypatch.setattr(soap, "DOCUMENT_BYTES_MAX", 1000)
    with pytest.raises(TargetMisconfigured, match="larger than 1000"):
        read({URL: PLAIN})
    monkeypatch.undo()
    monkeypatch.setattr(soap, "DOCUMENTS_MAX", 2)
    chain = {f"https://ps.example/PSIGW/{n}.xsd": IMPORTS % f"{n + 1}.xsd" for n in range(9)}
    with pytest.raises(TargetMisconfigured, match="more than 2"):
        read({URL: WSDL % (IMPORTS % "0.xsd"), **chain})


@pytest.mark.parametrize(
    ("status", "error", "word"),
    [
        (401, TargetMisconfigured, "Check user and password"),
        (403, TargetMisconfigured, "Check user and password"),
        (404, TargetMisconfigured, "Check host, node"),
        (302, TargetMisconfigured, "302"),
        (429, TargetUnavailable, "429"),
        (500, TargetUnavailable, "500"),
        (503, TargetUnavailable, "503"),
    ],
)
def test_an_answer_that_is_no_document_is_told_apart(read, status, error, word):
    """What a person must correct, and what may pass."""
    with pytest.raises(error, match=word):
        read({URL: httpx.Response(status, headers={"location": "https://other.example/"})})


def test_a_lost_connection_is_unavailable():
    """Nothing was sent; a later run may succeed."""

    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with httpx.Client(transport=httpx.MockTransport(lost)) as client, pytest.raises(TargetUnavailable, match="Timeout"):
        soap.WsdlReader().read(client, URL)


def test_a_wsdl_is_parsed_once_while_all_its_documents_stay_the_same(read):
    """The hash covers imported schemas too; a changed one is parsed anew."""
    reader, imported = soap.WsdlReader(), "https://ps.example/PSIGW/m.xsd"
    documents = {URL: WSDL % (IMPORTS % "m.xsd"), imported: SCHEMA}
    first = read(documents, reader)
    assert read(documents, reader) is first
    documents[imported] = SCHEMA.replace("FIRST", "EERSTE")
    changed = read(documents, reader)
    assert changed is not first
    changed.require("OP_C", [("EERSTE",)])
    assert changed.sha256 == first.sha256


def test_what_is_kept_holds_neither_client_nor_credentials():
    """One reader serves every client of a process: a client and its password end with their run."""
    reader, auth = soap.WsdlReader(), httpx.BasicAuth("IB", "pw")
    client = httpx.Client(transport=httpx.MockTransport(Web({URL: PLAIN})))
    with client:
        kept = reader.read(client, URL, auth=auth)
    ends = weakref.ref(client), weakref.ref(auth)
    del client, auth
    gc.collect()
    assert [one() for one in ends] == [None, None]
    assert kept.envelope("OP_C", {"FIRST": "a"}) is not None


def test_every_client_asks_for_the_documents_itself_with_its_own_credentials():
    """What another client was let in for opens nothing for one that is refused, although the WSDL is known."""
    reader = soap.WsdlReader()

    def guarded(request: httpx.Request) -> httpx.Response:
        good = httpx.BasicAuth("IB", "pw")
        wanted = next(good.auth_flow(httpx.Request("GET", URL))).headers["authorization"]
        is_in = request.headers.get("authorization") == wanted
        return httpx.Response(200, text=PLAIN) if is_in else httpx.Response(401)

    with httpx.Client(transport=httpx.MockTransport(guarded)) as client:
        reader.read(client, URL, auth=httpx.BasicAuth("IB", "pw"))
    with (
        httpx.Client(transport=httpx.MockTransport(guarded)) as client,
        pytest.raises(TargetMisconfigured, match="401"),
    ):
        reader.read(client, URL, auth=httpx.BasicAuth("IB", "other"))


def test_zeep_never_opens_a_session_of_its_own(read, monkeypatch):
    """No byte passes beside the rings."""

    def refused(*_, **__):
        raise AssertionError("zeep went around the rings")

    monkeypatch.setattr("requests.Session.__init__", refused)
    read({URL: PLAIN})


def test_a_security_header_stands_before_the_body(read):
    """WS-Security UsernameToken, clear text, text escaped."""
    envelope = read({URL: PLAIN}).envelope("OP_C", {"FIRST": "a"})
    text = soap.to_bytes(soap.with_username_token(envelope, "IB<USER", "p&w")).decode()
    assert text.startswith("<?xml version='1.0' encoding='utf-8'?>\n<soap-env:Envelope")
    root = etree.fromstring(text.encode())
    assert [etree.QName(one).localname for one in root] == ["Header", "Body"]
    token = root.find(f".//{{{soap.WSSE}}}UsernameToken")
    assert [one.text for one in token] == ["IB<USER", "p&w"]
    assert token[1].get("Type").endswith("#PasswordText")
    assert token.getparent().get(f"{{{SOAP}}}mustUnderstand") == "1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b"\x00\x01",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "https://other.example/a.dtd"><a/>',
        b"<a>" * 400 + b"</a>" * 400,
        b"<!DOCTYPE html><html/>",
    ],
)
def test_hostile_answers_are_no_xml(body):
    """Entities, document types, depth: none of it is looked into."""
    with pytest.raises(soap.NotXml):
        soap.parse_xml(body)


def test_answers_are_read_by_local_name():
    """Prefixes and namespaces differ per site."""
    root = soap.parse_xml(b'<x:a xmlns:x="urn:1"><!-- c --><b xmlns="urn:2"> t<i>wo</i> </b></x:a>')
    assert soap.local_name(root) == "a"
    assert soap.child_text(root, "b") == "two"
    assert soap.child_text(root, "c") == ""
    assert soap.child(root, "c") is None


def test_an_answer_past_its_bound_is_not_read_to_the_end():
    """What it says is unknown."""
    web = httpx.MockTransport(lambda request: httpx.Response(200, content=b"x" * 100))
    with httpx.Client(transport=web) as client:
        request = client.build_request("GET", URL)
        assert soap.receive(client, request, bytes_max=100).body == b"x" * 100
        with pytest.raises(soap.AnswerTooLarge):
            soap.receive(client, client.build_request("GET", URL), bytes_max=99)
