"""Death at every moment of a reversal and of posting again: each is done whole or not at all, and nothing twice.

The moments are found by the harness of `tests/simulation`, so new code adds its own. After each death the normal
schedule goes on; then the person repeats the wish, as one does who saw a process end.
"""

import shutil
from decimal import Decimal

import pytest

from assets.reposting import repost
from assets.reversals import apply_reversal, plan_reversal
from ledger.four_eyes import Decider
from tests.road.rig import booked
from tests.simulation.cases import SINGLE, TWO_PARTS
from tests.simulation.crash import reborn, watched
from tests.simulation.schedule import Schedule, walk
from tests.simulation.world import World, simulated

UNDOING = ("erp_postings", "reconciliations")
# name -> world, clearing amounts of its journals, whether it is posted again as well, of how many moments one is tried.
CASES = {"one part": (SINGLE, ["85.00"], True, 1), "two parts": (TWO_PARTS, ["40.00", "51.00"], False, 9)}


def cleared(world) -> list[str]:
    """Return the clearing amount of each of our journals in the books, all of them posted and each key once."""
    found = booked(world.erp)
    assert {one.status for one in found} <= {"P"}
    assert world.erp.books.duplicates() == {}
    sums = (sum(line.amount for line in world.erp.books.lines(one.key) if line.account == "110500") for one in found)
    return sorted(str(Decimal(one).quantize(Decimal("0.01"))) for one in sums)


def negated(amounts):
    """Return the amounts that undo these."""
    return [f"-{one}" for one in amounts]


class Wish:
    """A person's wish on one settlement, carried out by a process of its own that may die."""

    def __init__(self, settlement_id: str) -> None:
        self.settlement_id = settlement_id

    def reverse(self, schedule: Schedule) -> None:
        """Do what `connector reverse --apply` does, and let the schedule come to rest."""

        def work(road):
            apply_reversal(road, plan_reversal(road, self.settlement_id), "wrong account")
            walk(road, self.settlement_id, UNDOING)

        schedule.run("reverse", work)
        schedule.until_rest()

    def repost(self, schedule: Schedule) -> None:
        """Do what `connector repost --apply` does, and let the schedule come to rest."""

        def work(road):
            repost(road, self.settlement_id, Decider("controller"), "corrected")
            walk(road, self.settlement_id)

        schedule.run("repost", work)
        schedule.until_rest()


@pytest.mark.parametrize("name", CASES)
def test_a_process_may_die_at_any_moment_of_undoing_and_posting_again(name, capsys):
    """Whatever was stored is carried to its end by the schedule; a repeated wish ends in the same books."""
    case, amounts, is_reposted, step = CASES[name]
    wish = Wish(case.settlements[0].settlement_id)
    posted, undone = sorted(amounts), sorted([*amounts, *negated(amounts)])
    again = sorted([*undone, *amounts])
    with simulated() as folder:
        world = World(case, folder)
        schedule = Schedule(world)
        schedule.until_rest()
        assert cleared(world) == posted
        acts = [(wish.reverse, posted, undone), *([(wish.repost, undone, again)] if is_reposted else [])]
        for act, before, after in acts:
            keeper = watched(world, schedule, act)
            assert cleared(world) == after
            for moment in keeper.moments[::step]:
                _survives(moment, act, before, after)
            schedule = keeper.schedule.goes_on(world)
            with capsys.disabled():
                print(f" {name}, {act.__name__}: {keeper.points} points, {len(keeper.moments)} moments;", end="")
        world.close()


def _survives(moment, act, before, after):
    """Go on after one death: first by the schedule alone, then with the wish repeated."""
    world = reborn(moment)
    schedule = moment.schedule.goes_on(world)
    schedule.until_rest()
    assert cleared(world) in (before, after), f"death {moment.name}"
    act(schedule)
    assert cleared(world) == after, f"death {moment.name}"
    world.close()
    shutil.rmtree(moment.snapshot.home)
