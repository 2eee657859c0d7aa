"""Death at every point while one settlement is reversed in Fusion, and while it is posted again."""

from dataclasses import replace

from tests.simulation.cases import SINGLE
from tests.simulation.fusion_side import FusionSide
from tests.simulation.undoing import assert_undoing_survives


def test_a_worker_may_die_at_every_point_of_undoing_and_posting_again_in_fusion(record_property):
    """Reversed nets to zero, posted again comes to the total: one batch per key throughout."""
    assert_undoing_survives(replace(SINGLE, erp=FusionSide), record_property, " in Fusion")
