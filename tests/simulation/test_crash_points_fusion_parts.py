"""Death on the road of two parts into Fusion, at every point; and while a job takes longer than a run looks on."""

from dataclasses import replace

from tests.simulation.cases import SINGLE, TWO_PARTS
from tests.simulation.fusion_side import FusionSide, FusionSlow
from tests.simulation.journal_deaths import assert_survived, beginning_with


def test_a_worker_may_die_at_every_point_of_two_parts_into_fusion(record_property):
    """The second part goes when the first is through, each in a batch of its own period."""
    case = replace(TWO_PARTS, erp=FusionSide)
    assert_survived(case, list, record_property, is_noticed=True, called=" in Fusion")


def test_a_worker_may_die_at_every_point_while_a_long_job_is_followed(record_property):
    """From the send on: the next run knows the job by its number and waits for the batch."""
    case = replace(SINGLE, erp=FusionSlow, name="one settlement, a long job")
    chosen = beginning_with("after http erp importBulkData")
    assert_survived(case, chosen, record_property, is_noticed=False, called=" in Fusion")
