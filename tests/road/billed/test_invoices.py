"""Orders of the demonstration seller become invoices at a Fusion pod: one per shipment, posted once, read back."""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal

import pytest

from assets.audit.story import tell
from assets.review.approval import approve, reject
from assets.road import walk
from assets.stages.days import days_between
from assets.stages.resumption import SETTLEMENT_KIND
from assets.undo.reposting import require_reversed
from assets.undo.reversals import plan_reversal, require_cash_reversals
from emulators import faults as general
from emulators.fusion import mischief
from emulators.fusion.demo_site import US_LEDGER
from emulators.fusion.site import RECEIVABLES as RECEIVABLES_PERIODS
from ledger.errors import InputRefused
from ledger.four_eyes import Decider, NeedsAnotherPerson
from tests.road.billing_rig import (
    DAYS,
    INVOICING,
    SETTLED_SINCE,
    SETTLED_UNTIL,
    an_order,
    billing,
    current_events,
    fetched,
    made,
    settled,
    shipped,
    verdict,
)
from tests.road.conftest import World, sale
from tests.road.test_fusion_receivables import invoices
from tests.road.test_posting_road import ONE

# A day within the settlement written by hand.
SHIPPED = date(2026, 11, 3)


def test_a_shipment_that_no_invoice_can_hold_is_left_to_its_settlement_when_a_person_says_so(world, pod):
    """It holds the settlement until then, and is never billed afterwards; its settlement books what it brought."""
    since = {**INVOICING, "shipped_from": SETTLED_SINCE}
    order, _ = an_order(made(billing(pod, invoicing=since), [SHIPPED]))
    discount_too_much(world, order)
    made(billing(pod, invoicing=since), [SHIPPED])
    fetched(billing(pod, invoicing=since), "invoice_postings", [SHIPPED])
    item = world.items()["order_not_billable"]
    assert (order in item.sentence, item.actions) == (True, ("retry", "dismiss"))
    settled(world, billing(pod, invoicing=since), order, "50.00")
    held = walk(billing(pod, invoicing=since), ONE)
    assert not verdict(held.results["erp_postings"], "gate").passed
    world.resolve("order_not_billable", "dismiss")
    for number in range(3):
        walk(billing(pod, f"walk-{number}", invoicing=since), ONE)
        world.clock.advance(120)
    assert world.states(billing(pod, invoicing=since), ONE) == ["posted"]
    made(billing(pod, invoicing=since), [SHIPPED])
    assert "order_not_billable" not in world.items()


def discount_too_much(world, order: str) -> None:
    """Let the sale of an order be told as money that the buyer is owed."""
    [version] = [one for one in current_events(world) if one.partition == SHIPPED.isoformat()]
    path = world.stores.warehouse.path(version)
    sql = (
        "SELECT * REPLACE (CAST(CASE WHEN order_id = $order AND transaction_type = 'Shipment' THEN -abs(amount) "
        "ELSE amount END AS DECIMAL(18, 3)) AS amount) FROM read_parquet($path)"
    )

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            duck.sql(sql, params={"order": order, "path": str(path)}).write_parquet(str(to))

    world.stores.warehouse.write("amazon_us", "financial_events", SHIPPED.isoformat(), produce, version.facts)


def test_every_shipment_becomes_one_invoice_of_what_it_sold(world, pod):
    """Total by total what the transactions say of prices and discounts, on the day of the ledger's time zone."""
    road = billing(pod)
    outcomes = made(road)
    assert [verdict(one, "every_shipment_billed").passed for one in outcomes.values()] == [True] * len(DAYS)
    sold = shipped(world)
    rows = [row for one in outcomes.values() for row in one.rows]
    # One shipment sold elsewhere: nothing of it is a sale of Amazon's.
    assert (len(rows), sum(one.facts["shipments"] for one in outcomes.values())) == (len(sold), len(sold) + 1)
    assert sorted(Decimal(row["total"]) for row in rows) == sorted(sold.values())
    assert {row["customer"] for row in rows} == {"1008"}
    assert invoices(pod) == [], "making them sends nothing"


