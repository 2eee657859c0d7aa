"""What is answered from memory is what would have been worked out: walks with and without it leave the same."""

from contextlib import nullcontext

import pytest

from tests.simulation import world as worlds
from tests.simulation.cases import CARRIED, TWO_PARTS
from tests.simulation.doors import acting
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, World, simulated


def left_by(case) -> tuple:
    """Return what one walk leaves: staged files by content, documents, journals line by line."""
    with simulated() as folder:
        world = World(case, folder)
        Schedule(world).until_rest()
        with acting(None):
            staged = [(one.table, one.partition, one.sha256, one.rows) for one in world.stores.warehouse.currents()]
            states = [(one.key, str(one.state)) for one in world.stores.outbox.listing(CONNECTION)]
        lines = [(one.key, one.account, one.amount, one.reference) for one in world.erp.books.lines()]
        world.close()
    return sorted(staged), sorted(states), sorted(lines)


@pytest.mark.parametrize("case", [TWO_PARTS, CARRIED], ids=lambda case: case.name)
def test_memory_changes_nothing(case, monkeypatch):
    """Byte for byte in the warehouse, line for line in the books; the second walk from memory alone."""
    remembered = [left_by(case), left_by(case)]
    monkeypatch.setattr(worlds, "remembering", nullcontext)
    assert remembered == [left_by(case)] * 2
