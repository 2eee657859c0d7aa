"""SOAP over our own HTTP rings: read a WSDL, build envelopes from it, read answers without trusting them.

zeep reads the WSDL and writes the envelope in the order and namespaces the WSDL asks for; every byte travels through
the `httpx.Client` that is handed in, so zeep's own HTTP session is never made. Schemas are only fetched from the
WSDL's own host, sizes and counts are bounded, DTDs and entities are refused. Answers are parsed here and read by local
name, because response namespaces differ per site.
"""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.settings import Settings
from zeep.wsdl import Document
from zeep.wsdl.bindings.soap import Soap11Binding, SoapBinding

from ledger.errors import InputRefused, SourceUnavailable, TargetMisconfigured, TargetUnavailable
from resources.transport.receive import AnswerTooLarge

DOCUMENT_BYTES_MAX = 8 * 1024 * 1024
DOCUMENTS_MAX = 60
ANSWER_BYTES_MAX = 64 * 1024 * 1024
_PARSED_MAX = 8

# OASIS Web Services Security UsernameToken Profile 1.1 and SOAP Message Security 1.0.
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
PASSWORD_TEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"


class NotXml(ValueError):
    """Bytes that are no well-formed XML, or XML with a document type."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, whole: status, headers, body."""

    status: int
    headers: httpx.Headers
    body: bytes


def receive(
    client: httpx.Client, request: httpx.Request, *, auth: httpx.Auth | None = None, bytes_max: int = ANSWER_BYTES_MAX
) -> Answer:
    """Send a request and read its answer up to `bytes_max` unpacked bytes.

    Raises httpx.TransportError as the connection shows it, AnswerTooLarge among them.
    """
    response = client.send(request, stream=True, auth=auth or httpx.USE_CLIENT_DEFAULT, follow_redirects=False)
    try:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > bytes_max:
                raise AnswerTooLarge(f"The answer is larger than {bytes_max} bytes.", request=request)
    finally:
        response.close()
    return Answer(response.status_code, response.headers, bytes(body))


def parse_xml(body: bytes) -> etree._Element:
    """Parse hostile XML: no document type, no entities, no network, libxml2's own depth limits; raise NotXml."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotXml("The answer is no well-formed XML.") from None
    if root is None or root.getroottree().docinfo.doctype:
        raise NotXml("The answer has a document type, which no SOAP answer has.")
    return root


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first direct child of that local name."""
    return next((one for one in element.iterchildren("{*}" + name)), None)


def child_text(element: etree._Element, name: str) -> str:
    """Return the text of a direct child, blanks around it cut; "" when there is none."""
    found = child(element, name)
    return "" if found is None else "".join(found.itertext()).strip()


