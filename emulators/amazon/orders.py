"""Find and open orders: `searchOrders` and `getOrder` of Amazon's model orders_2026-01-01.

In: requests of one seller (https://developer-docs.amazon.com/sp-api/reference/searchorders). Out: orders as they are
at that moment, oldest first, without a `payload` around them. A page's token lives 24 hours and wants the arguments it
was given for, but for the page size and the datasets. Personal data is only for who has the role.
"""

from __future__ import annotations

import base64
import hashlib
import json
from binascii import Error as BinasciiError
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from emulators.amazon.answers import Refusal, date_time, invalid, read_date_time
from emulators.amazon.history import OrderRecord
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.order_json import order_json
from emulators.amazon.order_state import STATUSES, is_there, status_of, updated_at
from emulators.amazon.parameters import with_known
from emulators.amazon.settings import Settings
from emulators.amazon.world import PERSONAL_DATA_ROLES, World
from emulators.clock import Clock
from emulators.wsgi import Request, Response, json_response

DATASETS = frozenset(
    {"BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX"}
    | {"PAYMENT", "FULFILLMENT_ORDERS"}
)
_PERSONAL = frozenset({"BUYER", "RECIPIENT"})
_SEARCH_NAMES = frozenset(
    {"createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore", "fulfillmentStatuses"}
    | {"marketplaceIds", "fulfilledBy", "maxResultsPerPage", "paginationToken", "includedData"}
)
# What may change from page to page.
_FREE_NAMES = frozenset({"maxResultsPerPage", "includedData", "paginationToken"})
_TOKEN_LIFE = timedelta(hours=24)
_NOT_YET = timedelta(minutes=2)
# Orders are kept two years; those of Japan, Australia and Singapore since 2016.
_KEPT, _KEPT_LONGER = timedelta(days=730), frozenset({"JP", "AU", "SG"})
# Seen in production for every argument that does not fit: amzn/selling-partner-api-models issue 5144.
_INVALID = "The input you have submitted is not valid. Please check your input and try again."


@dataclass(frozen=True, slots=True)
class _Search:
    """One search; `by_update` says which of an order's two moments counts."""

    by_update: bool
    after: datetime
    before: datetime
    statuses: frozenset[str]
    marketplaces: frozenset[str]
    fulfilled_by: frozenset[str]


class Orders:
    """The two operations.

    Args:
        roles: Returns the roles behind a request's access token.
    """

    def __init__(
        self, world: World, clock: Clock, settings: Settings, roles: Callable[[Request], frozenset[str]]
    ) -> None:
        self._world = world
        self._clock = clock
        self._settings = settings
        self._roles = roles

    def search_orders(self, request: Request, seller_id: str) -> Response:
        """Answer one page of orders.

        Raises:
            Refusal: 400 for arguments Amazon does not take, 403 for personal data without the role.
        """
        now = self._clock.now()
        request = with_known(request, _SEARCH_NAMES, self._settings, _refused())
        included = self._included(request)
        size = _page_size(request)
        token = _token_of(request, seller_id, now)
        # The end of the search is fixed by its first page, or orders would slip in and out between pages.
        search = _search_of(request, now, None if token is None else datetime.fromisoformat(token["before"]))
        found = self._found(seller_id, search, now)
        if token is not None:
            found = [pair for pair in found if list(pair[0]) > token["last"]]
        page = found[:size]
        body: dict[str, Any] = {
            "orders": [order_json(order, now, included, self._settings) for _, order in page],
            "lastUpdatedBefore" if search.by_update else "createdBefore": date_time(search.before, "millis"),
        }
        if len(found) > size:
            body["pagination"] = {"nextToken": _new_token(request, seller_id, now, search, page[-1][0])}
        return json_response(200, body)

    def get_order(self, request: Request, seller_id: str, orderId: str) -> Response:
        """Answer one order.

        Raises:
            Refusal: 404 when the seller has no such order; 400 and 403 as in a search.
        """
        request = with_known(request, {"includedData"}, self._settings, _refused())
        now, included = self._clock.now(), self._included(request)
        for order in self._world.histories[seller_id].orders:
            if order.order_id == orderId and is_there(order, now) and _is_kept(order, now):
                return json_response(200, {"order": order_json(order, now, included, self._settings)})
        raise Refusal(404)

    def _included(self, request: Request) -> frozenset[str]:
        included = _list_of(request, "includedData", DATASETS)
        wanted = included & _PERSONAL
        if wanted and not self._roles(request) & PERSONAL_DATA_ROLES:
            if self._settings.personal_data_without_role == "refused":
                raise Refusal(403, "")
            return included - _PERSONAL
        return included

    def _found(self, seller_id: str, search: _Search, now: datetime) -> list[tuple[tuple[str, str], OrderRecord]]:
        """Return the orders of a search, each with what it is sorted by."""
        found = []
        for order in self._world.histories[seller_id].orders:
            if not is_there(order, now) or not _is_kept(order, now):
                continue
            moment = updated_at(order, now) if search.by_update else order.purchased
            if (
                search.after <= moment <= search.before
                and (not search.statuses or status_of(order, now) in search.statuses)
                and (not search.marketplaces or order.marketplace_id in search.marketplaces)
                and (not search.fulfilled_by or ("AMAZON" if order.is_by_amazon else "MERCHANT") in search.fulfilled_by)
            ):
                found.append(((moment.isoformat(timespec="microseconds"), order.order_id), order))
        return sorted(found, key=lambda pair: pair[0])


