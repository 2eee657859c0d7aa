"""What one shipment costs in Fusion: booked, undone and posted again, as a person and the runs of its day do it.

In: a world. Out: its staged transactions, the wishes as the command line carries them out, and what the pod's general
ledger holds of the shipment, which only the oracle reads.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from assets.day_stages import DAY_STAGES
from assets.order_reversals import order_sources, plan_order_reversal, repost_order
from assets.reversals import apply_reversal
from assets.roadmap import Road
from ledger.catalogue import load_catalogue
from ledger.errors import DoneAlready, UnderWayAlready
from ledger.four_eyes import Decider
from tests.simulation import fusion_billing as billing
from tests.simulation.doors import acting
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, World

_CATALOGUE = "sku,cogs.account,inventory.account,unit_cost,currency,revenue.account\n*,500100,140100,4.25,USD,400100\n"
_STOCK = "01-000-140100-000"
_COST = Decimal("4.25")
_LATER = 2 * 3600
_LOOKS_MAX = 12

COSTED = replace(
    billing.BILLED,
    name="one shipment and its cost",
    books=billing.BILLED.books | {"cost_of_goods": {"shipped_from": "2026-11-01"}, "catalogue": "products.csv"},
)


def _costing(road: Road) -> Road:
    return replace(road, load_catalogue=lambda: load_catalogue(_CATALOGUE, "products.csv"))


def _look(road: Road) -> None:
    billing.look(DAY_STAGES["cost_postings"], (billing.SHIPPED,), _costing(road))


def _until(schedule: Schedule, wanted: list[str]) -> None:
    """Let runs look at the day, two hours apart, until the documents stand so."""
    for _ in range(_LOOKS_MAX):
        schedule.run("cost_postings", _look)
        if states(schedule.world) == wanted:
            return
        schedule.world.clock.advance(_LATER)
    raise AssertionError(f"no end after {_LOOKS_MAX} looks: {states(schedule.world)}")


def states(world: World) -> list[str]:
    """Return what stands of the shipment by our own records: kind, revision, state."""
    with acting(None):
        listed = world.stores.outbox.listing(CONNECTION)
    return sorted(f"{one.source.kind} {one.revision} {one.state}" for one in listed)


def book(schedule: Schedule) -> None:
    """Book what the shipment cost."""
    _until(schedule, ["cost 1 posted"])


def _wish(schedule: Schedule, name: str, work: Callable[[Road], object]) -> None:
    def done(road: Road) -> None:
        with suppress(DoneAlready, UnderWayAlready):
            work(_costing(road))
        _look(road)

    schedule.run(name, done)


def reverse(schedule: Schedule) -> None:
    """Do what `connector reverse ORDER --apply` does, and let runs look until it is undone."""

    def work(road: Road) -> None:
        for one in order_sources(road, billing.ORDER):
            apply_reversal(road, plan_order_reversal(road, one), "wrong unit cost")

    _wish(schedule, "reverse", work)
    _until(schedule, ["cost 1 reversed", "reversal 1 posted"])


def post_again(schedule: Schedule) -> None:
    """Do what `connector repost ORDER --apply` does, and let runs look until it is posted."""

    def work(road: Road) -> None:
        for one in order_sources(road, billing.ORDER):
            repost_order(road, one, Decider("controller"), "corrected")

    _wish(schedule, "repost", work)
    _until(schedule, ["cost 1 reversed", "cost 2 posted", "reversal 1 posted"])


def wrong(world: World, *amounts: int) -> list[str]:
    """Return what the general ledger holds otherwise than so many times the cost, signed, one posted batch each."""
    books = world.erp.books
    ours = [one for one in books.batches(billing.US_LEDGER) if "ZB" in one.source or "Connector" in one.source]
    held = [sum((-line.amount for line in books.lines(one.id) if line.account == _STOCK), Decimal(0)) for one in ours]
    wanted = sorted(_COST * one for one in amounts)
    found = [] if sorted(held) == wanted else [f"the stock was moved by {held}, not {wanted}"]
    found += [f"{one.name} is {one.status}" for one in ours if one.status != "P"]
    return [*found, *(f"twice: {name}" for name in books.duplicates())]
