"""A Fusion pod and its identity domain as one WSGI application.

What comes in: a `Site` (what the pod is), a clock, a plan of faults, a path for the books' file. What goes out: a
callable that answers requests, with `books`, `invoices`, `receipts`, `credit_memos` and `autoinvoice` for tests to look
into, and `calls`, the operations it was asked for.
Addresses: `/oauth2/v1/token`, `/fscmRestApi/resources/11.13.18.05/` (`latest` works too) and
`/fscmService/CreditMemoService`; both hosts are one here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from emulators.clock import Clock, SystemClock
from emulators.faults import Fault, FaultPlan
from emulators.fusion import mischief
from emulators.fusion.answers import (
    ACTION_RESULT_TYPE,
    COLLECTION_TYPE,
    ITEM_TYPE,
    Refusal,
    error_response,
    framework_version,
    json_answer,
)
from emulators.fusion.autoinvoice import AutoInvoice
from emulators.fusion.books import Books
from emulators.fusion.collection import Reading, parse_finder
from emulators.fusion.create_accounting import CreateAccounting
from emulators.fusion.credit_memo_service import PATH as CREDIT_MEMO_PATH
from emulators.fusion.credit_memo_service import CreditMemoService
from emulators.fusion.credit_memo_views import CreditMemoViews
from emulators.fusion.credit_memos import CreditMemos
from emulators.fusion.erp_integrations import ErpIntegrations, operation_of
from emulators.fusion.invoices import Invoices
from emulators.fusion.item_entry import ITEMS, ItemEntry, key_of
from emulators.fusion.journal_changes import change_batch, delete_batch
from emulators.fusion.journal_views import journal_resources
from emulators.fusion.login import Login
from emulators.fusion.masters import master_resources
from emulators.fusion.product_masters import item_row, product_masters
from emulators.fusion.programs import RECEIVABLES_INTERFACE
from emulators.fusion.receipts import REVERSE, Receipts
from emulators.fusion.receivables_masters import receivables_masters
from emulators.fusion.receivables_views import ReceivablesViews
from emulators.fusion.resource import ROW_KEY, Resource, Row
from emulators.fusion.site import NO_PRIVILEGE, Client, Site
from emulators.wsgi import Request, Response, request_of, respond, text_response, with_fault

TOKEN_PATH = "/oauth2/v1/token"
_REST = re.compile(r"(/fscmRestApi/resources/(?:11\.13\.18\.05|latest))/(.+?)/?\Z")


class Fusion:
    """The application; `close()` closes the file of the books."""

    def __init__(self, site: Site, clock: Clock, faults: FaultPlan, state_path: Path | None) -> None:
        self.site = site
        self.clock = clock
        self.faults = faults
        self.books = Books(site, clock, state_path)
        self.login = Login(site, self.books.store, clock)
        self.calls: deque[str] = deque(maxlen=10_000)
        self._erp = ErpIntegrations(self.books)
        self.invoices = Invoices(self.books)
        self.autoinvoice = AutoInvoice(self.books, self.invoices)
        self.books.jobs.install(RECEIVABLES_INTERFACE, self.autoinvoice)
        self.credit_memos = CreditMemos(self.books, self.invoices)
        self.receipts = Receipts(self.books, self.invoices, self.credit_memos)
        self.accounting = CreateAccounting(self.books)
        self._credit_memo_service = CreditMemoService(self.books, self.credit_memos)
        self.items = ItemEntry(self.books)
        views = ReceivablesViews(self.books, self.invoices, self.receipts)
        credit_memo_views = CreditMemoViews(self.books, self.credit_memos)
        self._documents: dict[str, Callable[[str], Row]] = {
            "receivablesInvoices": partial(views.document, "receivablesInvoices"),
            "standardReceipts": partial(views.document, "standardReceipts"),
            "receivablesCreditMemos": credit_memo_views.document,
            ITEMS: self._item,
        }
        self._creations = {
            "receivablesInvoices": ("createReceivablesInvoice", self.invoices.create),
            "standardReceipts": ("createStandardReceipt", self.receipts.create),
            "receivablesCreditMemos": ("createReceivablesCreditMemo", self.credit_memos.create),
            ITEMS: ("createItem", self.items.create),
        }
        self._changes = {
            ("PATCH", "journalBatches"): ("updateJournalBatch", partial(change_batch, self.books)),
            ("DELETE", "journalBatches"): ("deleteJournalBatch", partial(delete_batch, self.books)),
            ("PATCH", "receivablesInvoices"): ("updateReceivablesInvoice", self.invoices.change),
            ("DELETE", "receivablesInvoices"): ("deleteReceivablesInvoice", self.invoices.delete),
            ("DELETE", "standardReceipts"): ("deleteStandardReceipt", self.receipts.delete),
        }
        self._resources = {
            **master_resources(site, self.books.setup),
            **journal_resources(self.books),
            **self._erp.resources(),
            **views.resources(),
            **credit_memo_views.resources(),
            **receivables_masters(site),
            **product_masters(site, self.items, clock),
        }

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one WSGI request; raises ConnectionDropped where a fault wants the socket closed."""
        return respond(self.handle(request_of(environ)), start_response)

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        self.books.settle()
        self.receipts.settle()
        self.accounting.settle()
        if request.path == TOKEN_PATH:
            if request.method != "POST":
                return text_response(405, "Method Not Allowed")
            return self._with(self._taken("token"), request, lambda: self.login.issue(request))
        if request.path == CREDIT_MEMO_PATH:
            return self._credit_memo(request)
        found = _REST.match(request.path)
        if found is None:
            return text_response(404, "<html><head><title>404 Not Found</title></head></html>", "text/html")
        try:
            return self._rest(request, f"{request.scheme}://{request.host}{request.prefix}{found[1]}", found[2])
        except Refusal as refusal:
            return error_response(refusal, request, self.site.switches)

    def close(self) -> None:
        """Close the file of the books."""
        self.books.close()

    def _item(self, key: str) -> Row:
        """Return an item that was just created, visible or not."""
        made = next(one for one in self.items.items(None) if key_of(one.id, one.organization) == key)
        return item_row(made, self.site.inventory.switches.item_updated_attribute)

    def _rest(self, request: Request, base: str, path: str) -> Response:
        client = self.login.caller(request)
        if client is None:
            return _unauthorized()
        if client.role == NO_PRIVILEGE:
            raise Refusal(403, "You aren't authorized to use this resource.")
        parts = path.split("/")
        resource = self._resources.get(parts[0])
        if resource is None:
            raise Refusal(404, f"Not Found: {parts[0][:60]}")
        if request.method == "GET":
            return self._read(request, client, base, parts, resource)
        if parts == ["erpintegrations"] and request.method == "POST":
            return self._submit(request, client, base)
        if request.method == "POST" and len(parts) == 1 and parts[0] in self._creations:
            return self._create(request, client, base, resource)
        if request.method == "POST" and parts[:1] == ["standardReceipts"] and parts[2:] == ["action", REVERSE]:
            return self._reverse_receipt(request, client, base, resource, parts[1])
        if len(parts) == 2 and (request.method, parts[0]) in self._changes:
            return self._change(request, client, base, resource, parts[1])
        raise Refusal(405, f"The method {request.method} isn't allowed on {parts[0]}.")

    def _credit_memo(self, request: Request) -> Response:
        service = self._credit_memo_service
        if request.method == "GET":
            return service.description(request)
        client = self.login.caller(request)
        if client is None:
            return _unauthorized()
        fault = self._taken(service.operation)
        if fault is not None and fault.kind == mischief.COMMITS_LATER:
            return self._later(service.operation, request, client, fault)
        return self._with(fault, request, lambda: service.answer(request, client), service.refused)

    def _read(self, request: Request, client: Client, base: str, parts: list[str], resource: Resource) -> Response:
        operation = _name_of_read(request, parts)
        fault = self._taken(operation)
        change = _changed_rows(fault) if fault and fault.kind in mischief.OF_ROWS else list

        def work() -> Response:
            version = framework_version(request, self.site.switches.allowed_framework_versions)
            reading = Reading(client, version, base, request, self.site.switches, change)
            if parts[1:] == ["describe"]:
                versions = [str(one) for one in self.site.switches.allowed_framework_versions]
                described = {**resource.described(), "allowedFrameworkVersions": versions}
                return json_answer(200, {"Resources": {resource.name: described}})
            return _walked(reading, resource, parts)

        return self._with(None if fault and fault.kind in mischief.OF_ROWS else fault, request, work)

    def _submit(self, request: Request, client: Client, base: str) -> Response:
        framework_version(request, self.site.switches.allowed_framework_versions)
        operation = operation_of(request)
        fault = self._taken(operation)
        if fault is not None and fault.kind == mischief.COMMITS_LATER:
            return self._later("erpintegrations", request, client, fault)
        status = self.site.switches.submit_http_status

        def work(forced: str = "", *, is_rejected: bool = False) -> Response:
            reply = self._erp.submit(request, client, base, forced=forced, is_rejected=is_rejected)
            return json_answer(status, reply, ITEM_TYPE)

        if fault is not None and fault.kind == mischief.REJECTED:
            return work(is_rejected=True)
        if fault is not None and fault.kind == mischief.JOB:
            return work(forced=fault.note)
        return self._with(fault, request, work)

    def _create(self, request: Request, client: Client, base: str, resource: Resource) -> Response:
        operation, create = self._creations[resource.name]
        fault = self._taken(operation)
        if fault is not None and fault.kind == mischief.COMMITS_LATER:
            return self._later(resource.name, request, client, fault)

        def work() -> Response:
            reading = self._reading(request, client, base)
            key = create(request, client)
            return json_answer(201, reading.shown(resource, self._documents[resource.name](key)), ITEM_TYPE)

        return self._with(fault, request, work)

    def _later(self, kind: str, request: Request, client: Client, fault: Fault) -> Response:
        self.books.submit_later(kind, client, request.body, fault.seconds)
        return self._with(_loses_the_caller(fault), request, lambda: Response(200))

    def _change(self, request: Request, client: Client, base: str, resource: Resource, key: str) -> Response:
        operation, change = self._changes[request.method, resource.name]
        fault = self._taken(operation)

        def work() -> Response:
            reading = self._reading(request, client, base)
            with self.books.store.transaction():
                change(reading.row(resource, key), request)
                if request.method == "DELETE":
                    return Response(204)
                return json_answer(200, reading.shown(resource, reading.row(resource, key)), ITEM_TYPE)

        return self._with(fault, request, work)

    def _reverse_receipt(self, request: Request, client: Client, base: str, resource: Resource, key: str) -> Response:
        if not self.site.receivables.switches.has_reverse_receipt:
            raise Refusal(404, f"Not Found: {REVERSE}")
        fault = self._taken(REVERSE)
        reading = self._reading(request, client, base)
        if fault is not None and fault.kind == mischief.COMMITS_LATER:
            row = reading.row(resource, key)
            self.books.submit_later(REVERSE, client, self.receipts.late_body(row[ROW_KEY], request), fault.seconds)
            return self._with(_loses_the_caller(fault), request, lambda: Response(200))

        def work() -> Response:
            self.receipts.act(reading.row(resource, key), request, client)
            return json_answer(200, {"result": "SUCCESS"}, ACTION_RESULT_TYPE)

        return self._with(fault, request, work)

    def _reading(self, request: Request, client: Client, base: str) -> Reading:
        version = framework_version(request, self.site.switches.allowed_framework_versions)
        return Reading(client, version, base, request, self.site.switches)

    def _taken(self, operation: str) -> Fault | None:
        self.calls.append(operation)
        return self.faults.take(operation)

    def _with(
        self,
        fault: Fault | None,
        request: Request,
        work: Callable[[], Response],
        refused: Callable[[Refusal], Response] | None = None,
    ) -> Response:
        """Do the work under a fault; `refused` writes a refusal, as the REST framework does where it isn't given."""

        def shown(refusal: Refusal) -> Response:
            return refused(refusal) if refused else error_response(refusal, request, self.site.switches)

        def guarded() -> Response:
            try:
                return work()
            except Refusal as refusal:
                return shown(refusal)

        if fault is not None and fault.kind == mischief.THROTTLED:
            answer = shown(Refusal(429, "Too many requests."))
            return answer.with_headers(("Retry-After", fault.note)) if fault.note else answer
        if fault is not None and fault.kind == mischief.TOKEN_REVOKED:
            self.login.expire_all()
            return guarded() if fault.after else _unauthorized()
        if fault is not None and fault.kind == mischief.DELIVERED_TWICE:
            guarded()
            return guarded()
        return with_fault(fault, guarded, error=lambda code: shown(Refusal(code)), sleep=self.clock.sleep)


