"""What Amazon paid out and will pay: `listPayouts` and `listExpectedPayouts` of Amazon's model transfers_2024-06-01.

In: requests of one seller (https://developer-docs.amazon.com/sp-api/reference/listpayouts). Out: payouts as they stand
by the clock, per marketplace, the newest first: a settlement of zero or less has an entry that says NO_PAYOUT and no
amount. `initiatePayout` would move money: it is refused, and the log of the application shows that it was asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from emulators.amazon.answers import Refusal, date_time, invalid, read_date_time
from emulators.amazon.balances import balance_at
from emulators.amazon.history import GroupRecord, PayoutRecord
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.paging import Place, WrongToken, page_of, place_of
from emulators.amazon.parameters import with_known
from emulators.amazon.settings import Settings
from emulators.amazon.transaction_json import money
from emulators.amazon.world import World
from emulators.clock import Clock
from emulators.wsgi import Request, Response, json_response

_PAYOUT_NAMES = frozenset({"marketplaceIds", "createdAfter", "createdBefore", "payoutId", "accountType", "nextToken"})
_EXPECTED_NAMES = frozenset({"marketplaceIds", "accountType", "nextToken"})
_ACCOUNT_TYPE = "STANDARD_ORDERS"
_CYCLE = timedelta(days=14)
# Statuses with which money is on its way or arrived: the bank's id exists from then on.
_SENT = frozenset({"IN_TRANSIT", "PAID", "FAILED"})
_FAILURE = "The bank account could not be credited."


class Transfers:
    """The three operations."""

    def __init__(self, world: World, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._clock = clock
        self._settings = settings

    def list_payouts(self, request: Request, seller_id: str) -> Response:
        """Answer one page of payouts.

        Raises:
            Refusal: 400 for arguments Amazon does not take.
        """
        request = with_known(request, _PAYOUT_NAMES, self._settings)
        place = self._place(request, seller_id)
        after, before = _moment(request, "createdAfter"), _moment(request, "createdBefore")
        if after is not None and before is not None and after >= before:
            raise invalid("createdAfter must be before createdBefore.")
        marketplaces, payout_id = marketplaces_of(request), request.first("payoutId")
        account_type = request.first("accountType")
        found = [
            payout
            for payout in self._world.histories[seller_id].payouts
            if payout.created <= place.asked
            and (after is None or payout.created >= after)
            and (before is None or payout.created < before)
            and (payout_id is None or payout.payout_id == payout_id)
            and (account_type is None or payout.account_type == account_type)
            and (not marketplaces or payout.marketplace_id in marketplaces)
        ]
        found.sort(key=lambda payout: payout.created, reverse=True)
        found.sort(key=lambda payout: (payout.marketplace_id, payout.account_type))
        size = self._settings.payouts_page_size
        shown, token = page_of(request, seller_id, place, found, size, self._settings)
        written = [payout_json(payout, seller_id, place.asked, self._settings) for payout in shown]
        return _answer("payouts", written, token)

    def list_expected_payouts(self, request: Request, seller_id: str) -> Response:
        """Answer one page of payouts that are to come, one per open settlement period.

        Raises:
            Refusal: 400 for arguments Amazon does not take.
        """
        request = with_known(request, _EXPECTED_NAMES, self._settings)
        place = self._place(request, seller_id)
        marketplaces, account_type = marketplaces_of(request), request.first("accountType")
        history = self._world.histories[seller_id]
        found = [
            group
            for group in history.groups
            if group.start <= place.asked
            and (group.end is None or group.end > place.asked)
            and (not marketplaces or group.marketplace_id in marketplaces)
            and account_type in (None, _ACCOUNT_TYPE)
        ]
        size = self._settings.payouts_page_size
        shown, token = page_of(request, seller_id, place, found, size, self._settings)
        written = []
        for group in shown:
            due = balance_at(history, group.marketplace_id, group.currency, place.asked).available
            written.append(_expected_json(group, seller_id, due))
        return _answer("expectedPayouts", written, token)

    def initiate_payout(self, request: Request, seller_id: str) -> Response:
        """Refuse: nobody who only keeps books may move money."""
        raise Refusal(403, "")

    def _place(self, request: Request, seller_id: str) -> Place:
        try:
            return place_of(request, seller_id, self._clock.now())
        except WrongToken:
            raise invalid("Invalid nextToken.") from None


def payout_json(payout: PayoutRecord, seller_id: str, now: datetime, settings: Settings) -> dict[str, Any]:
    """Return a payout as it stands at a moment; the newest of its statuses is the current one."""
    told = [(status, moment) for status, moment in payout.statuses if moment <= now]
    told = told or [("STARTED", payout.created)]
    body: dict[str, Any] = {
        "id": payout.payout_id,
        "partnerMetadata": _partner(seller_id, payout.account_type, payout.marketplace_id),
        "currentStatus": told[-1][0],
        "statusHistory": [_status(status, moment) for status, moment in told],
        "creationDate": date_time(payout.created, "millis"),
        "period": {
            "startDate": date_time(payout.period_start, "millis"),
            "endDate": date_time(payout.period_end, "millis"),
        },
        "relatedIdentifiers": [
            {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": payout.settlement_id}
        ],
    }
    if any(status == "NO_PAYOUT" for status, _ in payout.statuses):
        if settings.no_payout_amount == "zero":
            body["amount"] = money(Decimal(0), payout.currency)
        return body
    body |= {
        "type": payout.kind,
        "amount": money(payout.amount, payout.currency),
        "accountTail": payout.account_tail,
        "paymentMethod": "BANK_ACCOUNT",
        "paymentRail": payout.rail,
    }
    if payout.trace_id and any(status in _SENT for status, _ in told):
        body["traceId"] = payout.trace_id
    return body


def marketplaces_of(request: Request) -> frozenset[str]:
    """Return the marketplaces of a request, none for all.

    Raises:
        Refusal: 400 for one that does not exist.
    """
    asked = {part for value in request.query.get("marketplaceIds", []) for part in value.split(",") if part}
    if asked - set(MARKETPLACES):
        raise invalid("Invalid input")
    return frozenset(asked)


def fund_transfer_of(
    payout: PayoutRecord, now: datetime
) -> tuple[Literal["Succeeded", "Processing", "Failed", "Unknown"], datetime | None]:
    """Return how v0 words the state of a payout, and when the money was sent."""
    told = [(status, moment) for status, moment in payout.statuses if moment <= now]
    current = told[-1][0] if told else "STARTED"
    sent = next((moment for status, moment in reversed(told) if status in ("IN_TRANSIT", "PAID")), None)
    words: dict[str, Literal["Succeeded", "Processing", "Failed"]] = {
        "PAID": "Succeeded",
        "STARTED": "Processing",
        "IN_TRANSIT": "Processing",
        "FAILED": "Failed",
    }
    return words.get(current, "Unknown"), sent


def _expected_json(group: GroupRecord, seller_id: str, due: Decimal) -> dict[str, Any]:
    body: dict[str, Any] = {
        "partnerMetadata": _partner(seller_id, _ACCOUNT_TYPE, group.marketplace_id),
        "status": "SCHEDULED" if due > 0 else "NO_PAYOUT_EXPECTED",
        "period": {
            "startDate": date_time(group.start, "millis"),
            "endDate": date_time(group.start + _CYCLE, "millis"),
        },
        "scheduledDate": date_time(group.start + _CYCLE, "millis"),
    }
    if due > 0:
        body |= {"amount": money(due, group.currency), "paymentMethod": "BANK_ACCOUNT"}
    return body


def _status(status: str, moment: datetime) -> dict[str, Any]:
    body = {"status": status, "lastUpdatedDate": date_time(moment, "millis")}
    return body | {"failureReason": _FAILURE} if status == "FAILED" else body


def _partner(seller_id: str, account_type: str, marketplace_id: str) -> dict[str, Any]:
    return {"partnerId": seller_id, "accountType": account_type, "marketplaceId": marketplace_id}


def _moment(request: Request, name: str) -> datetime | None:
    text = request.first(name)
    return None if text is None else read_date_time(text, name)


def _answer(name: str, written: list[dict[str, Any]], token: str | None) -> Response:
    body: dict[str, Any] = {name: written}
    if token is not None:
        body["nextToken"] = token
    return json_response(200, body)
