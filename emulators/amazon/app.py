"""The emulated Amazon as one WSGI application: token endpoint, SP-API of three regions, storage host.

In: a `World`, a clock, a fault plan, settings, a path for what survives restarts. Out: a callable that answers by host
name (`api.amazon.com`, `sellingpartnerapi-eu.amazon.com`, the storage host) or, on a single loopback address, by path
prefix (`/lwa`, `/na`, `/eu`, `/fe`, `/storage`). Operations in faults and in the log have Amazon's names; the token
endpoint is `token`, the storage host `download`. Beside the common faults there are some of Amazon's own, by name:
the OAuth errors, `token_expired`, `token_invalid`, `role_missing`, `link_expired`, `throttled` (429 with its rate).
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emulators.amazon.answers import TOKEN_EXPIRED, TOKEN_INVALID, Refusal, error
from emulators.amazon.catalog_items import PATH as CATALOG_PATH
from emulators.amazon.catalog_items import CatalogItems
from emulators.amazon.finance_routes import add_finance_routes
from emulators.amazon.login import Caller, Login
from emulators.amazon.marketplaces import LOGIN_HOST, MARKETPLACES, REGIONS
from emulators.amazon.orders import Orders
from emulators.amazon.quota import Quota
from emulators.amazon.report_list import ReportList
from emulators.amazon.reports import Reports
from emulators.amazon.settings import Settings
from emulators.amazon.storage import STORAGE_HOST_SUFFIX, Storage
from emulators.amazon.world import FINANCE_ROLE, LISTING_ROLE, ORDER_ROLE, Seller, World
from emulators.clock import Clock, SystemClock
from emulators.faults import ConnectionDropped, Fault, FaultPlan
from emulators.state import State
from emulators.wsgi import Request, Response, Router, json_response, request_of, respond, with_fault

_USER_AGENT_LENGTH_MAX = 500
# Faults of the token endpoint that are OAuth errors: `faults.named("temporarily_unavailable")`.
_LOGIN_FAULTS = frozenset(
    {"server_error", "temporarily_unavailable", "access_denied", "invalid_grant", "invalid_client"}
)
_OPERATIONS_WITHOUT_ROLE = frozenset({"getMarketplaceParticipations"})
# All others want the role for finance.
_ROLES = {"searchOrders": ORDER_ROLE, "getOrder": ORDER_ROLE, "searchCatalogItems": LISTING_ROLE}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line of the log: enough for a test to see what a client did, and nothing secret."""

    operation: str
    method: str
    status: int
    seller_id: str
    header_names: frozenset[str]
    query_names: frozenset[str]


