"""Take the whole answer in before any other ring looks at it, and never more of it than is sane.

In: an answer on its way. Out: the same answer with its body read and unpacked, or a transport error that the retry
ring understands. A body that breaks off counts as a dropped connection here, not as somebody else's surprise later.
Requests with `extensions["streamed"]` keep their open body: the caller bounds its size and checks it. Every body has a
deadline as a whole, because a read timeout alone lets one byte a minute go on for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx

from resources.transport.record import is_streamed

RESPONSE_BYTES_MAX = 64 * 1024 * 1024
STREAMED_SECONDS_MAX = 600.0
READ_TIMEOUTS_MAX = 2  # a body read here may take this many read timeouts
_READ_SECONDS = 60.0  # when a request names no read timeout

# Describe the body as it was on the wire; after it was read and unpacked they would be untrue.
_WIRE_HEADERS = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class AnswerTooLarge(httpx.RemoteProtocolError):
    """More bytes came than any answer of this system should have; never repeated."""


class _TimedStream(httpx.SyncByteStream):
    """A body that must be over by a moment of a monotonic clock."""

    def __init__(
        self, inner: httpx.SyncByteStream, request: httpx.Request, seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._inner = inner
        self._request = request
        self._seconds = seconds
        self._monotonic = monotonic
        self._until = monotonic() + seconds

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._inner:
            if self._monotonic() > self._until:
                raise httpx.ReadTimeout(f"The body took more than {self._seconds:g} seconds.", request=self._request)
            yield piece

    def close(self) -> None:
        self._inner.close()


class ReceiveTransport(httpx.BaseTransport):
    """The ring around the socket.

    Args:
        inner: The socket, or an application in process.
        bytes_max: Largest body taken in, counted after unpacking.
        monotonic: Seconds that never run backwards, for the deadline of a body.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        bytes_max: int = RESPONSE_BYTES_MAX,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._bytes_max = bytes_max

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on and read the answer.

        Raises:
            httpx.TransportError: The connection failed, before or inside the body, or the body took too long (for a
                streamed one raised to its reader): 600 seconds streamed, two read timeouts otherwise.
            AnswerTooLarge: The body is larger than `bytes_max`.
        """
        try:
            response = self._inner.handle_request(request)
            response.stream = self._timed(request, response)
            return response if is_streamed(request) else self._read(request, response)
        except ConnectionError as error:
            # The operating system's own word for it, which an application in process raises as well.
            raise httpx.ReadError(f"Connection lost: {type(error).__name__}", request=request) from None

    def _timed(self, request: httpx.Request, response: httpx.Response) -> httpx.SyncByteStream:
        read_seconds = request.extensions.get("timeout", {}).get("read") or _READ_SECONDS
        seconds = STREAMED_SECONDS_MAX if is_streamed(request) else READ_TIMEOUTS_MAX * read_seconds
        assert isinstance(response.stream, httpx.SyncByteStream)
        return _TimedStream(response.stream, request, seconds, self._monotonic)

    def _read(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        # A stand-in for the socket may hand over an answer that is read already: there is no wire to measure.
        declared = "" if response.is_closed else response.headers.get("content-length", "")
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > self._bytes_max:
                    raise AnswerTooLarge(f"The answer is larger than {self._bytes_max} bytes.", request=request)
            received = response.num_bytes_downloaded
        finally:
            response.close()
        if request.method != "HEAD" and declared.isdigit() and received < int(declared):
            raise httpx.RemoteProtocolError(f"The body ended after {received} of {declared} bytes.", request=request)
        # As bytes: header values outside ASCII are sent now and then.
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _WIRE_HEADERS]
        kept = {name: value for name, value in response.extensions.items() if name != "network_stream"}
        return httpx.Response(
            response.status_code, headers=headers, content=bytes(body), request=request, extensions=kept
        )

    def close(self) -> None:
        """Close what is inside."""
        self._inner.close()
