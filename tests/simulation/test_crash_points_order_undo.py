"""Death before and after everything lasting while what an order has is undone and posted again: each, once."""

import shutil

import pytest

from emulators import faults as general
from tests.simulation.crash import reborn, watched
from tests.simulation.schedule import Schedule
from tests.simulation.undone_orders import COST, CREDITED, CREDITED_IN_FULL, INVOICE, RETURN, Undone
from tests.simulation.world import World, simulated

# what is undone | what a person wants
WISHES = [
    pytest.param(kind, wish, id=f"{kind}, {wish}")
    for kind in (INVOICE, CREDITED, CREDITED_IN_FULL, COST, RETURN)
    for wish in (*(["post"] if kind is RETURN else []), "reverse", "post_again")
]
# Of an invoice that was credited in full nothing is sent when it is undone.
CALLING = [one for one in WISHES if one.values != (CREDITED_IN_FULL, "reverse")]


def _begun(folder, kind: Undone, wish: str) -> tuple[World, Schedule]:
    """Return a world in which everything before the wish was done."""
    world = World(kind.case, folder)
    kind.tell(world)
    schedule = Schedule(world, notices_deaths=False)
    if wish != "post":
        kind.post(schedule)
    if wish == "post_again":
        kind.reverse(schedule)
    return world, schedule


@pytest.mark.parametrize(("kind", "wish"), WISHES)
def test_a_worker_may_die_at_every_point_of_undoing_what_an_order_has_in_the_books(kind, wish, record_property):
    """The person repeats the command and later runs end it: one document for each, whatever died."""
    act = getattr(kind, wish)
    with simulated() as folder:
        world, schedule = _begun(folder, kind, wish)
        keeper = watched(world, schedule, act)
        problems = kind.problems(world, wish)
        for moment in keeper.moments:
            again = reborn(moment)
            act(moment.schedule.goes_on(again))
            problems += [f"death {moment.name}: {one}" for one in kind.problems(again, wish)]
            again.close()
            shutil.rmtree(moment.snapshot.home)
        world.close()
    told = f"{wish} of {kind} in Fusion: {keeper.points} points in {len(keeper.moments)} moments, all tried"
    record_property("numbers", told)
    assert problems == []
    assert keeper.points >= 60


@pytest.mark.parametrize(("kind", "wish"), CALLING)
def test_an_answer_that_is_lost_undoes_and_posts_again_once(kind, wish):
    """It landed and nobody heard: it is found by its key when the quiet time is over."""
    operation = kind.calls[("post", "reverse", "post_again").index(wish)]
    with simulated() as folder:
        world, schedule = _begun(folder, kind, wish)
        lost = world.erp_faults.calls(operation) + 1
        world.erp_faults.at(operation, lost, general.dropped(after=True))
        getattr(kind, wish)(schedule)
        found = kind.problems(world, wish)
        calls = world.erp_faults.calls(operation)
        world.close()
    assert (found, calls >= lost) == ([], True)
