"""A shipment that Amazon tells otherwise after its invoice was posted: made up for within the tolerance, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from assets.review.approval import approve, reject
from assets.road import walk
from assets.sales.order_choices import billed_before, credits_by_order
from assets.undo.order_reversals import order_sources, plan_order_reversal, repost_order
from assets.undo.reversals import apply_reversal
from emulators import faults as general
from ledger.four_eyes import Decider
from ledger.order_adjustments import adjusts
from tests.road.billing_rig import (
    DAYS,
    INVOICING,
    an_order,
    billing,
    current_events,
    fetched,
    made,
    retell,
    verdict,
)
from tests.road.conftest import World, sale
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import invoices
from tests.road.test_posting_road import ONE

DAY = DAYS[0]
TOLERANT = {**INVOICING, "tolerance": "1.00"}


@dataclass(frozen=True)
class Sold:
    """An order whose invoice is posted, and what it came to."""

    order: str
    total: Decimal


@pytest.fixture
def sold(pod) -> Sold:
    """An order of a day whose invoices are all posted."""
    road = billing(pod, invoicing=TOLERANT)
    order, total = an_order(made(road, [DAY]))
    fetched(road, "invoice_postings", [DAY])
    return Sold(order, Decimal(total))


def tell_otherwise(world: World, sold: Sold, by: str) -> None:
    """Let the price of the order be told higher or lower by an amount."""
    price = "transaction_type = 'Shipment' AND leaf_path = 'ProductCharges/OurPricePrincipal' AND order_id = $order"
    what = (
        f"CAST(CASE WHEN {price} THEN amount + CAST($by AS DECIMAL(18, 3)) ELSE amount END AS DECIMAL(18, 3)) AS amount"
    )
    retell(world, DAY, what, order=sold.order, by=by)


def posted(pod: Pod, run: str, **changes):
    """Make the documents of the day anew and post them."""
    road = billing(pod, run, **{"invoicing": TOLERANT, **changes})
    made(road, [DAY])
    [result] = fetched(road, "invoice_postings", [DAY]).values()
    return result


def memos(pod: Pod, order: str) -> list[Decimal]:
    """Return the credit memos of an order in the pod."""
    rows = pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO ORDER BY ID")
    return [Decimal(one["AMOUNT"]) for one in rows if order in one["BODY"]]


def billed(pod: Pod, order: str) -> list[Decimal]:
    """Return the invoices of an order in the pod."""
    return [Decimal(one["AMOUNT"]) for one in invoices(pod) if order in one["BODY"]]


def failing(result) -> list[str]:
    """Return the checks that do not pass."""
    return [one.check for one in result.verdicts if not one.passed]


def test_what_was_billed_too_much_is_credited_once(world, pod, sold):
    """However often it is made, by whichever run: one credit memo of the difference, dated today, and no word."""
    tell_otherwise(world, sold, "-0.75")
    for run in ("run-2", "run-3", "run-4"):
        assert failing(posted(pod, run)) == []
        world.clock.advance(24 * 3600)
    assert (billed(pod, sold.order), memos(pod, sold.order)) == ([sold.total], [Decimal("-0.75")])
    [memo] = billed_before(billing(pod), [sold.order])[sold.order].credits
    assert memo.accounting_date == date(2026, 11, 20)
    assert world.items() == {}


def test_what_was_billed_too_little_is_billed_once(world, pod, sold):
    """One further invoice of the difference."""
    tell_otherwise(world, sold, "0.75")
    for run in ("run-2", "run-3"):
        assert failing(posted(pod, run)) == []
    assert (billed(pod, sold.order), memos(pod, sold.order)) == ([sold.total, Decimal("0.75")], [])
    assert world.items() == {}


def test_told_as_it_was_again_the_difference_is_billed_again(world, pod, sold):
    """The books follow what is told: 75 cents back, and once more due."""
    tell_otherwise(world, sold, "-0.75")
    posted(pod, "run-2")
    tell_otherwise(world, sold, "0.75")
    for run in ("run-3", "run-4"):
        assert failing(posted(pod, run)) == []
    assert (billed(pod, sold.order), memos(pod, sold.order)) == ([sold.total, Decimal("0.75")], [Decimal("-0.75")])


@pytest.mark.parametrize(("tolerance", "by"), [("1.00", "-1.01"), ("1.00", "1.01"), ("0", "-0.01")])
def test_above_the_tolerance_a_person_looks(world, pod, sold, tolerance, by):
    """As ever: nothing is sent, and one item shows the lines. Without a tolerance that is every cent."""
    tell_otherwise(world, sold, by)
    result = posted(pod, "run-2", invoicing={**INVOICING, "tolerance": tolerance})
    assert failing(result) == ["unchanged_since_posting"]
    assert sold.order in world.items()["changed_after_posting"].sentence
    assert (billed(pod, sold.order), memos(pod, sold.order)) == ([sold.total], [])


def test_a_difference_that_grows_above_the_tolerance_is_a_persons_beside_what_was_credited(world, pod, sold):
    """Credited once; the second change is told, and what was credited stays."""
    tell_otherwise(world, sold, "-0.75")
    posted(pod, "run-2")
    tell_otherwise(world, sold, "-0.75")
    assert failing(posted(pod, "run-3")) == ["unchanged_since_posting"]
    assert (billed(pod, sold.order), memos(pod, sold.order)) == ([sold.total], [Decimal("-0.75")])


def test_an_adjustment_waits_for_its_invoice(world, pod):
    """While nobody knows of the invoice nothing is made up for, nor told as changed; then it is."""
    road = billing(pod, invoicing=TOLERANT)
    _, second, *_ = made(road, [DAY])[DAY].rows
    order, waiting = second["order"], Sold(second["order"], Decimal(second["total"]))
    pod.faults.at("createReceivablesInvoice", 2, general.status(503))
    fetched(road, "invoice_postings", [DAY])
    tell_otherwise(world, waiting, "-0.75")
    result = posted(pod, "run-2")
    assert "changed_after_posting" not in world.items()
    assert memos(pod, order) == []
    assert billed(pod, order) == []
    for number in range(8):
        world.clock.advance(3600)
        result = posted(pod, f"run-{number + 3}")
    assert failing(result) == [], [one.sentence for one in result.verdicts if not one.passed]
    assert sum(billed(pod, order)) + sum(memos(pod, order)) == waiting.total - Decimal("0.75")


def test_an_adjustment_waits_for_another_persons_word_and_a_no_is_the_end_of_it(world, pod):
    """Planned, rejected: not planned anew on the next day; what is told otherwise again is."""
    asking = {"approval": "required"}
    road = billing(pod, invoicing=TOLERANT, **asking)
    order, total = an_order(made(road, [DAY]))
    name, one = f"invoice_postings-{DAY}", Sold(order, Decimal(total))
    fetched(road, "invoice_postings", [DAY])
    approve(road, name, Decider("maria"), "looked at")
    posted(pod, "run-2", **asking)
    tell_otherwise(world, one, "-0.75")
    posted(pod, "run-3", **asking)
    assert (memos(pod, order), set(world.items())) == ([], {"approval_needed"})
    reject(road, name, Decider("maria"), "leave it")
    world.clock.advance(24 * 3600)
    result = posted(pod, "run-4", **asking)
    assert (memos(pod, order), "approval_needed" in world.items()) == ([], False)
    tell_otherwise(world, one, "0.25")
    posted(pod, "run-5", **asking)
    approve(road, name, Decider("maria"), "this one")
    result = posted(pod, "run-6", **asking)
    assert memos(pod, order) == [Decimal("-0.50")]
    assert "unchanged_since_posting" not in failing(result)


def test_a_settlement_clears_what_was_billed_less_what_was_credited(world, pod, sold):
    """It brings 75 cents less, and the order's item is at nothing: no refund is looked for."""
    tell_otherwise(world, sold, "-0.75")
    posted(pod, "run-2")
    start = datetime.combine(DAY, datetime.min.time(), tzinfo=UTC)
    since = {**TOLERANT, "shipped_from": DAY.isoformat()}
    road = billing(pod, "run-3", invoicing=since, month_end="none")
    brought = sale(str(sold.total - Decimal("0.75")), start + timedelta(hours=1), sold.order)
    world.take_in(road, ONE, brought, start=start, days=1)
    for _ in range(3):
        walk(road, ONE)
        world.clock.advance(60)
    assert world.states(road, ONE) == ["posted"]
    rows = verdict(posted(pod, "run-4"), "orders_cleared").rows
    assert sold.order not in {row.get("order") for row in rows}
    assert credits_by_order(road, [sold.order]) == {}, "what adjusts an invoice is no refund"


