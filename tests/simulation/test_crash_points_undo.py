"""Death before and after everything lasting while a settlement is reversed, and while it is posted again.

After each death first the normal schedule goes on alone: what was stored is carried to its end, what was not has never
been. Then the person repeats the wish, as one does who saw a process end: it is done whole, and once.
"""

import pytest

from assets.reposting import repost
from assets.reversals import apply_reversal, plan_reversal
from ledger.four_eyes import Decider
from tests.simulation import oracle
from tests.simulation.cases import SINGLE, TWO_PARTS
from tests.simulation.crash import assert_wish_survives, watched
from tests.simulation.schedule import Schedule, walk
from tests.simulation.world import World, simulated

POINTS_MIN = 60
_UNDOING = ("erp_postings", "reconciliations")


def reverse(schedule: Schedule) -> None:
    """Do what `connector reverse --apply` does, and let the schedule come to rest."""
    chosen = schedule.world.case.settlements[0].settlement_id

    def work(road):
        apply_reversal(road, plan_reversal(road, chosen), "wrong account")
        walk(road, chosen, _UNDOING)

    schedule.run("reverse", work)
    schedule.until_rest()


def post_again(schedule: Schedule) -> None:
    """Do what `connector repost --apply` does, and let the schedule come to rest."""
    chosen = schedule.world.case.settlements[0].settlement_id

    def work(road):
        repost(road, chosen, Decider("controller"), "corrected")
        walk(road, chosen)

    schedule.run("repost", work)
    schedule.until_rest()


def stands(world: World) -> tuple[int, list[str]]:
    """Return how many journals of ours are in the books, and what the oracle finds wrong."""
    return len(world.erp.reader.booked()), oracle.problems(world)


@pytest.mark.parametrize("case", [SINGLE, TWO_PARTS], ids=lambda case: case.name)
def test_a_worker_may_die_at_every_point_of_undoing_and_posting_again(case, record_property):
    """Reversed nets to zero and stays in review; posted again comes to the total: one document per key throughout."""
    parts = 2 if case is TWO_PARTS else 1
    with simulated() as folder:
        world = World(case, folder)
        schedule = Schedule(world)
        schedule.until_rest()
        for act, before in ((reverse, parts), (post_again, 2 * parts)):
            keeper = watched(world, schedule, act)
            done = (before + parts, [])
            assert stands(world) == done
            found = assert_wish_survives(keeper, act, stands, (before, []), done)
            schedule = keeper.schedule.goes_on(world)
            name = act.__name__.replace("_", " ")
            record_property("numbers", f"{name}, {case.name}: {found}")
            assert keeper.points >= POINTS_MIN
        world.close()
