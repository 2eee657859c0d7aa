"""Death before and after everything lasting while a settlement goes into Fusion as a journal and a receipt.

The whole road of the settlement; and from the receipt on, where the answer to it was lost.
"""

import shutil

import pytest

from emulators import faults as general
from tests.simulation import oracle
from tests.simulation.crash import reborn, watched
from tests.simulation.fusion_receipts import RECEIPT_POST, RECEIVED, begun, left_over
from tests.simulation.journal_deaths import POINTS_MIN, beginning_with
from tests.simulation.world import World, simulated

# Whether deaths are noticed, what goes wrong with the receipt, the moment from which on they are tried.
CASES = [
    pytest.param(True, None, "before", id="all is well"),
    pytest.param(False, general.dropped(after=True), "after http erp POST standardReceipts", id="answer lost"),
]


@pytest.mark.parametrize(("is_noticed", "fault", "first"), CASES)
def test_a_worker_may_die_at_every_point_of_a_settlement_with_a_receipt(is_noticed, fault, first, record_property):
    """The normal schedule goes on: journal and receipt stand there once, together the total, and nothing is open."""
    with simulated() as folder:
        world = World(RECEIVED, folder)
        schedule = begun(world, notices_deaths=is_noticed)
        if fault is not None:
            world.erp_faults.at(RECEIPT_POST, 1, fault)
        keeper = watched(world, schedule)
        assert [*oracle.problems(world), *left_over(world)] == []
        tried = beginning_with(first)(keeper.moments)
        problems = []
        for moment in tried:
            again = reborn(moment)
            moment.schedule.goes_on(again).until_rest()
            found = [*oracle.problems(again), *left_over(again)]
            problems += [f"death {moment.name}: {one}" for one in found]
            again.close()
            shutil.rmtree(moment.snapshot.home)
        sent = world.erp_faults.calls(RECEIPT_POST)
        world.close()
    record_property("numbers", f"settlement with a receipt: {keeper.points} points, {len(tried)} moments tried")
    assert problems == []
    assert (keeper.kinds, sent) == ({"commit", "file", "http"}, 1)
    assert keeper.points >= POINTS_MIN
