"""Death before and after everything lasting while what an order has is undone and posted again: each, once."""

import shutil

import pytest

from emulators import faults as general
from tests.simulation.crash import reborn, watched
from tests.simulation.schedule import Schedule
from tests.simulation.undone_orders import COST, INVOICE, RETURN, Undone, tell
from tests.simulation.world import World, simulated

# what is undone | what a person wants | what stands in the books then, in times of its amount
WISHES = [
    pytest.param(kind, wish, times, id=f"{kind.kind}, {wish}")
    for kind, wish, times in (
        (INVOICE, "reverse", (1, -1)),
        (INVOICE, "post_again", (1, -1, 1)),
        (COST, "reverse", (1, -1)),
        (COST, "post_again", (1, -1, 1)),
        # The cost of the unit and its return, which takes it back: whatever is undone is undone of both.
        (RETURN, "post", (1, -1)),
        (RETURN, "reverse", (1, -1, -1, 1)),
        (RETURN, "post_again", (1, -1, -1, 1, 1, -1)),
    )
]


def _begun(folder, kind: Undone, wish: str) -> tuple[World, Schedule]:
    """Return a world in which everything before the wish was done."""
    world = World(kind.case, folder)
    tell(world)
    schedule = Schedule(world, notices_deaths=False)
    if wish != "post":
        kind.post(schedule)
    if wish == "post_again":
        kind.reverse(schedule)
    return world, schedule


@pytest.mark.parametrize(("kind", "wish", "times"), WISHES)
def test_a_worker_may_die_at_every_point_of_undoing_what_an_order_has_in_the_books(kind, wish, times, record_property):
    """The person repeats the command and later runs end it: one document for each, whatever died."""
    act = getattr(kind, wish)
    with simulated() as folder:
        world, schedule = _begun(folder, kind, wish)
        keeper = watched(world, schedule, act)
        problems = kind.problems(world, *times)
        for moment in keeper.moments:
            again = reborn(moment)
            act(moment.schedule.goes_on(again))
            problems += [f"death {moment.name}: {one}" for one in kind.problems(again, *times)]
            again.close()
            shutil.rmtree(moment.snapshot.home)
        world.close()
    told = f"{wish} of {kind.kind} in Fusion: {keeper.points} points in {len(keeper.moments)} moments, all tried"
    record_property("numbers", told)
    assert problems == []
    assert keeper.points >= 60


@pytest.mark.parametrize(("kind", "wish", "times"), WISHES)
def test_an_answer_that_is_lost_undoes_and_posts_again_once(kind, wish, times):
    """It landed and nobody heard: it is found by its key when the quiet time is over."""
    operation = kind.calls[("post", "reverse", "post_again").index(wish)]
    with simulated() as folder:
        world, schedule = _begun(folder, kind, wish)
        lost = world.erp_faults.calls(operation) + 1
        world.erp_faults.at(operation, lost, general.dropped(after=True))
        getattr(kind, wish)(schedule)
        found = kind.problems(world, *times)
        calls = world.erp_faults.calls(operation)
        world.close()
    assert (found, calls >= lost) == ([], True)