class Wsdl:
    """A parsed WSDL: which operations it has, which elements they take, and envelopes made from it."""

    def __init__(self, url: str, document: Document, bodies: Mapping[str, bytes]) -> None:
        self.url = url
        self.sha256 = hashlib.sha256(bodies[url]).hexdigest()
        self._parts = {address: hashlib.sha256(body).hexdigest() for address, body in bodies.items()}
        self._binding = _soap_binding(url, document)

    @property
    def operations(self) -> tuple[str, ...]:
        """Return the names of all operations, sorted."""
        return tuple(sorted(self._binding.all()))

    def action(self, operation: str) -> str:
        """Return the SOAPAction the WSDL gives an operation, or ""."""
        return str(self._operation(operation).soapaction or "")

    def request_root(self, operation: str) -> str:
        """Return the local name of the request's root element."""
        return str(self._body(operation).qname.localname)

    def require(self, operation: str, paths: Iterable[tuple[str, ...]]) -> None:
        """Raise TargetMisconfigured, naming all of them, when the request lacks elements that will be sent."""
        body = self._body(operation)
        missing = sorted(".".join(path) for path in paths if not _has(body, path))
        if missing:
            raise TargetMisconfigured(
                f"Operation {operation} in {self.url} takes no {', '.join(missing)}. Name the site's own properties in "
                "the PeopleSoft settings (header_properties, line_properties, lines_collection), or list what is not "
                "to be sent under fields_not_sent."
            )

    def envelope(self, operation: str, values: Mapping[str, object]) -> etree._Element:
        """Build a request in the WSDL's order and namespaces, without security header.

        Raises TargetMisconfigured when the WSDL asks for an element that has no value here or takes none of that name.
        """
        described = self._operation(operation)
        self._body(operation)
        try:
            return described.create(**values).content
        except (ZeepError, TypeError, ValueError) as error:
            raise TargetMisconfigured(
                f"Operation {operation} in {self.url} does not fit what is to be sent: {str(error)[:300]}"
            ) from None

    def is_made_of(self, bodies: Mapping[str, bytes]) -> bool:
        """Tell whether this was parsed from exactly these documents."""
        return {address: hashlib.sha256(body).hexdigest() for address, body in bodies.items()} == self._parts

    @property
    def imported(self) -> tuple[str, ...]:
        """Return the addresses of the schemas and documents that the WSDL imports."""
        return tuple(address for address in self._parts if address != self.url)

    def _operation(self, name: str):
        try:
            return self._binding.all()[name]
        except KeyError:
            raise TargetMisconfigured(
                f"The WSDL {self.url} has no operation {name}; it has {', '.join(self.operations) or 'none'}. Publish "
                "the method of the component interface as a service operation, or name it under operations."
            ) from None

    def _body(self, operation: str):
        body = getattr(self._operation(operation).input, "body", None)
        if body is None:
            raise TargetMisconfigured(f"The WSDL {self.url} does not describe the message of operation {operation}.")
        return body


class WsdlReader:
    """Fetches WSDLs through the rings and keeps parsed ones by the hash of all their documents.

    Parsing costs far more than fetching; a WSDL whose bytes have changed is parsed anew. Every client still fetches
    all documents with credentials of its own, and what is kept holds neither a client nor credentials. Safe between
    threads.
    """

    def __init__(self) -> None:
        self._parsed: OrderedDict[str, Wsdl] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, client: httpx.Client, url: str, *, auth: httpx.Auth | None = None, operation: str = "WSDL") -> Wsdl:
        """Return the WSDL at `url`.

        Raises TargetUnavailable when it cannot be fetched and TargetMisconfigured when it is none, or refers to
        another host.
        """
        fetch = _Fetch(client, url, auth, operation)
        digest = hashlib.sha256(fetch.load(url)).hexdigest()
        with self._lock:
            known = self._parsed.get(digest)
        if known is not None and known.url == url:
            for address in known.imported:
                fetch.load(address)
            if known.is_made_of(fetch.bodies):
                return known
        try:
            parsed = _parse(url, fetch)
        finally:
            fetch.let_go()
        with self._lock:
            self._parsed[digest] = parsed
            while len(self._parsed) > _PARSED_MAX:
                self._parsed.popitem(last=False)
        return parsed


# What this process has parsed, whichever client it was for.
WSDLS = WsdlReader()


def with_username_token(envelope: etree._Element, user: str, password: str) -> etree._Element:
    """Put a WS-Security UsernameToken with a clear-text password into the envelope's header; changes the envelope."""
    soap = etree.QName(envelope).namespace
    header = child(envelope, "Header")
    if header is None:
        header = etree.Element(f"{{{soap}}}Header")
        envelope.insert(0, header)
    security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE})
    security.set(f"{{{soap}}}mustUnderstand", "1")
    token = etree.SubElement(security, f"{{{WSSE}}}UsernameToken")
    etree.SubElement(token, f"{{{WSSE}}}Username").text = _xml_text(user)
    secret = etree.SubElement(token, f"{{{WSSE}}}Password", Type=PASSWORD_TEXT)
    secret.text = _xml_text(password)
    return envelope


def to_bytes(envelope: etree._Element) -> bytes:
    """Write an envelope as UTF-8 with its XML declaration."""
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def _xml_text(secret: str) -> str:
    if any(ord(one) < 32 and one not in "\t\n\r" for one in secret):
        raise InputRefused("A user or password has a control character in it, which no XML can carry: set it again.")
    return secret


