"""Orders of the demonstration seller become invoices at a Fusion pod: one per shipment, posted once, read back."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from assets.approval import approve, reject
from assets.audit_story import tell
from assets.day_stages import DAY_STAGES
from assets.days import RefusedDay, days_between, fetch_days
from assets.resumption import SETTLEMENT_KIND
from assets.road import walk
from assets.verdicts import StageResult
from emulators import faults as general
from emulators.amazon.settlement_writer import Row
from emulators.fusion.demo_site import US_LEDGER
from emulators.fusion.site import RECEIVABLES as RECEIVABLES_PERIODS
from ledger import money
from ledger.four_eyes import Decider, NeedsAnotherPerson
from ledger.mapping import load_mapping
from tests.road.conftest import FIRST, START, World, sale
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import RECEIVABLES, invoices
from tests.road.test_posting_road import ONE

INVOICING = {"shipped_from": "2026-09-01", "bill_to": {"Amazon.com": "1008"}}
ACCOUNTS = """\
accounts:
  order_receivable: "110900"
  pass_through_tax: "210500"
  tax_liability: "210600"
"""
CATEGORIES = """\
categories:
  shipping_revenue: "400200"
  gift_wrap_revenue: "400300"
  promo_rebate: "410200"
  refund: "410100"
  refund_shipping: "410100"
  refund_gift_wrap: "410100"
"""
# The settlement written by hand lies within these days.
SETTLED_SINCE, SETTLED_UNTIL = FIRST.date().isoformat(), (FIRST + timedelta(days=7)).date()
MONTH = days_between(START.date() - timedelta(days=31), START.date() - timedelta(days=1))
DAYS = days_between(START.date() - timedelta(days=6), START.date() - timedelta(days=3))


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Path | None:
    """A home in which a month of events was fetched, to be copied; none where the control database lies elsewhere."""
    if World.cluster is not None:
        return None
    home = tmp_path_factory.mktemp("told") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONNECTOR_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
        patch.setenv("CONNECTOR_DEMO_BOOKS_FROM_US", "2026-08-01")
        first = World(home)
        fetched(billing(Pod(first)), "financial_events", MONTH)
        first.stores.close()
    return home


@pytest.fixture
def world(told, tmp_path, monkeypatch) -> Iterator[World]:
    """A world of its own in which a month of events was fetched."""
    monkeypatch.setenv("CONNECTOR_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    monkeypatch.setenv("CONNECTOR_DEMO_BOOKS_FROM_US", "2026-08-01")
    if told is not None:
        shutil.copytree(told, tmp_path / "home")
    made = World(tmp_path / "home")
    if told is None:
        fetched(billing(Pod(made)), "financial_events", MONTH)
    yield made
    for stores in made.to_close:
        stores.close()


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock."""
    return Pod(world)


def billing(pod: Pod, run: str = "run-1", without: str = "", **changes):
    """Return the road that makes invoices; `without` takes a line out of its mapping."""
    books = {"invoicing": INVOICING, "approval": "automatic", **changes}
    road = pod.road(run, fusion={"receivables": RECEIVABLES}, **books)
    path = pod.connection().mapping_path
    content = path.read_text(encoding="utf-8").replace("accounts:\n", ACCOUNTS).replace("categories:\n", CATEGORIES)
    assert without in content
    content = content.replace(without, "")
    return replace(road, load_mapping=lambda: load_mapping(content, "mapping.yaml"))


def fetched(road, asset: str, days=DAYS) -> dict[date, StageResult | RefusedDay]:
    """Fetch days of an asset."""
    return dict(fetch_days(road, DAY_STAGES[asset], days))


def made(road, days=DAYS) -> dict[date, StageResult]:
    """Make the invoices of some days."""
    outcomes = fetched(road, "receivable_invoices", days)
    assert all(isinstance(one, StageResult) for one in outcomes.values()), outcomes
    return outcomes


