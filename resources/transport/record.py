"""Keep a trail of every exchange with the outside: what was asked, what came back, how long it took, secrets cut out.

In: requests on their way through the rings. Out: one `Exchange` per attempt, handed to a `Recorder`; its id is left in
`request.extensions["exchange"]` and `response.extensions["exchange"]`, so that a posting or a finding can point at it.
When the recorder fails, the call fails: an exchange with an ERP that left no trail must not look like a success.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import httpx

from resources.clock import Clock
from resources.transport.redact import redact_body, redact_headers, redact_text, redact_url, secrets_of


@dataclass(frozen=True)
class Exchange:
    """One attempt of one request, redacted. Bodies are unpacked; a streamed download has no response body here."""

    connection: str
    operation: str
    method: str
    url: str
    status: int | None
    request_headers: Mapping[str, str]
    request_body: bytes | None
    response_headers: Mapping[str, str]
    response_body: bytes | None
    error: str
    started_at: datetime
    seconds: float
    attempt: int


# The exchanges that this thread of work has had lately; what it decides next, it decides on those.
_LATEST: ContextVar[tuple[str, ...]] = ContextVar("latest_exchanges", default=())
_LATEST_MAX = 32


def take_exchanges() -> tuple[str, ...]:
    """Return the ids of this thread of work's exchanges, once and in order; none when there was none since."""
    latest = _LATEST.get()
    _LATEST.set(())
    return latest


class Recorder(Protocol):
    """Whoever keeps exchanges."""

    def record(self, exchange: Exchange) -> str:
        """Keep one exchange and return its id."""
        ...


class RecordTransport(httpx.BaseTransport):
    """The ring that records; innermost of ours, so that every attempt is seen as it went out."""

    def __init__(self, inner: httpx.BaseTransport, recorder: Recorder, connection: str, clock: Clock) -> None:
        self._inner = inner
        self._recorder = recorder
        self._connection = connection
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on and record what became of it."""
        started_at, started = self._clock.now(), self._clock.monotonic()
        try:
            response = self._inner.handle_request(request)
        except Exception as error:
            self._record(request, None, error, started_at, self._clock.monotonic() - started)
            raise
        try:
            exchange = self._record(request, response, None, started_at, self._clock.monotonic() - started)
        except BaseException:
            response.close()
            raise
        response.extensions["exchange"] = exchange
        return response

    def _record(
        self,
        request: httpx.Request,
        response: httpx.Response | None,
        error: Exception | None,
        started_at: datetime,
        seconds: float,
    ) -> str:
        request_body = request.read()
        kind = request.headers.get("content-type", "")
        secrets = secrets_of(request.headers.multi_items(), request_body, kind)
        exchange = Exchange(
            connection=self._connection,
            operation=operation_of(request),
            method=request.method,
            url=redact_url(str(request.url), secrets),
            status=None if response is None else response.status_code,
            request_headers=redact_headers(request.headers.multi_items(), secrets),
            request_body=redact_body(request_body, kind, secrets) or None,
            response_headers={} if response is None else redact_headers(response.headers.multi_items(), secrets),
            response_body=_body_shown(request, response, secrets),
            error="" if error is None else f"{type(error).__name__}: {redact_text(str(error), secrets)}",
            started_at=started_at,
            seconds=seconds,
            attempt=request.extensions.get("attempt", 1),
        )
        request.extensions["exchange"] = self._recorder.record(exchange)
        _LATEST.set((*_LATEST.get(), request.extensions["exchange"])[-_LATEST_MAX:])
        return request.extensions["exchange"]

    def close(self) -> None:
        """Close what is inside."""
        self._inner.close()


def operation_of(request: httpx.Request) -> str:
    """Return the name under which the caller sent this request, else its method and path."""
    return request.extensions.get("operation") or f"{request.method} {request.url.path}"


def is_streamed(request: httpx.Request) -> bool:
    """Tell whether the caller reads the body piece by piece: then no ring touches it."""
    return request.extensions.get("streamed") is True


def _body_shown(request: httpx.Request, response: httpx.Response | None, secrets: tuple[str, ...]) -> bytes | None:
    if response is None or is_streamed(request):
        return None
    return redact_body(response.content, response.headers.get("content-type", ""), secrets)
