"""The normal schedule: discovery every hour, and a run for every due row, as the sensor of a connection asks for them.

In: a world. Out: the same world when nothing is left to do. Each run is a process of its own, which may die; what it
had open is closed, the next run opens the stores anew and knows nothing of it. The clock goes from one due moment to
the next. Run keys are remembered across deaths, as Dagster remembers them: the same ask is never run twice, and a row
that is still open half an hour later is asked for once more (`connector_defs/sensors.py`). `notices_deaths` tells
whether anybody sees that a run is over: then its rows and leases are taken back; else they run out by the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from assets.road import STAGES, run_stage
from assets.settlement_reports import discover
from assets.stages.resumption import ARRIVAL_KIND, LISTING_KIND, WATCH_KINDS, take_back
from assets.stages.roadmap import Road
from connector_defs.sensors import ASK_AGAIN_SECONDS, ASSETS_OF_KIND, BEGUN_KINDS
from ledger.errors import ConnectorError
from resources.store.due import DueRow
from tests.simulation.doors import Death, Watcher, Worker, acting
from tests.simulation.world import CONNECTION, World

_KINDS = tuple(kind for kind in (ARRIVAL_KIND, *BEGUN_KINDS) if kind != LISTING_KIND)
_DISCOVERY_MINUTE = 17
# Longer than anything that may still end by itself.
_TOLD_LONG_AGO = timedelta(hours=5)


@dataclass
class Schedule:
    """Runs of one world, one after the other."""

    world: World
    watcher: Watcher = field(default_factory=Watcher)
    tell: Callable[[str], None] = lambda _: None
    runs_max: int = 120
    runs: int = 0
    notices_deaths: bool = True
    at_work: list[str] = field(default_factory=list)
    has_died: bool = False
    has_discovered: bool = False
    discovery_at: datetime | None = None
    started: set[str] = field(default_factory=set)

    def goes_on(self, world: World, watcher: Watcher | None = None) -> Schedule:
        """Return the schedule of another world that was this one until now; who was at work in it is dead."""
        copied = {"started": set(self.started), "at_work": [], "has_died": self.has_died or bool(self.at_work)}
        return replace(self, world=world, watcher=watcher or Watcher(), **copied)

    def until_rest(self) -> None:
        """Go on until nothing is due at any time and a discovery has come through.

        Also until people have long been told of everything that is still looked at: it goes on when they have acted.
        """
        told_at = None
        if self.discovery_at is None:
            self.discovery_at = self.world.clock.now()
        limit = self.runs + self.runs_max
        while True:
            assert self.runs < limit, f"no end after {self.runs} runs: {self._open_rows()}"
            if self._run_what_is_due():
                continue
            moment, now = self._next_moment(), self.world.clock.now()
            told_at = (told_at or now) if self._are_people_told() else None
            if moment is None or (told_at and now - told_at > _TOLD_LONG_AGO):
                return
            self.world.clock.advance((moment - self.world.clock.now()).total_seconds())

    def run(self, name: str, work: Callable[[Road], object]) -> bool:
        """Let one process do something; tell whether it came to its end, well or with an error of ours."""
        self.runs += 1
        self.tell(f"run-{self.runs} begins: {name}")
        return self.go_on_with(f"run-{self.runs}", work)

    def go_on_with(self, name: str, work: Callable[[Road], object]) -> bool:
        """Let a process of this name do something; it has nothing of a process that sleeps meanwhile."""
        worker = Worker(name, self.world.home, self.watcher)
        self.at_work.append(worker.name)
        try:
            with acting(worker):
                Context().run(work, self.world.road(worker.name))
        except Death:
            self.tell(f"{worker.name} is dead")
            self.has_died = True
            self.world.reopen()
        except ConnectorError as error:
            said = str(error).replace(str(self.world.home), "home")
            self.tell(f"{worker.name} ends with {type(error).__name__}: {said}")
        finally:
            self.at_work.remove(worker.name)
        return not worker.is_dead

    def walk(self, settlement_id: str, assets: tuple[str, ...] = ()) -> bool:
        """Run one settlement down the road, or only some of its assets."""
        return self.run(
            f"{settlement_id} {', '.join(assets) or 'whole road'}",
            lambda road: walk(road, settlement_id, assets, self.reached),
        )

    def reached(self, asset: str, settlement_id: str) -> None:
        """Nothing: a walk has come to a stage."""

    def partitions(self) -> list[str]:
        """Return what somebody may walk: the settlements that are registered."""
        return [one.settlement_id for one in self.world.stores.settlements.all(CONNECTION)]

    def discover(self) -> bool:
        """Run one discovery."""
        found = []
        came_through = self.run("discovery", lambda road: found.append(discover(road)))
        self.has_discovered = came_through and bool(found) and not (found[0].interrupted or found[0].damaged)
        return self.has_discovered

    def _run_what_is_due(self) -> bool:
        now = self.world.clock.now()
        if now >= self.discovery_at:
            self.discovery_at = _next_discovery(now)
            self.discover()
            return True
        with acting(None):
            if self.notices_deaths and self.has_died:
                take_back(self.world.stores, self.world.clock, CONNECTION, lambda run: run not in self.at_work)
            rows = self.world.stores.due.ready(CONNECTION, now, kinds=_KINDS)
        for row in self._registered(rows):
            key = _run_key(row, now)
            if key not in self.started:
                self.started.add(key)
                self.walk(row.partition, ASSETS_OF_KIND.get(row.kind, ()))
                return True
        return False

    def _next_moment(self) -> datetime | None:
        """Return when something is to be done, None when nothing is."""
        now = self.world.clock.now()
        moments = [_asked_next(row, now) for row in self._open_rows()]
        if moments or not self.has_discovered:
            moments.append(self.discovery_at)
        return min(moments, default=None)

    def _are_people_told(self) -> bool:
        """Tell whether everything that is still asked for is of a settlement with something blocking in review."""
        with acting(None):
            items = self.world.stores.review.listing(CONNECTION)
        told = {one.partition for one in items if one.is_blocking}
        return self.has_discovered and {row.partition for row in self._open_rows()} <= told

    def _open_rows(self) -> list[DueRow]:
        """Return what is asked for and not done; the daily reading of posted documents has no end to wait for."""
        with acting(None):
            rows = self.world.stores.due.listing(CONNECTION)
        return self._registered([row for row in rows if row.kind in _KINDS and row.kind not in WATCH_KINDS])

    def _registered(self, rows: list[DueRow]) -> list[DueRow]:
        """Leave out what asks for no settlement, as the sensor does; the next discovery closes it."""
        if not rows:
            return []
        with acting(None):
            known = {one.settlement_id for one in self.world.stores.settlements.all(CONNECTION)}
        return [row for row in rows if row.partition in known]


def walk(
    road: Road,
    settlement_id: str,
    assets: tuple[str, ...] = (),
    reached: Callable[[str, str], None] = lambda asset, settlement_id: None,
) -> None:
    """Walk as one run of Dagster does: stage by stage until one stops; each is announced to `reached`."""
    for stage in STAGES:
        if assets and stage.asset not in assets:
            continue
        reached(stage.asset, settlement_id)
        if run_stage(road, stage, settlement_id).stops:
            return


def _run_key(row: DueRow, now: datetime) -> str:
    again = int((now - row.at).total_seconds() // ASK_AGAIN_SECONDS)
    return f"{row.kind}:{row.partition}:{row.version}:{again}"


def _asked_next(row: DueRow, now: datetime) -> datetime:
    """Return when a row is asked for the next time."""
    if row.at > now:
        return row.at
    again = int((now - row.at).total_seconds() // ASK_AGAIN_SECONDS)
    return row.at + timedelta(seconds=(again + 1) * ASK_AGAIN_SECONDS)


def _next_discovery(now: datetime) -> datetime:
    this_hour = now.replace(minute=_DISCOVERY_MINUTE, second=0, microsecond=0)
    return this_hour if this_hour > now else this_hour + timedelta(hours=1)
