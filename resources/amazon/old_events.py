"""The financial events of a seller as Amazon's older API tells them: listFinancialEvents of Finances v0.

In: one day. Out: pages of transactions, each archived before it is read. A day is asked for alone, because some events
have no date: those belong to the day they were told for. An event has no id either, so it gets one of what it says; two
that say the same on one page are two. A page that holds too much is refused by Amazon, and asked for smaller
(https://developer-docs.amazon.com/sp-api/reference/listfinancialevents; amzn/selling-partner-api-models issue 501).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.answers import (
    Answer,
    json_of,
    misshapen,
    object_of,
    objects_of,
    text_of,
    told_until,
    utc,
    written,
)
from resources.amazon.door import Door
from resources.amazon.finances import TransactionPage, Unreadable
from resources.amazon.old_event import posted_of, transaction_of
from resources.amazon.paged import PAGES_MAX, Archive
from resources.clock import Clock

# Amazon's last day of it: https://developer-docs.amazon.com/sp-api/docs/sp-api-deprecations
LAST_DAY = date(2027, 8, 27)
# For so long events are kept; older ones come back as nothing (model financesV0).
KEPT_DAYS = 730
_PATH = "/finances/v0/financialEvents"
_PAGE_SIZES = (100, 25, 5, 1)
_DAY = timedelta(days=1)


class OldEvents:
    """The financial events of one connection.

    Args:
        door: Calls the operation.
        clock: Tells what is too recent to be asked for.
    """

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock

    def transactions(self, day: datetime, archive: Archive) -> tuple[TransactionPage, ...]:
        """Return the events posted on the day that begins at a moment, as far as Amazon tells yet.

        `archive` is handed every answer before anything looks inside it, and returns the name it is kept under.

        Raises:
            SourceRefused: A person has to act; without `status` an answer as a whole is not of the documented shape.
            SourceUnavailable: Throttled or out of order beyond all attempts, or the pages do not come to an end.
        """
        start, end = utc(day), told_until(self._clock.now(), utc(day) + _DAY).replace(microsecond=0)
        if start >= end:
            return ()
        span = {"PostedAfter": written(start), "PostedBefore": written(end)}
        for size in _PAGE_SIZES:
            try:
                return tuple(self._pages({**span, "MaxResultsPerPage": str(size)}, start, archive))
            except SourceRefused as refused:
                if refused.status != 400 or size == _PAGE_SIZES[-1]:
                    raise
        raise AssertionError("the last size returns or raises")

    def _pages(self, parameters: Mapping[str, str], day: datetime, archive: Archive) -> Iterator[TransactionPage]:
        connection = self._door.connection
        told: Counter[str] = Counter()
        pages: set[str] = set()
        tokens: set[str] = set()
        token = ""
        for _ in range(PAGES_MAX):
            content = self._door.read(
                "listFinancialEvents", _PATH, {**parameters, **({"NextToken": token} if token else {})}
            )
            document = archive(content)
            payload = _payload_of(connection, content)
            events = object_of(connection, payload, "FinancialEvents")
            said = _canonical(events)
            is_repeated = said in pages and any(events.values())
            if not is_repeated:
                pages.add(said)
                yield _page_of(connection, document, events, day, told)
            token = text_of(connection, payload, "NextToken") or ""
            if not token:
                return
            if token in tokens:
                break
            tokens.add(token)
        raise SourceUnavailable(
            f"Amazon's list of financial events for connection {connection} does not come to an end: {len(tokens) + 1}"
            " pages, and still a further page. Nothing was taken from it; run it again later."
        )


def _payload_of(connection: str, content: bytes) -> Answer:
    body = json_of(connection, "listFinancialEvents", content)
    if not isinstance(body, dict) or not isinstance(body.get("payload"), dict):
        raise misshapen(connection, "the page of listFinancialEvents has no payload")
    if not isinstance(body["payload"].get("FinancialEvents"), dict):
        # A list that is not there is no empty list: money would be missed without a word.
        raise misshapen(connection, "the page of listFinancialEvents has no FinancialEvents")
    return object_of(connection, body, "payload")


def _page_of(connection: str, document: str, events: Answer, day: datetime, told: Counter[str]) -> TransactionPage:
    read, unreadable = [], []
    for list_name in sorted(events):
        for answer in objects_of(connection, events, list_name):
            mark = hashlib.sha256(f"{list_name}\n{_canonical(answer)}".encode()).hexdigest()[:32]
            told[mark] += 1
            event_id = f"v0-{mark}-{told[mark]}"
            try:
                transaction = transaction_of(connection, list_name, answer, event_id, day)
            except SourceRefused as refused:
                posted = _posted_or_day(connection, list_name, answer, day)
                unreadable.append(Unreadable(event_id, posted, str(refused)))
                continue
            if transaction is not None:
                read.append(transaction)
    return TransactionPage(document, tuple(read), tuple(unreadable))


def _posted_or_day(connection: str, list_name: str, answer: Answer, day: datetime) -> datetime:
    try:
        return posted_of(connection, list_name, answer, day)
    except SourceRefused:
        return day


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