class AmazonApp:
    """The WSGI application; build it with `build_app`."""

    def __init__(
        self, world: World, clock: Clock, faults: FaultPlan, settings: Settings, state_path: Path | str | None
    ) -> None:
        self.world = world
        self.faults = faults
        self.settings = settings
        self.exchanges: deque[Exchange] = deque(maxlen=100_000)
        self._clock = clock
        self._state = State(state_path)
        self._lock = threading.Lock()
        self._login = Login(world, self._state, clock, settings)
        self._quota = Quota(self._state, clock, settings.usage_plans)
        self._reports = Reports(world, self._state, clock, settings)
        self._list = ReportList(self._reports.entries, clock, settings)
        self._orders = Orders(world, clock, settings, self._roles_of)
        self._storage = Storage(self._reports.document, self._state, clock, settings)
        self._router = self._routes()

    def _routes(self) -> Router:
        router, reports = Router(), "/reports/2021-06-30"
        router.add("GET", f"{reports}/reports", "getReports", self._list.get_reports)
        router.add("POST", f"{reports}/reports", "createReport", self._reports.create_report)
        router.add("GET", f"{reports}/reports/{{reportId}}", "getReport", self._reports.get_report)
        router.add("DELETE", f"{reports}/reports/{{reportId}}", "cancelReport", self._reports.cancel_report)
        path = f"{reports}/documents/{{reportDocumentId}}"
        router.add("GET", path, "getReportDocument", self._get_report_document)
        router.add("GET", "/orders/2026-01-01/orders", "searchOrders", self._orders.search_orders)
        router.add("GET", "/orders/2026-01-01/orders/{orderId}", "getOrder", self._orders.get_order)
        catalog = CatalogItems(self.world, self._clock, self.settings)
        router.add("GET", CATALOG_PATH, "searchCatalogItems", catalog.search_catalog_items)
        add_finance_routes(router, self.world, self._clock, self.settings)
        path = "/sellers/v1/marketplaceParticipations"
        router.add("GET", path, "getMarketplaceParticipations", self._get_marketplace_participations)
        return router

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request the WSGI way."""
        return respond(self.handle(request_of(environ)), start_response)

    def expire_access_tokens(self) -> None:
        """Let every access token given out so far be expired."""
        self._login.expire_all()

    def close(self) -> None:
        """Close the state; the same path may be opened again."""
        self._state.close()

    def handle(self, request: Request) -> Response:
        """Answer one request.

        Raises:
            ConnectionDropped: When the fault plan says so.
        """
        service, request = _service_of(request)
        if service == "lwa":
            return self._answered("token", request, lambda: self._token(request))
        if service == "storage":
            return self._answered("download", request, lambda: self._storage.fetch(request))
        if service is None:
            return error(404, "No emulated host or prefix matches this address.")
        return self._call(request, service)

    def _token(self, request: Request) -> Response:
        if request.path != "/auth/o2/token" or request.method != "POST":
            return self._login.error("invalid_request")
        return self._login.issue(request)

    def _call(self, request: Request, region: str) -> Response:
        found = self._router.find(request)
        if found is None:
            return self._signed(error(self.settings.unknown_operation_status), "")
        route, arguments = found

        def work() -> Response:
            try:
                caller = self._admitted(request, region, route.operation)
                if not self._quota.take(caller.client_id, caller.seller_id, route.operation):
                    raise Refusal(429)
                return route.handler(request, caller.seller_id, **arguments)
            except Refusal as refusal:
                return refusal.response()

        return self._answered(route.operation, request, work)

    def _admitted(self, request: Request, region: str, operation: str) -> Caller:
        self._refuse_user_agent(request.header("user-agent") or "")
        caller = self._login.caller(request.header("x-amz-access-token"))
        if self.world.sellers[caller.seller_id].region != region:
            raise Refusal(self.settings.wrong_region_status, self.settings.wrong_region_details)
        if operation not in _OPERATIONS_WITHOUT_ROLE and _ROLES.get(operation, FINANCE_ROLE) not in caller.roles:
            # Amazon says nothing more when the application lacks the role.
            raise Refusal(403, "")
        return caller

    def _roles_of(self, request: Request) -> frozenset[str]:
        return self._login.caller(request.header("x-amz-access-token")).roles

    def _refuse_user_agent(self, user_agent: str) -> None:
        settings = self.settings
        if not user_agent and settings.user_agent_missing_status:
            raise Refusal(settings.user_agent_missing_status, "The user-agent header is missing.")
        if len(user_agent) > _USER_AGENT_LENGTH_MAX and settings.user_agent_long_status:
            raise Refusal(settings.user_agent_long_status, "The user-agent header is longer than 500 characters.")
        if settings.user_agent_form_required and not _is_well_formed(user_agent):
            raise Refusal(settings.user_agent_long_status, "The user-agent header is not of the documented form.")

    def _answered(self, operation: str, request: Request, work: Callable[[], Response]) -> Response:
        fault = self.faults.take(operation)
        try:
            response = self._own_fault(operation, fault)
            if response is None:
                response = with_fault(fault, work, error=error, sleep=self._clock.sleep)
        except ConnectionDropped:
            self._log(operation, request, 0)
            raise
        self._log(operation, request, response.status)
        return response if operation in ("token", "download") else self._signed(response, operation)

    def _own_fault(self, operation: str, fault: Fault | None) -> Response | None:
        """Answer a fault that only Amazon knows, asked for with `faults.named`; None for all others."""
        if fault is None:
            return None
        if operation == "token" and fault.kind in _LOGIN_FAULTS:
            return self._login.error(fault.kind)
        if fault.kind == "throttled":
            # As `faults.status(429)`, which has no such header, but telling the rate that was exceeded.
            rate = self._quota.rate_text(operation) or "0.0167"
            return error(429).with_headers(("x-amzn-RateLimit-Limit", rate))
        if operation == "download" and fault.kind == "link_expired":
            return self._storage.expired()
        details = {"token_expired": TOKEN_EXPIRED, "token_invalid": TOKEN_INVALID, "role_missing": ""}
        return error(403, details[fault.kind]) if fault.kind in details else None

    def _signed(self, response: Response, operation: str) -> Response:
        number = self._state.count_up("requests")
        headers = [("x-amzn-RequestId", str(uuid.uuid5(uuid.NAMESPACE_URL, f"request/{number}")))]
        rate = self._quota.rate_text(operation)
        shown = {"always": True, "never": False, "sometimes": number % 3 != 0}[self.settings.rate_limit_header]
        if rate is not None and shown and (200 <= response.status < 300 or response.status in (400, 404)):
            headers.append(("x-amzn-RateLimit-Limit", rate))
        return response.with_headers(*headers)

    def _log(self, operation: str, request: Request, status: int) -> None:
        seller_id = self._login.seller_of(request.header("x-amz-access-token"))
        line = Exchange(
            operation, request.method, status, seller_id, frozenset(request.headers), frozenset(request.query)
        )
        with self._lock:
            self.exchanges.append(line)

    def _get_report_document(self, request: Request, seller_id: str, reportDocumentId: str) -> Response:
        document = self._reports.document(seller_id, reportDocumentId)
        if document is None:
            raise Refusal(404)
        wanted = (request.first("enableContentEncodingUrlHeader") or "").lower() == "true"
        url = self._storage.link(request, self.world.sellers[seller_id], reportDocumentId, names_encoding=wanted)
        body = {"reportDocumentId": reportDocumentId, "url": url}
        if document.is_gzip:
            body["compressionAlgorithm"] = "GZIP"
        return json_response(200, body)

    def _get_marketplace_participations(self, request: Request, seller_id: str) -> Response:
        seller = self.world.sellers[seller_id]
        return json_response(200, {"payload": [_participation(seller, name) for name in seller.marketplace_ids]})


def build_app(
    world: World,
    clock: Clock | None = None,
    faults: FaultPlan | None = None,
    settings: Settings | None = None,
    state_path: Path | str | None = None,
) -> AmazonApp:
    """Build the emulated Amazon.

    Args:
        world: Sellers, applications, reports, documents; may be changed while the application runs.
        clock: Decides expiry and throttling; the system's clock by default.
        faults: What goes wrong; nothing by default.
        settings: The switches of unverified facts.
        state_path: A file for tokens, buckets and requested reports; None keeps them in memory.
    """
    return AmazonApp(world, clock or SystemClock(), faults or FaultPlan(), settings or Settings(), state_path)


def _service_of(request: Request) -> tuple[str | None, Request]:
    host = request.host.partition(":")[0].lower()
    if host == LOGIN_HOST:
        return "lwa", request
    if host.endswith(STORAGE_HOST_SUFFIX):
        return "storage", request
    for region in REGIONS.values():
        if host == region.host:
            return region.name, request
    first, _, rest = request.path.lstrip("/").partition("/")
    if first in REGIONS or first in ("lwa", "storage"):
        return first, replace(request, path=f"/{rest}")
    return None, request


def _is_well_formed(user_agent: str) -> bool:
    name, _, rest = user_agent.partition("/")
    version, _, attributes = rest.partition("(")
    return bool(name and version.strip() and attributes.endswith(")") and "language=" in attributes.lower())


def _participation(seller: Seller, marketplace_id: str) -> dict[str, Any]:
    marketplace = MARKETPLACES[marketplace_id]
    return {
        "marketplace": {
            "id": marketplace.marketplace_id,
            "countryCode": marketplace.country,
            "name": marketplace.name,
            "defaultCurrencyCode": marketplace.currency,
            "defaultLanguageCode": marketplace.language,
            "domainName": marketplace.domain,
        },
        "storeName": seller.store_name,
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
    }
