"""Death at every moment: a walk is watched, what lasts at each moment of it is kept, and a new process goes on there.

In: a world and what is done in it. Out: moments, each with a copy of everything lasting, for a point before and a point
after every effect. Points between which nothing lasting changed and no time passed are one moment: a process knows no
more of its predecessor than that. Nothing of the dead one comes with the copy, so nothing of it can run on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation import doors, oracle
from tests.simulation.doors import Effect, Watcher, Worker
from tests.simulation.schedule import Schedule
from tests.simulation.world import Snapshot, World


@dataclass(frozen=True)
class Moment:
    """What lasts after a death, and how the schedule stands."""

    name: str
    snapshot: Snapshot
    schedule: Schedule


@dataclass
class Keeper(Watcher):
    """Keeps the moments of a schedule's runs; `points` counts before and after every effect."""

    schedule: Schedule | None = None
    points: int = 0
    moments: list[Moment] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    _last: tuple | None = None

    def before(self, worker: Worker, effect: Effect) -> None:
        """Keep the moment before an effect."""
        self.points += 2
        self.kinds.add(effect.kind)
        self._keep(f"before {effect.kind} {effect.name}, effect {effect.number} of {worker.name}")

    def after(self, worker: Worker, effect: Effect) -> None:
        """Keep the moment after an effect."""
        self._keep(f"after {effect.kind} {effect.name}, effect {effect.number} of {worker.name}")

    def _keep(self, name: str) -> None:
        assert self.schedule is not None
        world = self.schedule.world
        mark = (doors.changes[0], world.mark())
        if mark != self._last:
            self._last = mark
            self.moments.append(Moment(name, world.snapshot(), self.schedule.goes_on(world)))


def watched(world: World, begun: Schedule | None = None, work: Callable[[Schedule], object] | None = None) -> Keeper:
    """Do the work (the normal schedule to its rest, by default) and return its moments."""
    keeper = Keeper()
    keeper.schedule = begun.goes_on(world, keeper) if begun else Schedule(world, keeper)
    (work or Schedule.until_rest)(keeper.schedule)
    return keeper


def survived(moment: Moment, *, is_kept: bool = False) -> list[str]:
    """Let the normal schedule go on after a death at this moment; return what the oracle finds wrong."""
    world = reborn(moment)
    told: list[str] = []
    schedule = moment.schedule.goes_on(world)
    schedule.tell = told.append
    try:
        schedule.until_rest()
        found = oracle.problems(world)
    except Exception as error:
        error.add_note(f"death {moment.name}\n" + "\n".join(told))
        raise
    finally:
        world.close()
        if not is_kept:
            shutil.rmtree(moment.snapshot.home)
    return [f"death {moment.name}: {one}\n" + "\n".join(told) for one in found]


def assert_wish_survives(
    keeper: Keeper, wish: Callable[[Schedule], object], stands: Callable[[World], object], before: object, after: object
) -> str:
    """Die at every moment of a person's wish: first the schedule goes on alone, then the person repeats it.

    Alone it comes to the state `before` or `after`, repeated to `after`. Return how many points and moments were tried.
    """
    assert keeper.moments
    for moment in keeper.moments:
        world = reborn(moment)
        schedule = moment.schedule.goes_on(world)
        schedule.until_rest()
        assert stands(world) in (before, after), f"death {moment.name}"
        wish(schedule)
        assert stands(world) == after, f"death {moment.name}"
        world.close()
        shutil.rmtree(moment.snapshot.home)
    return f"{keeper.points} points in {len(keeper.moments)} different moments, all tried"


def reborn(moment: Moment) -> World:
    """Return a world as the next process finds it."""
    known = moment.schedule.world
    return World(known.case, known.folder, moment.snapshot)
