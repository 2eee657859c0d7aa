"""From the request of a report to its rows, against the demonstration seller's whole history, both accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emulators.amazon.app import build_app
from emulators.amazon.history import OrderRecord
from emulators.amazon.settings import Settings
from emulators.demo_seller.seller import DemoAccount, DemoSeller, demo_seller
from emulators.in_process import InProcessTransport
from resources.amazon import requested_reports as reports
from resources.amazon.client import SellingPartner, SellingPartnerSettings
from resources.amazon.report_file import (
    ALL_ORDERS,
    FULFILLED_SHIPMENTS,
    REIMBURSEMENTS,
    VAT_TRANSACTIONS,
    ReportTable,
    read_report,
)
from resources.clock import ManualClock
from resources.transport.access_tokens import MemoryTokenCache
from resources.transport.rate_limit import MemoryBuckets
from tests.resources.amazon.report_file.texts import rows_of
from tests.resources.transport.rig import START

ZERO = Decimal("0.00")
SECRET_NAMES = ("client_id", "client_secret", "refresh_token")


@dataclass
class Shop:
    """The demonstration seller's Amazon and a client per account."""

    demo: DemoSeller
    clock: ManualClock
    clients: dict[str, SellingPartner]

    def account(self, name: str) -> DemoAccount:
        """Return an account by its connection's name."""
        return next(one for one in self.demo.sellers if one.name == name)

    def fetched(self, name: str, report_type: str, table: ReportTable, days: float, to: Path) -> list[dict[str, Any]]:
        """Request a report of the last days, follow it, fetch and read it."""
        client, account = self.clients[name], self.account(name)
        end = self.clock.now()
        report_id = client.requested.request(report_type, end - timedelta(days=days), end, account.marketplace_ids)
        report = client.requested.state(report_id)
        while not report.is_ended:
            self.clock.advance(30)
            report = client.requested.state(report_id)
        assert report.document_id is not None
        document = client.download(report.document_id, to / "document")
        read = read_report(table, document.path, to / "rows.parquet", charset=document.charset)
        assert read.columns_unknown == ()
        assert read.warnings == ()
        rows = rows_of(to / "rows.parquet")
        assert len(rows) == read.rows
        return rows

    def orders(self, name: str) -> list[OrderRecord]:
        """Return the orders of an account as the world holds them."""
        return self.demo.world.histories[self.account(name).seller_id].orders


def _shop(**settings: Any) -> Iterator[Shop]:
    clock = ManualClock(START)
    demo = demo_seller(7, START.date())
    app = build_app(demo.world, clock, None, Settings(**settings))
    clients = {}
    for account in demo.sellers:
        values = {name: getattr(account, name) for name in SECRET_NAMES}
        clients[account.name] = SellingPartner(
            SellingPartnerSettings(
                connection=account.name,
                seller_id=account.seller_id,
                region=account.region,
                marketplace_ids=account.marketplace_ids,
                client_id_secret="client_id",
                client_secret_secret="client_secret",
                refresh_token_secret="refresh_token",
            ),
            values.__getitem__,
            clock,
            MemoryBuckets(clock),
            MemoryTokenCache(),
            None,
            transport=InProcessTransport(app, clock),
        )
    yield Shop(demo, clock, clients)
    app.close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Return Amazon as documented."""
    yield from _shop()


@pytest.mark.parametrize("name", ["amazon_us", "amazon_eu"])
@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_the_rows_of_all_orders_are_the_orders(name: str, sign: str, tmp_path: Path):
    """Every item once, with the amounts the order has; pending and cancelled ones without any."""
    for shop in _shop(all_orders_promotion=sign):
        rows = shop.fetched(name, reports.ALL_ORDERS_BY_UPDATE, ALL_ORDERS, 120, tmp_path)
        orders = shop.orders(name)
        found = {(row["order_id"], row["sku"]): row for row in rows}
        assert len(found) == len(rows) == sum(len(order.lines) for order in orders)
        for order in orders:
            for line in order.lines:
                row = found[order.order_id, line.sku]
                assert row["purchased_at"] == order.purchased
                assert (row["ship_country"], row["is_business"]) == (order.ship_country, order.is_business)
                if order.cancelled is not None or order.pending_until is not None:
                    assert (row["currency"], row["item_price"]) == (None, None)
                    continue
                assert (row["currency"], row["quantity"]) == (order.currency, line.quantity)
                assert (row["item_price"], row["item_tax"] or ZERO) == (line.principal, line.tax)
                assert (row["shipping_price"] or ZERO) == line.shipping
                assert (row["shipping_tax"] or ZERO) == line.shipping_tax
                assert (row["item_promotion"] or ZERO) == line.item_promotion
                assert (row["ship_promotion"] or ZERO) == line.ship_promotion


def test_fulfilled_shipments_tell_when_each_item_left(shop: Shop, tmp_path: Path):
    """Those of Amazon, of a month; the join is the settlement's own ids."""
    rows = shop.fetched("amazon_us", reports.FULFILLED_SHIPMENTS, FULFILLED_SHIPMENTS, 30, tmp_path)
    shipped = {
        line.order_item_id: order
        for order in shop.orders("amazon_us")
        if order.is_by_amazon and order.shipped is not None and order.shipped >= START - timedelta(days=30)
        for line in order.lines
    }
    assert {row["order_item_id"] for row in rows} == set(shipped)
    for row in rows:
        order = shipped[row["order_item_id"]]
        assert (row["shipped_at"], row["shipment_id"]) == (order.shipped, order.shipment_id)


