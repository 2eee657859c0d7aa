"""Death before and after everything lasting on the road of a journal into Fusion, discovery to reconciliation.

The whole road of one settlement; and from the send on, where the answer to the file was lost, and where the connector
asks for posting. Two parts and a long job are in the file beside this one.
"""

from dataclasses import replace

import pytest

from emulators import faults as general
from tests.simulation.cases import SINGLE
from tests.simulation.fusion_side import FusionAskedToPost, FusionSide
from tests.simulation.journal_deaths import assert_survived, beginning_with

_SENT = "after http erp importBulkData"
_IN_FUSION = replace(SINGLE, erp=FusionSide)
_LOST = replace(_IN_FUSION, name="one settlement, answer lost")
_ASKED = replace(SINGLE, erp=FusionAskedToPost, name="one settlement, posting asked for")
# The world, whether deaths are noticed, what goes wrong with the first send, the moment from which on they are tried.
CASES = [
    (_IN_FUSION, False, None, "before"),
    (_LOST, False, general.dropped(after=True), _SENT),
    (_ASKED, True, None, _SENT),
]


@pytest.mark.parametrize(("case", "is_noticed", "fault", "first"), CASES, ids=[case.name for case, *_ in CASES])
def test_a_worker_may_die_at_every_point_of_a_journals_road_into_fusion(
    case, is_noticed, fault, first, record_property
):
    """The normal schedule goes on; the settlement is in the books once, whole and tied."""
    chosen = beginning_with(first)
    assert_survived(case, chosen, record_property, is_noticed=is_noticed, fault=fault, called=" in Fusion")
