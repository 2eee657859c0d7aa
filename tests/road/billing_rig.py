"""A seller whose orders are billed at a Fusion pod: a month of events, roads that bill, what stands there."""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, days_between, fetch_days
from assets.stages.verdicts import StageResult
from ledger.mapping import load_mapping
from tests.road.conftest import FIRST, START, World, sale
from tests.road.control import CONTROL
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import RECEIVABLES
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


def told_home(tmp_path_factory, days=MONTH) -> Path | None:
    """Return a home in which events of some days, a month, were fetched; none where control databases lie elsewhere."""
    if CONTROL.cluster is not None:
        return None
    home = tmp_path_factory.mktemp("told") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONNECTOR_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
        patch.setenv("CONNECTOR_DEMO_BOOKS_FROM_US", "2026-08-01")
        first = World(home)
        fetched(billing(Pod(first)), "financial_events", days)
        first.stores.close()
    return home


def told_world(told: Path | None, tmp_path, monkeypatch, days=MONTH) -> World:
    """Return a world of its own in which events of some days, a month, were fetched."""
    monkeypatch.setenv("CONNECTOR_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    monkeypatch.setenv("CONNECTOR_DEMO_BOOKS_FROM_US", "2026-08-01")
    if told is not None:
        shutil.copytree(told, tmp_path / "home")
    made = World(tmp_path / "home")
    if told is None:
        fetched(billing(Pod(made)), "financial_events", days)
    return made


def billing(pod: Pod, run: str = "run-1", without: str = "", receivables: dict | None = None, **changes):
    """Return the road that makes invoices; `without` takes a line out of its mapping, `receivables` replaces
    settings."""
    books = {"invoicing": INVOICING, "approval": "automatic", **changes}
    road = pod.road(run, fusion={"receivables": RECEIVABLES | (receivables or {})}, **books)
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


def settled(world, road, order: str, total: str, settlement_id: str = ONE) -> None:
    """Take in a settlement that pays for one order."""
    world.take_in(road, settlement_id, sale(total, order=order))


def current_events(world: World):
    """Return the versions of events that are kept."""
    return world.stores.warehouse.currents("amazon_us", "financial_events")


def retell(world: World, day: date, what: str, **bound) -> None:
    """Let the transactions of a day say something else; `what` replaces columns."""
    [version] = [one for one in current_events(world) if one.partition == day.isoformat()]
    path = str(world.stores.warehouse.path(version))

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            sql = f"SELECT * REPLACE ({what}) FROM read_parquet($path)"
            duck.sql(sql, params={"path": path, **bound}).write_parquet(str(to))

    world.stores.warehouse.write("amazon_us", "financial_events", day.isoformat(), produce, dict(version.facts))
