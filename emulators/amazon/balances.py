"""What Amazon owes a seller at a moment: `listBalances` of Amazon's model finances_2024-06-19.

In: requests of one seller (https://developer-docs.amazon.com/sp-api/reference/listbalances). Out: a tree per
marketplace: the total is what is available and what is reserved; reserved is what is deferred and what is held back of
the account. A balance is computed from the history: opening, released transactions, payouts that left. It is Amazon's
own view and knows a transaction from the moment it was posted, though the API may tell of it two days later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from emulators.amazon.answers import invalid
from emulators.amazon.history import GroupRecord, PayoutRecord, SellerHistory
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.paging import WrongToken, page_of, place_of
from emulators.amazon.parameters import with_known
from emulators.amazon.settings import Settings
from emulators.amazon.transaction_json import money
from emulators.amazon.world import World
from emulators.clock import Clock
from emulators.wsgi import Request, Response, json_response

BALANCE_TYPES = ("TOTAL", "AVAILABLE", "RESERVED", "DEFERRED", "ACCOUNT_LEVEL_RESERVE")
_NAMES = frozenset({"marketplaceIds", "balanceType", "accountType", "asOfDate", "nextToken"})
_ZERO = Decimal("0.00")
# Amazon ends a day where the marketplace is; America's is the Pacific coast.
_ZONES = {"US": "America/Los_Angeles", "CA": "America/Los_Angeles", "MX": "America/Los_Angeles", "GB": "Europe/London"}
_ZONES |= {"JP": "Asia/Tokyo", "AU": "Australia/Sydney", "SG": "Asia/Singapore", "IN": "Asia/Kolkata"}
_ZONE_OF_EUROPE = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class Balance:
    """One marketplace's balance; what is available may be negative."""

    total: Decimal
    deferred: Decimal
    account_level_reserve: Decimal

    @property
    def reserved(self) -> Decimal:
        """Return what is deferred and what is held back."""
        return self.deferred + self.account_level_reserve

    @property
    def available(self) -> Decimal:
        """Return what is neither."""
        return self.total - self.reserved


def balance_at(
    history: SellerHistory,
    marketplace_id: str,
    currency: str,
    moment: datetime,
    payout_leaves: Literal["created", "paid"] = "created",
) -> Balance:
    """Compute a balance at a moment, what happens at that moment included."""
    released, deferred = history.balances_at_start.get((marketplace_id, currency), _ZERO), _ZERO
    for record in history.all_transactions():
        is_of_it = (record.marketplace_id, record.currency) == (marketplace_id, currency)
        # What was told wrongly for a while never was in the balance.
        if not is_of_it or record.posted > moment or record.replaced is not None:
            continue
        if record.deferred_until is not None and record.deferred_until > moment:
            deferred += record.total
        else:
            released += record.total
    for payout in history.payouts:
        is_of_it = (payout.marketplace_id, payout.currency) == (marketplace_id, currency)
        if is_of_it and payout.amount > 0 and _has_left(payout, moment, payout_leaves):
            released -= payout.amount
    group = _group_at(history, marketplace_id, currency, moment)
    return Balance(released + deferred, deferred, _ZERO if group is None else group.reserve_returned)


def _has_left(payout: PayoutRecord, moment: datetime, payout_leaves: Literal["created", "paid"]) -> bool:
    """Tell whether a payout is out of the balance at a moment."""
    if payout_leaves == "created":
        return payout.created <= moment
    reached = [status for status, since in payout.statuses if since <= moment]
    return bool(reached) and reached[-1] == "PAID"


