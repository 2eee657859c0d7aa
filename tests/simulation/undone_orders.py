"""What one order has in Fusion's books, its invoice, with its credit memo or without, its cost, or a return of that:
posted, undone and posted again.

In: a world. Out: the wishes as the command line carries them out with the runs of the order's day, and what the pod
holds of the order, which only the oracle reads.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from assets.stages.day_stages import DAY_STAGES
from assets.stages.roadmap import Road
from assets.undo.order_reversals import order_sources, plan_order_reversal, repost_order
from assets.undo.reversals import apply_reversal
from ledger.catalogue import load_catalogue
from ledger.errors import DoneAlready, UnderWayAlready
from ledger.four_eyes import Decider
from tests.simulation import fusion_billing as billing
from tests.simulation.doors import acting
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, Case, World

_CATALOGUE = "sku,cogs.account,inventory.account,unit_cost,currency,revenue.account\n*,500100,140100,4.25,USD,400100\n"
RETURNED = date(2026, 11, 8)
_RETURNS = """
SELECT
    CAST($returned || ' 15:00:00' AS TIMESTAMP) AS returned_at, $order AS order_id, 'SKU-1' AS sku, 1 AS quantity,
    'PHX7' AS fulfillment_center, 'SELLABLE' AS disposition, 'LPN0000001' AS license_plate, 2 AS source_row
"""
_STOCK = "01-000-140100-000"
_LATER = 2 * 3600
_LOOKS_MAX = 12
_COSTED = replace(
    billing.BILLED,
    name="one shipment and its cost",
    books=billing.BILLED.books | {"cost_of_goods": {"shipped_from": "2026-11-01"}, "catalogue": "products.csv"},
)


def tell_and_return(world: World) -> None:
    """Lay the order's transactions under their days, and a unit of it that came back under its own."""
    billing.tell(world)

    def produce(path: Path) -> None:
        with duckdb.connect() as duck:
            bound = {"returned": RETURNED.isoformat(), "order": billing.ORDER}
            duck.sql(_RETURNS, params=bound).write_parquet(str(path))

    with acting(None):
        world.stores.warehouse.write(CONNECTION, "fba_returns", RETURNED.isoformat(), produce, {"document": ""})


