"""Shipments whose transaction is late or never comes are billed with the amounts of the report."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from assets.road import walk
from assets.sales.order_choices import billed_before, invoices_by_order
from assets.stages.days import days_between
from ledger.order_documents import is_of_report
from tests.road.billed.reported.reported_rig import (
    ASSET,
    BEFORE,
    DAY,
    LATE,
    ORDER,
    PRICE,
    billed,
    current_set,
    failing,
    lay,
    of,
    posted,
    tell_for,
    told_without,
    totals,
)
from tests.road.billing_rig import (
    INVOICING,
    billing,
    current_events,
    fetched,
    made,
    retell,
    settled,
    verdict,
)
from tests.road.test_posting_road import ONE


def test_report_and_transactions_bill_alike(world, pod, road):
    """Every shipment of a day by Amazon: the very same documents, keys and amounts, whoever tells of it."""
    [by_transactions] = made(road, [DAY]).values()
    told = totals(by_transactions)
    before = current_set(road)
    told_without(world, [DAY], "network = 'AFN'")
    [by_report] = made(road, [DAY]).values()
    assert {order: totals(by_report)[order] for order in told if order in totals(by_report)} == totals(by_report)
    assert len(totals(by_report)) > 3
    after = current_set(road)
    assert after.keys() <= before.keys()
    assert all(before[name] == content for name, content in after.items())


def test_a_shipment_without_a_transaction_is_billed_by_the_report_and_found_by_its_transaction(world, pod, road):
    """Billed on the day it left; told later it is the same invoice, with nothing to say of it."""
    kept = told_without(world, [DAY], of(ORDER))
    assert failing(posted(pod, "run-2")) == []
    [total] = billed(pod, ORDER)
    [one] = invoices_by_order(road, [ORDER])[ORDER]
    assert is_of_report(one.source_id)
    lay(world, DAY, kept[DAY])
    for run in ("run-3", "run-4"):
        assert failing(posted(pod, run)) == []
        world.clock.advance(24 * 3600)
    assert (billed(pod, ORDER), world.items()) == ([total], {})


@pytest.mark.parametrize(
    ("by", "invoices_", "memos"), [("0.75", ["0.75"], []), ("-0.75", [], ["-0.75"])], ids=["more", "less"]
)
def test_a_small_difference_of_the_transaction_is_made_up_for_once(
    told_whole, world, pod, by_report, by, invoices_, memos
):
    """The first document stays, a second one holds the difference."""
    tell_for(world, told_whole, by)
    for run in ("run-3", "run-4"):
        assert failing(posted(pod, run)) == []
        world.clock.advance(24 * 3600)
    assert billed(pod, ORDER) == [by_report, *map(Decimal, invoices_)]
    rows = pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO")
    assert [one["AMOUNT"] for one in rows if ORDER in one["BODY"]] == memos
    assert world.items() == {}


def test_a_difference_above_the_tolerance_is_for_a_person(told_whole, world, pod, by_report):
    """Nothing is sent for it, and never a second invoice."""
    tell_for(world, told_whole, "1.01")
    assert failing(posted(pod, "run-3")) == ["unchanged_since_posting"]
    assert (billed(pod, ORDER), set(world.items())) == ([by_report], {"changed_after_posting"})


@pytest.mark.parametrize(
    "shipment_id", ["$told AS shipment_id", "NULL AS shipment_id"], ids=["of another kind", "none"]
)
def test_a_transaction_with_other_ids_finds_the_invoice(told_whole, world, pod, by_report, shipment_id):
    """Order, products and units are the same, and nothing else of the order is like it."""
    lay(world, DAY, told_whole)
    retell(world, DAY, shipment_id, **({"told": "of-another-kind"} if "$told" in shipment_id else {}))
    assert failing(posted(pod, "run-3")) == []
    assert (billed(pod, ORDER), world.items()) == ([by_report], {})


@pytest.mark.parametrize("later", [1, 6, 25], ids=["next day", "within the week", "next month"])
def test_a_transaction_of_a_later_day_finds_the_invoice_on_its_date(told_whole, world, pod, by_report, later):
    """Whatever day it is posted on, and in whatever order the days are made: one invoice, on the day it left."""
    day = DAY + timedelta(days=later)
    world.clock.advance(later * 24 * 3600)
    lay(world, day, told_whole, of(ORDER))
    retell(world, day, f"posted_at + INTERVAL {later} DAY AS posted_at")
    for run, each in (("run-3", day), ("run-4", DAY), ("run-5", day)):
        assert failing(posted(pod, run, each)) == []
    documents = world.stores.outbox.listing("amazon_us", belongs_to=ORDER)
    assert [(str(one.state), one.journal.accounting_date) for one in documents] == [("posted", BEFORE)]
    assert (billed(pod, ORDER), world.items()) == ([by_report], {})


def test_the_report_told_otherwise_is_as_a_transaction_that_is(world, pod, road, by_report):
    """Restated by Amazon before any transaction comes: the difference is a document of its own."""
    [version] = [one for one in world.stores.warehouse.currents("amazon_us", ASSET) if one.partition == DAY.isoformat()]
    path = str(world.stores.warehouse.path(version))
    sql = (
        "SELECT * REPLACE (CASE WHEN order_id = $order THEN item_price - 0.5 ELSE item_price END AS item_price) "
        "FROM read_parquet($path)"
    )

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            duck.sql(sql, params={"path": path, "order": ORDER}).write_parquet(str(to))

    world.stores.warehouse.write("amazon_us", ASSET, DAY.isoformat(), produce, dict(version.facts))
    for run in ("run-3", "run-4"):
        assert failing(posted(pod, run)) == []
    held = billed_before(road, [ORDER])[ORDER]
    assert [[one.lines[0].amount for one in kind] for kind in (held.invoices, held.credits)] == [
        [by_report],
        [Decimal("-0.50")],
    ]


def test_nothing_is_billed_by_the_report_before_its_time(world, pod, road):
    """Before the hours are over, and never where they are not set."""
    told_without(world, [DAY], of(ORDER))
    for invoicing in ({**LATE, "amounts_from_report_after": 720}, {**LATE, "amounts_from_report_after": None}):
        outcome = made(billing(pod, invoicing=invoicing), [DAY])[DAY]
        assert ORDER not in totals(outcome)
        assert verdict(outcome, "every_shipment_billed").passed


def test_a_day_of_transactions_that_is_not_here_is_named(world, pod, road):
    """It could tell of the shipment, so nothing is billed by the report until it is fetched whole."""
    kept = told_without(world, [DAY], of(ORDER))
    following = DAY + timedelta(days=1)
    [version] = [one for one in current_events(world) if one.partition == following.isoformat()]
    path = str(world.stores.warehouse.path(version))
    lay(world, following, path, facts={**version.facts, "is_complete": False})
    outcome = made(road, [DAY])[DAY]
    waits = verdict(outcome, "every_shipment_billed")
    assert (ORDER in totals(outcome), waits.passed, waits.is_waiting) == (False, False, True)
    assert f"connector fetch financial_events --from {following} --to {following} -c amazon_us" in waits.sentence
    assert kept


def test_who_remits_the_tax_is_never_supposed(world, pod, road):
    """Where each order decides, a shipment with tax waits for its transaction and says why."""
    told_without(world, [DAY], "network = 'AFN'")
    mixed = {"marketplaces": {"Amazon.com": {"tax_model": "mixed", "otherwise": "added"}}}
    outcome = made(billing(pod, invoicing=LATE, **mixed), [DAY])[DAY]
    waits = verdict(outcome, "every_shipment_billed")
    assert (waits.passed, waits.is_waiting) == (False, True)
    assert "waits for its transaction: the report does not tell who remits the tax on it." in waits.sentence


def test_tax_of_the_seller_is_billed_as_its_transaction_tells_it(world, pod, road):
    """Where the seller owes it, the same lines by both roads; only what the marketplace withheld no report tells."""
    added = {"marketplaces": {"Amazon.com": {"tax_model": "added"}}}
    opened = billing(pod, invoicing=LATE, **added)
    retell(
        world,
        DAY,
        "CASE WHEN leaf_path LIKE '%MarketplaceFacilitator%' THEN CAST(0 AS DECIMAL(18, 3)) ELSE amount END AS amount",
    )
    made(opened, [DAY])
    before = current_set(opened)
    told_without(world, [DAY], "network = 'AFN'")
    made(opened, [DAY])
    after = current_set(opened)
    assert any("tax_collected" in kind for one in after.values() for kind in one["billing"]["kinds"])
    assert {name: before[name] for name in after} == after


def test_an_order_shipped_before_orders_are_billed_is_left_to_its_transaction(world, pod, road):
    """Whether it is billed is told by that alone."""
    told_without(world, [DAY], of(ORDER))
    since = billing(pod, invoicing={**LATE, "shipped_from": DAY.isoformat()})
    assert ORDER not in totals(made(since, [DAY])[DAY])


def test_an_order_that_a_settlement_booked_is_not_billed_by_the_report(world, pod, road):
    """It is revenue, and stays so, whatever the report tells afterwards."""
    told_without(world, [DAY], of(ORDER))
    settled(world, billing(pod, invoicing=None), ORDER, "50.00")
    walk(billing(pod, invoicing=None), ONE)
    outcome = made(road, [DAY])[DAY]
    assert ORDER not in totals(outcome)
    assert {"order": ORDER, "revenue in settlement": ONE} in verdict(outcome, "revenue_once").rows


def test_a_settlement_that_comes_before_the_transaction_waits_for_the_invoice(world, pod):
    """Not told by any transaction, and by the report: held until it is billed by that, then it clears the invoice."""
    shipped = date(2026, 11, 5)
    since = {**LATE, "shipped_from": "2026-11-02"}
    road = billing(pod, invoicing=since)
    known = {one.order_id: one for history in world.demo.amazon.world.histories.values() for one in history.orders}
    by_transactions = billing(pod, invoicing={**INVOICING, "shipped_from": "2026-11-02"})
    rows = made(by_transactions, [shipped])[shipped].rows
    order, total = next((row["order"], row["total"]) for row in rows if known[row["order"]].is_by_amazon)
    told_without(world, [shipped, shipped + timedelta(days=1)], of(order))
    settled(world, road, order, total, ONE)
    held = verdict(walk(road, ONE).results["erp_postings"], "gate")
    assert (held.passed, "Fulfilled shipments of" in held.sentence) == (False, True)
    fetched(road, ASSET, days_between(date(2026, 11, 1), date(2026, 11, 12)))
    held = verdict(walk(road, ONE).results["erp_postings"], "gate")
    assert f"1 orders were shipped and have no invoice (days {shipped}): {order}." in held.sentence
    posted(pod, "run-2", shipped, invoicing=since)
    assert billed(pod, order) == [Decimal(total)]
    for _ in range(3):
        walk(road, ONE)
        world.clock.advance(120)
    [document] = world.documents(road, ONE)
    assert [(one.reference, one.amount) for one in document.journal.lines if one.account.account == "110900"] == [
        (order, -Decimal(total))
    ]
    assert (str(document.state), world.items()) == ("posted", {})


def test_a_refund_before_the_transaction_is_credited_against_the_invoice(told_whole, world, pod, by_report):
    """It takes back what the report billed; the transaction finds both."""
    following = DAY + timedelta(days=1)
    [version] = [one for one in current_events(world) if one.partition == following.isoformat()]
    path = str(world.stores.warehouse.path(version))

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            sql = (
                "SELECT * FROM read_parquet($path) UNION ALL BY NAME SELECT * REPLACE (transaction_id || '-R' AS "
                "transaction_id, 'Refund' AS transaction_type, posted_at + INTERVAL 1 DAY AS posted_at, "
                f"CAST(-1 AS DECIMAL(18, 3)) AS amount) FROM read_parquet($told) WHERE {PRICE}"
            )
            duck.sql(sql, params={"path": path, "told": told_whole}).write_parquet(str(to))

    world.stores.warehouse.write("amazon_us", "financial_events", following.isoformat(), produce, dict(version.facts))
    assert failing(posted(pod, "run-3", following)) == []
    lay(world, DAY, told_whole)
    for run, day in (("run-4", DAY), ("run-5", following)):
        assert failing(posted(pod, run, day)) == []
    rows = pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO")
    assert [one["AMOUNT"] for one in rows if ORDER in one["BODY"]] == ["-1"]
    assert (billed(pod, ORDER), world.items()) == ([by_report], {})