def test_a_refund_takes_back_what_an_adjustment_left(world, pod, sold):
    """Adjusted by 75 cents, then given back whole: the refund's memo is of the rest, and stays so."""
    tell_otherwise(world, sold, "-0.75")
    posted(pod, "run-2")
    give_back(world, sold)
    for run in ("run-3", "run-4"):
        assert "unchanged_since_posting" not in failing(posted(pod, run))
    assert sum(memos(pod, sold.order)) == -sold.total
    assert len(memos(pod, sold.order)) == 2
    assert "refund_exceeds_invoice" not in world.items()


def give_back(world: World, sold: Sold) -> None:
    """Let the day tell of a refund of all that the order brought."""
    [version] = [one for one in current_events(world) if one.partition == DAY.isoformat()]
    path = str(world.stores.warehouse.path(version))
    words = "(leaf_path LIKE '%Principal' AND leaf_path NOT LIKE 'Tax/%')"
    back = (
        "transaction_id || '-R' AS transaction_id, line_key || '-R' AS line_key, 'Refund' AS transaction_type, "
        "CAST(-amount AS DECIMAL(18, 3)) AS amount"
    )
    sql = (
        f"SELECT * FROM read_parquet($path) UNION ALL BY NAME SELECT * REPLACE ({back}) FROM read_parquet($path) "
        f"WHERE order_id = $order AND transaction_type = 'Shipment' AND {words}"
    )

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            duck.sql(sql, params={"path": path, "order": sold.order}).write_parquet(str(to))

    world.stores.warehouse.write("amazon_us", "financial_events", DAY.isoformat(), produce, dict(version.facts))


