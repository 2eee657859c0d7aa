"""A scripted remote side and a trail, for tests of the rings: no socket, no application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from resources.clock import ManualClock
from resources.transport.record import Exchange
from resources.transport.rings import build_client

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Answer = int | Exception | httpx.Response | Callable[[httpx.Request], httpx.Response]


def manual_clock() -> ManualClock:
    """Return a clock that stands at noon."""
    return ManualClock(START)


class Scripted(httpx.BaseTransport):
    """Answers in the order of a script; the last answer is repeated. Keeps what it was asked, and when."""

    def __init__(self, clock: ManualClock, *answers: Answer) -> None:
        self._clock = clock
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.seconds: list[float] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Take the next answer of the script."""
        self.requests.append(request)
        self.seconds.append(self._clock.monotonic())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer, text=f"answer {answer}")
        return answer(request) if callable(answer) else answer


class Trail:
    """A recorder that keeps everything in a list."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def record(self, exchange: Exchange) -> str:
        """Keep one exchange."""
        self.exchanges.append(exchange)
        return f"exchange-{len(self.exchanges)}"


def client_of(transport: httpx.BaseTransport, clock: ManualClock, **rings: Any) -> httpx.Client:
    """Build a client over a scripted side."""
    return build_client(connection="demo_us", clock=clock, user_agent="Demo/1.0", transport=transport, **rings)


def repeatable(operation: str = "read") -> dict[str, Any]:
    """Return the extensions of a request that may be repeated."""
    return {"operation": operation, "repeatable": True}
