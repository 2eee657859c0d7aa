"""The demonstration seller's financial events, fetched from the emulated Amazon: they are the settlements' money.

What is released under a settlement is what its file says, category by category; a deferred sale counts once in each
view; what is told late comes in; pages, spans and the names of identifiers may be one way or the other.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from assets.stages.day_names import today
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import days_between, fetch_days
from assets.stages.verdicts import StageResult
from emulators import faults
from emulators.amazon.settings import Settings
from ledger.event_classification import classify_event
from resources.clock import ManualClock
from tests.road.conftest import START, World

STAGE = DAY_STAGES["financial_events"]
TODAY = START.date()
# Rows that carry something between settlements have no transaction.
CARRIES = {"reserve_movement", "negative_balance_carry"}
UGLY = Settings(
    transactions_page_size=40,
    empty_transaction_pages=frozenset({1, 3}),
    deferral_names_on="swapped",
)


def fetched(world: World, days: int, name: str = "amazon_us") -> dict[date, StageResult]:
    """Fetch so many days up to today; every one must be usable."""
    road = world.road(name)
    end = today(world.clock)
    outcomes = dict(fetch_days(road, STAGE, days_between(end - timedelta(days=days - 1), end)))
    assert all(isinstance(one, StageResult) for one in outcomes.values()), outcomes
    return outcomes


def rows_of(world: World, name: str = "amazon_us") -> list[dict]:
    """Return everything that is staged of a connection, by name of column."""
    warehouse = world.stores.warehouse
    files = [str(warehouse.path(one)) for one in warehouse.currents(name, "financial_events")]
    with warehouse.connect() as duck:
        relation = duck.sql("SELECT * FROM read_parquet($files)", params={"files": files})
        return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


@pytest.fixture(scope="module", params=[Settings(), UGLY], ids=["as expected", "the other way"])
def told(request, tmp_path_factory) -> World:
    """Yield a world in which everything up to today was fetched."""
    world = World(tmp_path_factory.mktemp("events"), amazon_settings=request.param)
    fetched(world, 100)
    yield world
    world.demo.close()


@pytest.fixture(scope="module")
def rows(told) -> list[dict]:
    """Return all staged rows."""
    return rows_of(told)


def test_what_is_released_under_a_settlement_is_what_its_file_says(told, rows):
    """Category by category, to the cent, but for what settlements carry over and for labels nobody knows."""
    by_settlement: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        if row["is_cash"] and row["settlement_id"]:
            found = classify_event(row["transaction_type"], row["leaf_path"])
            by_settlement[row["settlement_id"]][found.category if found else "unknown"] += row["amount"]
    compared = 0
    for truth in told.demo.seller.settlements:
        if truth.marketplace != "Amazon.com" or truth.start.date() < TODAY - timedelta(days=98):
            continue
        wanted = {name: amount for name, amount in truth.by_category.items() if name not in CARRIES and amount}
        assert {name: amount for name, amount in by_settlement[truth.settlement_id].items() if amount} == wanted
        compared += 1
    assert compared >= 5


def test_every_sale_counts_once_in_each_view(rows):
    """By order: what was released is what was sold, unless it is still held back."""
    sold: dict[str, Decimal] = defaultdict(Decimal)
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["transaction_type"] == "Shipment":
            sold[row["order_id"]] += row["amount"] if row["is_accrual"] else 0
            paid[row["order_id"]] += row["amount"] if row["is_cash"] else 0
    held = {row["order_id"] for row in rows if row["transaction_status"] == "DEFERRED"}
    earlier = {row["order_id"] for row in rows if not row["is_accrual"]} - {
        row["order_id"] for row in rows if row["transaction_status"] == "DEFERRED_RELEASED"
    }
    assert len(held) > 20
    for order_id in sold:
        if order_id in earlier:
            assert sold[order_id] == 0, "it was sold before the first day that was fetched"
        else:
            assert paid[order_id] == (0 if order_id in held else sold[order_id])


def test_lines_add_up_have_keys_of_their_own_and_name_their_answer(told, rows):
    """Over all days; no marketplace but the connection's."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row["transaction_id"]] += row["amount"]
    assert {row["transaction_id"]: row["transaction_total"] for row in rows} == totals
    assert len({row["line_key"] for row in rows}) == len(rows) > 1000
    assert {row["marketplace_name"] for row in rows} == {"Amazon.com"}
    assert all(told.stores.documents.exists(one) for one in {row["document"] for row in rows})