def test_they_are_posted_once_whoever_calls_how_often(world, pod):
    """Twice made, twice posted, by another run: the receivables hold one complete invoice a shipment."""
    road = billing(pod)
    outcomes = made(road)
    wanted = sum(one.facts["invoices"] for one in outcomes.values())
    for run in ("run-1", "run-2"):
        posted = fetched(billing(pod, run), "invoice_postings")
        assert [(one.check, one.sentence) for day in posted.values() for one in day.verdicts if not one.passed] == []
        made(billing(pod, run))
    stored = invoices(pod)
    assert (len(stored), {one["STATUS"] for one in stored}) == (wanted, {"Complete"})
    assert sum(Decimal(one["AMOUNT"]) for one in stored) == sum(shipped(world).values())
    assert pod.faults.calls("createReceivablesInvoice") == wanted


def test_the_day_says_how_many_minutes_after_shipment_its_invoices_were_posted(world, pod):
    """From the moment that the transaction tells, not from the day; told again later it says the same."""
    road = billing(pod)
    made(road, DAYS[:1])
    [posted] = fetched(road, "invoice_postings", DAYS[:1]).values()
    [version] = [one for one in current_events(world) if one.partition == DAYS[0].isoformat()]
    sql = "SELECT min(posted_at), max(posted_at) FROM read_parquet($path) WHERE transaction_type = 'Shipment'"
    with world.stores.warehouse.connect() as duck:
        path = str(world.stores.warehouse.path(version))
        first, last = (one.replace(tzinfo=UTC) for one in duck.sql(sql, params={"path": path}).fetchall()[0])
    now = world.clock.now()
    longest = posted.facts["minutes from shipment to posted, longest"]
    half = posted.facts["minutes from shipment to posted, half within"]
    assert 0 <= (now - first).total_seconds() // 60 - longest <= 24 * 60
    assert (now - last).total_seconds() // 60 - 1 <= half <= longest
    world.clock.advance(3600)
    [again] = fetched(billing(pod, "run-2"), "invoice_postings", DAYS[:1]).values()
    assert again.facts["minutes from shipment to posted, longest"] == longest


def test_the_first_invoice_goes_though_journals_stand_in_the_ledger_already(world, pod):
    """A word that receivables are empty is about receivables: the general ledger says nothing of them."""
    settling = pod.road()
    world.take_in(settling, ONE, sale())
    walk(settling, ONE)
    assert world.states(settling, ONE) == ["importing"]
    road = billing(pod)
    made(road)
    posted = fetched(road, "invoice_postings")
    assert {row["state"] for one in posted.values() for row in one.rows} == {"posted"}
    assert world.items() == {}


def test_a_lost_control_database_bills_nothing_twice(world, pod):
    """Everything is found by its number before it is sent again."""
    made(billing(pod))
    fetched(billing(pod), "invoice_postings")
    before = invoices(pod)
    world.reopen(world.home.parent / "another")
    road = billing(pod, "run-2")
    fetched(road, "financial_events")
    made(road)
    posted = fetched(road, "invoice_postings")
    assert {row["state"] for one in posted.values() for row in one.rows} == {"posted"}
    assert len(invoices(pod)) == len(before)


def test_a_lost_answer_is_followed_by_number(world, pod):
    """Sent, committed, unanswered: the next look finds it, and it is not sent again."""
    road = billing(pod)
    made(road, DAYS[:1])
    pod.faults.next("createReceivablesInvoice", general.dropped(after=True))
    [first] = fetched(road, "invoice_postings", DAYS[:1]).values()
    assert {row["state"] for row in first.rows} == {"posted"}
    assert len(invoices(pod)) == len(first.rows)


def test_a_call_delivered_twice_is_posted_and_not_refused(world, pod):
    """The first delivery makes it, only the refusal of the second is heard; what the books hold decides."""
    road = billing(pod)
    made(road, DAYS[:1])
    pod.faults.next("createReceivablesInvoice", mischief.delivered_twice())
    [first] = fetched(road, "invoice_postings", DAYS[:1]).values()
    assert {row["state"] for row in first.rows} == {"posted"}
    assert (len(invoices(pod)), world.items()) == (len(first.rows), {})


def test_a_closed_receivables_period_holds_all_of_the_day(world, pod):
    """Told before anything is sent; opened again, they go."""
    road = billing(pod)
    made(road)
    pod.app.books.setup.set_period(US_LEDGER, "Nov-26", "C", RECEIVABLES_PERIODS)
    held = fetched(road, "invoice_postings")
    assert not any(verdict(one, "gate").passed for one in held.values())
    assert (invoices(pod), {one.code for one in world.stores.review.listing()}) == ([], {"period_closed"})
    pod.app.books.setup.set_period(US_LEDGER, "Nov-26", "O", RECEIVABLES_PERIODS)
    fetched(road, "invoice_postings")
    assert (len(invoices(pod)) > 20, world.items()) == (True, {})


