"""A worker that ends without giving its lease back, and journals that change meanwhile: the settlement goes on.

Found by seed 669: nobody came back to what another worker still held, and nobody was told.
"""

from tests.simulation import oracle, strikes
from tests.simulation.cases import SINGLE
from tests.simulation.doors import Watcher
from tests.simulation.schedule import Schedule
from tests.simulation.world import World, simulated


class _BusyOnceLeased(Watcher):
    """Holds the control database from the first lease on, for the next intent and for giving the lease back."""

    def __init__(self):
        self.left = 2
        self.is_leased = False

    def after(self, worker, effect):
        self.is_leased |= effect.name == "leases"

    def begins(self, worker):
        if self.is_leased and self.left:
            self.left -= 1
            strikes.refuse_transaction()


def test_changed_journals_wait_for_the_end_of_a_lease_and_no_longer():
    """The run that finds the document held comes back when the lease has run out, replaces it and posts."""
    with simulated() as folder:
        world, busy = World(SINGLE, folder), _BusyOnceLeased()
        schedule = Schedule(world, busy)
        schedule.discover()
        schedule.walk(SINGLE.settlements[0].settlement_id)
        world.mapping = world.mapped('revenue: "400100"', 'revenue: "400200"')
        schedule.until_rest()
        assert not busy.left
        assert oracle.problems(world) == []
        assert [one.status for one in world.erp.reader.booked()] == ["P"]
        world.close()
