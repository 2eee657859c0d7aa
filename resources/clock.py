"""Time and sleep as something that is handed in, so that a test runs a year in milliseconds.

Everything that asks what time it is, or waits, takes a `Clock`. `SystemClock` is the real one; `ManualClock` is for
tests and simulation: its sleep moves time and returns at once.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the project needs of time: an aware UTC now, a monotonic count of seconds, and a way to wait."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that only moves when told; sleeping tells it."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware moment")
        self._now = start.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Return the moment this clock stands at."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds this clock was moved since it was made."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        if seconds < 0:
            raise ValueError("a clock does not run backwards")
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds
