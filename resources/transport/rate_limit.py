"""Stay under the rate that a remote system publishes, together with every other process that talks to it.

In: requests, a function that names the bucket of each, and `Buckets` that everybody shares. Out: the request, sent when
its token exists; or an error sentence when that would take longer than the run may wait. A rate the server announces is
learned; a 429 empties the bucket, because it proves that somebody else spent what we counted on.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import httpx

from ledger.errors import ConnectorError, SourceUnavailable
from resources.clock import Clock
from resources.transport.record import operation_of


@dataclass(frozen=True)
class Limit:
    """The bucket of a request: whose it is, tokens gained per second, tokens it holds when full.

    `kept` are tokens this request leaves to others who draw from the same bucket and must not wait for it.
    """

    key: str
    rate_per_second: float
    burst: int
    kept: int = 0

    def __post_init__(self) -> None:
        assert self.rate_per_second > 0
        assert self.burst >= 1
        assert 0 <= self.kept < self.burst


class Buckets(Protocol):
    """Token buckets by key; a bucket starts full."""

    def reserve(self, key: str, rate_per_second: float, burst: int) -> float:
        """Take one token, in advance if need be, and return the seconds until it exists; 0 means now."""
        ...

    def take_spare(self, key: str, rate_per_second: float, burst: int, kept: int) -> float:
        """Take one token if `kept` are left then, and return 0; else take none and return when to ask again."""
        ...

    def learn(self, key: str, rate_per_second: float) -> None:
        """Use this rate from now on instead of the published one."""
        ...

    def drain(self, key: str) -> None:
        """Hold no token any more: the server said so."""
        ...


@runtime_checkable
class ReturningBuckets(Protocol):
    """Buckets that take a reserved token back when it will not be used.

    Without it, callers that gave up would push everybody else further back, for ever if they come often enough.
    """

    def give_back(self, key: str) -> None:
        """Return one reserved token."""
        ...


def seconds_to_spare(tokens: float, kept: int, rate_per_second: float) -> float:
    """Return how long until a bucket holds one token beside those that are kept; 0 means it does."""
    missing = 1 + kept - tokens
    # Waiting as told is enough, also in binary arithmetic.
    return 0.0 if missing <= _HAIR else missing / rate_per_second


_HAIR = 1e-6

Limits = Callable[[httpx.Request], Limit | None]


@dataclass
class _Bucket:
    tokens: float
    burst: int
    rate_per_second: float
    rate_learned: float | None
    filled_at: float

    def rate(self) -> float:
        return self.rate_per_second if self.rate_learned is None else self.rate_learned

    def fill(self, now: float) -> None:
        self.tokens = min(float(self.burst), self.tokens + max(0.0, now - self.filled_at) * self.rate())
        self.filled_at = now


class MemoryBuckets:
    """Buckets of one process, shared by its threads. A negative count is a queue: tokens promised, not yet there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def reserve(self, key: str, rate_per_second: float, burst: int) -> float:
        """Take one token and return the seconds until it exists."""
        with self._lock:
            bucket = self._filled(key, rate_per_second, burst)
            bucket.tokens -= 1.0
            return max(0.0, -bucket.tokens / bucket.rate())

    def take_spare(self, key: str, rate_per_second: float, burst: int, kept: int) -> float:
        """Take one token if `kept` are left then; else return the seconds until that may be so."""
        with self._lock:
            bucket = self._filled(key, rate_per_second, burst)
            wait_seconds = seconds_to_spare(bucket.tokens, kept, bucket.rate())
            if wait_seconds == 0:
                bucket.tokens -= 1.0
            return wait_seconds

    def _filled(self, key: str, rate_per_second: float, burst: int) -> _Bucket:
        now = self._clock.monotonic()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(float(burst), burst, rate_per_second, None, now)
        bucket.fill(now)
        bucket.burst, bucket.rate_per_second = burst, rate_per_second
        return bucket

    def learn(self, key: str, rate_per_second: float) -> None:
        """Use this rate from now on; unknown keys and rates that are none are left alone."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is not None and math.isfinite(rate_per_second) and rate_per_second > 0:
                bucket.fill(self._clock.monotonic())
                bucket.rate_learned = rate_per_second

    def drain(self, key: str) -> None:
        """Empty the bucket; a queue stays as long as it is."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is not None:
                bucket.fill(self._clock.monotonic())
                bucket.tokens = min(bucket.tokens, 0.0)

    def give_back(self, key: str) -> None:
        """Return one reserved token."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is not None:
                bucket.tokens = min(float(bucket.burst), bucket.tokens + 1.0)


class RateLimitTransport(httpx.BaseTransport):
    """The ring that waits for a token.

    Args:
        inner: The next ring.
        buckets: Shared by everybody who uses the same quota.
        limits: Names the bucket of a request; None means it is not limited.
        clock: Waits.
        wait_seconds_max: Longest wait before one attempt.
        unavailable: Error raised when the wait would be longer; an ERP's client passes its own.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        buckets: Buckets,
        limits: Limits,
        clock: Clock,
        wait_seconds_max: float,
        unavailable: type[ConnectorError] = SourceUnavailable,
        connection: str = "",
    ) -> None:
        self._inner = inner
        self._buckets = buckets
        self._limits = limits
        self._clock = clock
        self._wait_seconds_max = wait_seconds_max
        self._unavailable = unavailable
        self._connection = connection
        self._rates_told: dict[str, float] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for a token, pass the request on, and learn from the answer.

        Raises:
            ConnectorError: Of the class `unavailable`; the request was not sent.
        """
        limit = self._limits(request)
        if limit is None:
            return self._inner.handle_request(request)
        self._wait(request, limit)
        response = self._inner.handle_request(request)
        if response.status_code == 429:
            self._buckets.drain(limit.key)
        else:
            self._learn(limit.key, _rate_announced(response))
        return response

    def _learn(self, key: str, rate: float | None) -> None:
        # The same rate comes with nearly every answer; telling shared buckets once saves a transaction each time.
        if rate is not None and self._rates_told.get(key) != rate:
            self._buckets.learn(key, rate)
            self._rates_told[key] = rate

    def _wait(self, request: httpx.Request, limit: Limit) -> None:
        bound = self._wait_seconds_max
        if (until := request.extensions.get("wait_until")) is not None:
            bound = min(bound, max(0.0, until - self._clock.monotonic()))
        if limit.kept:
            self._wait_for_spare(request, limit, bound)
            return
        wait_seconds = self._buckets.reserve(limit.key, limit.rate_per_second, limit.burst)
        if wait_seconds > bound:
            if isinstance(self._buckets, ReturningBuckets):
                self._buckets.give_back(limit.key)
            raise self._unavailable(self._sentence(request, wait_seconds, bound))
        if wait_seconds > 0:
            self._clock.sleep(wait_seconds)

    def _wait_for_spare(self, request: httpx.Request, limit: Limit, bound: float) -> None:
        """Ask until there is a token to spare; nothing is promised meanwhile, so that nobody waits for this request."""
        waited = 0.0
        while pause := self._buckets.take_spare(limit.key, limit.rate_per_second, limit.burst, limit.kept):
            if waited + pause > bound:
                raise self._unavailable(self._sentence(request, waited + pause, bound))
            self._clock.sleep(pause)
            waited += pause

    def _sentence(self, request: httpx.Request, wait_seconds: float, bound: float) -> str:
        whose = f" for connection {self._connection}" if self._connection else ""
        return (
            f"{operation_of(request)}{whose} was not sent: its rate limit is used up for another {wait_seconds:.0f} s,"
            f" and this run waits {bound:.0f} s at most. Nothing is lost: run it again later and it goes on from here."
        )

    def close(self) -> None:
        """Close what is inside."""
        self._inner.close()


def _rate_announced(response: httpx.Response) -> float | None:
    # SP-API tells the rate, never the burst, on best effort: absent on 429 and sometimes on 200
    # (https://developer-docs.amazon.com/sp-api/docs/usage-plans-and-rate-limits-in-the-sp-api).
    try:
        rate = float(response.headers.get("x-amzn-ratelimit-limit", ""))
    except ValueError:
        return None
    return rate if math.isfinite(rate) and rate > 0 else None
