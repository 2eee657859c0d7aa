"""Invoices are dated by the report of fulfilled shipments where the connection says so, and never dated again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from assets.fulfilled_shipments import FULFILLED_SHIPMENTS
from assets.stages.days import days_between
from assets.stages.verdicts import StageResult
from emulators.amazon.history import OrderRecord
from ledger.posting import PostingState
from tests.road.billing_rig import INVOICING, billing, fetched, made, retell, told_home, told_world, verdict
from tests.road.conftest import World
from tests.road.fusion_rig import Pod
from tests.road.products.test_cost_postings import costing
from tests.road.test_fusion_receivables import RECEIVABLES, invoices

ASSET = "fulfilled_shipments"
BY_REPORT = {**INVOICING, "dated_by": "shipment_report"}
# Two orders left Amazon a little before midnight in New York, and their transactions are told after it.
NIGHT, BEFORE = date(2026, 11, 10), date(2026, 11, 9)
LATE_ONES = ("113-2120360-5868605", "114-5121755-1936321")
# One that the merchant sent, in the same way.
BY_MERCHANT, MERCHANT_NIGHT = "111-3800076-7385255", date(2026, 11, 15)
ZONE = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Path | None:
    """A home in which a month of events was fetched."""
    return told_home(tmp_path_factory)


@pytest.fixture
def world(told, tmp_path, monkeypatch) -> World:
    """A world of its own that begins there; the token that the first one was given has run out."""
    made = told_world(told, tmp_path, monkeypatch)
    made.clock.advance(2 * 3600)
    return made


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock."""
    return Pod(world)


def dates(outcome: StageResult) -> dict[str, str]:
    """Return the dates of a day's invoices by order."""
    return {row["order"]: row["date"] for row in outcome.rows if row["what"] == "invoice"}


def orders(world: World) -> dict[str, OrderRecord]:
    """Return what the seller's world says of its orders."""
    return {one.order_id: one for history in world.demo.amazon.world.histories.values() for one in history.orders}


def change(world: World, order_id: str, **changes) -> None:
    """Let the world say something else of an order."""
    for history in world.demo.amazon.world.histories.values():
        history.orders[:] = [replace(one, **changes) if one.order_id == order_id else one for one in history.orders]


def test_the_transaction_dates_an_invoice_unless_the_connection_says_otherwise(world, pod):
    """As ever: the day it was told, whatever a report says that was fetched all the same."""
    road = billing(pod)
    fetched(road, ASSET, [BEFORE, NIGHT])
    found = dates(made(road, [NIGHT])[NIGHT])
    assert [found[one] for one in LATE_ONES] == [NIGHT.isoformat()] * 2


def test_what_amazon_shipped_is_dated_by_the_report(world, pod):
    """Two nights' late parcels lie on the day they left; every other invoice where the world says, too."""
    road = billing(pod, invoicing=BY_REPORT)
    fetched(road, ASSET, [BEFORE, NIGHT])
    outcome = made(road, [NIGHT])[NIGHT]
    found = dates(outcome)
    known = orders(world)
    assert [found[one] for one in LATE_ONES] == [BEFORE.isoformat()] * 2
    for order_id, day in found.items():
        order = known[order_id]
        if order.is_by_amazon:
            assert day == order.shipped.astimezone(ZONE).date().isoformat()
    assert verdict(outcome, "every_shipment_billed").passed
    fetched(road, "invoice_postings", [NIGHT])
    posted = [one for one in invoices(pod) if LATE_ONES[0] in one["BODY"]]
    assert ['"2026-11-09"' in one["BODY"] for one in posted] == [True]


