"""Death before and after everything lasting while journals that need approval are approved and sent.

After each death first the normal schedule goes on alone: nothing goes out that nobody approved, and what was approved
is carried to its end. Then the person says the word again, as one does who saw a process end: posted, and once.
"""

from dataclasses import replace

from assets.review.approval import approve
from ledger.errors import InputRefused
from ledger.four_eyes import Decider
from tests.simulation import oracle
from tests.simulation.cases import TWO_PARTS
from tests.simulation.crash import assert_wish_survives, watched
from tests.simulation.doors import acting
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, World, simulated

POINTS_MIN = 60
CASE = replace(TWO_PARTS, name="two parts that need approval", books={"approval": "required"})
SETTLEMENT = CASE.settlements[0].settlement_id
# Status of our journals in the books, codes of the review queue, what the oracle finds wrong.
WAITING, POSTED = ([], ["approval_needed"], []), (["P", "P"], [], [])


def say_yes(schedule: Schedule) -> None:
    """Approve as another person than the one whose runs planned it, and let the schedule come to rest."""
    schedule.run("approve", lambda road: approve(road, SETTLEMENT, Decider("controller"), "checked"))
    schedule.until_rest()


def stands(world: World) -> tuple[list[str], list[str], list[str]]:
    """Return the status of our journals in the books, what the review queue holds, and what the oracle says."""
    with acting(None):
        items = world.stores.review.listing(CONNECTION)
    statuses = [one.status for one in world.erp.reader.booked()]
    return statuses, [one.code for one in items], oracle.problems(world)


def test_a_worker_may_die_at_every_point_of_an_approval_and_what_follows(record_property):
    """Before the word is kept nothing is in the books; after it both parts are, whoever dies on the way."""
    with simulated() as folder:
        world = World(CASE, folder)
        schedule = Schedule(world)
        schedule.until_rest()
        assert stands(world) == WAITING
        keeper = watched(world, schedule, say_yes)
        assert stands(world) == POSTED
        found = assert_wish_survives(keeper, say_yes, stands, WAITING, POSTED)
        record_property("numbers", f"approval, {CASE.name}: {found}")
        assert keeper.points >= POINTS_MIN
        world.close()


def test_a_word_that_is_kept_is_not_asked_for_again():
    """Saying yes a second time is refused with the states of the parts: nothing waits any more."""
    refused = []

    def again(road):
        try:
            approve(road, SETTLEMENT, Decider("controller"), "checked")
        except InputRefused as refusal:
            refused.append(str(refusal))

    with simulated() as folder:
        world = World(CASE, folder)
        schedule = Schedule(world)
        schedule.until_rest()
        say_yes(schedule)
        schedule.run("approve again", again)
        world.close()
    assert [one for one in refused if "cannot be approved: part 1 posted" in one] == refused != []