def test_reimbursements_come_with_the_settlements_amounts(shop: Shop, tmp_path: Path):
    """Two currencies in one file."""
    rows = shop.fetched("amazon_eu", reports.REIMBURSEMENTS, REIMBURSEMENTS, 120, tmp_path)
    records = shop.demo.world.histories[shop.account("amazon_eu").seller_id].reimbursements
    assert {row["reimbursement_id"]: row["amount"] for row in rows} == {
        record.reimbursement_id: record.amount for record in records
    }
    assert {row["currency"] for row in rows} == {"GBP", "EUR"}


@pytest.mark.parametrize("rate", ["fraction", "percent"])
def test_vat_is_told_by_country_of_arrival(rate: str, tmp_path: Path):
    """Net and VAT add up to what the buyer paid, row by row; refunds turn it round."""
    for shop in _shop(vat_rate=rate):
        rows = shop.fetched("amazon_eu", reports.VAT_TRANSACTIONS, VAT_TRANSACTIONS, 120, tmp_path)
        rates = {(row["arrival_country"], row["item_rate"]) for row in rows}
        assert rates == {
            ("GB", Decimal("0.2")),
            ("DE", Decimal("0.19")),
            ("AT", Decimal("0.2")),
            ("NL", Decimal("0.21")),
            ("FR", Decimal("0.2")),
        }
        assert all(row["total_net"] + row["total_vat"] == row["total_gross"] for row in rows)
        assert {row["transaction_type"] for row in rows} == {"SALE", "REFUND"}
        assert all((row["total_gross"] < 0) == (row["transaction_type"] == "REFUND") for row in rows)


def test_the_orders_api_and_the_report_say_the_same(shop: Shop, tmp_path: Path):
    """Two roads to one order: price, tax, discount, status."""
    rows = shop.fetched("amazon_eu", reports.ALL_ORDERS_BY_DATE, ALL_ORDERS, 5, tmp_path)
    since = START - timedelta(days=5)
    by_item = {(row["order_id"], row["sku"]): row for row in rows}
    compared = 0
    words = {"PENDING": "Pending", "UNSHIPPED": "Unshipped", "SHIPPED": "Shipped", "CANCELLED": "Cancelled"}
    for order in shop.clients["amazon_eu"].orders.search(created_after=since, before=START - timedelta(hours=1)):
        for item in order.items:
            row = by_item[order.order_id, item.sku]
            assert order.status is not None
            assert row["order_status"] == words[order.status]
            if item.proceeds is None:
                assert row["item_price"] is None
                continue
            compared += 1
            assert item.proceeds.parts["ITEM"] == row["item_price"]
            assert item.proceeds.parts.get("TAX", ZERO) == (row["item_tax"] or ZERO) + (row["shipping_tax"] or ZERO)
            discount = (row["item_promotion"] or ZERO) + (row["ship_promotion"] or ZERO)
            assert item.proceeds.parts.get("DISCOUNT", ZERO) == discount
            assert item.proceeds.is_tax_inside in (True, None)
    assert compared > 20
