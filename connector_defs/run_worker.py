"""Which process carries a run, so that another process can ask after it or end it, even after a restart.

In: a process number. Out: number, moment of birth and machine as one line of text, small enough for a tag of the run. A
number alone would not do: after the process is gone another one may get it.
"""

import json
import os
import signal
from dataclasses import asdict, dataclass
from typing import Self

from resources.worker import started_at, this_machine

WORKER_TAG = "connector/worker"


@dataclass(frozen=True)
class RunWorker:
    """One process on one machine."""

    pid: int
    started: str
    machine: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """Describe a process of this machine; one that has ended already has no moment of birth."""
        return cls(pid, started_at(pid), this_machine())

    @classmethod
    def from_tag(cls, text: str | None) -> Self | None:
        """Read a tag; None when there is none or it is not ours."""
        try:
            given = json.loads(text or "")
            return cls(int(given["pid"]), str(given["started"]), str(given["machine"]))
        except (ValueError, TypeError, KeyError):
            return None

    def tag(self) -> str:
        """Write the tag."""
        return json.dumps(asdict(self))

    @property
    def is_of_this_machine(self) -> bool:
        """Whether it was started since this machine was, and here."""
        return self.machine == this_machine()

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs, here."""
        return self.is_of_this_machine and bool(self.started) and started_at(self.pid) == self.started

    def interrupt(self) -> bool:
        """Ask it to end, as Dagster's own launchers do; return whether there was anybody to ask."""
        if not self.is_alive:
            return False
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            return False
        return True