class _Fetch:
    """What zeep calls its transport, reduced to `load`: same host only, bounded, through the rings."""

    def __init__(self, client: httpx.Client, url: str, auth: httpx.Auth | None, operation: str) -> None:
        self._root, self._operation = url, operation
        self._client: httpx.Client | None = client
        self._auth = auth
        self.bodies: dict[str, bytes] = {}

    def let_go(self) -> None:
        """Forget client and credentials: zeep keeps its transport for as long as what it has parsed is kept."""
        self._client = self._auth = None

    def load(self, url: str) -> bytes:
        """Return a document, each fetched once."""
        if url in self.bodies:
            return self.bodies[url]
        if _origin(url) != _origin(self._root):
            raise TargetMisconfigured(
                f"The WSDL {self._root} refers to {url[:200]}, which is not on the same host, and is not followed. "
                "Correct the target location in PeopleSoft's Service Configuration."
            )
        if len(self.bodies) >= DOCUMENTS_MAX:
            raise TargetMisconfigured(f"The WSDL {self._root} imports more than {DOCUMENTS_MAX} documents.")
        self.bodies[url] = self._get(url)
        return self.bodies[url]

    def _get(self, url: str) -> bytes:
        assert self._client is not None, f"{url} is asked for after everything was read"
        extensions = {"operation": self._operation, "repeatable": True}
        request = self._client.build_request("GET", url, headers={"Accept": "text/xml"}, extensions=extensions)
        try:
            answer = receive(self._client, request, auth=self._auth, bytes_max=DOCUMENT_BYTES_MAX)
        except AnswerTooLarge:
            raise TargetMisconfigured(f"{url} is larger than {DOCUMENT_BYTES_MAX} bytes, so it is no WSDL.") from None
        except (httpx.HTTPError, OSError, SourceUnavailable) as error:
            raise TargetUnavailable(f"The WSDL {url} could not be fetched ({type(error).__name__}).") from None
        if answer.status != 200:
            self._refuse(url, answer.status)
        return answer.body

    def _refuse(self, url: str, status: int) -> None:
        if status in (408, 429) or status >= 500:
            raise TargetUnavailable(f"The WSDL {url} could not be fetched: the server answered {status}.")
        cure = "Check user and password." if status in (401, 403) else "Check host, node, service name and version."
        raise TargetMisconfigured(f"The WSDL {url} could not be fetched: the server answered {status}. {cure}")


def _parse(url: str, fetch: _Fetch) -> Wsdl:
    # forbid_external would refuse the schemas that a PeopleSoft WSDL may import from its own host; `_Fetch.load` is the
    # stricter gate: it also refuses files and other hosts.
    settings = Settings(forbid_dtd=True, forbid_entities=True, forbid_external=False, force_https=False)
    try:
        with warnings.catch_warnings():
            # zeep warns of messages it cannot use; what is missing in the end is refused by name when it is needed.
            warnings.simplefilter("ignore")
            document = Document(url, fetch, settings=settings)
        return Wsdl(url, document, fetch.bodies)
    except (ZeepError, etree.LxmlError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise TargetMisconfigured(
            f"{url} is no WSDL that can be used ({type(error).__name__}). Open it in a browser: it should begin with "
            "<wsdl:definitions>."
        ) from None


def _soap_binding(url: str, document: Document) -> SoapBinding:
    bindings = [binding for binding in document.bindings.values() if isinstance(binding, SoapBinding)]
    eleven = [binding for binding in bindings if isinstance(binding, Soap11Binding)]
    if not eleven:
        raise TargetMisconfigured(f"The WSDL {url} has no SOAP 1.1 binding: provide the service with SOAP 1.1.")
    return eleven[0]


def _has(element, path: tuple[str, ...]) -> bool:
    for name in path:
        children = dict(getattr(element.type, "elements", ()))
        if name not in children:
            return False
        element = children[name]
    return True


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
