"""Cost of goods where revenue is booked when it is settled: with the settlement, per order, on the date of its part."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from assets.cost_postings import post_costs
from assets.review.approval import approve
from assets.road import walk
from assets.sales.cost_triggers import left_to_others
from assets.stages.day_names import day_name
from assets.stages.resumption import follow_up_kind
from assets.undo.order_reversals import order_sources, plan_order_reversal
from assets.undo.reversals import apply_reversal
from emulators.amazon.settlement_writer import Row
from ledger.catalogue import load_catalogue
from ledger.four_eyes import Decider
from ledger.opening_orders import OpeningOrders
from tests.road.billing_rig import verdict
from tests.road.conftest import FIRST, of_account, sale

ONE, ANOTHER, OTHER = "24000000001", "111-0000002-0000002", "S01-0000003-0000003"
_HEAD = "sku,cogs.account,inventory.account,unit_cost,currency\n"
CATALOGUE = load_catalogue(_HEAD + "*,600950,110800,4.255,USD\n", "p.csv")
# The settlement of these tests runs a week from here.
ENDS = (FIRST + timedelta(days=7) - timedelta(microseconds=1)).date()
SINCE = {"shipped_from": "2026-08-01"}


def costing(world, run: str = "run-1", catalogue=CATALOGUE, **books):
    """Return the road that books cost with settlements."""
    told = {"catalogue": "products.csv", "cost_of_goods": SINCE, "approval": "automatic", **books}
    return replace(world.small(run, **told), load_catalogue=lambda: catalogue)


def looks(world, run: str = "run-9", day: date = ENDS, **changes):
    """Look at a day once."""
    return post_costs(costing(world, run, **changes), day, day)[day]


def costs(world) -> list[tuple[str, Decimal]]:
    """Return date and amount of what left the stock, from PeopleSoft's books alone."""
    return sorted(
        (str(journal.key.date), line.amount)
        for journal in world.books.journals()
        for line in world.books.lines(journal.key)
        if line.account == "110800"
    )


def multi_channel(order: str = OTHER, units: int = 2) -> Row:
    """Return an order of another shop that Amazon shipped: no price, units all the same."""
    facts = {"order_id": order, "marketplace_name": "Non-Amazon US", "fulfillment_id": "AFN", "sku": "SKU-2"}
    more = {"order_item_code": "9", "shipment_id": "D9", "quantity": units}
    return Row("Order", "ItemFees", "FBAPerUnitFulfillmentFee", Decimal("-5.00"), FIRST, **facts, **more)


def test_cost_follows_its_settlement_once(world):
    """Each order by itself, sold here or elsewhere; a refund and the account's rows carry none."""
    road = costing(world)
    refund = replace(sale("-100.00"), transaction_type="Refund")
    world.take_in(road, ONE, sale(), replace(sale("50.00", order=ANOTHER), quantity=3), multi_channel(), refund)
    waits = verdict(looks(world), "every_shipment_costed")
    assert (waits.is_waiting, waits.sentence) == (True, f"The cost of settlement {ONE} follows when it is posted.")
    assert costs(world) == []
    assert walk(road, ONE).stopped_at == ""
    name = day_name("cost_postings", ENDS)
    assert world.stores.due.open_row(road.connection, follow_up_kind(name), name) is not None
    for run in ("run-2", "run-3"):
        result = looks(world, run)
        world.clock.advance(600)
    assert {row["state"] for row in result.rows} == {"posted"}
    assert [row["order"] for row in result.rows] == sorted(["111-0000001-0000001", ANOTHER, OTHER])
    on = str(ENDS)
    assert costs(world) == [(on, Decimal("-12.77")), (on, Decimal("-8.51")), (on, Decimal("-4.26"))]
    assert verdict(result, "every_shipment_costed").sentence.startswith("3 of 3 shipments carry cost")


