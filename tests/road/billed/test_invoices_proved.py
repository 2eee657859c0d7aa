"""Invoices held against settlements, order by order: what was brought otherwise, and what was never settled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from assets.road import walk
from assets.sales.order_clearing import Standing
from assets.source_proofs import prove
from assets.stages.verdicts import Verdict
from tests.road.billing_rig import DAYS, INVOICING, an_order, billing, fetched, made, verdict
from tests.road.conftest import START, sale
from tests.road.test_posting_road import ONE

LATER = datetime.combine(DAYS[-1], datetime.min.time(), tzinfo=UTC) + timedelta(days=66)


def posted(pod) -> tuple[str, Decimal]:
    """Bill the days and return an order with what it was billed for."""
    order, total = an_order(made(billing(pod)))
    fetched(billing(pod), "invoice_postings")
    return order, Decimal(total)


def proof(world, pod, *rows, start: datetime, run: str = "run-2") -> Verdict:
    """Take in a settlement that holds rows, walk it, and hold it against the invoices."""
    road = billing(pod, run, invoicing={**INVOICING, "shipped_from": DAYS[0].isoformat()}, month_end="none")
    world.take_in(road, ONE, *rows, start=start, days=7)
    for _ in range(3):
        walk(road, ONE)
        world.clock.advance(60)
    return verdict(prove(road, ONE), "invoices_equal_settlement")


@pytest.mark.parametrize(("short", "is_even"), [("0.00", True), ("0.01", False), ("-0.01", False)])
def test_a_settlement_that_brings_another_amount_is_named_when_it_comes(world, pod, short, is_even):
    """The day of the invoice is looked at no more by then; the settlement's own proof names the order."""
    order, total = posted(pod)
    start = START - timedelta(days=4)
    told = proof(world, pod, sale(str(total - Decimal(short)), start + timedelta(hours=1), order), start=start)
    assert (told.passed, told.stops) == (is_even, False)
    assert [(row["order"], row["open"]) for row in told.rows] == ([] if is_even else [(order, short)])
    assert is_even or f"of 1 orders: {order}." in told.sentence


def test_what_was_billed_long_ago_and_never_settled_is_named_by_the_settlement_of_that_time(world, pod):
    """Sixty days and more before its end; an order that it brings late is not among them."""
    order, total = posted(pod)
    billed = {row["order"] for one in made(billing(pod)).values() for row in one.rows}
    told = proof(world, pod, sale(str(total), LATER - timedelta(hours=1), order), start=LATER - timedelta(days=7))
    named = {row["order"] for row in told.rows}
    assert (told.passed, told.stops) == (False, False)
    assert order not in named
    assert named
    assert named <= billed
    assert "are not settled, or not whole" in told.sentence


def test_a_connection_that_invoices_nothing_has_nothing_to_compare(world):
    """Said so, and no warning."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    told = verdict(prove(road, ONE), "invoices_equal_settlement")
    assert (told.passed, told.is_compared) == (True, False)


@pytest.mark.parametrize(
    ("sold", "refunded", "differs", "is_unsettled"),
    [
        ("0", "0", False, True),
        ("10", "0", False, True),
        ("20", "0", False, True),
        ("30", "0", False, False),
        ("15", "0", True, True),
        ("9.99", "0", True, True),
        ("30.01", "0", True, False),
        ("10", "-10", True, True),
    ],
)
def test_an_order_of_two_shipments_is_settled_one_by_one(sold, refunded, differs, is_unsettled):
    """Billed 10.00 and 20.00: either may come first, a part of one is another amount."""
    amounts = [Decimal(one) for one in ("30", "0", sold, refunded)]
    one = Standing("111", "USD", *amounts, DAYS[0], DAYS[0], shipments=(Decimal(10), Decimal(20)))
    assert (one.differs, one.is_unsettled) == (differs, is_unsettled)
