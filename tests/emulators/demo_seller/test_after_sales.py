"""Refunds and reimbursements of the demonstration seller: the same money as in the settlement rows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from decimal import Decimal

from emulators.demo_seller.seller import demo_seller


def _rows(demo) -> list[dict[str, str]]:
    rows, seen = [], set()
    for document in demo.world.documents.values():
        charset = document.content_type.partition("charset=")[2] or "utf-8"
        text = io.StringIO(document.content.decode(charset))
        read = list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
        if read and read[0].get("settlement-id") and read[0]["settlement-id"] not in seen:
            seen.add(read[0]["settlement-id"])
            rows += read[1:]
    return rows


def test_reimbursements_and_refunds_are_those_of_the_settlements() -> None:
    """Unit by unit the same amounts, two alike as two; every refunded order is one of the seller's."""
    demo = demo_seller(7, date(2026, 11, 20))
    rows = _rows(demo)
    settled = Counter(
        (row["sku"], Decimal(row["amount"].replace(",", ".")))
        for row in rows
        if row["amount-type"] == "FBA Inventory Reimbursement"
    )
    records = [one for history in demo.world.histories.values() for one in history.reimbursements]
    assert Counter((one.sku, one.amount) for one in records) == settled
    assert len({one.reimbursement_id for one in records}) == len(records) > 50
    assert all(bool(one.original_id) == (one.amount < 0) for one in records)
    refunded = {row["order-id"] for row in rows if row["transaction-type"] == "Refund"}
    refunds = [one for history in demo.world.histories.values() for one in history.refunds]
    assert {one.order_id for one in refunds} == refunded
    orders = {order.order_id: order for history in demo.world.histories.values() for order in history.orders}
    for refund in refunds:
        shipped = orders[refund.order_id].shipped
        assert shipped is not None
        assert shipped < refund.refunded


def test_returns_are_of_refunded_orders_that_amazon_shipped_and_not_of_all() -> None:
    """A unit at most once each, after its refund, sellable and not; some never come back, and no settlement differs."""
    demo = demo_seller(7, date(2026, 11, 20))
    histories = list(demo.world.histories.values())
    returns = [one for history in histories for one in history.returns]
    orders = {order.order_id: order for history in histories for order in history.orders}
    refunds = {one.order_id: one.refunded for history in histories for one in history.refunds}
    for one in returns:
        assert orders[one.order_id].is_by_amazon
        assert refunds[one.order_id] < one.returned
    units = Counter({})
    for one in returns:
        units[one.order_id, one.sku] += one.quantity
    sold = Counter({})
    for order in orders.values():
        for line in order.lines:
            sold[order.order_id, line.sku] += line.quantity
    assert all(count <= sold[key] for key, count in units.items())
    assert 10 < len({one.order_id for one in returns}) < len(refunds)
    assert {one.disposition for one in returns} >= {"SELLABLE", "CUSTOMER_DAMAGED", "DEFECTIVE"}
    labels = [one.license_plate for one in returns if one.license_plate]
    assert len(set(labels)) == len(labels) < len(returns)
    assert any("Jane Demo" in one.comments for one in returns)
