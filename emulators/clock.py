"""The emulators' own clocks, so that a year of token expiry and throttling passes in milliseconds in a test.

In: nothing, or a start instant. Out: objects with `now()` (an aware UTC datetime) and `sleep(seconds)`.
Every emulator takes any object with these two methods; it never asks the operating system for the time itself.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tell the time and wait: all that an emulator needs of the outside world."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for that many seconds of this clock."""
        ...


class SystemClock:
    """The clock on the wall, for emulators that serve on a real port."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        time.sleep(max(0.0, seconds))


class SteppedClock:
    """A clock that stands still until it is moved, for tests.

    Args:
        start: An aware instant; anything else than UTC is converted.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("SteppedClock needs an aware start instant, got one without a time zone.")
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the instant the clock was last moved to."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> datetime:
        """Move forward by that many seconds and return the new instant."""
        if seconds < 0:
            raise ValueError(f"A clock does not run backwards: advance({seconds}).")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            return self._now

    def sleep(self, seconds: float) -> None:
        """Move forward instead of waiting."""
        self.advance(max(0.0, seconds))
