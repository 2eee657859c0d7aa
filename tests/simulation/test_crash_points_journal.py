"""Death before and after everything lasting on the road of a journal, discovery to reconciliation.

The points are found by the doors; the oracle reads the ERP's books alone. With one settlement every exchange is kept as
a row and nobody notices a death, so that rows and leases run out by the clock; with two parts it is noticed.
"""

from dataclasses import replace

import pytest

from tests.simulation import oracle
from tests.simulation.cases import SINGLE, TWO_PARTS
from tests.simulation.crash import survived, watched
from tests.simulation.schedule import Schedule
from tests.simulation.world import World, simulated

# Fewer would mean that a door is broken.
POINTS_MIN = 250
CASES = [(replace(SINGLE, keeps_exchanges=True), False), (TWO_PARTS, True)]


@pytest.mark.parametrize(("case", "is_noticed"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_a_worker_may_die_at_every_point_of_a_journals_road(case, is_noticed, capsys):
    """The normal schedule goes on; each settlement is in the books once, whole and tied."""
    with simulated() as folder:
        world = World(case, folder)
        keeper = watched(world, Schedule(world, notices_deaths=is_noticed))
        assert oracle.problems(world) == []
        problems = [one for moment in keeper.moments for one in survived(moment)]
        world.close()
    with capsys.disabled():
        print(f"\njournal, {case.name}: {keeper.points} points, {len(keeper.moments)} different moments", end=" ")
    assert problems == []
    assert keeper.kinds == {"commit", "file", "http"}
    assert keeper.points >= POINTS_MIN
