"""A seller whose shipments the report of fulfilled shipments tells before their transactions come, or instead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from assets.receivable_invoices import staged_invoices
from assets.stages.days import days_between
from tests.road.billing_rig import (
    INVOICING,
    billing,
    current_events,
    fetched,
    made,
    retell,
)
from tests.road.conftest import World
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import invoices

ASSET = "fulfilled_shipments"
DAY = date(2026, 11, 10)
# Left on this evening, told by transactions of the next day.
BEFORE = DAY - timedelta(days=1)
REPORTED = days_between(BEFORE, DAY)
# Both left Amazon late in the evening of New York, which is the next day of UTC.
ORDER, OTHER = "113-2120360-5868605", "114-5121755-1936321"
LATE = {**INVOICING, "dated_by": "shipment_report", "tolerance": "1.00", "amounts_from_report_after": 48}


def told_without(world: World, days: Iterable[date], wanted: str) -> dict[date, str]:
    """Take shipments out of the transactions of some days; return where they stand as they were."""
    kept = {}
    for version in current_events(world):
        day = date.fromisoformat(version.partition)
        if day in days:
            kept[day] = str(world.stores.warehouse.path(version))
            lay(world, day, kept[day], f"NOT (transaction_type = 'Shipment' AND ({wanted}))", version.facts)
    return kept


def lay(world: World, day: date, path: str, wanted: str = "true", facts: dict | None = None) -> None:
    """Lay transactions of a file under their day, as a fetch leaves them."""

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            duck.sql(f"SELECT * FROM read_parquet($path) WHERE {wanted}", params={"path": path}).write_parquet(str(to))

    facts = facts or {"documents": [], "vanished": [], "is_complete": True, "is_final": True}
    world.stores.warehouse.write("amazon_us", "financial_events", day.isoformat(), produce, dict(facts))


def of(*orders: str) -> str:
    """Return the condition of rows of some orders."""
    return "order_id IN (" + ", ".join(f"'{one}'" for one in orders) + ")"


def totals(outcome) -> dict[str, str]:
    """Return what a day's invoices come to by order."""
    return {row["order"]: row["total"] for row in outcome.rows if row["what"] == "invoice"}


def billed(pod: Pod, order: str) -> list[Decimal]:
    """Return the invoices of an order in the pod."""
    return [Decimal(one["AMOUNT"]) for one in invoices(pod) if order in one["BODY"]]


def posted(pod: Pod, run: str, day: date = DAY, **changes):
    """Make the documents of a day anew and post them; return the road and what the posting says."""
    road = billing(pod, run, **{"invoicing": LATE, **changes})
    made(road, [day])
    [result] = fetched(road, "invoice_postings", [day]).values()
    return result


def failing(result) -> list[str]:
    """Return the checks that do not pass."""
    return [one.check for one in result.verdicts if not one.passed]


def current_set(road) -> dict[str, dict]:
    """Return the documents of the day as they are made, by key."""
    staged = staged_invoices(road, DAY)
    return {journal.key: journal.content() for one in staged.documents for journal in one.journals}


PRICE = f"order_id = '{ORDER}' AND leaf_path = 'ProductCharges/OurPricePrincipal'"


def tell_for(world: World, told: str, by: str) -> None:
    """Tell the transactions whole, the order's price another one."""
    lay(world, DAY, told)
    price = f"CASE WHEN {PRICE} THEN amount + CAST($by AS DECIMAL(18, 3)) ELSE amount END"
    retell(world, DAY, f"CAST({price} AS DECIMAL(18, 3)) AS amount", by=by)
