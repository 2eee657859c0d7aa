"""Death on the second half of a journal's road with every exchange kept; the other half is another worker's."""

from tests.simulation.journal_deaths import KEPT, assert_survived, second_half


def test_a_worker_may_die_at_every_point_while_exchanges_are_kept(record_property):
    """As the product runs; nobody notices the death, so that rows and leases run out by the clock."""
    assert_survived(KEPT, second_half, record_property, is_noticed=False, called=", second half")