def shipped(world: World, days=DAYS) -> dict[str, Decimal]:
    """Return what each shipment sold by its transaction, sales less discounts, straight from the staged events."""
    warehouse = world.stores.warehouse
    wanted = {day.isoformat() for day in days}
    versions = warehouse.currents("amazon_us", "financial_events")
    files = [str(warehouse.path(one)) for one in versions if one.partition in wanted]
    words = ("OurPricePrincipal", "ShippingPrincipal", "GiftWrapPrincipal", "Promo")
    sold: dict[str, Decimal] = defaultdict(Decimal)
    with warehouse.connect() as duck:
        sql = (
            "SELECT transaction_id, leaf_path, amount FROM read_parquet($files) "
            "WHERE transaction_type = 'Shipment' AND is_accrual"
        )
        for transaction, leaf, amount in duck.sql(sql, params={"files": files}).fetchall():
            if any(word in leaf for word in words) and "Tax" not in leaf:
                sold[transaction] += amount
    return sold


def an_order(outcomes, at_least: str = "10.00") -> tuple[str, str]:
    """Return one billed order and its total."""
    rows = [row for one in outcomes.values() for row in one.rows]
    return next((row["order"], row["total"]) for row in rows if Decimal(row["total"]) > Decimal(at_least))


def verdict(result, check: str):
    """Return what one check says."""
    return next(one for one in result.verdicts if one.check == check)


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


def settled(world, road, order: str, total: str, settlement_id: str = ONE) -> None:
    """Take in a settlement that pays for one order."""
    world.take_in(road, settlement_id, sale(total, order=order))


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


# --- refunds ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refunded:
    """An order that was shipped on one day and refunded on a later one, as its transactions tell."""

    order: str
    shipped: date
    refunded: date
    sold: Decimal
    back: Decimal


@pytest.fixture
def refunded(world, pod) -> Refunded:
    """An order of the demonstration, its invoice posted, its refund told."""
    road = billing(pod)
    files = [str(world.stores.warehouse.path(one)) for one in current_events(world)]
    with world.stores.warehouse.connect() as duck:
        rows = duck.sql(REFUNDED, params={"files": files}).fetchall()
    found = Refunded(*rows[0][:3], *(money.exact(one, "USD") for one in rows[0][3:]))
    for asset in ("receivable_invoices", "invoice_postings"):
        fetched(road, asset, [found.shipped])
    return found


REFUNDED = """
WITH told AS (
    SELECT order_id, transaction_type, CAST(posted_at AS DATE) AS day, leaf_path, amount
    FROM read_parquet($files)
    WHERE is_accrual AND NOT starts_with(leaf_path, 'Tax/')
        AND (contains(leaf_path, 'Principal') OR contains(leaf_path, 'Promo'))
),
sold AS (
    SELECT order_id, min(day) AS day, count(DISTINCT day) AS days, sum(amount) AS amount
    FROM told WHERE transaction_type = 'Shipment' GROUP BY ALL
),
back AS (
    SELECT order_id, min(day) AS day, count(DISTINCT day) AS days, sum(amount) AS amount
    FROM told WHERE transaction_type = 'Refund' GROUP BY ALL
)
SELECT order_id, sold.day, back.day, sold.amount, back.amount
FROM sold JOIN back USING (order_id)
WHERE sold.days = 1 AND back.days = 1 AND back.day > sold.day
ORDER BY order_id
"""


def current_events(world: World):
    """Return the versions of events that are kept."""
    return world.stores.warehouse.currents("amazon_us", "financial_events")


def credited(pod, refunded: Refunded, run: str = "run-2") -> StageResult:
    """Make and post the documents of the day of the refund; only what concerns credit memos is left in sight."""
    road = billing(pod, run)
    fetched(road, "receivable_invoices", [refunded.refunded])
    [posted] = fetched(road, "invoice_postings", [refunded.refunded]).values()
    return posted


def memos(pod) -> list:
    """Return the credit memos in the pod's receivables."""
    return pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO ORDER BY ID")


