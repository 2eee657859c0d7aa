"""What a settlement or a span of days came to: `listSummary` of Amazon's model finances_2024-06-19.

In: requests of one seller (https://developer-docs.amazon.com/sp-api/reference/listsummary). Out: net proceeds and the
tree they add up from, of what was released: deferred money is nobody's proceeds yet. Whether reserves and carried debts
of a settlement are in its net proceeds no source says; a switch shows both.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from emulators.amazon.answers import date_time, invalid
from emulators.amazon.history import GroupRecord, Leaf, SellerHistory, TransactionRecord
from emulators.amazon.paging import Place, WrongToken, page_of, place_of
from emulators.amazon.parameters import with_known
from emulators.amazon.settings import Settings
from emulators.amazon.transaction_json import money, tree
from emulators.amazon.transfers import marketplaces_of
from emulators.amazon.world import World
from emulators.clock import Clock
from emulators.wsgi import Request, Response, json_response

_NAMES = frozenset({"marketplaceIds", "accountType", "relatedIdentifierName", "relatedIdentifierValue"})
_NAMES |= {"periodStart", "periodEnd", "nextToken"}
_SETTLEMENT = "SETTLEMENT_ID"
_ZERO = Decimal("0.00")
_EXPENSES = frozenset({"ServiceFee", "ProductAdsPayment"})


class Summaries:
    """The operation."""

    def __init__(self, world: World, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._clock = clock
        self._settings = settings

    def list_summary(self, request: Request, seller_id: str) -> Response:
        """Answer one page of summaries, one per marketplace.

        Raises:
            Refusal: 400 for arguments Amazon does not take.
        """
        request = with_known(request, _NAMES, self._settings)
        try:
            place = place_of(request, seller_id, self._clock.now())
        except WrongToken:
            raise invalid("Invalid nextToken.") from None
        found = self._found(request, seller_id, place)
        shown, token = page_of(request, seller_id, place, found, self._settings.summaries_page_size, self._settings)
        body: dict[str, Any] = {"summaries": list(shown)}
        if token is not None:
            body["nextToken"] = token
        return json_response(200, body)

    def _found(self, request: Request, seller_id: str, place: Place) -> list[dict[str, Any]]:
        settlement_id, days = _asked_for(request)
        marketplaces = marketplaces_of(request)
        history = self._world.histories[seller_id]
        if request.first("accountType") not in (None, self._settings.account_type):
            return []
        if settlement_id is not None:
            return [
                self._of_group(history, group, seller_id)
                for group in history.groups
                if group.settlement_id == settlement_id
                and (not marketplaces or group.marketplace_id in marketplaces)
                and group.end is not None
                and group.end <= place.asked
            ]
        assert days is not None
        return [
            self._of_days(history, pair, days, place.asked, seller_id)
            for pair in sorted(history.balances_at_start)
            if not marketplaces or pair[0] in marketplaces
        ]

    def _of_group(self, history: SellerHistory, group: GroupRecord, seller_id: str) -> dict[str, Any]:
        name = (_SETTLEMENT, group.settlement_id)
        records = [record for record in history.all_transactions() if name in record.identifiers]
        leaves = list(_leaves(records))
        if self._settings.summary_carries == "included":
            leaves += _carries(group)
        assert group.end is not None
        written = self._summary(leaves, (group.marketplace_id, group.currency), seller_id)
        written["relatedIdentifiers"] = [
            {"relatedIdentifierName": _SETTLEMENT, "relatedIdentifierValue": group.settlement_id}
        ]
        written["periodStart"] = date_time(group.start, "millis")
        written["periodEnd"] = date_time(group.end, "millis")
        return written

    def _of_days(
        self, history: SellerHistory, pair: tuple[str, str], days: tuple[date, date], now: datetime, seller_id: str
    ) -> dict[str, Any]:
        start = datetime.combine(days[0], time(), UTC)
        end = min(datetime.combine(days[1] + timedelta(days=1), time(), UTC), now)
        records = [
            record
            for record in history.all_transactions()
            if (record.marketplace_id, record.currency) == pair and start <= _released(record) < end
        ]
        written = self._summary(list(_leaves(records)), pair, seller_id)
        for name, day, clock in (("periodStart", days[0], "00:00:00"), ("periodEnd", days[1], "23:59:59")):
            written[name] = day.isoformat()
            if self._settings.dates_told_as == "date_time":
                written[name] += f"T{clock}Z"
        return written

    def _summary(self, leaves: list[Leaf], pair: tuple[str, str], seller_id: str) -> dict[str, Any]:
        marketplace_id, currency = pair
        return {
            "partnerMetadata": {
                "partnerId": seller_id,
                "accountType": self._settings.account_type,
                "marketplaceId": marketplace_id,
            },
            "netProceeds": money(sum((leaf.amount for leaf in leaves), _ZERO), currency),
            "breakdowns": tree(leaves, currency),
        }


def _asked_for(request: Request) -> tuple[str | None, tuple[date, date] | None]:
    """Return a settlement's id, or first and last day."""
    name, value = request.first("relatedIdentifierName"), request.first("relatedIdentifierValue")
    start, end = request.first("periodStart"), request.first("periodEnd")
    if name is not None or value is not None:
        if name != _SETTLEMENT or not value or start is not None or end is not None:
            raise invalid("Invalid input")
        return value, None
    if start is None or end is None:
        raise invalid("Invalid input")
    try:
        days = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        raise invalid("Invalid input") from None
    if days[0] > days[1]:
        raise invalid("Invalid input")
    return None, days


def _released(record: TransactionRecord) -> datetime:
    return record.deferred_until or record.posted


def _leaves(records: Iterable[TransactionRecord]) -> Iterable[Leaf]:
    """Yield the leaves of all transactions below Sales, Refunds, Expenses or Other, one per path."""
    sums: dict[tuple[str, ...], Decimal] = {}
    for record in records:
        for leaf in record.leaves if record.replaced is None else ():
            path = _path(record.transaction_type, leaf.path)
            sums[path] = sums.get(path, _ZERO) + leaf.amount
    for group in ("Sales", "Refunds", "Expenses", "Other"):
        yield from (Leaf(path, amount) for path, amount in sums.items() if path[0] == group)


def _path(transaction_type: str, path: tuple[str, ...]) -> tuple[str, ...]:
    if transaction_type == "Shipment":
        return path if path[0] in ("Sales", "Expenses") else ("Sales", *path)
    inner = path[1:] if path[0] in ("Sales", "Expenses") and len(path) > 1 else path
    if transaction_type == "Refund":
        return ("Refunds", *inner)
    return ("Expenses" if transaction_type in _EXPENSES else "Other", *inner)


def _carries(group: GroupRecord) -> list[Leaf]:
    """Return what a settlement carries in and out."""
    carried = {
        "PreviousReserve": group.reserve_returned,
        "CurrentReserve": -group.reserve_held,
        "CarriedDebt": -group.debt_carried,
    }
    return [Leaf(("Other", name), amount) for name, amount in carried.items() if amount]
