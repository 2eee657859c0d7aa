"""Every exchange with the outside world, as it may be shown: redacted before it comes here.

In: exchanges of the record ring. Out: a number that audit events can point to. Headers and outcome are a row, bodies
are documents under their SHA-256. The rows are a chain of hashes per connection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Row, select

from resources.clock import Clock
from resources.store import schema
from resources.store.columns import facts_text
from resources.store.control import ControlDatabase
from resources.store.documents import DocumentStore
from resources.store.row_chain import RowChain

if TYPE_CHECKING:
    from resources.transport.record import Exchange


_CHAIN = RowChain(schema.exchanges)


@dataclass(frozen=True)
class RecordedExchange:
    """One exchange; bodies are SHA-256 of archived documents, empty where there was none or it was not kept."""

    id: str
    connection: str
    operation: str
    method: str
    url: str
    status: int | None
    request_headers: dict[str, str]
    request_document: str
    response_headers: dict[str, str]
    response_document: str
    error: str
    started_at: datetime
    seconds: float
    attempt: int


class Exchanges:
    """Exchanges in the control database and the document store."""

    def __init__(self, control: ControlDatabase, documents: DocumentStore, clock: Clock) -> None:
        self._control = control
        self._documents = documents
        self._clock = clock

    def record(self, exchange: Exchange) -> str:
        """Keep one exchange; return its number as text. The bodies are durable before the row that names them."""
        values = {
            "connection": exchange.connection,
            "operation": exchange.operation,
            "method": exchange.method,
            "url": exchange.url,
            "status": exchange.status,
            "request_headers": _headers_text(exchange.request_headers),
            "request_document": self._body(exchange.request_body),
            "response_headers": _headers_text(exchange.response_headers),
            "response_document": self._body(exchange.response_body),
            "error": exchange.error,
            "started_at": exchange.started_at,
            "seconds": exchange.seconds,
            "attempt": exchange.attempt,
        }
        with self._control.transaction("traffic") as transaction:
            return str(_CHAIN.add(transaction, values))

    def get(self, exchange_id: str) -> RecordedExchange | None:
        """Return one exchange, None for an unknown number."""
        if not exchange_id.isdecimal():
            return None
        with self._control.reading() as reading:
            query = select(schema.exchanges).where(schema.exchanges.c.id == int(exchange_id))
            row = reading.execute(query).one_or_none()
        return None if row is None else _exchange(row)

    def listing(
        self, connection: str | None = None, operation: str | None = None, after: str = "0", limit: int = 200
    ) -> list[RecordedExchange]:
        """Return exchanges in order, the first `limit` of those after number `after`."""
        wanted = {"connection": connection, "operation": operation}
        query = select(schema.exchanges).filter_by(
            **{name: value for name, value in wanted.items() if value is not None}
        )
        query = query.where(schema.exchanges.c.id > int(after)).order_by(schema.exchanges.c.id).limit(limit)
        with self._control.reading() as reading:
            return [_exchange(row) for row in reading.execute(query)]

    def _body(self, body: bytes | None) -> str:
        return "" if body is None else self._documents.put_bytes(body).sha256


def _headers_text(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    return facts_text(dict(headers))


def _exchange(row: Row) -> RecordedExchange:
    values = {name: value for name, value in row._asdict().items() if name != "hash"}
    values["id"] = str(row.id)
    values["request_headers"] = json.loads(row.request_headers)
    values["response_headers"] = json.loads(row.response_headers)
    return RecordedExchange(**values)
