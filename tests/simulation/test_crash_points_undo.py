"""Death before and after everything lasting while a settlement is reversed, and while it is posted again.

After each death first the normal schedule goes on alone: what was stored is carried to its end, what was not has never
been. Then the person repeats the wish, as one does who saw a process end: it is done whole, and once.
"""

import pytest

from tests.simulation.cases import SINGLE, TWO_PARTS
from tests.simulation.undoing import assert_undoing_survives


@pytest.mark.parametrize("case", [SINGLE, TWO_PARTS], ids=lambda case: case.name)
def test_a_worker_may_die_at_every_point_of_undoing_and_posting_again(case, record_property):
    """Reversed nets to zero, posted again comes to the total."""
    assert_undoing_survives(case, record_property)
