"""Death before and after everything lasting while a settlement with a receipt is undone, and while it is made again."""

import pytest

from tests.simulation import oracle
from tests.simulation.crash import assert_wish_survives, watched
from tests.simulation.fusion_receipts import RECEIPT_POST, RECEIPT_REVERSE, RECEIVED, begun, left_over
from tests.simulation.undoing import POINTS_MIN, post_again, reverse
from tests.simulation.world import World, simulated


def stands(world: World) -> tuple[int, list[str]]:
    """Return how many journals and receipts of ours are in the books, reversals too, and what the oracle finds."""
    return len(world.erp.reader.booked()), oracle.problems(world)


@pytest.mark.parametrize("wish", [reverse, post_again])
def test_a_worker_may_die_at_every_point_of_undoing_a_receipt(wish, record_property):
    """Receipt, then journal: both are undone once, and posted again once, whatever the moment of the death."""
    with simulated() as folder:
        world = World(RECEIVED, folder)
        schedule = begun(world, notices_deaths=True)
        schedule.until_rest()
        assert [*oracle.problems(world), *left_over(world)] == []
        parts = len(world.erp.reader.booked())
        if wish is post_again:
            reverse(schedule)
        before = (parts if wish is reverse else 2 * parts, [])
        assert stands(world) == before
        keeper = watched(world, schedule, wish)
        done = (before[0] + parts, [])
        assert stands(world) == done
        calls = [world.erp_faults.calls(one) for one in (RECEIPT_REVERSE, RECEIPT_POST)]
        assert calls == [1, 1 if wish is reverse else 2]
        found = assert_wish_survives(keeper, wish, stands, before, done)
        record_property("numbers", f"{wish.__name__.replace('_', ' ')}, a settlement with a receipt: {found}")
        assert keeper.points >= POINTS_MIN
        world.close()
