"""Orders in a simulation: two days of them, looked at every two hours until each is billed and credited, or told.

In: a world of a pod that takes invoices. Out: a schedule in the manner of `schedule.py`, and what the pod's receivables
hold otherwise than they should. Whoever walks a day makes its documents anew and takes them as far as they go.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from assets.posting.document_sets import is_settled
from assets.stages.day_stages import DAY_STAGES
from assets.stages.roadmap import Road
from tests.simulation import fusion_billing as billing
from tests.simulation import reported_orders
from tests.simulation.doors import acting
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, World

_EVERY = timedelta(hours=2)
_DAYS = (billing.SHIPPED, billing.REFUNDED)
IMPORTED_AND_CREDITED = replace(billing.IMPORTED, name="two orders of a day, and a refund of one")
_BILLED, _CREDITED = Decimal(95), Decimal(-40)


@dataclass
class OrderSchedule(Schedule):
    """Looks at both days, two hours apart; `looked_at` is when it did so last."""

    looked_at: datetime | None = None
    runs_max: int = 80

    def partitions(self) -> list[str]:
        """Return the days."""
        return [day.isoformat() for day in _DAYS]

    def walk(self, settlement_id: str, assets: tuple[str, ...] = ()) -> bool:
        """Let one process make and post the documents of both days, whose events are fetched again where lost."""
        with acting(None):
            events = self.world.stores.warehouse.current(CONNECTION, "financial_events", _DAYS[0].isoformat())
        if events is None:
            lay_orders(self.world)
        # Its transaction comes once the report has billed it: before that it would be billed by that alone.
        if _is_late(self.world) and are_any_billed(self.world) and not reported_orders.is_told(self.world):
            reported_orders.tell(self.world)
        return self.run(f"orders of {settlement_id}", _bill)

    def discover(self) -> bool:
        """Look once more."""
        return self.walk("both days")

    def _run_what_is_due(self) -> bool:
        now = self.world.clock.now()
        if self.looked_at is not None and now < self.looked_at + _EVERY:
            return False
        self.looked_at = now
        self.has_discovered = self.discover()
        return True

    def _next_moment(self) -> datetime | None:
        if self.has_discovered and self._is_done():
            return None
        return self.looked_at + _EVERY

    def _are_people_told(self) -> bool:
        with acting(None):
            items = self.world.stores.review.listing(CONNECTION)
        return self.has_discovered and any(one.is_blocking for one in items)

    def _is_done(self) -> bool:
        with acting(None):
            documents = self.world.stores.outbox.listing(CONNECTION)
            newest = [self.world.stores.outbox.documents(source) for source in {one.source for one in documents}]
        return len(newest) == len(_wanted(self.world)) and all(is_settled(one) for one in newest)

    def _open_rows(self) -> list:
        return []


def _bill(road: Road) -> None:
    for asset in billing.ASSETS:
        billing.look(DAY_STAGES[asset], _DAYS, road)


def lay_orders(world: World) -> None:
    """Lay down what the case begins with: one order or two and a refund of the first, or one that a report tells."""
    if _is_late(world):
        reported_orders.lay(world)
        return
    (billing.tell if len(_wanted(world)) == 2 else billing.tell_two_and_refund)(world)


def are_any_billed(world: World) -> bool:
    """Tell whether the pod has any invoice of ours."""
    return bool(_held(world, "AR_INVOICE"))


def wrong_orders(world: World) -> list[str]:
    """Return what the receivables hold otherwise than wanted: less is right only where people have been told."""
    wanted = Counter(_wanted(world))
    held = Counter([*_held(world, "AR_INVOICE"), *_held(world, "AR_CREDIT_MEMO")])
    shown = [str(amount) for amount in held.elements()]
    missing = [str(amount) for amount in (wanted - held).elements()]
    with acting(None):
        is_told = any(one.is_blocking and one.sentence for one in world.stores.review.listing(CONNECTION))
    found = [f"the receivables hold {amount} beyond what is wanted: {shown}" for amount in (held - wanted).elements()]
    if missing and not is_told:
        found.append(f"the receivables lack {missing}, and nobody is told; they hold {shown}")
    return [*world.witness.broken, *found]


def _is_late(world: World) -> bool:
    return world.case.name == reported_orders.REPORTED.name


def _wanted(world: World) -> list[Decimal]:
    if _is_late(world):
        return [*reported_orders.WANTED]
    orders = 2 if world.case.name == IMPORTED_AND_CREDITED.name else 1
    return [*(_BILLED for _ in range(orders)), _CREDITED]


def _held(world: World, table: str) -> list[Decimal]:
    rows = world.erp.books.store.rows(f"SELECT * FROM {table}")
    return [Decimal(one["AMOUNT"]) for one in rows if one["NUMBER"] != "CONTROL-1"]
