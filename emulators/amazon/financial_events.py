"""Read financial events the old way: three operations of Amazon's model financesV0, until 2027-08-27.

In: requests of one seller (https://developer-docs.amazon.com/sp-api/reference/listfinancialevents). Out: up to 34 lists
of events inside a `payload`; a list without events may be absent. Deferred money is hidden until it is released. A span
of more than 180 days is answered with nothing, as is a group of more than two years ago, and a token that is none. Last
day: https://developer-docs.amazon.com/sp-api/docs/sp-api-deprecations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from emulators.amazon.answers import Refusal, invalid
from emulators.amazon.event_json import LISTS, event_of, reserve_event
from emulators.amazon.history import SellerHistory
from emulators.amazon.old_answers import SPAN_MAX, page_size, payload, span_of
from emulators.amazon.paging import Place, WrongToken, page_of, place_of
from emulators.amazon.parameters import with_known
from emulators.amazon.settings import Settings
from emulators.amazon.world import World
from emulators.clock import Clock
from emulators.wsgi import Request, Response

LAST_DAY = date(2027, 8, 27)
_PAGE_NAMES = frozenset({"MaxResultsPerPage", "NextToken"})
_SPAN_NAMES = _PAGE_NAMES | {"PostedAfter", "PostedBefore"}
_KEPT = timedelta(days=730)
_GROUP, _ORDER = "FINANCIAL_EVENT_GROUP_ID", "ORDER_ID"


@dataclass(frozen=True, slots=True)
class _Event:
    """One event: the list it is in, when it was posted, what it belongs to, how it is written."""

    posted: datetime
    place: str
    name: str
    identifiers: frozenset[tuple[str, str]]
    written: dict[str, Any]


class FinancialEvents:
    """The three operations."""

    def __init__(self, world: World, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._clock = clock
        self._settings = settings

    def list_financial_events(self, request: Request, seller_id: str) -> Response:
        """Answer one page of all events.

        Raises:
            Refusal: 400 for arguments Amazon does not take, the status of its switch after the last day.
        """
        return self._answer(request, seller_id, _SPAN_NAMES, None)

    def list_financial_events_by_group_id(self, request: Request, seller_id: str, eventGroupId: str) -> Response:
        """Answer one page of a settlement period's events.

        Raises:
            Refusal: As `list_financial_events`.
        """
        return self._answer(request, seller_id, _SPAN_NAMES, (_GROUP, eventGroupId))

    def list_financial_events_by_order_id(self, request: Request, seller_id: str, orderId: str) -> Response:
        """Answer one page of an order's events.

        Raises:
            Refusal: As `list_financial_events`.
        """
        return self._answer(request, seller_id, _PAGE_NAMES, (_ORDER, orderId))

    def _answer(
        self, request: Request, seller_id: str, names: frozenset[str], identifier: tuple[str, str] | None
    ) -> Response:
        now = self._clock.now()
        if now.date() > LAST_DAY:
            raise Refusal(self._settings.old_events_gone_status, "This operation was removed.")
        request = with_known(request, names, self._settings)
        size = page_size(request, usual=100)
        try:
            place = place_of(request, seller_id, now, "NextToken")
        except WrongToken:
            if self._settings.old_token_wrong == "refused":
                raise invalid("Invalid NextToken.") from None
            return payload({"FinancialEvents": self._lists([])}, None)
        found = self._found(request, seller_id, place, identifier)
        shown, token = page_of(request, seller_id, place, found, size, self._settings, "NextToken")
        limit = self._settings.old_page_events_max
        if limit is not None and len(shown) > limit:
            raise invalid("The response exceeds the maximum number of transactions. Lower MaxResultsPerPage.")
        return payload({"FinancialEvents": self._lists(list(shown))}, token)

    def _found(
        self, request: Request, seller_id: str, place: Place, identifier: tuple[str, str] | None
    ) -> list[_Event]:
        after, before = span_of(request, "PostedAfter", "PostedBefore", place.asked, before_alone=False)
        if after is not None and before - after > SPAN_MAX:
            return []
        oldest = place.asked - _KEPT
        found = [
            event
            for event in _events(self._world.histories[seller_id], place.asked, self._settings)
            if (identifier is None or identifier in event.identifiers)
            and max(after or oldest, oldest) <= event.posted < before
        ]
        return sorted(found, key=lambda event: (event.posted, event.place))

    def _lists(self, events: list[_Event]) -> dict[str, list[dict[str, Any]]]:
        lists: dict[str, list[dict[str, Any]]] = {}
        if self._settings.old_empty_lists == "empty":
            lists = {name: [] for name in LISTS}
        for event in events:
            lists.setdefault(event.name, []).append(event.written)
        return lists


def _events(history: SellerHistory, now: datetime, settings: Settings) -> Iterator[_Event]:
    """Yield what was released and is told by then, reserves among it where Amazon tells of them."""
    for record in history.all_transactions():
        posted = record.deferred_until or record.posted
        is_replaced = record.replaced is not None and record.replaced <= now
        if is_replaced or posted + (record.visible - record.posted) > now:
            continue
        made = event_of(record, posted)
        if made is not None:
            name, written = made
            yield _Event(posted, record.transaction_id, name, frozenset(record.identifiers), written)
    if not settings.old_reserve_events:
        return
    for group in history.groups:
        moves = [("ReserveCredit", group.reserve_returned, group.start)]
        moves += [] if group.end is None else [("ReserveDebit", -group.reserve_held, group.end)]
        for name, amount, moment in moves:
            if amount and moment <= now:
                written = reserve_event(group, name, amount, moment)
                names = frozenset({(_GROUP, group.group_id)})
                yield _Event(moment, group.group_id, "AdjustmentEventList", names, written)
