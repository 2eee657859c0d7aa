"""Cost of goods of the demonstration seller: one journal per shipment in the general ledger, once, at either ERP."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from assets.audit.story import tell
from assets.review.approval import approve
from assets.stages.days import RefusedDay, days_between
from emulators import faults as general
from ledger.catalogue import load_catalogue
from ledger.errors import ConfigurationRefused
from ledger.four_eyes import Decider
from tests.road.billing_rig import DAYS, billing, current_events, fetched, verdict
from tests.road.conftest import World
from tests.road.fusion_rig import Pod

HEAD = "sku,cogs.account,inventory.account,unit_cost,currency,revenue.account\n"
ALL = "*,500100,140100,4.255,USD,400100\n"
# What so many units cost, rounded half up.
COST_OF = {1: Decimal("4.26"), 2: Decimal("8.51"), 3: Decimal("12.77")}
DAY = DAYS[:1]


def costing(pod: Pod, run: str = "run-1", text: str = HEAD + ALL, **books):
    """Return the road that books cost."""
    told = {"catalogue": "products.csv", "cost_of_goods": {"shipped_from": "2026-09-01"}, **books}
    return replace(billing(pod, run, **told), load_catalogue=lambda: load_catalogue(text, "products.csv"))


def shipped_units(world: World, days=DAY) -> dict[str, Counter]:
    """Return the units by order and SKU, one row of a price or of a fee an item, straight from the staged events."""
    wanted = {day.isoformat() for day in days}
    files = [str(world.stores.warehouse.path(one)) for one in current_events(world) if one.partition in wanted]
    found: dict[str, Counter] = {}
    with world.stores.warehouse.connect() as duck:
        sql = (
            "SELECT order_id, sku, leaf_path, sum(quantity) FROM read_parquet($files) "
            "WHERE transaction_type = 'Shipment' AND is_accrual AND sku <> '' GROUP BY ALL"
        )
        for order, sku, _, quantity in duck.sql(sql, params={"files": files}).fetchall():
            units = found.setdefault(order, Counter())
            units[sku] = max(units[sku], int(quantity))
    return found


def costs_in(pod: Pod) -> list[Decimal]:
    """Return what each batch of cost took out of the stock."""
    totals = []
    for batch in pod.batches():
        lines = pod.app.books.lines(batch.id)
        totals += [-one.amount for one in lines if one.account == "01-000-140100-000"]
    return totals


def test_every_shipment_carries_cost_once_also_without_revenue(world, pod):
    """Units by item times unit cost, rounded by line; what was sold elsewhere too; twice asked, booked once."""
    wanted = sorted(sum(COST_OF[count] for count in units.values()) for units in shipped_units(world).values())
    [made] = fetched(costing(pod), "cost_postings", DAY).values()
    assert [one.sentence for one in made.verdicts if not one.passed and not one.is_waiting] == []
    world.clock.advance(60)
    for run in ("run-2", "run-3"):
        [again] = fetched(costing(pod, run), "cost_postings", DAY).values()
    assert {row["state"] for row in again.rows} == {"posted"}
    assert sorted(costs_in(pod)) == wanted
    assert again.facts["shipments"] == len(wanted) == again.facts["documents"]
    assert all(one.passed for one in again.verdicts)
    assert (pod.app.books.duplicates(), world.items()) == ({}, {})
    loads = pod.loads()
    [other] = fetched(costing(pod, "run-4", HEAD + ALL.replace("4.255", "5")), "cost_postings", DAY).values()
    changed = verdict(other, "unchanged_since_posting")
    assert (changed.passed, "would cost otherwise now" in changed.sentence) == (False, True)
    assert pod.loads() == loads, "a cost that was corrected afterwards is told and booked no second time"
    assert list(world.items()) == ["changed_after_posting"]
    assert f"{len(wanted)} documents of the day changed." in world.items()["changed_after_posting"].sentence
    world.resolve("changed_after_posting", "keep")
    [kept] = fetched(costing(pod, "run-5", HEAD + ALL.replace("4.255", "5")), "cost_postings", DAY).values()
    assert (verdict(kept, "unchanged_since_posting").passed, world.items()) == (True, {})
    fetched(costing(pod, "run-6", HEAD + ALL.replace("4.255", "6")), "cost_postings", DAY)
    assert list(world.items()) == ["changed_after_posting"], "another change asks again"
    fetched(costing(pod, "run-7"), "cost_postings", DAY)
    assert world.items() == {}, "what is as it was sent again ends the item"


def test_a_lost_answer_costs_nothing_twice(world, pod):
    """Sent, taken, unanswered: it is found by its key."""
    pod.faults.next("importBulkData", general.dropped(after=True))
    for number in range(3):
        [made] = fetched(costing(pod, f"run-{number}"), "cost_postings", DAY).values()
        world.clock.advance(4_000)
    assert {row["state"] for row in made.rows} == {"posted"}
    assert (len(costs_in(pod)), pod.app.books.duplicates()) == (len(shipped_units(world)), {})


def test_unknown_cost_stops_those_shipments_with_the_orders_named(world, pod):
    """No cost for headlamps: their orders wait with the line to paste, the others are booked."""
    counted = Counter(sku for units in shipped_units(world).values() for sku in units)
    (missing, _), *others = counted.most_common()
    known = "".join(ALL.replace("*", sku) for sku, _ in others[1:])
    text = f"{HEAD}{missing},500100,140100,,,\n{known}"
    [found] = fetched(costing(pod, text=text), "cost_postings", DAY).values()
    assert not verdict(found, "every_shipment_costed").passed
    items = {one.origin: one for one in world.stores.review.listing() if one.code == "unmapped_product"}
    told = items[f"product {missing}"]
    assert f"does not say unit_cost, currency of product {missing}" in told.sentence
    assert told.cure.endswith(f"{missing},,,,,")
    other = items[f"product {others[0][0]}"].sentence
    assert "does not say cogs, inventory, unit_cost, currency of product" in other
    named = {order for one in items.values() for order in one.details["orders"]}
    assert {order for order, units in shipped_units(world).items() if missing in units} <= named
    assert {row["order"] for row in found.rows} == shipped_units(world).keys() - named


def test_a_closed_period_holds_all_of_the_day(world, pod):
    """The general ledger's period, for a journal is not a document of receivables."""
    pod.period("Nov-26", "C")
    [made] = fetched(costing(pod), "cost_postings", DAY).values()
    assert not verdict(made, "gate").passed
    assert (pod.loads(), {one.code for one in world.stores.review.listing()}) == (0, {"period_closed"})


