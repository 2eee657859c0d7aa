"""List a seller's financial transactions: `listTransactions` of Amazon's model finances_2024-06-19.

In: requests of one seller. Out: pages inside a `payload`, oldest first. Both ends of a span lie two minutes back, a
span of more than 180 days is answered with nothing, a page may be empty and lead on, an answer to a question for one
marketplace lacks the American orders that sellers ship themselves. Sources:
https://developer-docs.amazon.com/sp-api/reference/listtransactions; amzn/selling-partner-api-models issue 4226.
"""

from __future__ import annotations

import base64
import hashlib
import json
from binascii import Error as BinasciiError
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from emulators.amazon.answers import invalid, read_date_time
from emulators.amazon.carried import carried
from emulators.amazon.parameters import with_known
from emulators.amazon.seen_names import as_seen
from emulators.amazon.settings import Settings
from emulators.amazon.transaction_json import transaction_json
from emulators.amazon.transaction_state import STATUSES, Told, told_at
from emulators.amazon.world import World
from emulators.clock import Clock
from emulators.wsgi import Request, Response, json_response

_NAMES = frozenset({"postedAfter", "postedBefore", "marketplaceId", "transactionStatus", "nextToken"})
_NAMES |= {"relatedIdentifierName", "relatedIdentifierValue"}
_NOT_YET = timedelta(minutes=2)
_SPAN_MAX = timedelta(days=180)
# Of the ten names only these two choose; the others are read and change nothing.
_CHOOSING = frozenset({"FINANCIAL_EVENT_GROUP_ID", "ORDER_ID"})
_UNITED_STATES = "ATVPDKIKX0DER"


@dataclass(frozen=True, slots=True)
class _Question:
    """One question; `after` is None where an identifier chooses alone."""

    after: datetime | None
    before: datetime
    marketplace_id: str | None
    status: str | None
    identifier: tuple[str, str] | None

    def takes(self, told: Told) -> bool:
        """Tell whether a transaction is in the answer."""
        if not (self.after is None or self.after <= told.posted) or told.posted >= self.before:
            return False
        if self.identifier is not None and self.identifier not in told.identifiers:
            return False
        if self.status is not None and told.status != self.status:
            return False
        if self.marketplace_id is None:
            return True
        record = told.record
        is_unseen = record.marketplace_id == _UNITED_STATES and any(one.network == "MFN" for one in record.items)
        return record.marketplace_id == self.marketplace_id and not is_unseen


class Finances:
    """The operation."""

    def __init__(self, world: World, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._clock = clock
        self._settings = settings

    def list_transactions(self, request: Request, seller_id: str) -> Response:
        """Answer one page.

        Raises:
            Refusal: 400 for arguments Amazon does not take.
        """
        request = with_known(request, _NAMES, self._settings)
        now = self._clock.now()
        token = _token_of(request, seller_id)
        question = _question_of(request, now, None if token is None else datetime.fromisoformat(token["before"]))
        if question.after is not None and question.before - question.after > _SPAN_MAX:
            return self._page([], None)
        number = 1 if token is None else token["page"] + 1
        last = None if token is None else tuple(token["last"])
        if number in self._settings.empty_transaction_pages:
            return self._page([], _new_token(request, seller_id, question, last, number))
        found = sorted(self._told(seller_id, question, now), key=_place)
        rest = [one for one in found if last is None or _place(one) > last]
        size = self._settings.transactions_page_size
        page = rest[:size]
        following = _new_token(request, seller_id, question, _place(page[-1]), number) if len(rest) > size else None
        if number in self._settings.repeated_pages:
            following = _new_token(request, seller_id, question, last, number)
        bare = self._settings.bare_transactions
        written = []
        for one in page:
            is_bare = bool(bare) and _number_of(one) % bare == 0
            written.append(transaction_json(one, seller_id, is_bare=is_bare, without=self._settings.bare_breakdowns))
        return self._page(written, following)

    def _page(self, transactions: list[dict[str, Any]], token: str | None) -> Response:
        """Write a page; the last one has no token, or null in its place."""
        payload: dict[str, Any] = {"transactions": transactions}
        if token is not None or self._settings.last_page_token == "null":
            payload["nextToken"] = token
        return json_response(200, {"payload": payload})

    def _told(self, seller_id: str, question: _Question, now: datetime) -> list[Told]:
        settings, history = self._settings, self._world.histories[seller_id]
        names_on, group_on = settings.deferral_names_on, settings.deferral_group_on
        records = [*history.all_transactions(), *carried(history, settings)]
        if settings.leaf_names == "seen":
            records = [as_seen(record) for record in records]
        told = (one for record in records for one in told_at(record, now, names_on, group_on))
        # Nobody knows a settlement by its id before it is closed.
        open_ids = {one.settlement_id for one in history.groups if one.end is not None and one.end > now}
        return [one for one in (_without(one, open_ids) for one in told) if question.takes(one)]


def _without(told: Told, open_ids: set[str]) -> Told:
    """Return what is told without the id of a settlement that is still open."""
    if not any(name == "SETTLEMENT_ID" and value in open_ids for name, value in told.identifiers):
        return told
    return replace(told, identifiers=tuple(one for one in told.identifiers if one[0] != "SETTLEMENT_ID"))


def _place(told: Told) -> tuple[str, str]:
    return told.posted.isoformat(), told.transaction_id


def _number_of(told: Told) -> int:
    return int(hashlib.sha256(told.transaction_id.encode()).hexdigest()[:8], 16)


def _question_of(request: Request, now: datetime, before_fixed: datetime | None) -> _Question:
    name, value = request.first("relatedIdentifierName"), request.first("relatedIdentifierValue")
    if (name is None) != (value is None):
        raise invalid("relatedIdentifierName and relatedIdentifierValue belong together.")
    identifier = (name, value) if name in _CHOOSING and name is not None and value is not None else None
    status = request.first("transactionStatus")
    if status is not None and status not in STATUSES:
        raise invalid("Invalid transactionStatus.")
    after_text, before_text = request.first("postedAfter"), request.first("postedBefore")
    if after_text is None and identifier is None:
        raise invalid("", "Start date cannot be null")
    after = None if after_text is None else read_date_time(after_text, "postedAfter")
    latest = now - _NOT_YET
    before = latest if before_text is None else read_date_time(before_text, "postedBefore")
    if before_fixed is None and (before > latest or (after is not None and (after > latest or after >= before))):
        raise invalid("Dates must be no later than two minutes before the request.")
    return _Question(after, before_fixed or before, request.first("marketplaceId"), status, identifier)


def _arguments(request: Request, seller_id: str) -> str:
    fixed = {name: sorted(values) for name, values in request.query.items() if name != "nextToken"}
    return hashlib.sha256(json.dumps([seller_id, fixed], sort_keys=True).encode()).hexdigest()


def _new_token(request: Request, seller_id: str, question: _Question, last: tuple[str, ...] | None, number: int) -> str:
    content = {
        "arguments": _arguments(request, seller_id),
        "before": question.before.isoformat(),
        "last": list(last or ("", "")),
        "page": number,
    }
    return base64.b64encode(json.dumps(content).encode()).decode()


def _token_of(request: Request, seller_id: str) -> dict[str, Any] | None:
    text = request.first("nextToken")
    if text is None:
        return None
    try:
        token = json.loads(base64.b64decode(text, validate=True))
        is_same = token["arguments"] == _arguments(request, seller_id)
    except (BinasciiError, ValueError, KeyError, TypeError):
        raise invalid("Invalid nextToken.") from None
    if not is_same:
        raise invalid("The other arguments must be those of the first page.")
    return token
