"""Where the stories of many seeds begin alike: what happens before the first trouble is simulated once and kept.

In: a case. Out: beginnings of it: before anything, before each run, and inside the run of a settlement before anything
is posted. A seed goes on from the last one that lies before all its trouble. What a worker knows at a cut is only what
lasts, so going on from there tells the same story, line by line; a test holds both against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assets.road import STAGES, run_stage
from assets.roadmap import Road
from tests.simulation.doors import Effect, Watcher, Worker
from tests.simulation.erp_side import ErpSide
from tests.simulation.schedule import Schedule
from tests.simulation.world import Case, Snapshot, World

_BEFORE = "erp_postings"
# Writes one line of a story that takes place in a world.
Tell = Callable[[list[str], World, str], None]


@dataclass(frozen=True)
class Beginning:
    """A kept moment: effects and calls so far, the story so far, and the run that goes on, if one is cut in two."""

    effects: int
    amazon_calls: dict[str, int]
    erp_calls: dict[str, int]
    lines: tuple[str, ...]
    schedule: Schedule
    snapshot: Snapshot
    run: str = ""
    settlement_id: str = ""

    def world(self, case: Case) -> World:
        """Return a world that begins here."""
        world = World(case, self.schedule.world.folder, self.snapshot)
        world.amazon_faults._calls.update(self.amazon_calls)
        world.erp_faults._calls.update(self.erp_calls)
        return world

    def goes_on(self, schedule: Schedule) -> None:
        """Let the run that is cut in two do the rest of its work."""
        if self.run:
            schedule.go_on_with(self.run, lambda road: _rest(road, self.settlement_id))


def _rest(road: Road, settlement_id: str) -> None:
    for stage in STAGES[[one.asset for one in STAGES].index(_BEFORE) :]:
        if run_stage(road, stage, settlement_id).stops:
            return


@dataclass
class _Recording(Schedule):
    """A schedule without trouble that keeps its beginnings."""

    keep: Callable[..., None] = field(default=lambda *_: None)

    def _run_what_is_due(self) -> bool:
        self.keep(self)
        return super()._run_what_is_due()

    def reached(self, asset: str, settlement_id: str) -> None:
        """Keep the moment before anything of a settlement is posted."""
        if asset == _BEFORE:
            self.keep(self, self.at_work[-1], settlement_id)


class _Teller(Watcher):
    """Counts effects and tells them."""

    def __init__(self, world: World, tell: Tell) -> None:
        self.effects = 0
        self.lines: list[str] = []
        self._world, self._tell = world, tell

    def tell(self, sentence: str) -> None:
        """Write a line."""
        self._tell(self.lines, self._world, sentence)

    def before(self, worker: Worker, effect: Effect) -> None:
        """Count and tell an effect."""
        self.effects += 1
        self.tell(f"{worker.name} {effect.kind} {effect.name}")


_known: dict[tuple[Path, type[ErpSide], str], list[Beginning]] = {}


def beginnings(case: Case, folder: Path, tell: Tell) -> list[Beginning]:
    """Return the beginnings of a case, the first first; `tell` writes a line of the story."""
    key = folder, case.erp, case.name
    if key not in _known:
        _known[key] = _recorded(case, folder, tell)
    return _known[key]


def _recorded(case: Case, folder: Path, tell: Tell) -> list[Beginning]:
    world, found = World(case, folder), []
    teller = _Teller(world, tell)

    def keep(schedule: _Recording, run: str = "", settlement_id: str = "") -> None:
        plain = {name: getattr(schedule, name) for name in Schedule.__dataclass_fields__}
        copied = Schedule(**{**plain, "started": set(schedule.started), "at_work": [], "watcher": Watcher()})
        calls = dict(world.amazon_faults._calls), dict(world.erp_faults._calls)
        lines, snapshot = tuple(teller.lines), world.snapshot()
        found.append(Beginning(teller.effects, *calls, lines, copied, snapshot, run, settlement_id))

    _Recording(world, teller, teller.tell, keep=keep).until_rest()
    world.close()
    return found