def build_app(
    site: Site, clock: Clock | None = None, faults: FaultPlan | None = None, state_path: Path | None = None
) -> Fusion:
    """Return the WSGI application of a site; without a path its books live as long as the object."""
    return Fusion(site, clock or SystemClock(), faults or FaultPlan(), state_path)


def _walked(reading: Reading, resource: Resource, parts: list[str]) -> Response:
    """Follow `/{key}/child/{name}` down from a resource to the collection or item that is asked for."""
    row: Row | None = None
    place = 1
    while place + 2 < len(parts) and parts[place + 1] == "child":
        row = resource.complete(reading.row(resource, parts[place], row))
        name = parts[place + 2]
        if name not in resource.children:
            raise Refusal(404, f"Not Found: {name[:60]}")
        resource, place = resource.children[name], place + 3
    if place == len(parts):
        return json_answer(200, reading.collection(resource, row, "/".join(parts)), COLLECTION_TYPE)
    if place + 1 == len(parts):
        return json_answer(200, reading.item(resource, parts[place], row, "/".join(parts)), ITEM_TYPE)
    raise Refusal(404, f"Not Found: {'/'.join(parts)[:120]}")


def _unauthorized() -> Response:
    challenge = ("WWW-Authenticate", 'Bearer realm="fusion", error="invalid_token"')
    return text_response(401, "Unauthorized").with_headers(challenge)


def _name_of_read(request: Request, parts: list[str]) -> str:
    if parts[-1] == "describe":
        return "describe"
    if parts[0] == "erpintegrations":
        return parse_finder(request.first("finder") or parts[0])[0]
    children = [parts[place] for place in range(3, len(parts), 3)]
    return children[-1] if children else parts[0]


def _changed_rows(fault: Fault) -> Callable[[list[Row]], list[Row]]:
    return {
        mischief.BLIND: lambda rows: [],
        mischief.BACKWARDS: lambda rows: rows[::-1],
        mischief.REPEATED: lambda rows: [row for row in rows for _ in range(2)],
    }[fault.kind]


def _loses_the_caller(fault: Fault) -> Fault:
    return Fault("html", status=fault.status) if fault.status else Fault("dropped")