def test_cost_lies_on_the_day_of_its_invoice(world, pod):
    """It waits for the report as the invoice does, then stands on the same day; what was sent is not dated again."""
    road = costing(pod, invoicing=BY_REPORT)
    [waits] = fetched(road, "cost_postings", [NIGHT]).values()
    held = verdict(waits, "every_shipment_costed")
    assert (held.passed, held.is_waiting) == (False, True)
    assert f"connector fetch {ASSET} --from {NIGHT} --to {NIGHT} -c amazon_us" in held.sentence
    fetched(road, ASSET, [BEFORE, NIGHT])
    for run in ("run-2", "run-3"):
        [result] = fetched(costing(pod, run, invoicing=BY_REPORT), "cost_postings", [NIGHT]).values()
        world.clock.advance(600)
    found = {row["order"]: row["date"] for row in result.rows}
    invoiced = dates(made(road, [NIGHT])[NIGHT])
    assert {order: day for order, day in found.items() if order in invoiced} == invoiced
    assert [found[one] for one in LATE_ONES] == [BEFORE.isoformat()] * 2
    assert {row["state"] for row in result.rows} == {"posted"}
    [later] = fetched(costing(pod, "run-4"), "cost_postings", [NIGHT]).values()
    assert "would cost otherwise now" in verdict(later, "unchanged_since_posting").sentence


def test_what_the_merchant_shipped_is_dated_by_its_transaction(world, pod):
    """No report tells of it, so nothing is waited for."""
    road = billing(pod, invoicing=BY_REPORT)
    outcome = made(road, [MERCHANT_NIGHT])[MERCHANT_NIGHT]
    assert dates(outcome) == {BY_MERCHANT: MERCHANT_NIGHT.isoformat()}
    assert orders(world)[BY_MERCHANT].shipped.astimezone(ZONE).date() == date(2026, 11, 14)


def test_invoices_wait_for_a_report_that_is_not_here(world, pod):
    """Nothing that Amazon shipped is billed, the sentence says what to fetch; fetched, all of it goes."""
    road = billing(pod, invoicing=BY_REPORT)
    outcome = made(road, [NIGHT])[NIGHT]
    waits = verdict(outcome, "every_shipment_billed")
    assert (waits.passed, waits.is_waiting) == (False, True)
    assert not [one for one in dates(outcome) if orders(world)[one].is_by_amazon]
    assert f"connector fetch {ASSET} --from {NIGHT} --to {NIGHT} -c amazon_us" in waits.sentence
    fetched(road, "invoice_postings", [NIGHT])
    assert (len(invoices(pod)), world.items()) == (len(dates(outcome)), {})
    fetched(road, ASSET, [BEFORE, NIGHT])
    assert set(LATE_ONES) <= set(dates(made(road, [NIGHT])[NIGHT]))


def test_a_shipment_that_the_report_does_not_tell_goes_after_a_day(world, pod):
    """Until then it waits alone; afterwards its transaction dates it."""
    today = world.clock.now().date()
    road = billing(pod, invoicing=BY_REPORT)
    yesterday = today - timedelta(days=1)
    fetched(road, ASSET, [yesterday, today])
    known = orders(world)
    late = next(one for one in dates(made(billing(pod), [yesterday])[yesterday]) if known[one].is_by_amazon)
    change(world, late, is_by_amazon=False)
    world.clock.advance(3600)
    fetched(road, ASSET, [yesterday, today])
    retell(
        world,
        yesterday,
        "CASE WHEN order_id = $order THEN TIMESTAMP '2026-11-19 20:00:00' ELSE posted_at END AS posted_at",
        order=late,
    )
    outcome = made(road, [yesterday])[yesterday]
    assert (late in dates(outcome), len(dates(outcome)) > 0) == (False, True)
    sentence = verdict(outcome, "every_shipment_billed").sentence
    assert sentence.startswith("1 shipments wait for the day they left.")
    world.clock.advance(24 * 3600)
    outcome = made(road, [yesterday])[yesterday]
    assert dates(outcome)[late] == yesterday.isoformat()
    assert verdict(outcome, "every_shipment_billed").passed


