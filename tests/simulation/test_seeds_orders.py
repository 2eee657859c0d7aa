"""Orders, seeds 0 to 111: whatever is drawn, each is billed and credited once in the end; and the judge can fail."""

import pytest

from tests.simulation.__main__ import failures, simulated_seeds
from tests.simulation.erps import ERPS
from tests.simulation.order_schedule import OrderSchedule, lay_orders, wrong_orders
from tests.simulation.seeds import assert_in_order
from tests.simulation.test_oracle import sends_a_first_time_without_a_look
from tests.simulation.world import World, simulated


def test_seeds_end_with_each_order_billed_and_credited_once(record_property):
    """A failure names its seed and the command that shows it again."""
    assert_in_order(range(0, 112), record_property, "orders")


def test_seeds_end_with_an_order_billed_once_by_report_and_transaction(record_property):
    """Each kind of trouble in turn, while the report bills the order, and while its transaction finds that."""
    outcomes = simulated_seeds(range(0, 56), "reported")
    record_property("numbers", f"simulation of orders that a report tells: {len(outcomes)} seeds")
    assert list(failures(outcomes, "reported")) == []


@pytest.mark.parametrize("case", [*ERPS["orders"].cases, *ERPS["reported"].cases], ids=lambda case: case.name)
def test_the_judge_of_orders_sees_what_is_beyond_and_what_is_missing(case):
    """An invoice of another amount, one too many, and one too few of which nobody is told."""
    with simulated() as folder:
        world = World(case, folder)
        lay_orders(world)
        OrderSchedule(world).until_rest()
        assert wrong_orders(world) == []
        store, ours = world.erp.books.store, "NUMBER <> 'CONTROL-1'"
        store.run(f"UPDATE AR_INVOICE SET AMOUNT = '94' WHERE {ours}")
        beyond, *_, lacking = wrong_orders(world)
        assert "hold 94 beyond what is wanted" in beyond
        assert "and nobody is told" in lacking
        store.run(f"DELETE FROM AR_INVOICE WHERE {ours}")
        [lacking] = wrong_orders(world)
        assert "the receivables lack ['95'" in lacking
        world.close()


def test_an_invoice_that_is_sent_without_a_look_is_seen(monkeypatch):
    """The receivables come out right by luck; the witness at the door says what was not asked before."""
    with simulated() as folder, monkeypatch.context() as patch:
        sends_a_first_time_without_a_look(patch)
        world = World(ERPS["orders"].cases[0], folder)
        lay_orders(world)
        OrderSchedule(world).until_rest()
        assert any("no look of this worker has shown that it is not there" in one for one in wrong_orders(world))
        world.close()