@dataclass(frozen=True)
class Undone:
    """A kind of document: what makes it, what it comes to, the calls that post it first, undo it and post it again.

    `back` is what a credit memo of the next day takes back of it. What stands in the books after each wish is told by
    `held`, amounts in the order of invoices and credit memos; where there is no credit memo they are times the amount.
    `pair` are two documents that are undone and posted again together, the second of which takes the first back.
    """

    kind: str
    case: Case
    assets: tuple[str, ...]
    amount: Decimal
    calls: tuple[str, str, str]
    wrong: Callable[[World, list[Decimal]], list[str]]
    name: str = ""
    back: Decimal = Decimal(0)
    tell: Callable[[World], None] = billing.tell
    pair: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name or self.kind

    @property
    def held(self) -> dict[str, list[Decimal]]:
        """Return what stands in the books once it is posted, once it is undone, and once it is posted again."""
        if self.pair:
            first, back = [self.amount, -self.amount], [-self.amount, self.amount]
            return {"post": first, "reverse": first + back, "post_again": first + back + first}
        rest = [-self.amount - self.back] if self.amount + self.back else []
        undone = [self.amount, *([self.back] if self.back else []), *rest]
        return {"reverse": undone, "post_again": [*undone, self.amount, *([self.back] if self.back else [])]}

    def _days(self, asset: str) -> tuple[date, ...]:
        if asset == "return_postings":
            return (RETURNED,)
        return (billing.SHIPPED, billing.REFUNDED) if self.back else (billing.SHIPPED,)

    def post(self, schedule: Schedule) -> None:
        """Let runs post it."""
        self._until(schedule, self._standing("1 posted"))

    def reverse(self, schedule: Schedule) -> None:
        """Do what `connector reverse ORDER --apply` does, and let runs look until it is undone."""

        def work(road: Road) -> None:
            sources = order_sources(road, billing.ORDER)
            together = frozenset(one.source_id for one in sources)
            for one in sources:
                with suppress(DoneAlready, UnderWayAlready):
                    apply_reversal(road, plan_order_reversal(road, one, together), "wrong account")

        self._wish(schedule, "reverse", work)
        self._until(schedule, [*self._standing("1 reversed"), *self._reversals])

    def post_again(self, schedule: Schedule) -> None:
        """Do what `connector repost ORDER --apply` does, and let runs look until it is posted."""

        def work(road: Road) -> None:
            for one in reversed(order_sources(road, billing.ORDER)):
                with suppress(DoneAlready, UnderWayAlready):
                    repost_order(road, one, Decider("controller"), "corrected")

        self._wish(schedule, "repost", work)
        self._until(schedule, [*self._standing("1 reversed", "2 posted"), *self._reversals])

    def problems(self, world: World, wish: str) -> list[str]:
        """Return what the pod holds otherwise than it should once a wish was carried out, each in its own document."""
        return self.wrong(world, self.held[wish])

    def _standing(self, *states: str) -> list[str]:
        """Return where the documents stand when each revision does so."""
        kinds = self.pair or (("credit_memo", self.kind) if self.back else (self.kind,))
        return [f"{kind} {state}" for kind in kinds for state in states]

    @property
    def _reversals(self) -> list[str]:
        return ["reversal 1 posted"] * max(1, len(self.pair))

    def _wish(self, schedule: Schedule, name: str, work: Callable[[Road], object]) -> None:
        def done(road: Road) -> None:
            work(_costing(road))
            self._look(road)

        schedule.run(name, done)

    def _look(self, road: Road) -> None:
        for asset in self.assets:
            billing.look(DAY_STAGES[asset], self._days(asset), _costing(road))

    def _until(self, schedule: Schedule, wanted: list[str]) -> None:
        """Let runs look at the day, two hours apart, until the documents stand so."""
        for _ in range(_LOOKS_MAX):
            schedule.run(self.kind, self._look)
            if _states(schedule.world) == sorted(wanted):
                return
            schedule.world.clock.advance(_LATER)
        raise AssertionError(f"no end after {_LOOKS_MAX} looks: {_states(schedule.world)}")


def _costing(road: Road) -> Road:
    return replace(road, load_catalogue=lambda: load_catalogue(_CATALOGUE, "products.csv"))


def _states(world: World) -> list[str]:
    with acting(None):
        listed = world.stores.outbox.listing(CONNECTION)
    return sorted(f"{one.source.kind} {one.revision} {one.state}" for one in listed)


def _wrong_costs(world: World, wanted: list[Decimal]) -> list[str]:
    books = world.erp.books
    ours = [one for one in books.batches(billing.US_LEDGER) if "ZB" in one.source or "Connector" in one.source]
    held = [sum((-line.amount for line in books.lines(one.id) if line.account == _STOCK), Decimal(0)) for one in ours]
    found = [] if sorted(held) == sorted(wanted) else [f"the stock was moved by {held}, not {wanted}"]
    found += [f"{one.name} is {one.status}" for one in ours if one.status != "P"]
    return [*found, *(f"twice: {name}" for name in books.duplicates())]


def _wrong_invoices(world: World, wanted: list[Decimal]) -> list[str]:
    billed, credited = [one for one in wanted if one > 0], [one for one in wanted if one < 0]
    return billing.other_than(world, {"AR_INVOICE": billed, "AR_CREDIT_MEMO": credited})


COST = Undone("cost", _COSTED, ("cost_postings",), Decimal("4.25"), ("importBulkData",) * 3, _wrong_costs)
RETURN = replace(
    COST,
    kind="cost_return",
    case=replace(_COSTED, name="one shipment, its cost, and its return"),
    assets=("cost_postings", "return_postings"),
    tell=tell_and_return,
    pair=("cost", "cost_return"),
)
INVOICE = Undone(
    "invoice",
    billing.BILLED,
    billing.ASSETS,
    Decimal(95),
    ("createReceivablesInvoice", "createCreditMemo", "createReceivablesInvoice"),
    _wrong_invoices,
)
CREDITED = replace(INVOICE, name="invoice credited in part", back=Decimal(-40))
CREDITED_IN_FULL = replace(
    INVOICE, name="invoice credited in full", back=Decimal(-95), tell=billing.tell_refunded_in_full
)