@pytest.mark.parametrize("shipment_id", ["", "of-another-kind"])
def test_a_shipment_without_its_id_is_known_by_what_was_in_it(world, pod, shipment_id):
    """Order, products and units are the same, and no other shipment of the order holds the same on another day."""
    road = billing(pod, invoicing=BY_REPORT)
    fetched(road, ASSET, [BEFORE, NIGHT])
    retell(world, NIGHT, "$told AS shipment_id", told=shipment_id)
    found = dates(made(road, [NIGHT])[NIGHT])
    assert [found[one] for one in LATE_ONES] == [BEFORE.isoformat()] * 2


def test_of_two_shipments_alike_only_the_id_tells_which(world, pod):
    """Two parcels of one order with the same in them, on two days: without ids neither is guessed."""
    order = orders(world)[LATE_ONES[0]]
    other = replace(order, shipment_id="OTHER", shipped=order.shipped - timedelta(days=1))
    for history in world.demo.amazon.world.histories.values():
        if order in history.orders:
            history.orders.append(other)
    road = billing(pod, invoicing=BY_REPORT)
    fetched(road, ASSET, days_between(BEFORE - timedelta(days=1), NIGHT))
    assert dates(made(road, [NIGHT])[NIGHT])[LATE_ONES[0]] == BEFORE.isoformat()
    retell(world, NIGHT, "'' AS shipment_id")
    # Its day was over long ago, so the transaction dates it.
    assert dates(made(road, [NIGHT])[NIGHT])[LATE_ONES[0]] == NIGHT.isoformat()


def test_no_invoice_lies_before_the_day_since_which_orders_are_billed(world, pod):
    """Told on the first day and shipped the night before: it is billed, on that first day."""
    since = {**BY_REPORT, "shipped_from": NIGHT.isoformat()}
    road = billing(pod, invoicing=since)
    fetched(road, ASSET, [BEFORE, NIGHT])
    found = dates(made(road, [NIGHT])[NIGHT])
    assert [found[one] for one in LATE_ONES] == [NIGHT.isoformat()] * 2


def test_what_was_sent_is_never_dated_again(world, pod):
    """Sent for the day of its transaction; the report says another of the same month: no word."""
    fetched(billing(pod), "receivable_invoices", [NIGHT])
    fetched(billing(pod), "invoice_postings", [NIGHT])
    before = invoices(pod)
    road = billing(pod, "run-2", invoicing=BY_REPORT)
    fetched(road, ASSET, [BEFORE, NIGHT])
    outcome = made(road, [NIGHT])[NIGHT]
    assert dates(outcome)[LATE_ONES[0]] == NIGHT.isoformat()
    [posted] = fetched(road, "invoice_postings", [NIGHT]).values()
    assert [one.check for one in posted.verdicts if not one.passed] == []
    assert (len(invoices(pod)), world.items()) == (len(before), {})


def test_a_difference_is_made_up_for_whatever_day_was_learned_meanwhile(world, pod):
    """Sent for the day of its transaction; then the day and 75 cents are told otherwise: credited, not dated again."""
    fetched(billing(pod), "receivable_invoices", [NIGHT])
    fetched(billing(pod), "invoice_postings", [NIGHT])
    price = "CASE WHEN order_id = $order AND leaf_path = 'ProductCharges/OurPricePrincipal' THEN amount - 0.75"
    retell(world, NIGHT, f"CAST({price} ELSE amount END AS DECIMAL(18, 3)) AS amount", order=LATE_ONES[0])
    road = billing(pod, "run-2", invoicing={**BY_REPORT, "tolerance": "1.00"})
    fetched(road, ASSET, [BEFORE, NIGHT])
    for _ in range(2):
        outcome = made(road, [NIGHT])[NIGHT]
        [posted] = fetched(road, "invoice_postings", [NIGHT]).values()
    assert dates(outcome)[LATE_ONES[0]] == NIGHT.isoformat()
    assert ([one.check for one in posted.verdicts if not one.passed], world.items()) == ([], {})
    rows = pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO")
    assert [Decimal(one["AMOUNT"]) for one in rows if LATE_ONES[0] in one["BODY"]] == [Decimal("-0.75")]