class Balances:
    """The operation."""

    def __init__(self, world: World, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._clock = clock
        self._settings = settings

    def list_balances(self, request: Request, seller_id: str) -> Response:
        """Answer one page of balances.

        Raises:
            Refusal: 400 for arguments Amazon does not take.
        """
        request = with_known(request, _NAMES, self._settings)
        balance_type = request.first("balanceType") or "TOTAL"
        if balance_type not in BALANCE_TYPES:
            raise invalid("Invalid input")
        try:
            place = place_of(request, seller_id, self._clock.now())
        except WrongToken:
            raise invalid("Invalid nextToken.") from None
        day = self._day(request)
        history = self._world.histories[seller_id]
        found = [
            (marketplace_id, currency)
            for marketplace_id, currency in self._accounts(request, history)
            if day is None or _group_at(history, marketplace_id, currency, self._end_of(day, marketplace_id))
        ]
        size = self._settings.balances_page_size
        shown, token = page_of(request, seller_id, place, found, size, self._settings)
        written = []
        for marketplace_id, currency in shown:
            moment = place.asked if day is None else min(place.asked, self._end_of(day, marketplace_id))
            balance = balance_at(history, marketplace_id, currency, moment, self._settings.balance_payout)
            tree = _tree(balance, balance_type, currency, self._settings)
            tree["partnerMetadata"] = {
                "partnerId": seller_id,
                "accountType": self._settings.account_type,
                "marketplaceId": marketplace_id,
            }
            tree |= self._moment_told(day, moment, marketplace_id)
            written.append(tree)
        body: dict[str, Any] = {"balances": written}
        if token is not None:
            body["nextToken"] = token
        return json_response(200, body)

    def _accounts(self, request: Request, history: SellerHistory) -> list[tuple[str, str]]:
        asked = {part for value in request.query.get("marketplaceIds", []) for part in value.split(",") if part}
        if asked - set(MARKETPLACES):
            raise invalid("Invalid input")
        if request.first("accountType") not in (None, self._settings.account_type):
            return []
        return [pair for pair in sorted(history.balances_at_start) if not asked or pair[0] in asked]

    def _day(self, request: Request) -> date | None:
        text = request.first("asOfDate")
        if text is None:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise invalid("Invalid input") from None
        if day > self._clock.now().date():
            raise invalid("Invalid input")
        return day

    def _end_of(self, day: date, marketplace_id: str) -> datetime:
        """Return the last moment of a day, in UTC or where the marketplace is."""
        zone = UTC if self._settings.balance_day == "utc" else _zone_of(marketplace_id)
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(microseconds=1)

    def _moment_told(self, day: date | None, moment: datetime, marketplace_id: str) -> dict[str, str]:
        if day is not None:
            is_date = self._settings.dates_told_as == "date"
            return {"asOfDate": day.isoformat() if is_date else f"{day.isoformat()}T00:00:00Z"}
        return {"lastUpdatedTime": moment.astimezone(_zone_of(marketplace_id)).isoformat(timespec="seconds")}


def _tree(balance: Balance, balance_type: str, currency: str, settings: Settings) -> dict[str, Any]:
    """Return a balance with those it is made of below it."""
    reserve = balance.account_level_reserve
    amounts = {
        "TOTAL": balance.total,
        "AVAILABLE": balance.available,
        "RESERVED": balance.reserved,
        "DEFERRED": balance.deferred,
        "ACCOUNT_LEVEL_RESERVE": reserve,
    }
    if settings.account_reserve_sign == "negative":
        # As in Amazon's own sample, where the reserve lessens what is deferred: what is available holds it as well.
        amounts |= {"ACCOUNT_LEVEL_RESERVE": -reserve, "RESERVED": balance.deferred - reserve}
        amounts["AVAILABLE"] = balance.total - amounts["RESERVED"]
    parts = {"TOTAL": ("AVAILABLE", "RESERVED"), "RESERVED": ("DEFERRED", "ACCOUNT_LEVEL_RESERVE")}

    def node(name: str) -> dict[str, Any]:
        made: dict[str, Any] = {"balanceType": name, "amount": money(amounts[name], currency)}
        if name in parts:
            made["balances"] = [node(part) for part in parts[name]]
        return made

    return node(balance_type)


def _group_at(history: SellerHistory, marketplace_id: str, currency: str, moment: datetime) -> GroupRecord | None:
    """Return the settlement period a moment lies in, None before the first."""
    begun = [
        group
        for group in history.groups
        if (group.marketplace_id, group.currency) == (marketplace_id, currency) and group.start <= moment
    ]
    return max(begun, key=lambda group: group.start, default=None)


def _zone_of(marketplace_id: str) -> ZoneInfo:
    return ZoneInfo(_ZONES.get(MARKETPLACES[marketplace_id].country, _ZONE_OF_EUROPE))
