"""List settlement periods the old way: `listFinancialEventGroups` of Amazon's model financesV0, which stays.

In: requests of one seller (https://developer-docs.amazon.com/sp-api/reference/listfinancialeventgroups). Out: groups
inside a `payload`, names in PascalCase, the newest first. An open one has no end and no total, a closed one may lack
its total; no group names its settlement. What is older than two years is not shown, a span of more than 180 days is
answered with nothing, and so is a token that is none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from emulators.amazon.answers import date_time, invalid
from emulators.amazon.history import GroupRecord, PayoutRecord
from emulators.amazon.old_answers import SPAN_MAX, old_money, page_size, payload, span_of
from emulators.amazon.paging import WrongToken, page_of, place_of
from emulators.amazon.parameters import with_known
from emulators.amazon.settings import Settings
from emulators.amazon.transfers import fund_transfer_of
from emulators.amazon.world import World
from emulators.clock import Clock
from emulators.wsgi import Request, Response

_AFTER, _BEFORE = "FinancialEventGroupStartedAfter", "FinancialEventGroupStartedBefore"
_NAMES = frozenset({"MaxResultsPerPage", _AFTER, _BEFORE, "NextToken"})
_KEPT = timedelta(days=730)


class EventGroups:
    """The operation."""

    def __init__(self, world: World, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._clock = clock
        self._settings = settings

    def list_financial_event_groups(self, request: Request, seller_id: str) -> Response:
        """Answer one page of groups.

        Raises:
            Refusal: 400 for arguments Amazon does not take.
        """
        request = with_known(request, _NAMES, self._settings)
        size = page_size(request, usual=10)
        try:
            place = place_of(request, seller_id, self._clock.now(), "NextToken")
        except WrongToken:
            if self._settings.old_token_wrong == "refused":
                raise invalid("Invalid NextToken.") from None
            return payload({"FinancialEventGroupList": []}, None)
        after, before = span_of(request, _AFTER, _BEFORE, place.asked, before_alone=True)
        found = [
            group
            for group in self._world.histories[seller_id].groups
            if max(after or group.start, place.asked - _KEPT) <= group.start < before
        ]
        if after is not None and before - after > SPAN_MAX:
            found = []
        found.sort(key=lambda group: (group.start, group.group_id), reverse=True)
        shown, token = page_of(request, seller_id, place, found, size, self._settings, "NextToken")
        written = [self._written(group, seller_id, place.asked) for group in shown]
        return payload({"FinancialEventGroupList": written}, token)

    def _written(self, group: GroupRecord, seller_id: str, now: datetime) -> dict[str, Any]:
        is_closed = group.end is not None and group.end <= now
        body: dict[str, Any] = {
            "FinancialEventGroupId": group.group_id,
            "ProcessingStatus": "Closed" if is_closed else "Open",
            "BeginningBalance": old_money(group.opening, group.currency),
            "FinancialEventGroupStart": date_time(group.start, "millis"),
        }
        if not is_closed:
            return body
        assert group.end is not None
        body["FinancialEventGroupEnd"] = date_time(group.end, "millis")
        body["OriginalTotal"] = old_money(group.total, group.currency)
        lacking = self._settings.closed_groups_without_total
        if lacking and int.from_bytes(group.group_id.encode(), "big") % lacking == 0:
            body["OriginalTotal"] = None
        payouts = self._world.histories[seller_id].payouts
        payout = next((one for one in payouts if one.group_id == group.group_id), None)
        return body if payout is None or payout.amount <= 0 else body | self._transferred(payout, now)

    def _transferred(self, payout: PayoutRecord, now: datetime) -> dict[str, Any]:
        word, sent = fund_transfer_of(payout, now)
        body: dict[str, Any] = {"FundTransferStatus": word, "AccountTail": payout.account_tail}
        if sent is not None:
            amount, currency = payout.converted or (payout.amount, payout.currency)
            body |= {
                "FundTransferDate": date_time(sent, "millis"),
                "TraceId": payout.trace_id,
                "ConvertedTotal": old_money(amount, currency),
            }
        return body
