"""A PeopleSoft with its Integration Broker, as one WSGI application: WSDL, SOAP component interface, ExecuteQuery.

What comes in: a `Site` (what the installation is), a clock, a plan of faults, a path for the books' file. What goes
out: a callable that answers requests, with `books` for tests to look into and `calls`, the operations it was asked
for. Addresses: PeopleTools docs "PeopleSoftServiceListeningConnector" and "RESTListeningConnector".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from emulators.clock import Clock, SystemClock
from emulators.faults import ConnectionDropped, Fault, FaultPlan
from emulators.peoplesoft import mischief, soap
from emulators.peoplesoft.books import Books
from emulators.peoplesoft.component_interface import ComponentInterface
from emulators.peoplesoft.pages import is_journal_page, journal_page
from emulators.peoplesoft.qas import execute_query, failure_answer, query_named
from emulators.peoplesoft.site import Site, User
from emulators.peoplesoft.soap import SoapCall, SoapFault
from emulators.peoplesoft.wsdl import schema, wsdl
from emulators.wsgi import Request, Response, proxy_page, request_of, respond, text_response, with_fault

SERVICE_CONNECTOR = "/PSIGW/PeopleSoftServiceListeningConnector"
REST_CONNECTOR = "/PSIGW/RESTListeningConnector"
OTHER_CONNECTORS = ("/PSIGW/PeopleSoftListeningConnector", "/PSIGW/HttpListeningConnector")
EXTERNAL_MESSAGE_ID_LENGTH = 70
XML_TYPE = "text/xml; charset=UTF-8"


class PeopleSoft:
    """The application; `close()` closes the file of the books."""

    def __init__(self, site: Site, clock: Clock, faults: FaultPlan, state_path: Path | None) -> None:
        self.site = site
        self.clock = clock
        self.faults = faults
        self.books = Books(site, clock, state_path)
        self.calls: deque[str] = deque(maxlen=10_000)
        self._interface = ComponentInterface(self.books)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one WSGI request; raises ConnectionDropped where a fault wants the socket closed."""
        return respond(self.handle(request_of(environ)), start_response)

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        with self.books.store.lock:
            self.books.settle()
        if request.path == SERVICE_CONNECTOR or request.path.startswith(SERVICE_CONNECTOR + "/"):
            return self._service(request)
        if request.path.startswith(REST_CONNECTOR + "/"):
            return self._rest(request)
        if request.path in OTHER_CONNECTORS:
            refusal = SoapFault(158, 10505, "Integration Gateway - message could not be parsed. (158,10505)")
            return text_response(200, soap.ib_response(refusal), XML_TYPE)
        if request.method == "GET" and is_journal_page(request.path):
            return journal_page(self.books, request)
        return text_response(404, "<html><head><title>404 Not Found</title></head></html>", "text/html")

    def close(self) -> None:
        """Close the file of the books."""
        self.books.close()

    # The service listening connector: WSDL, schemas, SOAP.

    def _service(self, request: Request) -> Response:
        proxy = self.site.proxy_user
        if proxy is not None and _basic(request) != (proxy.name, proxy.password):
            return _unauthorized("gateway")
        parts = [part for part in request.path[len(SERVICE_CONNECTOR) :].split("/") if part]
        document = parts.pop() if parts and parts[-1].endswith((".wsdl", ".xsd")) else ""
        node = parts[0] if len(parts) == 1 else ""
        if len(parts) > 1 or (node and node != self.site.node) or (self.site.is_node_required and not node):
            return soap.fault(soap.contact_error(), self.site.switches.fault_http_status)
        if request.method == "GET":
            return self._document(request, document, node)
        if request.method != "POST" or (document and not self.site.switches.is_wsdl_post_accepted):
            return text_response(405, "", "text/plain").with_headers(("Allow", "GET, POST"))
        return self._soap(request)

    def _document(self, request: Request, document: str, node: str) -> Response:
        asked = {"GetWSDL": "wsdl", "GetSchema": "xsd"}.get(request.first("Operation") or "")
        if asked:
            document = f"{request.first(asked) or ''}.{asked}"
        profile = self.site.profile
        if document == f"{profile.wsdl_name}.wsdl":
            fault = self._taken("GetWSDL")
            text = wsdl(profile, self.site.switches.wsdl_address or _address(request, node))
            return self._with(fault, lambda: text_response(200, text, XML_TYPE))
        message = re.fullmatch(r"(M\d+)\.V1\.xsd", document)
        try:
            return text_response(200, schema(profile, message.group(1) if message else ""), XML_TYPE)
        except KeyError:
            refusal = SoapFault(158, 10507, f"{document or 'The document'} does not exist. (158,10507)")
            return text_response(404, soap.ib_response(refusal), XML_TYPE)

    def _soap(self, request: Request) -> Response:
        alias = _alias(request)
        method = self.site.profile.method_of(alias)
        fault = self._taken(method) if method else None
        if fault is not None and fault.kind == mischief.COMMITS_LATER:
            return self._commit_later(request, method or "", alias, fault)
        if fault is not None and fault.kind == mischief.DELIVERED_TWICE:
            self._answered(request, method, alias)
            return self._answered(request, method, alias)
        if fault is not None and fault.kind == mischief.GATEWAY_ERROR:
            if fault.after:
                self._answered(request, method, alias)
            return text_response(fault.status, soap.ib_response(soap.contact_error()), XML_TYPE)
        return self._with(fault, lambda: self._answered(request, method, alias))

    def _answered(self, request: Request, method: str | None, alias: str) -> Response:
        envelope = soap.SOAP_11
        try:
            call = soap.parse_call(request.body)
            envelope = call.envelope
            with self.books.store.transaction():
                operator = self._operator(call, method, alias)
                self._expect_new_message(request)
                return soap.answer(self._interface.call(method or "", call.root, operator), envelope)
        except SoapFault as refusal:
            return soap.fault(refusal, self.site.switches.fault_http_status, envelope)

    def _commit_later(self, request: Request, method: str, alias: str, fault: Fault) -> Response:
        """Save in a while what is a valid Create; refuse at once what is not, as the real broker does."""
        assert method == "Create", method
        try:
            call = soap.parse_call(request.body)
            operator = self._operator(call, method, alias)
            header, lines = self._interface.read(method, call.root)
        except SoapFault as refusal:
            return soap.fault(refusal, self.site.switches.fault_http_status)
        self.books.create_later(header, lines, operator, fault.seconds)
        if fault.status:
            return proxy_page(fault.status)
        raise ConnectionDropped("The emulated server closed the connection and goes on saving.")

    def _operator(self, call: SoapCall, method: str | None, alias: str) -> User:
        """Return who calls; raise SoapFault for a bad token, no default user, no such operation, no permission."""
        if call.user:
            operator = self.site.user(call.user)
            if operator is None or operator.password != call.password:
                raise SoapFault(158, 45, "User password failed. (158,45)", [call.user])
        else:
            operator = self.site.user(self.site.anonymous_user)
            if operator is None:
                raise SoapFault(158, 55, "UserName not defined in database. (158,55)", ["ANONYMOUS"])
        if method is None:
            text = "Unable to find a routing corresponding to the incoming request message. (158,10505)"
            raise SoapFault(158, 10505, text, [alias])
        operation = self.site.profile.operation(method)
        if operation in operator.operations_denied:
            text = f"User {operator.name} not authorized to invoke Service Operation {operation}. (158,536)"
            raise SoapFault(158, 536, text, [operator.name, operation])
        return operator

    def _expect_new_message(self, request: Request) -> None:
        message_id = request.header("ExternalMessageID") or request.first("ExternalMessageID") or ""
        if len(message_id) > EXTERNAL_MESSAGE_ID_LENGTH:
            raise SoapFault(158, 10508, "ExternalMessageID is longer than 70 characters. (158,10508)")
        if not message_id or not self.site.switches.is_external_message_id_honoured:
            return
        name = f"external_message/{message_id}"
        if self.books.store.setting(name, ""):
            raise SoapFault(158, 10509, "Duplicate ExternalMessageID. (158,10509)", [message_id])
        self.books.store.remember(name, "seen")

    # The REST listening connector: ExecuteQuery.

    def _rest(self, request: Request) -> Response:
        parts = [unquote(part) for part in request.path[len(REST_CONNECTOR) :].strip("/").split("/")]
        is_query = len(parts) > 2 and parts[0] == self.site.node and parts[1].lower() == "executequery.v1"
        if not is_query or request.method != "GET":
            return failure_answer(self.site, "There is no such REST service operation.", 404)
        user, password = _basic(request)
        operator = self.site.user(user)
        if operator is None or operator.password != password:
            return _unauthorized("PeopleSoft")
        query = query_named(self.site, parts[3]) if len(parts) > 3 else None
        fault = self._taken("ExecuteQuery") or (self._taken(query.name) if query else None)
        of_rows = fault if fault is not None and fault.kind in mischief.OF_ROWS else None

        def work() -> Response:
            with self.books.store.lock:
                return execute_query(self.books, parts[2:], request, operator, of_rows)

        if of_rows:
            return work()
        error = failure_answer(self.site, "The query could not be run.")
        return with_fault(fault, work, error=lambda code: replace(error, status=code), sleep=self.clock.sleep)

    def _taken(self, operation: str) -> Fault | None:
        self.calls.append(operation)
        return self.faults.take(operation)

    def _with(self, fault: Fault | None, work: Callable[[], Response]) -> Response:
        return with_fault(
            fault, work, error=lambda code: soap.fault(soap.contact_error(), code), sleep=self.clock.sleep
        )


