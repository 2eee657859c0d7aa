"""Faults on purpose: which call of which operation goes wrong, and how, decided before the call arrives.

In: scripted faults per operation name ("next call of getReports answers 429", "third download is cut short") or a
seed for random ones. Out: `take(operation)`, which an emulator asks once per call. Nothing here depends on time or on
thread order within one operation, so the same plan gives the same faults in every run.
"""

from __future__ import annotations

import random
import threading
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Any operation that has no fault of its own takes the faults queued under this name.
ANY_OPERATION = "*"


class ConnectionDropped(ConnectionAbortedError):
    """The emulated server closed the socket without an answer.

    Raised out of the WSGI application: `emulators.in_process` turns it into the error that an HTTP client sees, and the
    loopback server of `emulators.serve` closes the real socket (wsgiref ends a request silently on this base class).
    """


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. Build it with the functions below.

    `kind` is the name an emulator looks at; `status`, `seconds` and `bytes_kept` say how much; `after` tells whether
    the operation's own work is done (and committed) before it goes wrong; `note` is free for an emulator's own kinds.
    """

    kind: str
    status: int = 0
    seconds: float = 0.0
    bytes_kept: int | None = None
    after: bool = False
    note: str = ""


def status(code: int) -> Fault:
    """Answer the service's own error body with this HTTP status; nothing is done."""
    return Fault("status", status=code)


def html(code: int, *, after: bool = False) -> Fault:
    """Answer a proxy's HTML page with this HTTP status; `after` says the work behind it was done all the same."""
    return Fault("html", status=code, after=after)


def blank(code: int, *, after: bool = False) -> Fault:
    """Answer this HTTP status with an empty body."""
    return Fault("blank", status=code, after=after)


def dropped(*, after: bool = False) -> Fault:
    """Close the connection without an answer; with `after` the work was done first."""
    return Fault("dropped", after=after)


def truncated(bytes_kept: int | None = None) -> Fault:
    """Send only the first bytes of the body (half of them by default) under the full Content-Length."""
    return Fault("truncated", bytes_kept=bytes_kept, after=True)


def shortened(bytes_kept: int | None = None) -> Fault:
    """Send only the first bytes of the body (half of them by default) as though they were all there is."""
    return Fault("shortened", bytes_kept=bytes_kept, after=True)


def slow(seconds: float) -> Fault:
    """Answer rightly, but only after that many seconds of the emulator's clock."""
    return Fault("slow", seconds=seconds, after=True)


def named(kind: str, *, code: int = 0, seconds: float = 0.0, after: bool = False, note: str = "") -> Fault:
    """Ask for a fault that only one emulator knows, by its name."""
    return Fault(kind, status=code, seconds=seconds, after=after, note=note)


class FaultPlan:
    """The script of one emulator's faults.

    Args:
        seed: Seed of the random mode; the same seed and the same calls give the same faults.
        chances: Per operation the probability (0 to 1) of a random fault, `"*"` for all others.
        choices: Per operation the faults the random mode picks from, `"*"` for all others.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        chances: Mapping[str, float] | None = None,
        choices: Mapping[str, Sequence[Fault]] | None = None,
    ) -> None:
        self._seed = seed
        self._chances = dict(chances or {})
        self._choices = {name: tuple(faults) for name, faults in (choices or {}).items()}
        self._queued: dict[str, deque[Fault]] = defaultdict(deque)
        self._numbered: dict[str, dict[int, Fault]] = defaultdict(dict)
        self._standing: dict[str, Fault] = {}
        self._calls: dict[str, int] = defaultdict(int)
        self._taken: list[tuple[str, int, Fault]] = []
        self._lock = threading.Lock()

    def next(self, operation: str, *faults: Fault) -> FaultPlan:
        """Let the next calls of the operation go wrong, one fault each, in this order."""
        with self._lock:
            self._queued[operation].extend(faults)
        return self

    def at(self, operation: str, call_number: int, fault: Fault) -> FaultPlan:
        """Let one call of the operation go wrong, counted from 1 since the plan was made."""
        with self._lock:
            self._numbered[operation][call_number] = fault
        return self

    def always(self, operation: str, fault: Fault) -> FaultPlan:
        """Let every call of the operation go wrong until `clear`."""
        with self._lock:
            self._standing[operation] = fault
        return self

    def clear(self, operation: str | None = None) -> None:
        """Forget the scripted faults of one operation, or of all."""
        with self._lock:
            for table in (self._queued, self._numbered, self._standing):
                if operation is None:
                    table.clear()
                else:
                    table.pop(operation, None)

    def calls(self, operation: str) -> int:
        """Count the calls of an operation so far, those that went wrong included."""
        with self._lock:
            return self._calls[operation]

    def taken(self) -> list[tuple[str, int, Fault]]:
        """List the faults that happened: operation, number of the call, fault."""
        with self._lock:
            return list(self._taken)

    def take(self, operation: str) -> Fault | None:
        """Count one call of the operation and return what goes wrong with it, or None."""
        with self._lock:
            self._calls[operation] += 1
            number = self._calls[operation]
            fault = self._scripted(operation, number) or self._random(operation, number)
            if fault is not None:
                self._taken.append((operation, number, fault))
            return fault

    def _scripted(self, operation: str, number: int) -> Fault | None:
        numbered = self._numbered.get(operation, {}).pop(number, None)
        if numbered is not None:
            return numbered
        for name in (operation, ANY_OPERATION):
            if self._queued.get(name):
                return self._queued[name].popleft()
        return self._standing.get(operation) or self._standing.get(ANY_OPERATION)

    def _random(self, operation: str, number: int) -> Fault | None:
        chance = self._chances.get(operation, self._chances.get(ANY_OPERATION, 0.0))
        choices = self._choices.get(operation, self._choices.get(ANY_OPERATION, ()))
        if not chance or not choices:
            return None
        # A generator per call, not one shared: the fault of a call does not depend on what other operations did before.
        draw = random.Random(f"{self._seed}/{operation}/{number}")
        return draw.choice(choices) if draw.random() < chance else None
