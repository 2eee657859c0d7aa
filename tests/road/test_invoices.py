"""Orders of the demonstration seller become invoices at a Fusion pod: one per shipment, posted once, read back."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from assets.day_stages import DAY_STAGES
from assets.days import RefusedDay, days_between, fetch_days
from assets.verdicts import StageResult
from emulators import faults as general
from emulators.fusion.demo_site import US_LEDGER
from emulators.fusion.site import RECEIVABLES as RECEIVABLES_PERIODS
from tests.road.conftest import START, World
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import RECEIVABLES, invoices

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
"""
DAYS = days_between(START.date() - timedelta(days=6), START.date() - timedelta(days=3))


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock."""
    return Pod(world)


def billing(pod: Pod, run: str = "run-1", without: str = "", **changes):
    """Return the road that makes invoices; `without` takes a line out of its mapping."""
    road = pod.road(run, fusion={"receivables": RECEIVABLES}, invoicing=INVOICING, approval="automatic", **changes)
    text = "mapping.yaml"
    from dataclasses import replace

    from ledger.mapping import load_mapping

    path = pod.connection().mapping_path
    content = path.read_text(encoding="utf-8").replace("accounts:\n", ACCOUNTS).replace("categories:\n", CATEGORIES)
    assert without in content
    content = content.replace(without, "")
    return replace(road, load_mapping=lambda: load_mapping(content, text))


def fetched(road, asset: str, days=DAYS) -> dict[date, StageResult | RefusedDay]:
    """Fetch days of an asset."""
    return dict(fetch_days(road, DAY_STAGES[asset], days))


def made(road, days=DAYS) -> dict[date, StageResult]:
    """Fetch events and make invoices of some days."""
    fetched(road, "financial_events", days)
    outcomes = fetched(road, "receivable_invoices", days)
    assert all(isinstance(one, StageResult) for one in outcomes.values()), outcomes
    return outcomes


def shipped(world: World, days=DAYS) -> dict[str, Decimal]:
    """Return what each shipment sold by its transaction, sales less discounts, straight from the staged events."""
    warehouse = world.stores.warehouse
    files = [str(warehouse.path(one)) for one in warehouse.currents("amazon_us", "financial_events")]
    words = ("OurPricePrincipal", "ShippingPrincipal", "GiftwrapPrincipal", "Promo", "Discount")
    sold: dict[str, Decimal] = defaultdict(Decimal)
    with warehouse.connect() as duck:
        sql = "SELECT transaction_id, leaf_path, amount FROM read_parquet($files) WHERE transaction_type = 'Shipment' AND is_accrual"
        for transaction, leaf, amount in duck.sql(sql, params={"files": files}).fetchall():
            if any(word in leaf for word in words) and "Tax" not in leaf:
                sold[transaction] += amount
    return sold


def test_print(world, pod):
    road = billing(pod)
    outcomes = made(road)
    for day, one in outcomes.items():
        print(day, one.facts)
        for verdict in one.verdicts:
            print("  ", verdict.check, verdict.passed, verdict.sentence[:300])
        for row in one.rows[:3]:
            print("   ", row)
    posted = fetched(road, "invoice_postings")
    for day, one in posted.items():
        print(day, one.facts if isinstance(one, StageResult) else one)
        if isinstance(one, StageResult):
            for verdict in one.verdicts:
                print("  ", verdict.check, verdict.passed, verdict.sentence[:300])
            for row in one.rows[:3]:
                print("   ", row)
    print(len(invoices(pod)))
