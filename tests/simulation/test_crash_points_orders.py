"""Death before and after everything lasting while orders are billed and credited: each is, once, whatever dies."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from emulators import faults as general
from tests.simulation import fusion_billing as billing
from tests.simulation import reported_orders
from tests.simulation.adjusted_orders import TOO_LITTLE, TOO_MUCH
from tests.simulation.crash import Keeper, reborn, watched
from tests.simulation.reported_orders import REPORTED
from tests.simulation.schedule import Schedule
from tests.simulation.world import Case, World, simulated


@dataclass(frozen=True)
class Way:
    """A way of orders into the receivables: what is told, what runs do, and what has to stand there in the end."""

    name: str
    case: Case
    tell: Callable[[World], None]
    bill: Callable[[Schedule], None]
    wrong: Callable[[World], list[str]]
    lost: tuple[str, ...]
    points_min: int


WAYS = (
    Way(
        "an order, alone, and its refund",
        billing.BILLED,
        billing.tell,
        billing.bill,
        billing.wrong,
        ("createReceivablesInvoice", "createCreditMemo"),
        60,
    ),
    Way(
        "two orders in one file",
        billing.IMPORTED,
        billing.tell_two,
        billing.bill_two,
        billing.wrong_two,
        ("importBulkData",),
        60,
    ),
    Way(
        REPORTED.name,
        REPORTED,
        reported_orders.lay,
        reported_orders.bill,
        reported_orders.wrong,
        ("createReceivablesInvoice", "createCreditMemo"),
        60,
    ),
    *(
        Way(one.name, one.case, one.tell, one.bill, one.wrong, (*calls, "createReceivablesInvoice"), 60)
        for one, calls in ((TOO_MUCH, ("createCreditMemo",)), (TOO_LITTLE, ()))
    ),
)
_LOST = [pytest.param(way, operation, id=operation) for way in WAYS for operation in way.lost]


def _watched(way: Way, folder, fault: str = "") -> tuple[Keeper, list[str], World]:
    """Bill the orders with nobody dying; return the moments, and what is wrong in the end."""
    world = World(way.case, folder)
    way.tell(world)
    if fault:
        world.erp_faults.at(fault, 1, general.dropped(after=True))
    keeper = watched(world, Schedule(world, notices_deaths=False), way.bill)
    found = way.wrong(world)
    world.close()
    return keeper, found, world


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_worker_may_die_at_every_point_of_orders_way_into_the_receivables(way, record_property):
    """Later runs bill each once and credit it once; the receivables alone say so."""
    with simulated() as folder:
        keeper, found, known = _watched(way, folder)
        problems = [*found]
        for moment in keeper.moments:
            world = reborn(moment)
            way.bill(moment.schedule.goes_on(world))
            problems += [f"death {moment.name}: {one}" for one in way.wrong(world)]
            world.close()
            shutil.rmtree(moment.snapshot.home)
    told = f"{way.name} in Fusion: {keeper.points} points in {len(keeper.moments)} different moments, all tried"
    record_property("numbers", told)
    assert problems == []
    assert keeper.points >= way.points_min
    assert all(known.erp_faults.calls(operation) for operation in way.lost), "it took this way"


@pytest.mark.parametrize(("way", "operation"), _LOST)
def test_an_answer_that_is_lost_bills_and_credits_once(way, operation):
    """It landed and nobody heard: it is found by its number when the quiet time is over."""
    with simulated() as folder:
        _, found, _ = _watched(way, folder, operation)
    assert found == []