def test_a_refund_becomes_a_credit_memo_against_the_invoice_once(world, pod, refunded):
    """What was given back by its lines, however often the day is made; the books show it against that invoice."""
    for run in ("run-2", "run-3"):
        posted = credited(pod, refunded, run)
        assert [(one.check, one.sentence) for one in posted.verdicts if not one.passed] == []
    ours = [one for one in memos(pod) if refunded.order in one["BODY"]]
    assert [Decimal(one["AMOUNT"]) for one in ours] == [refunded.back]
    [row] = [row for row in posted.rows if row["order"] == refunded.order]
    assert (row["what"], row["total"], row["state"]) == ("credit memo", str(refunded.back), "posted")
    stories = tell(world.stores, "amazon_us", refunded.order)
    assert len(stories.stories) == 2, "the day it was billed and the day it was credited"


def test_an_order_is_found_by_its_refund(world, pod, refunded):
    """The id of the refund stays with the document."""
    credited(pod, refunded)
    documents = world.stores.outbox.listing("amazon_us", belongs_to=refunded.order)
    [memo] = [one.journal for one in documents if one.source.kind == "credit_memo"]
    [bill] = [one.journal for one in documents if one.source.kind == "invoice"]
    assert (memo.billing.order_id, memo.billing.credits) == (refunded.order, bill.key)
    assert memo.billing.transaction_id != bill.billing.transaction_id


def test_a_settlement_waits_for_the_credit_memo_of_its_refund_and_clears_it(world, pod, refunded):
    """Billed and not credited: held with the order. Credited: sale and refund both clear the order's own item."""
    since = refunded.shipped.isoformat()
    start = datetime.combine(refunded.refunded, datetime.min.time(), tzinfo=UTC)
    road = billing(pod, "run-2", invoicing={**INVOICING, "shipped_from": since}, month_end="none")
    rows = (
        sale(str(refunded.sold), start + timedelta(hours=1), refunded.order),
        given_back(str(refunded.back), start + timedelta(hours=2), refunded.order),
    )
    world.take_in(road, ONE, *rows, start=start, days=1)
    walked = walk(road, ONE)
    assert "1 billed orders are refunded and not credited" in verdict(walked.results["erp_postings"], "gate").sentence
    assert world.documents(road, ONE) == []
    credited(pod, refunded)
    walk(road, ONE)
    world.clock.advance(60)
    walk(road, ONE)
    [document] = world.documents(road, ONE)
    on_order = [one.amount for one in document.journal.lines if one.reference == refunded.order]
    assert sorted(on_order) == sorted([-refunded.sold, -refunded.back])
    assert (str(document.state), "order_not_billed" in world.items()) == ("posted", False)


def test_a_refund_beyond_what_was_billed_is_a_persons_matter(world, pod, refunded):
    """More is given back than was sold: no credit memo, an item; dismissed, it stays away."""
    inflate(world, refunded)
    posted = credited(pod, refunded)
    assert refunded.order not in {row["order"] for row in posted.rows}
    item = world.items()["refund_exceeds_invoice"]
    assert (refunded.order in item.sentence, item.actions) == (True, ("retry", "dismiss"))
    world.resolve("refund_exceeds_invoice", "dismiss")
    credited(pod, refunded, "run-4")
    assert ("refund_exceeds_invoice" in world.items(), memos_of(pod, refunded)) == (False, [])


def memos_of(pod, refunded: Refunded) -> list:
    """Return the credit memos of one order."""
    return [one for one in memos(pod) if refunded.order in one["BODY"]]


def given_back(amount: str, posted: datetime, order: str) -> Row:
    """Return a refund of one unit as a settlement tells it."""
    told = sale(amount, posted, order)
    return replace(told, transaction_type="Refund")


def inflate(world: World, refunded: Refunded) -> None:
    """Let the refund of an order be told ten times as large."""
    [version] = [one for one in current_events(world) if one.partition == refunded.refunded.isoformat()]
    path = world.stores.warehouse.path(version)
    sql = (
        "SELECT * REPLACE (CAST(CASE WHEN order_id = $order AND transaction_type = 'Refund' THEN amount * 10 "
        "ELSE amount END AS DECIMAL(18, 3)) AS amount) FROM read_parquet($path)"
    )

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            duck.sql(sql, params={"order": refunded.order, "path": str(path)}).write_parquet(str(to))

    world.stores.warehouse.write("amazon_us", "financial_events", version.partition, produce, dict(version.facts))


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
