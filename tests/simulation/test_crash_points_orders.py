"""Death before and after everything lasting while an order is billed and credited: it is, once, whatever dies."""

import shutil

import pytest

from emulators import faults as general
from tests.simulation.crash import Keeper, reborn, watched
from tests.simulation.fusion_billing import BILLED, bill, tell, wrong
from tests.simulation.schedule import Schedule
from tests.simulation.world import World, simulated

_POINTS_MIN = 60
_LOST = ("createReceivablesInvoice", "createCreditMemo")


def _watched(folder, fault: str = "") -> tuple[Keeper, list[str]]:
    """Bill the order with nobody dying; return the moments, and what is wrong in the end."""
    world = World(BILLED, folder)
    tell(world)
    if fault:
        world.erp_faults.at(fault, 1, general.dropped(after=True))
    keeper = watched(world, Schedule(world, notices_deaths=False), bill)
    found = wrong(world)
    world.close()
    return keeper, found


def test_a_worker_may_die_at_every_point_of_an_orders_way_into_the_receivables(record_property):
    """Later runs bill it once and credit it once; the receivables alone say so."""
    with simulated() as folder:
        keeper, found = _watched(folder)
        problems = [*found]
        for moment in keeper.moments:
            world = reborn(moment)
            bill(moment.schedule.goes_on(world))
            problems += [f"death {moment.name}: {one}" for one in wrong(world)]
            world.close()
            shutil.rmtree(moment.snapshot.home)
    told = f"order in Fusion: {keeper.points} points in {len(keeper.moments)} different moments, all tried"
    record_property("numbers", told)
    assert problems == []
    assert keeper.points >= _POINTS_MIN


@pytest.mark.parametrize("operation", _LOST)
def test_an_answer_that_is_lost_bills_and_credits_once(operation):
    """It landed and nobody heard: it is found by its number when the quiet time is over."""
    with simulated() as folder:
        _, found = _watched(folder, operation)
    assert found == []