def test_cost_is_dated_as_the_part_its_sale_is_in(world):
    """A settlement over a month end: what was sold in October costs in October."""
    start = datetime(2026, 10, 28, 12, tzinfo=UTC)
    road = costing(world)
    later = datetime(2026, 11, 2, 12, tzinfo=UTC)
    world.take_in(road, ONE, sale("60.00", start), sale("40.00", later, ANOTHER), start=start)
    assert walk(road, ONE).stopped_at == ""
    looks(world, day=date(2026, 11, 4))
    assert [on for on, _ in costs(world)] == ["2026-10-31", "2026-11-04"]


def test_an_item_counts_once_whatever_rows_tell_it(world):
    """Amazon repeats the units on rows of one item; two items of an order, or two parcels, are two."""
    road = costing(world)
    shipping = replace(sale("5.00"), amount_description="Shipping")
    second = replace(sale("100.00"), order_item_code="2")
    parcel = replace(sale("100.00"), shipment_id="D2")
    world.take_in(road, ONE, sale(), shipping, second, parcel)
    walk(road, ONE)
    looks(world)
    assert costs(world) == [(str(ENDS), Decimal("-12.77"))]


def test_what_was_sold_before_carries_none(world):
    """Before cost is booked, before go-live, and what the books held at go-live."""
    road = costing(world)
    world.take_in(road, ONE, sale(), sale("50.00", order=ANOTHER))
    walk(road, ONE)
    late = looks(world, cost_of_goods={"shipped_from": "2027-01-01"})
    assert (late.rows_total, costs(world)) == (0, [])
    held = replace(costing(world, "run-2"), load_opening_orders=lambda: OpeningOrders(orders={ANOTHER: None}))
    [row] = post_costs(held, ENDS, ENDS)[ENDS].rows
    assert row["order"] == "111-0000001-0000001"


def test_units_that_are_not_told_and_a_product_that_is_not_known_stop_their_order(world):
    """Each with what to do; the other order goes."""
    road = costing(world)
    world.take_in(road, ONE, replace(sale(), quantity=None), replace(sale("9.00", order=ANOTHER), sku="SKU-9"))
    walk(road, ONE)
    few = load_catalogue(_HEAD + "SKU-1,600950,110800,4,USD\n", "p.csv")
    found = verdict(looks(world, catalogue=few), "every_shipment_costed")
    assert sorted(one.code for one in found.findings) == ["units_unknown", "unmapped_product"]
    assert costs(world) == []


def test_an_order_costs_by_one_trigger_alone(world):
    """Booked with its settlement, it costs nothing again when cost is booked at shipment, and the other way round."""
    road = costing(world)
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    looks(world)
    assert len(costs(world)) == 1
    assert left_to_others(road, "shipment", ENDS) == {"111-0000001-0000001"}
    assert left_to_others(road, "replacement", ENDS) == {"111-0000001-0000001"}
    assert left_to_others(road, "settlement", ENDS) == set()


def test_it_is_undone_by_order_and_waits_for_a_word(world):
    """As the cost of a shipment is."""
    road = costing(world, approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    approve(replace(road, run="run-2"), ONE, Decider("checker"), "right")
    walk(road, ONE)
    looks(world, approval="required")
    assert costs(world) == []
    approve(road, day_name("cost_postings", ENDS), Decider("checker"), "looked at")
    looks(world, "run-4", approval="required")
    assert costs(world) == [(str(ENDS), Decimal("-4.26"))]
    own = costing(world, "run-5")
    [source] = order_sources(own, "111-0000001-0000001")
    apply_reversal(own, plan_order_reversal(own, source), "wrong cost")
    looks(world, "run-6")
    assert sum(amount for _, amount in costs(world)) == 0


def test_a_settlement_without_orders_carries_none(world):
    """Fees alone: nothing to cost, and nothing waits."""
    road = costing(world)
    world.take_in(road, ONE, of_account("Subscription Fee", "-39.99"))
    walk(road, ONE)
    assert verdict(looks(world), "every_shipment_costed").passed
