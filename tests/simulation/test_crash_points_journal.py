"""Death before and after everything lasting on the road of a journal, discovery to reconciliation.

Here with two parts, where a death is noticed; and where the send itself went wrong, there the points from it on: those
before are the same. One settlement with every exchange kept as a row, as the product runs, is tried at every point too,
half of them in each of two files beside this one.
"""

from dataclasses import replace

import pytest

from emulators import faults as general
from tests.simulation.cases import SINGLE, TWO_PARTS
from tests.simulation.journal_deaths import assert_survived, beginning_with

_SENT = "after http erp CI_JOURNAL_ENTRY_CI_C"
_LOST = replace(SINGLE, name="one settlement, answer lost")
_NOT_SENT = replace(SINGLE, name="one settlement, request lost")
# The world, whether deaths are noticed, what goes wrong with the first send, the moment from which on they are tried.
CASES = [
    (TWO_PARTS, True, None, "before"),
    (_LOST, True, general.dropped(after=True), _SENT),
    (_NOT_SENT, False, general.dropped(), _SENT),
]


@pytest.mark.parametrize(("case", "is_noticed", "fault", "first"), CASES, ids=[case.name for case, *_ in CASES])
def test_a_worker_may_die_at_every_point_of_a_journals_road(case, is_noticed, fault, first, record_property):
    """The normal schedule goes on; each settlement is in the books once, whole and tied."""
    assert_survived(case, beginning_with(first), record_property, is_noticed=is_noticed, fault=fault)