def test_an_order_that_was_credited_by_a_difference_is_billed_again_as_it_is_told_now(world, pod, sold):
    """It is undone for what the difference left of it; billed again, the invoice holds it, and no memo is made anew."""
    tell_otherwise(world, sold, "-0.75")
    posted(pod, "run-2")
    road = billing(pod, "run-3", invoicing=TOLERANT)
    [source] = order_sources(road, sold.order)
    apply_reversal(road, plan_order_reversal(road, source), "wrong customer")
    posted(pod, "run-3")
    rest = Decimal("0.75") - sold.total
    assert (states(world, source), memos(pod, sold.order)) == (["reversed"], [Decimal("-0.75"), rest])
    repost_order(road, source, Decider("maria"), "right now")
    for run in ("run-4", "run-5", "run-6"):
        world.clock.advance(60)
        result = posted(pod, run)
    assert (failing(result), world.items()) == ([], {})
    now = sold.total - Decimal("0.75")
    assert billed(pod, sold.order) == [sold.total, now]
    assert memos(pod, sold.order) == [Decimal("-0.75"), rest]
    assert sum(billed(pod, sold.order)) + sum(memos(pod, sold.order)) == now


def test_a_further_invoice_is_undone_before_the_first_and_held_in_it_when_it_is_billed_again(world, pod, sold):
    """Both are meant by the order. Posted again, the first holds what is told now, and the further one stays undone."""
    tell_otherwise(world, sold, "0.75")
    posted(pod, "run-2")
    road = billing(pod, "run-3", invoicing=TOLERANT)
    first, second = order_sources(road, sold.order)
    assert (adjusts(second.source_id), adjusts(first.source_id)) == (first.source_id, "")
    apply_reversal(road, plan_order_reversal(road, first), "wrong customer")
    held = posted(pod, "run-3")
    assert "which adjusted the invoice, is reversed" in verdict(held, "accepted_by_erp").sentence
    assert states(world, first, second) == ["posted", "posted"]
    apply_reversal(road, plan_order_reversal(road, second), "wrong customer")
    for run in ("run-4", "run-5", "run-6"):
        world.clock.advance(60)
        posted(pod, run)
    assert states(world, first, second) == ["reversed", "reversed"]
    for source in order_sources(road, sold.order):
        repost_order(road, source, Decider("maria"), "right now")
    for run in ("run-7", "run-8"):
        posted(pod, run)
    assert world.items() == {}
    assert states(world, first, second) == ["posted", "reversed"]
    whole = sold.total + Decimal("0.75")
    assert billed(pod, sold.order) == [sold.total, Decimal("0.75"), whole]
    assert sum(billed(pod, sold.order)) + sum(memos(pod, sold.order)) == whole


def states(world: World, *sources) -> list[str]:
    """Return where the newest revision of each document stands."""
    return [str(one.state) for source in sources for one in world.stores.outbox.documents(source)]