def test_an_account_that_is_missing_stops_those_shipments_only(world, pod):
    """Shipping revenue has no account: what has no shipping is billed, the others are named."""
    road = billing(pod, without='  shipping_revenue: "400200"\n')
    outcomes = made(road)
    waiting = [one for one in outcomes.values() if not verdict(one, "every_shipment_billed").passed]
    assert waiting
    sentence = verdict(waiting[0], "every_shipment_billed").sentence
    assert "shipping_revenue has no account" in sentence
    billed = sum(one.facts["invoices"] for one in outcomes.values())
    assert 0 < billed < sum(one.facts["shipments"] for one in outcomes.values())
    assert set(world.items()) == {"unmapped_category"}


# --- revenue once -----------------------------------------------------------------------------------------------


def test_a_settlement_waits_for_the_invoices_of_its_orders_and_then_clears_them(world, pod):
    """Not made, made, posted: it is held twice with the order's name, then clears the order's own item."""
    road = billing(pod, invoicing={**INVOICING, "shipped_from": SETTLED_SINCE})
    days = days_between(date.fromisoformat(SETTLED_SINCE), SETTLED_UNTIL)
    outcomes = fetched(road, "receivable_invoices", days[:1])
    order, total = an_order(outcomes)
    settled(world, road, order, total)
    walked = walk(road, ONE)
    assert "1 orders were shipped and have no invoice" in verdict(walked.results["erp_postings"], "gate").sentence
    assert (world.documents(road, ONE), set(world.items())) == ([], {"order_not_billed"})
    assert due(world) == []
    fetched(road, "invoice_postings", days[:1])
    assert due(world) == [ONE], "posted invoices ask for the settlements that waited"
    walk(road, ONE)
    world.clock.advance(60)
    walked = walk(road, ONE)
    assert walked.results["reconciliations"].facts["ties"]
    [document] = world.documents(road, ONE)
    assert [(one.account.account, one.amount, one.reference) for one in document.journal.lines][1:] == [
        ("110900", -Decimal(total), order)
    ]
    assert (str(document.state), world.items()) == ("posted", {})


def due(world: World) -> list[str]:
    """Return the settlements that are asked for."""
    rows = world.stores.due.listing("amazon_us")
    return sorted({one.partition for one in rows if one.kind == SETTLEMENT_KIND and one.partition == ONE})


def test_an_order_of_which_a_part_was_shipped_before_is_revenue_as_a_whole(world, pod):
    """Two shipments, the first a day before orders are billed: no invoice of the second, and its settlement goes on."""
    late, early = DAYS[1], DAYS[0]
    since = {**INVOICING, "shipped_from": late.isoformat()}
    road = billing(pod, invoicing=since)
    [before] = fetched(road, "receivable_invoices", [late]).values()
    order = before.rows[0]["order"]
    ship_also(world, order, early, late)
    [after] = fetched(road, "receivable_invoices", [late]).values()
    assert (order in {row["order"] for row in after.rows}, len(after.rows)) == (False, len(before.rows) - 1)


def ship_also(world: World, order: str, on: date, like: date) -> None:
    """Let a day tell of a shipment of an order, too, as another day does."""
    versions = {one.partition: one for one in current_events(world)}
    paths = {day: str(world.stores.warehouse.path(versions[day.isoformat()])) for day in (on, like)}
    sql = (
        "SELECT * FROM read_parquet($on) UNION ALL BY NAME SELECT * REPLACE (transaction_id || '-1' AS transaction_id, "
        "posted_at - INTERVAL 1 DAY AS posted_at) FROM read_parquet($like) WHERE order_id = $order"
    )

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            bound = {"on": paths[on], "like": paths[like], "order": order}
            duck.sql(sql, params=bound).write_parquet(str(to))

    facts = dict(versions[on.isoformat()].facts)
    world.stores.warehouse.write("amazon_us", "financial_events", on.isoformat(), produce, facts)


