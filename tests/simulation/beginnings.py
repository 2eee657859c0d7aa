"""Where the stories of many seeds begin alike: what happens before the first trouble is simulated once and kept.

In: a case. Out: beginnings of it: before anything, before each run, and inside the run of a settlement before anything
is posted; and its moments, from which trouble is drawn: no number of an effect is kept by hand. A seed goes on from the
last beginning that lies before all its trouble. What a worker knows at a cut is only what lasts, so going on from there
tells the same story, line by line; a test holds both against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assets.road import STAGES, run_stage
from assets.stages.roadmap import Road
from tests.simulation.doors import Effect, Watcher, Worker
from tests.simulation.erp_side import ErpSide
from tests.simulation.schedule import Schedule
from tests.simulation.stored import standing
from tests.simulation.story import Story
from tests.simulation.world import Case, Snapshot, World

_BEFORE = "erp_postings"
_NEW_FILES = ("write warehouse", "link warehouse")


@dataclass(frozen=True)
class Moments:
    """Numbers of effects of a case without trouble, by what stood there; trouble is drawn from them.

    `leased` are those before which a worker held a document, `early` all before the first of them, `later` all after
    the last; at `on_its_way` a document lay between its intent and the books' word; `files` write to the warehouse.
    """

    early: tuple[int, ...]
    leased: tuple[int, ...]
    on_its_way: tuple[int, ...]
    later: tuple[int, ...]
    files: tuple[int, ...]


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


class _Keeping:
    """Put before a schedule's class: it runs without trouble, and its beginnings are kept."""

    keep: Callable[..., None]

    def _run_what_is_due(self) -> bool:
        self.keep(self)
        return super()._run_what_is_due()

    def reached(self, asset: str, settlement_id: str) -> None:
        """Keep the moment before anything of a settlement is posted."""
        if asset == _BEFORE:
            self.keep(self, self.at_work[-1], settlement_id)


class _Teller(Watcher):
    """Counts effects, tells them, and notes how the documents stood at each."""

    def __init__(self, world: World) -> None:
        self.effects = 0
        self.story = Story(world, [])
        self._world = world
        self._leased: list[int] = []
        self._on_its_way: list[int] = []
        self._files: list[int] = []

    def before(self, worker: Worker, effect: Effect) -> None:
        """Count and tell an effect."""
        self.effects += 1
        self.story.before(worker, effect)
        stands = standing(self._world)
        self._leased += [self.effects] * stands.is_leased
        self._on_its_way += [self.effects] * stands.is_on_its_way
        self._files += [self.effects] * effect.name.startswith(_NEW_FILES)

    def answered(self, worker: Worker, effect: Effect, answer: str) -> None:
        """Tell an answer."""
        self.story.answered(worker, answer)

    def after(self, worker: Worker, effect: Effect) -> None:
        """Tell what came of it."""
        self.story.after(worker, effect)

    def moments(self) -> Moments:
        """Return what was noted; a case in which no document was held, or none was under way, tries nothing."""
        leased = self._leased
        early, later = range(1, leased[0]), range(leased[-1] + 1, self.effects + 1)
        assert self._on_its_way
        return Moments(tuple(early), tuple(leased), tuple(self._on_its_way), tuple(later), tuple(self._files))


@dataclass(frozen=True)
class Recorded:
    """A case without trouble: its beginnings, the first first, and its moments."""

    beginnings: list[Beginning]
    moments: Moments


_known: dict[tuple[Path, type[ErpSide], str], Recorded] = {}


def recorded(
    case: Case, folder: Path, kind: type[Schedule] = Schedule, prepare: Callable[[World], object] = lambda world: None
) -> Recorded:
    """Return what is known of a case that goes by a kind of schedule; it is walked once, after what prepares it."""
    key = folder, case.erp, case.name
    if key not in _known:
        _known[key] = _walked(case, folder, kind, prepare)
    return _known[key]


def _walked(case: Case, folder: Path, kind: type[Schedule], prepare: Callable[[World], object]) -> Recorded:
    world, found = World(case, folder), []
    prepare(world)
    teller = _Teller(world)

    def keep(schedule: Schedule, run: str = "", settlement_id: str = "") -> None:
        plain = {name: getattr(schedule, name) for name in kind.__dataclass_fields__}
        copied = kind(**{**plain, "started": set(schedule.started), "at_work": [], "watcher": Watcher()})
        calls = dict(world.amazon_faults._calls), dict(world.erp_faults._calls)
        lines, snapshot = tuple(teller.story.lines), world.snapshot()
        found.append(Beginning(teller.effects, *calls, lines, copied, snapshot, run, settlement_id))

    recording = type("_Recording", (_Keeping, kind), {"keep": staticmethod(keep)})
    recording(world, teller, teller.story.tell).until_rest()
    world.close()
    return Recorded(found, teller.moments())