def test_checks_speak_of_nothing_but_labels_nobody_knows(told):
    """The demonstration has one on purpose; everything else is fine on every day."""
    failing = {
        (one.check, row["type"])
        for one in told.stores.verdicts.latest("amazon_us")
        if not one.passed
        for row in one.facts["rows"]
    }
    assert {check for check, _ in failing} <= {"every_leaf_classified"}
    assert told.stores.review.listing("amazon_us") == []


def test_what_is_told_late_comes_in_with_the_overlap(tmp_path):
    """More than a day after it was posted: not there at first, and there with the next fetch that could see it."""
    world = World(tmp_path, ManualClock(START - timedelta(days=30)))
    seller = world.demo.seller.sellers[0].seller_id
    late = next(
        one
        for one in world.demo.seller.world.histories[seller].all_transactions()
        if one.visible - one.posted > timedelta(days=1) and one.posted > START - timedelta(days=25)
    )
    world.clock.advance((late.posted - world.clock.now()).total_seconds() + 20 * 3600)
    fetched(world, STAGE.overlap_days)
    assert late.transaction_id not in {row["transaction_id"] for row in rows_of(world)}
    world.clock.advance(24 * 3600)
    fetched(world, STAGE.overlap_days)
    told = {row["transaction_id"]: row["posted_at"] for row in rows_of(world)}
    assert told[late.transaction_id] == late.posted.replace(tzinfo=None)
    world.demo.close()


def test_transactions_without_status_and_breakdowns_are_staged_and_warn(tmp_path):
    """Seen now and then: one line with the total, counted as released."""
    world = World(tmp_path, amazon_settings=Settings(bare_transactions=10))
    outcomes = fetched(world, 10)
    bare = [row for row in rows_of(world) if row["transaction_status"] is None]
    assert {row["leaf_path"] for row in bare} == {""}
    assert all(row["amount"] == row["transaction_total"] for row in bare)
    # One that names another transaction may be the held sale or its release: it counts in neither view.
    named = [bool(row["deferred_transaction_id"] or row["release_transaction_id"]) for row in bare]
    assert set(named) == {True, False}
    assert [row["is_cash"] for row in bare] == [not one for one in named]
    warned = {one.check for result in outcomes.values() for one in result.verdicts if not one.passed}
    assert {"statuses_known", "every_leaf_classified"} <= warned
    world.demo.close()


@pytest.mark.parametrize("fault", [faults.status(429), faults.status(503), faults.dropped(), faults.truncated()])
def test_passing_faults_are_waited_out(tmp_path, fault):
    """A throttled, dropped or truncated answer costs time and nothing else."""
    world = World(tmp_path)
    world.amazon_faults.next("listTransactions", fault)
    outcomes = fetched(world, 3)
    assert sum(result.rows_total for result in outcomes.values()) > 0
    assert world.stores.review.listing("amazon_us") == []
    world.demo.close()


def test_the_other_connection_has_its_own_marketplaces(tmp_path):
    """Pounds and euros, each with figures of its own."""
    world = World(tmp_path)
    outcomes = fetched(world, 7, "amazon_eu")
    assert {row["currency"] for row in rows_of(world, "amazon_eu")} == {"GBP", "EUR"}
    facts = {name for result in outcomes.values() for name in result.facts}
    assert {"cash view, EUR", "cash view, GBP", "accrual view, EUR", "accrual view, GBP"} <= facts
    world.demo.close()
