"""A day whose cost is posted, and units of its orders that come back some days later."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from emulators.amazon.history import ReturnRecord
from ledger.mapping import load_mapping
from tests.road.billing_rig import ACCOUNTS, CATEGORIES, DAYS, fetched
from tests.road.conftest import START, World
from tests.road.fusion_rig import Pod
from tests.road.products.test_cost_postings import ALL, HEAD, costing, shipped_units

US = "ATVPDKIKX0DER"
# Of its orders one holds several products, and some several units of one.
COSTED = DAYS[2:3]
BACK = [START.date() - timedelta(days=1)]
NAME = f"return_postings-{BACK[0]}"
STOCK, LOSS, COGS = "01-000-140100-000", "01-000-600950-000", "01-000-500100-000"
LOST_TO = '  inventory_loss: "600950"\n'


def returning(pod: Pod, run: str = "run-1", text: str = HEAD + ALL, loss: str = LOST_TO, **books):
    """Return the road that books cost and takes it back; `loss` names the account of what is lost."""
    content = pod.connection().mapping_path.read_text(encoding="utf-8")
    content = content.replace("accounts:\n", ACCOUNTS + loss).replace("categories:\n", CATEGORIES)
    return replace(costing(pod, run, text, **books), load_mapping=lambda: load_mapping(content, "mapping.yaml"))


def history(world: World):
    """Return what the American seller's Amazon knows."""
    return world.demo.seller.world.histories[world.demo.seller.sellers[0].seller_id]


def nothing_came_back(world: World) -> None:
    """Leave the seller's own returns out: a test says what comes back."""
    history(world).returns.clear()


def came_back(world: World, order: str, sku: str, disposition: str = "SELLABLE", **changes) -> ReturnRecord:
    """Let a unit come back."""
    known = history(world).returns
    moment = datetime.combine(BACK[0], time(15, len(known)), UTC)
    plain = ReturnRecord(order, US, moment, sku, "B0DEMO0001", "A mug", disposition)
    record = replace(plain, **{"license_plate": f"LPN{len(known):05d}", **changes})
    known.append(record)
    return record


def costed(pod: Pod, **books) -> dict[str, Counter]:
    """Post the cost of a day; return its units by order."""
    for run in ("cost-1", "cost-2"):
        [done] = fetched(returning(pod, run, **books), "cost_postings", COSTED).values()
        pod.world.clock.advance(60)
    assert {row["state"] for row in done.rows} == {"posted"}
    return shipped_units(pod.world, COSTED)


def of_several(units: dict[str, Counter], at_least: int = 2) -> tuple[str, str]:
    """Return an order and a product of which it holds several units."""
    return next((order, sku) for order, of in sorted(units.items()) for sku, count in of.items() if count >= at_least)


def told(pod: Pod) -> None:
    """Fetch the report of the day, made anew where there is an earlier one."""
    pod.world.clock.advance(7 * 3600)
    fetched(returning(pod), "fba_returns", BACK)


def look(pod: Pod, run: str = "run-1", **changes):
    """Let a run look at the day, and time go on."""
    [done] = fetched(returning(pod, run, **changes), "return_postings", BACK).values()
    pod.world.clock.advance(60)
    return done


def looks(pod: Pod, **changes):
    """Let runs look until what can be posted is."""
    for run in ("run-1", "run-2"):
        done = look(pod, run, **changes)
    return done


def moved(pod: Pod, kind: str = "cost_return") -> list[tuple[Decimal, Decimal, Decimal]]:
    """Return what each posted document of returns moved on stock, loss and cost of goods, in order."""
    road = returning(pod)
    own = {one.erp_id for one in road.stores.outbox.listing("amazon_us", limit=10_000) if one.source.kind == kind}
    batches = [one for one in pod.batches() if any(name and one.name.startswith(name) for name in own)]
    assert {one.status for one in batches} <= {"P"}
    found = []
    for batch in batches:
        lines = pod.app.books.lines(batch.id)
        found.append(tuple(sum(one.amount for one in lines if one.account == of) for of in (STOCK, LOSS, COGS)))
    return sorted(found)