def test_a_shipment_of_another_month_than_its_invoice_is_told_once(world, pod):
    """Sent for November, shipped in October: it stays where it is, one item says so, and `dismiss` ends that."""
    fetched(billing(pod), "receivable_invoices", [NIGHT])
    fetched(billing(pod), "invoice_postings", [NIGHT])
    before = invoices(pod)
    left = datetime(2026, 10, 31, 22, tzinfo=UTC)
    change(world, LATE_ONES[0], shipped=left)
    road = billing(pod, "run-2", invoicing=BY_REPORT)
    fetched(road, ASSET, days_between(left.date(), NIGHT))
    outcome = made(road, [NIGHT])[NIGHT]
    told = verdict(outcome, "invoices_dated")
    assert (told.passed, told.is_blocking, dates(outcome)[LATE_ONES[0]]) == (False, False, NIGHT.isoformat())
    item = world.items()["invoice_dated_otherwise"]
    assert ("shipped on 2026-10-31" in item.sentence, item.actions) == (True, ("retry", "dismiss"))
    [posted] = fetched(road, "invoice_postings", [NIGHT]).values()
    assert [one.check for one in posted.verdicts if not one.passed] == []
    world.resolve("invoice_dated_otherwise", "dismiss")
    assert verdict(made(road, [NIGHT])[NIGHT], "invoices_dated").passed
    assert (len(invoices(pod)), world.items()) == (len(before), {})


def test_what_is_only_planned_takes_the_day_that_is_learned(world, pod):
    """Nothing of it was sent: the plan is made anew, and one invoice goes, on the day it left."""
    waiting = {"approval": "required"}
    made(billing(pod, **waiting), [NIGHT])
    fetched(billing(pod, **waiting), "invoice_postings", [NIGHT])
    road = billing(pod, "run-2", invoicing=BY_REPORT)
    fetched(road, ASSET, [BEFORE, NIGHT])
    assert dates(made(road, [NIGHT])[NIGHT])[LATE_ONES[0]] == BEFORE.isoformat()
    fetched(road, "invoice_postings", [NIGHT])
    documents = world.stores.outbox.listing("amazon_us", belongs_to=LATE_ONES[0])
    states = sorted((str(one.state), one.journal.accounting_date.isoformat()) for one in documents)
    assert states == [(str(PostingState.POSTED), BEFORE.isoformat()), (str(PostingState.REFUSED), NIGHT.isoformat())]
    assert len([one for one in invoices(pod) if LATE_ONES[0] in one["BODY"]]) == 1


def test_nobody_who_bought_is_kept_of_the_report(world, pod):
    """Neither staged nor archived: what no column reads is empty in the bytes that are kept."""
    road = billing(pod, invoicing=BY_REPORT)
    [outcome] = fetched(road, ASSET, [BEFORE]).values()
    archived = world.stores.documents.read_bytes(outcome.links["document"]).decode("utf-8")
    header, *rows = archived.splitlines()
    assert rows
    assert all(len(row.split("\t")) == len(header.split("\t")) for row in rows)
    for word in ("AMZN_DEMO", "US", "Standard"):
        assert word not in {cell for row in rows for cell in row.split("\t")}
    columns = {one.name for one in FULFILLED_SHIPMENTS.table.columns}
    people = ("buyer", "recipient", "ship_c", "address", "tracking", "phone", "carrier", "bill")
    assert not [name for name in columns if any(word in name for word in people)]


def test_the_report_is_needed_where_it_dates_invoices(pod):
    """Switched off, the setting is refused: invoices would wait for ever."""
    opened = pod.connection(receivables=RECEIVABLES)
    settings = opened.settings.model_dump()
    settings["books"]["invoicing"] = BY_REPORT
    settings["by_day"]["fulfilled_shipments"] = False
    with pytest.raises(ValidationError, match="needs by_day"):
        type(opened.settings).model_validate(settings)
