"""Death before and after everything lasting while a missing item is created: it is, once, whatever dies."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import ClassVar

import pytest

from assets.stages.day_names import today
from assets.stages.day_stages import DAY_STAGES
from assets.stages.roadmap import Road
from connector_defs.connections import Connection, connection
from emulators import faults as general
from emulators.clock import Clock
from emulators.faults import FaultPlan
from ledger.posting import PostingState
from tests.fusion_connection import write_connection
from tests.simulation.crash import reborn, watched
from tests.simulation.doors import acting
from tests.simulation.fusion_billing import BILLED, FusionBilling, look, tell
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, World, simulated

_LATER, _LOOKS_MAX = 2 * 3600, 12
_MASTERS = {
    "item_organization": "V1",
    "new_item": {"ItemClass": "Root Item Class", "PrimaryUOMValue": "Each", "ItemStatusValue": "Active"},
}


@cache
def _connection(folder: Path) -> Connection:
    return connection(write_connection(folder / "items", folder, master_data=_MASTERS), "amazon_us")


class FusionMaking(FusionBilling):
    """A pod whose items are read, and made where one is missing."""

    sends: ClassVar[frozenset[str]] = frozenset({"POST itemsV2"})
    sent: ClassVar[tuple[str, ...]] = ("POST itemsV2",)

    def __init__(self, clock: Clock, faults: FaultPlan) -> None:
        super().__init__(clock, faults)
        self.began = frozenset(one.id for one in self.site.inventory.items)

    @classmethod
    def connection(cls, folder: Path) -> Connection:
        """Return a connection whose two files are written below a folder."""
        return _connection(folder)


CASE = replace(
    BILLED,
    name="a product without an item",
    books={"create_missing_items": True, "approval": "automatic"},
    erp=FusionMaking,
)


def _create(schedule: Schedule) -> None:
    for _ in range(_LOOKS_MAX):
        schedule.run("item_postings", _look)
        if _states(schedule.world) == [f"item {PostingState.POSTED}"]:
            return
        schedule.world.clock.advance(_LATER)
    raise AssertionError(f"no end after {_LOOKS_MAX} looks: {_states(schedule.world)}")


def _look(road: Road) -> None:
    look(DAY_STAGES["item_postings"], (today(road.clock),), road)


def _states(world: World) -> list[str]:
    with acting(None):
        return sorted(f"{one.source.kind} {one.state}" for one in world.stores.outbox.listing(CONNECTION))


def _wrong(world: World) -> list[str]:
    made = [one.number for one in world.erp.application.items.items(None) if one.id not in world.erp.began]
    return [*world.witness.broken, *([] if made == ["SKU-1"] else [f"the pod has made {made}"])]


def test_a_worker_may_die_at_every_point_of_an_items_way_into_the_pod(record_property):
    """Later runs create it once; the pod alone says so."""
    with simulated() as folder:
        world = World(CASE, folder)
        tell(world)
        keeper = watched(world, Schedule(world, notices_deaths=False), _create)
        problems, calls = _wrong(world), world.erp_faults.calls("createItem")
        world.close()
        for moment in keeper.moments:
            born = reborn(moment)
            _create(moment.schedule.goes_on(born))
            problems += [f"death {moment.name}: {one}" for one in _wrong(born)]
            born.close()
            shutil.rmtree(moment.snapshot.home)
    told = f"an item in Fusion: {keeper.points} points in {len(keeper.moments)} different moments, all tried"
    record_property("numbers", told)
    assert problems == []
    assert calls == 1
    assert keeper.points >= 40


@pytest.mark.parametrize("is_after", [True, False], ids=["answer lost", "request lost"])
def test_a_call_that_is_lost_creates_it_once(is_after):
    """It landed or it did not, and nobody heard: it is looked for by number when the quiet time is over."""
    with simulated() as folder:
        world = World(CASE, folder)
        tell(world)
        world.erp_faults.at("createItem", 1, general.dropped(after=is_after))
        schedule = Schedule(world, notices_deaths=False)
        _create(schedule)
        problems = _wrong(world)
        world.close()
    assert problems == []