def test_an_order_that_was_not_shipped_since_is_revenue_and_is_never_billed(world, pod):
    """No transaction tells of its shipment: its settlement is its revenue; told later, it stays so."""
    road = billing(pod, invoicing={**INVOICING, "shipped_from": SETTLED_SINCE})
    settled(world, road, "111-0000001-0000001", "50.00")
    walk(road, ONE)
    [document] = world.documents(road, ONE)
    assert [one.account.account for one in document.journal.lines] == ["110500", "400100"]


def test_an_order_that_a_settlement_booked_as_revenue_is_not_billed_later(world, pod):
    """Posted while nobody billed; switched on afterwards, the order stays revenue and is named."""
    before = billing(pod, invoicing=None)
    made_by_others = billing(pod)
    outcomes = fetched(made_by_others, "receivable_invoices")
    order, total = an_order(outcomes)
    settled(world, before, order, total)
    walk(before, ONE)
    again = fetched(billing(pod), "receivable_invoices")
    rows = [row for one in again.values() for row in verdict(one, "revenue_once").rows]
    assert rows == [{"order": order, "revenue in settlement": ONE}]
    fetched(billing(pod), "invoice_postings")
    assert order not in {row["order"] for one in again.values() for row in one.rows}
    assert all(f"amz:{order}" not in one["BODY"] for one in invoices(pod))


# --- people -----------------------------------------------------------------------------------------------------


def test_a_day_of_invoices_waits_for_one_word_of_another_person(world, pod):
    """Planned all together, one item; the planner cannot approve, another person does, and all of them go."""
    road = billing(pod, approval="required")
    made(road, DAYS[:1])
    [waits] = fetched(road, "invoice_postings", DAYS[:1]).values()
    name = f"invoice_postings-{DAYS[0]}"
    assert {row["state"] for row in waits.rows} == {"planned"}
    [item] = world.stores.review.listing()
    assert (item.code, item.partition, invoices(pod)) == ("approval_needed", name, [])
    with pytest.raises(NeedsAnotherPerson, match="tester"):
        approve(road, name, Decider("tester"), "mine")
    approved = approve(road, name, Decider("maria"), "looked at all of them")
    assert len(approved) == len(waits.rows)
    [gone] = fetched(billing(pod, "run-2", approval="required"), "invoice_postings", DAYS[:1]).values()
    assert {row["state"] for row in gone.rows} == {"posted"}
    assert (len(invoices(pod)), world.items()) == (len(waits.rows), {})


def test_a_rejected_day_is_not_sent_and_is_planned_anew_only_when_it_changes(world, pod):
    """A person's no is the end of these invoices; nothing else is."""
    road = billing(pod, approval="required")
    made(road, DAYS[:1])
    fetched(road, "invoice_postings", DAYS[:1])
    reject(road, f"invoice_postings-{DAYS[0]}", Decider("maria"), "wrong customer")
    [after] = fetched(road, "invoice_postings", DAYS[:1]).values()
    assert {row["state"] for row in after.rows} == {"refused"}
    assert invoices(pod) == []


def test_an_order_is_looked_up_by_its_id_with_its_invoice(world, pod):
    """What was sent when, and the number it has; of an order that no settlement has paid yet."""
    road = billing(pod)
    outcomes = made(road, DAYS[:1])
    fetched(road, "invoice_postings", DAYS[:1])
    order, _ = an_order(outcomes)
    stories = tell(world.stores, "amazon_us", order)
    [story] = stories.stories
    [document] = story.documents
    assert (stories.kind, story.settlement_id, document.state) == ("order", f"invoice_postings-{DAYS[0]}", "posted")
    assert any(f"nvoice {document.erp_id} is posted in the ERP's books" in one.sentence for one in story.told)
    assert len({one.event.document_key for one in story.told if one.event.document_key}) == 1


@pytest.mark.parametrize("asked", [plan_reversal, require_cash_reversals, require_reversed])
def test_a_day_of_invoices_is_not_undone_as_a_settlement_is(pod, asked):
    """What is posted is never called unplanned: a day is undone by its documents."""
    road = billing(pod)
    made(road, DAYS[:1])
    [posted] = fetched(road, "invoice_postings", DAYS[:1]).values()
    assert posted.rows, "a day with invoices in the books"
    name = f"invoice_postings-{DAYS[0]}"
    with pytest.raises(InputRefused, match="is undone by its documents, not as a settlement is"):
        asked(road, name)
