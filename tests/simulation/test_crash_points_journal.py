"""Death before and after everything lasting on the road of a journal, discovery to reconciliation.

The points are found by the doors; the oracle reads the ERP's books alone. With one settlement nobody notices a death,
so that rows and leases run out by the clock; with two parts it is noticed. Where every exchange is kept as a row, and
where the send itself went wrong, the points from there on are tried: those before are the same.
"""

from dataclasses import replace

import pytest

from emulators import faults as general
from tests.simulation import oracle
from tests.simulation.cases import SINGLE, TWO_PARTS
from tests.simulation.crash import survived, watched
from tests.simulation.schedule import Schedule
from tests.simulation.world import World, simulated

# Fewer would mean that a door is broken.
POINTS_MIN = 250
_APPROVED = "after commit outbox_sets"
_SENT = "after http erp CI_JOURNAL_ENTRY_CI_C"
_KEPT = replace(SINGLE, name="one settlement, exchanges kept", keeps_exchanges=True)
_LOST = replace(SINGLE, name="one settlement, answer lost")
_NOT_SENT = replace(SINGLE, name="one settlement, request lost")
# The world, whether deaths are noticed, what goes wrong with the first send, the moment from which on they are tried.
CASES = [
    (SINGLE, False, None, "before"),
    (TWO_PARTS, True, None, "before"),
    (_KEPT, True, None, _APPROVED),
    (_LOST, True, general.dropped(after=True), _SENT),
    (_NOT_SENT, False, general.dropped(), _SENT),
]


@pytest.mark.parametrize(("case", "is_noticed", "fault", "first"), CASES, ids=[case.name for case, *_ in CASES])
def test_a_worker_may_die_at_every_point_of_a_journals_road(case, is_noticed, fault, first, record_property):
    """The normal schedule goes on; each settlement is in the books once, whole and tied."""
    with simulated() as folder:
        world = World(case, folder)
        if fault is not None:
            world.erp_faults.at("Create", 1, fault)
        keeper = watched(world, Schedule(world, notices_deaths=is_noticed))
        assert oracle.problems(world) == []
        begin = next(number for number, one in enumerate(keeper.moments) if one.name.startswith(first))
        tried = keeper.moments[begin:]
        problems = [one for moment in tried for one in survived(moment)]
        world.close()
    found = f"{keeper.points} points in {len(keeper.moments)} different moments"
    record_property("numbers", f"journal, {case.name}: {found}, {len(tried)} tried")
    assert problems == []
    assert keeper.kinds == {"commit", "file", "http"}
    assert keeper.points >= POINTS_MIN
