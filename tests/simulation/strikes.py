"""What happens when something strikes a worker at one of its effects: death, sleep, a second operator, a full disk.

In: a trouble (the simulation of one seed) and the worker that is struck. Out: a changed world; a strike returns False
where it cannot happen at this effect, and then waits for the next. Whatever runs inside another worker's effect does so
as a process of its own, with stores of its own.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

from emulators.faults import ANY_OPERATION, Fault
from tests.road.control import empty_control
from tests.simulation.doors import Effect, Worker, acting, disk_full

if TYPE_CHECKING:
    from tests.simulation.trouble import Trouble

LEASE_SECONDS = 900


@dataclass(frozen=True)
class At:
    """Where a strike is asked for: before or after an effect, or between two runs (no worker, no effect)."""

    worker: Worker | None
    effect: Effect | None
    is_after: bool

    @property
    def is_open_to_others(self) -> bool:
        """Tell whether another process could get at the control database now."""
        return self.worker is not None and not self.worker.is_in_transaction


class Strike(Protocol):
    """Something that strikes; True when it did."""

    def strikes(self, trouble: Trouble, at: At) -> bool: ...


@dataclass
class Killed:
    """The process ends, before or after the effect."""

    is_after: bool

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """End the worker."""
        if at.worker is None or (at.is_after != self.is_after and at.effect.kind != "file"):
            return False
        trouble.struck(self)
        at.worker.die()
        return True


@dataclass
class Frozen:
    """The process sleeps beyond its lease; others go on with all it had; then it wakes and goes on as well."""

    seconds: float
    at_create: bool
    is_after: bool = False

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Let time pass, and let the schedule run without this worker."""
        is_here = trouble.is_sent(at) and not at.is_after if self.at_create else at.is_after == self.is_after
        if not (at.is_open_to_others and is_here):
            return False
        trouble.struck(self)
        trouble.world.clock.advance(self.seconds)
        trouble.others_go_on()
        trouble.tell(f"{at.worker.name} wakes")
        return True


@dataclass
class SecondOperator:
    """Somebody else materializes the same settlements at the same time."""

    whole: bool

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Walk another process down the road inside this one's effect."""
        if not at.is_open_to_others or not trouble.settlements():
            return False
        trouble.struck(self)
        trouble.other_walks(() if self.whole else ("erp_postings", "reconciliations"))
        return True


@dataclass
class Busy:
    """The control database is held by somebody else for the next few transactions."""

    times: int

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Let the next transactions fail to begin."""
        trouble.busy_times += self.times
        return True


@dataclass
class DiskFull:
    """The disk takes no more of the next few files."""

    times: int

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Refuse the next files of the warehouse."""
        trouble.full_times += self.times
        return True


@dataclass
class EditError:
    """An account is closed in the ERP between the save and the edit, so the edit fails."""

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Close the revenue account right after the save."""
        if not (trouble.is_sent(at) and at.is_after):
            return False
        trouble.world.erp.close_account()
        trouble.struck(self)
        return True


@dataclass
class PeriodClosed:
    """The accounting period is closed: before anybody sends, or right after the save."""

    after_create: bool

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Leave only periods open in which nothing is dated."""
        if self.after_create and not (trouble.is_sent(at) and at.is_after):
            return False
        trouble.world.erp.close_periods()
        trouble.struck(self)
        return True


@dataclass
class ClockCrosses:
    """Time passes over a moment at which days, months or clocks change, while a run is at work."""

    moment: str

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Move the clock over the moment where it still lies ahead."""
        clock, moment = trouble.world.clock, datetime.fromisoformat(self.moment)
        if not timedelta(0) < moment - clock.now() < timedelta(hours=12):
            return False
        trouble.struck(self)
        clock.advance((moment - clock.now()).total_seconds() + 1)
        return True


@dataclass
class MappingChanged:
    """Somebody saves another mapping file; perhaps it is put back later."""

    back: bool

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Book sales to another account from now on."""
        trouble.change_mapping(is_put_back=self.back)
        trouble.struck(self)
        return True


@dataclass
class Backfill:
    """Somebody asks for every partition once more, posted ones included."""

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Walk everything between two runs, once something is posted."""
        if at.worker is not None or not trouble.has_posted():
            return False
        trouble.struck(self)
        trouble.backfill()
        return True


@dataclass
class Restored:
    """The control database is lost; an older copy takes its place, or an empty one, and time has passed."""

    seconds: float
    from_nothing: bool = False
    copy: bytes = b""

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Take the copy at the first chance between runs, put it in place at a later one."""
        if at.worker is not None:
            return False
        path = trouble.world.home / "control.db"
        with acting(None):
            trouble.world.reopen()
            if not self.copy:
                self.copy = empty_control() if self.from_nothing else path.read_bytes()
                return False
            if not self.from_nothing and not trouble.has_posted():
                return False
            for one in trouble.world.home.glob("control.db*"):
                one.unlink()
            path.write_bytes(self.copy)
        trouble.struck(self)
        trouble.schedule.has_discovered = False
        trouble.world.clock.advance(self.seconds)
        return True


@dataclass
class Lasting:
    """The ERP fails alike at every call of some operations, for hours: run after run meets it, until it ends."""

    seconds: float
    fault: Fault
    operations: tuple[str, ...] = (ANY_OPERATION,)

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Begin; it counts once three runs have met it."""
        trouble.begin(self)
        return True


def refuse_file(name: str) -> None:
    """Raise what a full disk raises."""
    raise disk_full(PurePath(name).name)


def refuse_transaction() -> None:
    """Raise what a busy database raises."""
    raise sqlite3.OperationalError("database is locked")