def build_app(
    site: Site, clock: Clock | None = None, faults: FaultPlan | None = None, state_path: Path | None = None
) -> PeopleSoft:
    """Return the WSGI application of a site; without a path its books live as long as the object."""
    return PeopleSoft(site, clock or SystemClock(), faults or FaultPlan(), state_path)


def _address(request: Request, node: str) -> str:
    base = f"{request.scheme}://{request.host}{request.prefix}{SERVICE_CONNECTOR}"
    return f"{base}/{node}" if node else base


def _alias(request: Request) -> str:
    """Return the operation alias: SOAPAction first, then headers, then the query string."""
    action = (request.header("SOAPAction") or "").strip().strip('"')
    if not action:
        found = re.search(r'action="([^"]*)"', request.header("Content-Type") or "")
        action = found.group(1) if found else ""
    if action.startswith("http://peoplesoft.com/"):
        # http://peoplesoft.com/{Op}/{From}/{Password}/{To}; older gateways put a connector name first.
        action = action.removeprefix("http://peoplesoft.com/").split("/")[0]
    headers = request.header("Operation") or request.header("OperationName") or ""
    return action or headers or request.first("Operation") or request.first("OperationName") or ""


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, encoded = (request.header("Authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _unauthorized(realm: str) -> Response:
    page = "<html><head><title>401 Unauthorized</title></head></html>"
    return text_response(401, page, "text/html").with_headers(("WWW-Authenticate", f'Basic realm="{realm}"'))
