"""Try again what is harmless to try again, a bounded number of times, for a bounded time, with jitter.

In: requests whose sender says `extensions["repeatable"] is True`; all others pass once, whatever happens. Out: the
first answer that is final, or the last one that was not, or the last transport error: what to make of it is the
client's matter. Waits are drawn evenly between zero and a bound that doubles ("full jitter",
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that four runs that were refused together
do not come back together.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from resources.clock import Clock
from resources.transport.receive import AnswerTooLarge

PASSING_STATUSES = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long.

    `seconds_max` is counted from the first failure and bounds the start of every further attempt, waits for a rate
    limit included. `statuses` are the answers that may pass.
    """

    attempts_max: int = 6
    seconds_max: float = 300.0
    base_seconds: float = 1.0
    cap_seconds: float = 60.0
    statuses: frozenset[int] = PASSING_STATUSES

    def __post_init__(self) -> None:
        assert self.attempts_max >= 1
        assert self.seconds_max >= 0
        assert 0 < self.base_seconds <= self.cap_seconds

    def bound_seconds(self, attempt: int) -> float:
        """Return the longest wait after that many attempts."""
        return min(self.cap_seconds, self.base_seconds * 2.0 ** min(attempt - 1, 60))


class RetryTransport(httpx.BaseTransport):
    """The ring that repeats. The number of the attempt travels in `request.extensions["attempt"]`.

    An answer that may pass for another reason than its status is told by `extensions["is_passing"]`, a function from
    response to bool (an OAuth error in a 400, for example).
    """

    def __init__(
        self, inner: httpx.BaseTransport, policy: RetryPolicy, clock: Clock, jitter: random.Random | None = None
    ) -> None:
        self._inner = inner
        self._policy = policy
        self._clock = clock
        self._jitter = jitter or random.Random()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, again if need be.

        Raises:
            httpx.TransportError: That of the last attempt.
        """
        attempts_max = self._policy.attempts_max if request.extensions.get("repeatable") is True else 1
        deadline: float | None = None
        # A request may come by more than once (renewed token): what an earlier passage left behind is not its own.
        request.extensions.pop("wait_until", None)
        for attempt in range(1, attempts_max + 1):
            request.extensions["attempt"] = attempt
            response, error = self._attempt(request)
            if response is not None and not self._is_passing(request, response):
                return response
            if deadline is None:
                deadline = self._clock.monotonic() + self._policy.seconds_max
                request.extensions["wait_until"] = deadline
            wait_seconds = self._wait_seconds(attempt, response)
            is_last = attempt == attempts_max or self._clock.monotonic() + wait_seconds > deadline
            if is_last or isinstance(error, AnswerTooLarge):
                return _final(response, error)
            if response is not None:
                response.close()
            self._clock.sleep(wait_seconds)
        raise AssertionError("the loop ends by return or raise")

    def _attempt(self, request: httpx.Request) -> tuple[httpx.Response | None, httpx.RequestError | None]:
        try:
            return self._inner.handle_request(request), None
        except (httpx.TransportError, httpx.DecodingError) as error:
            return None, error

    def _is_passing(self, request: httpx.Request, response: httpx.Response) -> bool:
        told: Callable[[httpx.Response], bool] | None = request.extensions.get("is_passing")
        return response.status_code in self._policy.statuses or (told is not None and told(response))

    def _wait_seconds(self, attempt: int, response: httpx.Response | None) -> float:
        drawn = self._jitter.uniform(0.0, self._policy.bound_seconds(attempt))
        asked = response.headers.get("retry-after", "") if response is not None else ""
        return max(drawn, self._asked_seconds(asked))

    def _asked_seconds(self, asked: str) -> float:
        """Return what a Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3); 0 for anything else."""
        if asked.isascii() and asked.isdigit():
            return float(asked) if len(asked) < 9 else 0.0
        try:
            moment = parsedate_to_datetime(asked)
        except (TypeError, ValueError):
            return 0.0
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self._clock.now()).total_seconds())

    def close(self) -> None:
        """Close what is inside."""
        self._inner.close()


def _final(response: httpx.Response | None, error: httpx.RequestError | None) -> httpx.Response:
    if response is not None:
        return response
    assert error is not None
    raise error
