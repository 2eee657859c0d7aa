"""One simulated time for several real processes: it moves only when all of them wait, to the next that is due.

In: a start, and processes that take their clock from here. Out: a clock for each, and `run`, which moves time until all
of them have ended. While any process works time stands still, so that what is measured is waiting and nothing else.
"""

import multiprocessing
from datetime import datetime, timedelta
from multiprocessing.connection import Connection, wait


class SharedTime:
    """Seconds since a start, readable by every process that was handed it."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._seconds = multiprocessing.get_context("spawn").Value("d", 0.0)

    def now(self) -> datetime:
        """Return the moment all processes are at."""
        return self._start + timedelta(seconds=self._seconds.value)

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self._seconds.value

    def sleep(self, seconds: float) -> None:
        """Do not wait: the emulator, which owns no turn, never has to."""

    def run(self, waiters: list[Connection]) -> None:
        """Move time from wake-up to wake-up until every process has closed its end."""
        due: dict[Connection, float] = {}
        running = set(waiters)
        while running:
            while still_working := [one for one in running if one not in due]:
                for one in wait(still_working):
                    try:
                        due[one] = one.recv()
                    except EOFError:
                        running.discard(one)
            if due:
                self._seconds.value = max(self._seconds.value, min(due.values()))
            for one in [one for one, at in due.items() if at <= self._seconds.value]:
                del due[one]
                one.send(None)


class WaitingClock:
    """The clock of one process, which tells `SharedTime.run` until when it waits."""

    def __init__(self, time: SharedTime, turn: Connection) -> None:
        self._time = time
        self._turn = turn

    def now(self) -> datetime:
        """Return the moment all processes are at."""
        return self._time.now()

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self._time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for simulated time."""
        if seconds > 0:
            self._turn.send(self._time.monotonic() + seconds)
            self._turn.recv()
