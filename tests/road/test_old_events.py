"""Both of Amazon's interfaces tell the same money of the demonstration's seller, as far as the older one can."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from assets.settlements.staged_settlement import Staged
from assets.source_proofs import events_verdict
from assets.stages.day_names import today
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import days_between, fetch_days
from assets.stages.verdicts import StageResult
from emulators.amazon.settings import Settings
from ledger.errors import ConfigurationRefused
from ledger.event_classification import classify_event
from tests.road.conftest import World

STAGE = DAY_STAGES["financial_events"]
DAYS = 16
# The older API tells what is held back of a settlement; the newer one does not.
CARRIES = {"reserve_movement"}
Sums = dict[tuple, Decimal]


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> World:
    """Yield a world whose last days were fetched from both interfaces, each under a name of its own."""
    world = World(tmp_path_factory.mktemp("old"), amazon_settings=Settings(old_page_events_max=20))
    for source in ("transactions", "v0"):
        outcomes = fetched(world, source)
        assert all(isinstance(one, StageResult) for one in outcomes.values()), outcomes
    yield world
    world.demo.close()


def fetched(world: World, source: str, days: int = DAYS) -> dict:
    """Fetch the last days from one interface."""
    road = replace(world.road("amazon_us"), connection=source, events_source=source)
    end = today(world.clock)
    return dict(fetch_days(road, STAGE, days_between(end - timedelta(days=days - 1), end)))


def cash(world: World, source: str) -> list[dict]:
    """Return what was released, row by row, reserves left out."""
    warehouse = world.stores.warehouse
    files = [str(warehouse.path(one)) for one in warehouse.currents(source, STAGE.asset)]
    with warehouse.connect() as duck:
        relation = duck.sql("FROM read_parquet($files) WHERE is_cash", params={"files": files})
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    for row in rows:
        found = classify_event(row["transaction_type"], row["leaf_path"])
        row["category"] = found.category if found else None
    return [row for row in rows if row["category"] not in CARRIES]


def summed(rows: list[dict], *names: str) -> Sums:
    """Add rows up by some of their columns; what comes to nothing is left out."""
    sums: Sums = defaultdict(Decimal)
    for row in rows:
        sums[tuple(row[name] for name in names)] += row["amount"]
    return {key: amount for key, amount in sums.items() if amount}


def test_every_order_was_paid_the_same(told):
    """By order, type and product, to the cent."""
    newer, older = (cash(told, source) for source in ("transactions", "v0"))
    names = ("order_id", "transaction_type", "currency")
    assert summed(older, *names) == summed(newer, *names)
    assert len(summed(newer, *names)) > 30
    sales = ("Shipment", "Refund")
    by_product = [[row for row in rows if row["transaction_type"] in sales] for rows in (newer, older)]
    assert summed(by_product[0], "order_id") == summed(by_product[1], "order_id")


def test_the_categories_are_the_same_but_for_the_tax_on_fees(told):
    """The older API tells a fee and its tax in one amount."""
    fees = {"referral_fee", "fba_fulfilment_fee", "shipping_chargeback", "gift_wrap_chargeback", "tax_on_fees"}
    fees |= {"closing_fee", "fba_storage_fee", "fba_inbound_fee", "subscription_fee", "refund_commission"}
    newer, older = (cash(told, source) for source in ("transactions", "v0"))
    for rows in (newer, older):
        for row in rows:
            row["category"] = "fees" if row["category"] in fees else row["category"]
    assert summed(older, "category") == summed(newer, "category")
    assert {("revenue",), ("refund",), ("fees",)} <= set(summed(older, "category"))


def test_what_the_older_api_cannot_tell_stays_empty(told):
    """No settlement, no group, no status of a held sale, so nothing counts as a sale of its day."""
    rows = cash(told, "v0")
    assert rows
    assert {(row["settlement_id"], row["group_id"], row["is_accrual"]) for row in rows} == {("", "", False)}


def test_a_day_that_is_told_again_is_no_new_version(told):
    """Ids are made of what an event says."""
    before = told.stores.warehouse.currents("v0", STAGE.asset)
    fetched(told, "v0", 3)
    assert told.stores.warehouse.currents("v0", STAGE.asset) == before


def test_a_connection_that_changes_the_interface_loses_nothing(told):
    """The other ids are not taken for transactions that vanished."""
    road = replace(told.road("amazon_us"), connection="v0", events_source="transactions")
    day = today(told.clock) - timedelta(days=DAYS - 1)
    [(_, outcome)] = fetch_days(road, STAGE, [day])
    [vanished] = [one for one in outcome.verdicts if one.check == "no_transaction_vanished"]
    assert vanished.passed
    assert isinstance(dict(fetch_days(replace(road, events_source="v0"), STAGE, [day]))[day], StageResult)


def test_a_settlement_cannot_be_held_against_events_that_name_none(told):
    """The check says so instead of waiting for ever."""
    us = told.road("amazon_us")
    settlement_id = told.take_in(us, "24999990001", start=told.clock.now() - timedelta(days=10))
    road = replace(us, connection="v0", events_source="v0")
    record = replace(us.stores.settlements.get("amazon_us", settlement_id), connection="v0")
    verdict = events_verdict(Staged(road, record, ""))
    assert (verdict.passed, verdict.is_waiting) == (True, False)
    assert "names no settlement" in verdict.sentence


def test_days_that_are_not_kept_are_refused(told):
    """Amazon would answer them with nothing, as if nothing had happened."""
    road = replace(told.road("amazon_us"), connection="old", events_source="v0")
    day = today(told.clock) - timedelta(days=800)
    [(_, outcome)] = fetch_days(road, STAGE, [day])
    assert "keeps financial events from 2024-11-" in outcome.sentence


def test_after_its_last_day_the_older_api_is_refused_by_the_clock(told):
    """With the setting to change; nothing is asked for."""
    told.clock.advance((datetime(2027, 8, 28, tzinfo=UTC) - told.clock.now()).total_seconds())
    calls = len(told.demo.amazon.exchanges)
    with pytest.raises(ConfigurationRefused, match="events_source: transactions"):
        fetched(told, "v0", 1)
    assert len(told.demo.amazon.exchanges) == calls
