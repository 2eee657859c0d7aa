"""Death before and after everything lasting while the cost of an order is undone and posted again: each is, once."""

import shutil

import pytest

from emulators import faults as general
from tests.simulation import fusion_billing as billing
from tests.simulation import fusion_costs as costs
from tests.simulation.crash import reborn, watched
from tests.simulation.schedule import Schedule
from tests.simulation.world import World, simulated

# what a person wants | what was wanted before | what stands in the books then, in costs of the shipment
WISHES = [
    (costs.reverse, (costs.book,), (1, -1)),
    (costs.post_again, (costs.book, costs.reverse), (1, -1, 1)),
]


def _begun(folder, before) -> tuple[World, Schedule]:
    world = World(costs.COSTED, folder)
    billing.tell(world)
    schedule = Schedule(world, notices_deaths=False)
    for act in before:
        act(schedule)
    return world, schedule


@pytest.mark.parametrize(("wish", "before", "amounts"), WISHES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_worker_may_die_at_every_point_of_undoing_a_cost(wish, before, amounts, record_property):
    """The person repeats the command and later runs end it: one journal for each, whatever died."""
    with simulated() as folder:
        world, schedule = _begun(folder, before)
        keeper = watched(world, schedule, wish)
        problems = costs.wrong(world, *amounts)
        for moment in keeper.moments:
            again = reborn(moment)
            wish(moment.schedule.goes_on(again))
            problems += [f"death {moment.name}: {one}" for one in costs.wrong(again, *amounts)]
            again.close()
            shutil.rmtree(moment.snapshot.home)
        world.close()
    told = f"{wish.__name__} of a cost in Fusion: {keeper.points} points in {len(keeper.moments)} moments, all tried"
    record_property("numbers", told)
    assert problems == []
    assert keeper.points >= 60


@pytest.mark.parametrize(("wish", "before", "amounts"), WISHES, ids=lambda one: getattr(one, "__name__", ""))
def test_an_answer_that_is_lost_undoes_and_posts_again_once(wish, before, amounts):
    """The file landed and nobody heard: it is found by its key when the quiet time is over."""
    with simulated() as folder:
        world, schedule = _begun(folder, before)
        count = world.erp_faults.calls("importBulkData")
        world.erp_faults.at("importBulkData", count + 1, general.dropped(after=True))
        wish(schedule)
        found = costs.wrong(world, *amounts)
        world.close()
    assert found == []
