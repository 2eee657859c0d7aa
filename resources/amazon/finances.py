"""The financial transactions of a seller: Finances API 2024-06-19, listTransactions.

In: a span of time. Out: pages, each archived before it is read, to the last one. Amazon answers a span of more than 180
days with nothing, so a longer one is asked for in parts; a page may be empty and lead on. No marketplace is named: with
one, American orders that the seller ships himself would be missing (model finances_2024-06-19, description of
listTransactions; https://github.com/amzn/selling-partner-api-models/issues/4226).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from resources.amazon.stated import shown
from resources.amazon.transaction import Transaction, posted_of, transaction_of
from resources.clock import Clock

SPAN_MAX = timedelta(days=180)
PAGES_MAX = 5000
_PATH = "/finances/2024-06-19/transactions"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A transaction that cannot be used, and why; `posted` is None where even that cannot be read."""

    name: str
    posted: datetime | None
    sentence: str


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """One page: the name of the archived answer, its transactions, and those that cannot be used."""

    document: str
    transactions: tuple[Transaction, ...]
    unreadable: tuple[Unreadable, ...] = ()


class Finances:
    """The financial transactions of one connection.

    Args:
        door: Calls the operation.
        clock: Tells what is too recent to be asked for.
    """

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock

    def told_until(self, before: datetime) -> datetime:
        """Return up to which moment Amazon can be asked now, `before` at the latest."""
        return told_until(self._clock.now(), before).replace(microsecond=0)

    def transactions(
        self, after: datetime, before: datetime, archive: Callable[[bytes], str]
    ) -> Iterator[TransactionPage]:
        """Yield every page of the transactions posted from `after` on and before `before`, as far as Amazon tells yet.

        Nothing is complete before the last page came out. `archive` is handed every answer before anything looks inside
        it, and returns the name under which it is kept.

        Raises:
            SourceRefused: A person has to act; without `status` an answer as a whole is not of the documented shape.
            SourceUnavailable: Throttled or out of order beyond all attempts, or the pages do not come to an end.
        """
        start, end = utc(after), self.told_until(before)
        while start < end:
            stop = min(end, start + SPAN_MAX)
            yield from self._pages({"postedAfter": written(start), "postedBefore": written(stop)}, archive)
            start = stop

    def _pages(self, parameters: Mapping[str, str], archive: Callable[[bytes], str]) -> Iterator[TransactionPage]:
        connection, token, tokens, ids = self._door.connection, "", set[str](), set[str]()
        for _ in range(PAGES_MAX):
            # The other arguments go along unchanged, as the model asks.
            content = self._door.read(
                "listTransactions", _PATH, {**parameters, **({"nextToken": token} if token else {})}
            )
            document = archive(content)
            payload = _payload_of(connection, content)
            page = _page_of(connection, document, objects_of(connection, payload, "transactions"))
            yield page
            fresh = {one.transaction_id for one in page.transactions} - ids
            ids |= fresh
            token = text_of(connection, payload, "nextToken") or ""
            if not token:
                return
            if token in tokens and not fresh:
                break
            tokens.add(token)
        raise SourceUnavailable(
            f"Amazon's list of transactions for connection {connection} does not come to an end: {len(ids)} of them on"
            f" {len(tokens) + 1} pages, and still a further page. Nothing was taken from it; run it again later."
        )


def _payload_of(connection: str, content: bytes) -> Answer:
    body = json_of(connection, "listTransactions", content)
    if not isinstance(body, dict) or not isinstance(body.get("payload"), dict):
        raise misshapen(connection, "the page of listTransactions has no payload")
    payload = object_of(connection, body, "payload")
    # A list that is not there is no empty list: it would take the place of days that are known.
    if payload.get("transactions") is None:
        raise misshapen(connection, "the page of listTransactions has no transactions")
    return payload


def _page_of(connection: str, document: str, answers: list[Answer]) -> TransactionPage:
    read, unreadable = [], []
    for number, answer in enumerate(answers, start=1):
        try:
            read.append(transaction_of(connection, answer))
        except SourceRefused as refused:
            name = _name_or_number(answer, number, document)
            unreadable.append(Unreadable(name, _posted_or_none(connection, answer), str(refused)))
    return TransactionPage(document, tuple(read), tuple(unreadable))


def _name_or_number(answer: Answer, number: int, document: str) -> str:
    """Name a transaction by its id, or by where it stands in its page."""
    given = answer.get("transactionId")
    return shown(given) if isinstance(given, str) and given else f"number {number} of document {document[:12]}"


def _posted_or_none(connection: str, answer: Answer) -> datetime | None:
    try:
        return posted_of(connection, answer)
    except SourceRefused:
        return None
