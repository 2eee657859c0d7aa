"""An order that is told otherwise after its invoice was posted, within the tolerance: made up for once, whatever dies.

In: a world of a pod that takes invoices. Out: the runs that bill the order, are told another price, and credit or bill
the difference; and what the receivables hold otherwise than they should.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from tests.simulation import fusion_billing as billing
from tests.simulation.doors import acting
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, Case, World

_INVOICING = {**billing.BILLED.books["invoicing"], "tolerance": "1.00"}


@dataclass(frozen=True)
class ToldOtherwise:
    """The price that is told later, the documents that stand in the end, and what the receivables hold then."""

    name: str
    price: str
    kinds: tuple[str, ...]
    wanted: dict[str, list[Decimal]]

    @property
    def case(self) -> Case:
        """Return what a world begins with."""
        return replace(billing.BILLED, name=self.name, books={**billing.BILLED.books, "invoicing": _INVOICING})

    def tell(self, world: World) -> None:
        """Lay the order's shipment under its day: sold for 100 less 5."""
        billing.tell_sold(world, "100.00")

    def bill(self, schedule: Schedule) -> None:
        """Let runs bill the order; tell its price anew, and let them make up for the difference."""
        if not _is_told_anew(schedule.world):
            billing.until_posted(schedule, (billing.SHIPPED,), ("invoice",))
            billing.tell_sold(schedule.world, self.price)
        billing.until_posted(schedule, (billing.SHIPPED,), self.kinds)

    def wrong(self, world: World) -> list[str]:
        """Return what the pod's receivables hold otherwise than wanted."""
        return billing.other_than(world, self.wanted)


def _is_told_anew(world: World) -> bool:
    with acting(None):
        told = world.stores.warehouse.current(CONNECTION, "financial_events", billing.SHIPPED.isoformat())
    return told is not None and told.version > 1


TOO_MUCH = ToldOtherwise(
    "an order that was billed too much",
    "99.25",
    ("credit_memo", "invoice"),
    {"AR_INVOICE": [Decimal(95)], "AR_CREDIT_MEMO": [Decimal("-0.75")]},
)
TOO_LITTLE = ToldOtherwise(
    "an order that was billed too little",
    "100.75",
    ("invoice", "invoice"),
    {"AR_INVOICE": [Decimal(95), Decimal("0.75")], "AR_CREDIT_MEMO": []},
)