def test_a_cost_account_on_the_balance_sheet_is_refused_before_anything_is_sent(world, pod):
    """Cost and stock the wrong way round: the ERP's account types say so."""
    [made] = fetched(costing(pod, text=HEAD + "*,140100,500100,4,USD,\n"), "cost_postings", DAY).values()
    assert not verdict(made, "gate").passed
    assert (pod.loads(), {one.code for one in world.stores.review.listing()}) == (0, {"account_nature"})


def test_a_day_of_cost_waits_for_one_word_of_another_person(world, pod):
    """Planned together, approved together, told by the order's id."""
    road = costing(pod, approval="required")
    [waits] = fetched(road, "cost_postings", DAY).values()
    assert {row["state"] for row in waits.rows} == {"planned"}
    name = f"cost_postings-{DAY[0]}"
    [item] = world.stores.review.listing()
    assert (item.code, item.partition, "cost journals are planned" in item.sentence) == ("approval_needed", name, True)
    assert len(approve(road, name, Decider("maria"), "looked at all of them")) == len(waits.rows)
    fetched(costing(pod, "run-2", approval="required"), "cost_postings", DAY)
    world.clock.advance(60)
    [gone] = fetched(costing(pod, "run-3", approval="required"), "cost_postings", DAY).values()
    assert {row["state"] for row in gone.rows} == {"posted"}
    order = gone.rows[0]["order"]
    [story] = tell(world.stores, "amazon_us", order).stories
    assert (story.settlement_id, [one.source.kind for one in story.documents]) == (name, ["cost"])


def test_cost_begins_with_the_day_that_is_set(world, pod):
    """Shipped before: it was booked by hand."""
    since = {"shipped_from": (DAYS[-1]).isoformat()}
    found = fetched(costing(pod, cost_of_goods=since, approval="required"), "cost_postings", DAYS[2:])
    assert [one.facts["documents"] > 0 for one in found.values()] == [False, True]


def test_peoplesoft_takes_the_same_journals(world, pod):
    """A journal is a journal: no receivables are needed, only events and accruals."""
    told = {"catalogue": "p.csv", "cost_of_goods": {"shipped_from": "2026-09-01"}, "month_end": "accrue"}
    catalogue = load_catalogue(HEAD + "*,600950,110800,4.255,USD,\n", "p.csv")
    for run in ("run-1", "run-2"):
        road = world.road("amazon_us", run, approval="automatic", **told)
        [made] = fetched(replace(road, load_catalogue=lambda: catalogue), "cost_postings", DAY).values()
        world.clock.advance(600)
    assert {row["state"] for row in made.rows} == {"posted"}
    booked = [
        line.amount
        for journal in world.books.journals()
        for line in world.books.lines(journal.key)
        if line.account == "110800" and journal.source == "AMZ"
    ]
    wanted = [-sum(COST_OF[count] for count in units.values()) for units in shipped_units(world).values()]
    assert sorted(booked) == sorted(wanted)


def test_it_is_off_unless_it_is_set_and_asks_for_the_events_of_its_day(world, pod):
    """A sentence for either."""
    with pytest.raises(ConfigurationRefused, match="books no cost of goods"):
        fetched(billing(pod), "cost_postings", DAY)
    before = days_between(DAYS[0], DAYS[0])[0].replace(day=1)
    [refused] = fetched(costing(pod), "cost_postings", [before]).values()
    assert isinstance(refused, RefusedDay)
    assert "connector fetch financial_events" in refused.sentence