def _refused() -> Refusal:
    return invalid("", _INVALID)


def _is_kept(order: OrderRecord, now: datetime) -> bool:
    is_longer = MARKETPLACES[order.marketplace_id].country in _KEPT_LONGER
    return is_longer or order.purchased >= now - _KEPT


def _search_of(request: Request, now: datetime, before_fixed: datetime | None) -> _Search:
    created, updated = request.first("createdAfter"), request.first("lastUpdatedAfter")
    if (created is None) == (updated is None):
        raise _refused()
    by_update = updated is not None
    if ("createdBefore" if by_update else "lastUpdatedBefore") in request.query:
        raise _refused()
    after_name, before_name = (
        ("lastUpdatedAfter", "lastUpdatedBefore") if by_update else ("createdAfter", "createdBefore")
    )
    after = read_date_time(request.first(after_name) or "", after_name)
    before_text = request.first(before_name)
    latest = now - _NOT_YET
    before = latest if before_text is None else read_date_time(before_text, before_name)
    if before_fixed is None and (before > latest or after > before):
        raise _refused()
    marketplaces = _list_of(request, "marketplaceIds", None)
    if len(marketplaces) > 50:
        raise _refused()
    return _Search(
        by_update=by_update,
        after=after,
        before=before_fixed or before,
        statuses=_list_of(request, "fulfillmentStatuses", frozenset(STATUSES)),
        marketplaces=marketplaces,
        fulfilled_by=_list_of(request, "fulfilledBy", frozenset({"MERCHANT", "AMAZON"})),
    )


def _list_of(request: Request, name: str, allowed: frozenset[str] | None) -> frozenset[str]:
    values = frozenset(part for value in request.query.get(name, []) for part in value.split(",") if part)
    if (name in request.query and not values) or (allowed is not None and values - allowed):
        raise _refused()
    return values


def _page_size(request: Request) -> int:
    text = request.first("maxResultsPerPage")
    if text is None:
        return 100
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise _refused()
    return int(text)


def _fixed_arguments(request: Request, seller_id: str) -> str:
    fixed = {name: sorted(values) for name, values in request.query.items() if name not in _FREE_NAMES}
    return hashlib.sha256(json.dumps([seller_id, fixed], sort_keys=True).encode()).hexdigest()


def _new_token(request: Request, seller_id: str, now: datetime, search: _Search, last: tuple[str, str]) -> str:
    content = {
        "arguments": _fixed_arguments(request, seller_id),
        "issued": now.isoformat(),
        "before": search.before.isoformat(),
        "last": list(last),
    }
    return base64.b64encode(json.dumps(content).encode()).decode()


def _token_of(request: Request, seller_id: str, now: datetime) -> dict[str, Any] | None:
    text = request.first("paginationToken")
    if text is None:
        return None
    try:
        token = json.loads(base64.b64decode(text, validate=True))
        is_alive = now - datetime.fromisoformat(token["issued"]) <= _TOKEN_LIFE
        is_same = token["arguments"] == _fixed_arguments(request, seller_id)
    except (BinasciiError, ValueError, KeyError, TypeError):
        raise _refused() from None
    if not is_alive or not is_same:
        raise _refused()
    return token
