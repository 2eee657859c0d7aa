"""The last look before a request that writes leaves: whoever sends may have lost the right to while it waited.

In: requests that are not flagged repeatable, and what the sender asks before them. Out: the request, or an error of the
connection's own class that says that nothing was sent. It stands inside auth, retry and rate limit, so that no wait
lies between it and the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx

from ledger.errors import ConnectorError

_MAY_WRITE: ContextVar[Callable[[], bool] | None] = ContextVar("may_write", default=None)


@contextmanager
def asked_before_writing(may_write: Callable[[], bool]) -> Iterator[None]:
    """Ask this before every request that writes, as long as the block lasts."""
    token = _MAY_WRITE.set(may_write)
    try:
        yield
    finally:
        _MAY_WRITE.reset(token)


class LastCheckTransport(httpx.BaseTransport):
    """Lets a writing request through while its sender may still write."""

    def __init__(self, inner: httpx.BaseTransport, unavailable: type[ConnectorError]) -> None:
        self._inner = inner
        self._unavailable = unavailable

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on; raise, before anything is sent, when its sender may not write any more."""
        may_write = _MAY_WRITE.get()
        if may_write is not None and request.extensions.get("repeatable") is not True and not may_write():
            raise self._unavailable("Nothing was sent: the right to send ended while the call was being prepared.")
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close what is inside."""
        self._inner.close()
