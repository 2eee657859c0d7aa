"""Amazon's settlement periods as the older API tells them: listFinancialEventGroups of Finances v0, which stays.

In: a span in which periods began. Out: typed groups, complete or not at all. A closed group says what was transferred,
when, to which account and under which trace, in the marketplace's currency and, where Amazon changed the money, in the
bank's (https://developer-docs.amazon.com/sp-api/reference/listfinancialeventgroups). A span of more than 180 days would
be answered with nothing, so a longer one is asked for in parts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from resources.amazon.answers import needed_text, possible_moment_of, text_of, told_until, utc, written
from resources.amazon.door import Door
from resources.amazon.paged import Archive, Listed, Listing, listed, read_each
from resources.amazon.stated import Stated, shown, stated_of, tail_of
from resources.clock import Clock

SPAN_MAX = timedelta(days=180)
PAGE_SIZE = 100
_GROUPS = Listing(
    "listFinancialEventGroups",
    "/finances/v0/financialEventGroups",
    "FinancialEventGroupList",
    token="NextToken",
    is_wrapped=True,
)


@dataclass(frozen=True, slots=True)
class EventGroup:
    """One settlement period; texts are "" and the rest None where Amazon says nothing.

    `original` is in the marketplace's currency: what was paid out (or charged, below zero) when closed, the present
    balance while open. `converted` is in the bank's currency. Amazon now and then leaves out the total of a closed one.
    """

    group_id: str
    status: str
    transfer_status: str
    original: Stated | None
    converted: Stated | None
    beginning: Stated | None
    transferred: datetime | None
    trace_id: str
    account_tail: str
    start: datetime | None
    end: datetime | None
    document: str

    @property
    def is_closed(self) -> bool:
        """Tell whether the period is over."""
        return self.status == "Closed"

    @property
    def is_converted(self) -> bool:
        """Tell whether Amazon changed the money into the bank's currency."""
        return bool(self.original and self.converted and self.original.currency != self.converted.currency)


class EventGroups:
    """The settlement periods of one connection.

    Args:
        door: Calls the operation.
        clock: Tells what is too recent to be asked for.
    """

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock

    def begun(self, after: datetime, before: datetime, archive: Archive) -> tuple[EventGroup, ...]:
        """Return the periods that began from `after` on and before `before`, each once, as it stood last.

        `archive` is handed every answer before anything looks inside it, and returns the name it is kept under.

        Raises:
            SourceRefused: A person has to act; without `status` an answer is not of the documented shape.
            SourceUnavailable: Throttled or out of order beyond all attempts, or the pages do not come to an end.
        """
        start, end = utc(after), told_until(self._clock.now(), before).replace(microsecond=0)
        found: dict[str, EventGroup] = {}
        while start < end:
            stop = min(end, start + SPAN_MAX)
            span = {
                "MaxResultsPerPage": str(PAGE_SIZE),
                "FinancialEventGroupStartedAfter": written(start),
                "FinancialEventGroupStartedBefore": written(stop),
            }
            entries = listed(self._door, _GROUPS, span, archive)
            read = read_each(
                "Group", "FinancialEventGroupId", entries, lambda one: _group_of(self._door.connection, one)
            )
            for group in read:
                found[group.group_id] = _latest(found.get(group.group_id), group)
            start = stop
        return tuple(found.values())


def _latest(known: EventGroup | None, told: EventGroup) -> EventGroup:
    """Return a group as it was told last; a total that is left out the second time stays."""
    if known is None or told.original is not None:
        return told
    return replace(told, original=known.original)


def _group_of(connection: str, one: Listed) -> EventGroup:
    answer = one.answer
    group_id = needed_text(connection, answer, "FinancialEventGroupId")
    what = f"group {shown(group_id)}"
    return EventGroup(
        group_id=group_id,
        status=text_of(connection, answer, "ProcessingStatus") or "",
        transfer_status=text_of(connection, answer, "FundTransferStatus") or "",
        original=stated_of(connection, answer, "OriginalTotal", what),
        converted=stated_of(connection, answer, "ConvertedTotal", what),
        beginning=stated_of(connection, answer, "BeginningBalance", what),
        transferred=possible_moment_of(connection, answer, "FundTransferDate"),
        trace_id=(text_of(connection, answer, "TraceId") or "").strip(),
        account_tail=tail_of(connection, answer, "AccountTail"),
        start=possible_moment_of(connection, answer, "FinancialEventGroupStart"),
        end=possible_moment_of(connection, answer, "FinancialEventGroupEnd"),
        document=one.document,
    )
