"""Put an emulator behind an HTTP client without a socket, and let it fail the way a socket fails.

In: a WSGI application. Out: an httpx transport. What httpx's own WSGI transport leaves out is added here: a dropped
connection, a body shorter than its Content-Length and an answer slower than the read time-out arrive as the errors
that httpx raises for a real connection (httpx `docs/exceptions`), so that tests exercise the client's real handling.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from emulators.clock import Clock
from emulators.faults import ConnectionDropped
from emulators.wsgi import WsgiApplication


class InProcessTransport(httpx.BaseTransport):
    """Answer every request from a WSGI application.

    Args:
        app: The emulator.
        clock: The emulator's clock; when given, an answer that took longer on it than the request's read time-out
            raises `httpx.ReadTimeout`, although the emulator did the work.
    """

    def __init__(self, app: WsgiApplication, clock: Clock | None = None) -> None:
        self._inner = httpx.WSGITransport(app=app)
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Run the application; raise the transport error that a real connection would show."""
        started = self._clock.now() if self._clock else None
        try:
            response = self._inner.handle_request(request)
        except ConnectionDropped as error:
            raise httpx.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            ) from error
        if self._clock and started is not None:
            self._refuse_late(request, (self._clock.now() - started).total_seconds())
        declared = response.headers.get("content-length")
        if declared is not None and request.method != "HEAD":
            stream = response.stream
            assert isinstance(stream, httpx.SyncByteStream)
            response.stream = _MeasuredStream(stream, int(declared), request)
        return response

    def _refuse_late(self, request: httpx.Request, seconds: float) -> None:
        limit = request.extensions.get("timeout", {}).get("read")
        if limit is not None and seconds > limit:
            raise httpx.ReadTimeout(f"No answer within {limit} seconds.", request=request)


class _MeasuredStream(httpx.SyncByteStream):
    """A body that raises at its end when fewer bytes came than were promised."""

    def __init__(self, inner: httpx.SyncByteStream, bytes_declared: int, request: httpx.Request) -> None:
        self._inner = inner
        self._bytes_declared = bytes_declared
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._inner:
            received += len(chunk)
            yield chunk
        if received < self._bytes_declared:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body"
                f" (received {received} bytes, expected {self._bytes_declared})",
                request=self._request,
            )

    def close(self) -> None:
        self._inner.close()
