"""Read orders one by one: the Orders API 2026-01-01, for repair and for detail that no report has.

In: since when, which marketplaces, which statuses. Out: orders, page after page to the end. Searching is one call in
three minutes (https://developer-docs.amazon.com/sp-api/reference/searchorders): for volume there is the report of all
orders. Buyer and recipient are never asked for and never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.answers import json_of, misshapen, object_of, objects_of, text_of, told_until, utc, written
from resources.amazon.door import Door
from resources.amazon.marketplaces import marketplace
from resources.amazon.order import STATUSES, Order, order_of
from resources.amazon.paged import Listed, read_each
from resources.clock import Clock

INCLUDED = ("PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX", "EXPENSE")
# BUYER, RECIPIENT and PAYMENT speak of people and are left alone.
_ALLOWED = frozenset(INCLUDED)
PAGE_SIZE = 100
PAGES_MAX = 2000
# How often a search whose page token has died begins anew.
_RESTARTS_MAX = 2
MARKETPLACES_MAX = 50

# Two years; of these marketplaces since 2016 (https://developer-docs.amazon.com/sp-api/docs/orders-api).
KEPT_DAYS = 730
_KEPT_LONGER = frozenset({"A1VC38T7YXB528", "A39IBJ37TRP1C6", "A19VAU5U5O7RUS"})

_PATH = "/orders/2026-01-01/orders"


class Orders:
    """The orders of one connection.

    Args:
        door: Calls the operations.
        clock: Tells what is too recent to be asked for.
        marketplace_ids: Those of the connection, asked for unless others are named.
    """

    def __init__(self, door: Door, clock: Clock, marketplace_ids: tuple[str, ...]) -> None:
        self._door = door
        self._clock = clock
        self._marketplace_ids = marketplace_ids

    def search(
        self,
        *,
        updated_after: datetime | None = None,
        created_after: datetime | None = None,
        before: datetime | None = None,
        marketplace_ids: Iterable[str] | None = None,
        statuses: Iterable[str] = (),
        included: Iterable[str] = INCLUDED,
        pages_max: int = PAGES_MAX,
    ) -> Iterator[Order]:
        """Yield the orders that were updated (or created) in a span, as Amazon pages them, each state of one once.

        Nothing is complete before the last one came out. Exactly one of the two beginnings is given; the end is as late
        as Amazon allows unless it is named. A page token lives for 24 hours; where it has died, the span is read anew.

        Raises:
            SourceRefused: A person has to act, or an answer is not of the documented shape.
            TooManyPages: There are more pages than `pages_max`.
            SourceUnavailable: Throttled or out of order beyond all attempts, or page tokens die again and again.
        """
        assert (updated_after is None) != (created_after is None), "exactly one of the two beginnings"
        end = told_until(self._clock.now(), before)
        start = utc(updated_after or created_after or end)
        if start >= end:
            return
        kind = "created" if updated_after is None else "lastUpdated"
        parameters = self._parameters(marketplace_ids, statuses, included)
        parameters |= {f"{kind}After": written(start), f"{kind}Before": written(end)}
        yield from self._pages(parameters, pages_max)

    def told_until(self) -> datetime:
        """Return up to which moment Amazon can be asked now, to the second."""
        return told_until(self._clock.now()).replace(microsecond=0)

    def get(self, order_id: str, included: Iterable[str] = INCLUDED) -> Order | None:
        """Return one order; None when the seller has none of that id. Raises as `search`."""
        assert 0 < len(order_id) <= 100, "order ids are 3-7-7"
        assert order_id.strip("."), "dots would be taken out of the path"
        try:
            path = f"{_PATH}/{quote(order_id, safe='')}"
            answer = self._door.get("getOrder", path, {"includedData": _included(included)})
        except SourceRefused as refused:
            if refused.status == 404:
                return None
            raise
        order = order_of(self._door.connection, object_of(self._door.connection, answer, "order"))
        if order.order_id != order_id:
            raise misshapen(self._door.connection, "getOrder answers with another order")
        return order

    def _parameters(
        self, marketplace_ids: Iterable[str] | None, statuses: Iterable[str], included: Iterable[str]
    ) -> dict[str, str]:
        ids, wanted = tuple(self._marketplace_ids if marketplace_ids is None else marketplace_ids), tuple(statuses)
        assert 0 < len(ids) <= MARKETPLACES_MAX, "Amazon takes up to fifty marketplaces"
        assert STATUSES.issuperset(wanted), wanted
        parameters = {"marketplaceIds": ",".join(ids), "maxResultsPerPage": str(PAGE_SIZE)}
        if wanted:
            parameters["fulfillmentStatuses"] = ",".join(wanted)
        return parameters | {"includedData": _included(included)}

    def _pages(self, parameters: Mapping[str, str], pages_max: int) -> Iterator[Order]:
        seen: set[tuple[str, datetime]] = set()
        tokens_seen: set[str] = set()
        token, restarts = "", 0
        for _ in range(pages_max):
            page = self._page(parameters, token)
            if page is None:
                restarts += 1
                if restarts > _RESTARTS_MAX:
                    raise SourceUnavailable(
                        f"Amazon did not go on with the list of orders for connection {self._door.connection}: its page"
                        " token counts for 24 hours, and no longer. Run it again with a shorter span."
                    )
                token = ""
                tokens_seen.clear()
                continue
            fresh = 0
            for order in self._orders_of(page):
                # A page may come twice, and an order that changed while we paged comes with its new state.
                if (order.order_id, order.updated) not in seen:
                    seen.add((order.order_id, order.updated))
                    fresh += 1
                    yield order
            token = self._token_of(page)
            if not token:
                return
            if token in tokens_seen and not fresh:
                raise self._endless(len(seen), len(tokens_seen) + 1)
            tokens_seen.add(token)
        raise TooManyPages(str(self._endless(len(seen), pages_max)))

    def _endless(self, orders: int, pages: int) -> SourceUnavailable:
        return SourceUnavailable(
            f"Amazon's list of orders for connection {self._door.connection} does not come to an end: {orders} orders"
            f" on {pages} pages, and still a further page. Run it again later."
        )

    def _page(self, parameters: Mapping[str, str], token: str) -> Mapping[str, Any] | None:
        """Return a page; None where its token has died."""
        # The other arguments go along unchanged: with others Amazon answers 400 to a token.
        asked = {**parameters, **({"paginationToken": token} if token else {})}
        try:
            content = self._door.read("searchOrders", _PATH, asked)
        except SourceRefused as refused:
            if not token or refused.status != 400:
                raise
            return None
        page = json_of(self._door.connection, "searchOrders", content)
        if not isinstance(page, dict):
            raise misshapen(self._door.connection, "the page of searchOrders is no JSON object")
        return page

    def _token_of(self, page: Mapping[str, Any]) -> str:
        connection = self._door.connection
        return text_of(connection, object_of(connection, page, "pagination"), "nextToken") or ""

    def _orders_of(self, page: Mapping[str, Any]) -> Iterator[Order]:
        if page.get("orders") is None:
            raise misshapen(self._door.connection, "orders are missing")
        entries = [Listed("", one) for one in objects_of(self._door.connection, page, "orders")]
        yield from read_each("Order", "orderId", entries, lambda one: order_of(self._door.connection, one.answer))


class TooManyPages(SourceUnavailable):
    """A search has more pages than the caller wants to wait for."""


def kept_since(marketplace_ids: Iterable[str], today: date) -> date:
    """Return the first day of which Amazon still has all orders of all these marketplaces."""
    ids = set(marketplace_ids)
    if ids and ids <= _KEPT_LONGER:
        return date(2016, 1, 1)
    # Of the oldest day a part is gone already.
    return today - timedelta(days=KEPT_DAYS - 1)


def kept_words(marketplace_ids: Iterable[str], today: date) -> str:
    """Say, marketplace by marketplace, from which day on Amazon still has orders."""
    names: dict[date, list[str]] = {}
    for one in marketplace_ids:
        known = marketplace(one)
        names.setdefault(kept_since((one,), today), []).append(known.settlement_name if known else one)
    told = ", ".join(f"{', '.join(places)} from {day} on" for day, places in sorted(names.items()))
    return f"Amazon keeps orders of {told}."


def _included(included: Iterable[str]) -> str:
    wanted = tuple(included)
    assert _ALLOWED.issuperset(wanted), "data about people is never asked for"
    return ",".join(wanted)
