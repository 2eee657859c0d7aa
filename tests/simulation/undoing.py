"""What people undo and post again, and death on the way of it: done whole, and once.

In: a case. Out: the two wishes as the command line carries them out; for every moment of both that is tried, nothing,
or a failure that names the moment.
"""

from __future__ import annotations

from collections.abc import Callable

from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal
from ledger.four_eyes import Decider
from tests.simulation import oracle
from tests.simulation.crash import assert_wish_survives, watched
from tests.simulation.schedule import Schedule, walk
from tests.simulation.world import Case, World, simulated

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


def assert_undoing_survives(case: Case, record_property: Callable[[str, object], None], called: str = "") -> None:
    """Let a worker die at every moment of a reversal, and then at every one of posting again.

    Reversed nets to zero and stays in review; posted again comes to the total: one document per key throughout.
    """
    with simulated() as folder:
        world = World(case, folder)
        schedule = Schedule(world)
        schedule.until_rest()
        parts = len(world.erp.reader.booked())
        for act, before in ((reverse, parts), (post_again, 2 * parts)):
            keeper = watched(world, schedule, act)
            done = (before + parts, [])
            assert stands(world) == done
            found = assert_wish_survives(keeper, act, stands, (before, []), done)
            schedule = keeper.schedule.goes_on(world)
            name = act.__name__.replace("_", " ")
            record_property("numbers", f"{name}{called}, {case.name}: {found}")
            assert keeper.points >= POINTS_MIN
        world.close()
