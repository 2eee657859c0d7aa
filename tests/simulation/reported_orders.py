"""An order whose Shipment transaction comes days late: billed by the report, found by its transaction, whatever dies.

In: a world of a pod that takes invoices. Out: the runs that bill the order with the report's amounts, are told another
price by its transaction, and credit the difference; and what the receivables hold otherwise than they should.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from assets.fulfilled_shipments import FULFILLED_SHIPMENTS
from assets.stages.report_days import no_rows
from tests.simulation import fusion_billing as billing
from tests.simulation.doors import acting
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, World

REPORTED = replace(
    billing.BILLED,
    name="an order whose transaction comes late, at another price",
    books={
        **billing.BILLED.books,
        "invoicing": {
            **billing.BILLED.books["invoicing"],
            "dated_by": "shipment_report",
            "tolerance": "1.00",
            "amounts_from_report_after": 48,
        },
    },
)
WANTED = (Decimal(95), Decimal("-0.75"))
_LATE_PRICE = "99.25"
_FACTS = {"documents": [], "vanished": [], "is_complete": True}
_REPORT = f"""
SELECT * REPLACE (
    '{billing.ORDER}' AS order_id, 'D1' AS shipment_id, 'SKU-1' AS sku, 1 AS quantity, 'USD' AS currency,
    TIMESTAMP '{billing.SHIPPED} 14:00:00' AS shipped_at, CAST(100 AS DECIMAL(18, 3)) AS item_price,
    CAST(-5 AS DECIMAL(18, 3)) AS item_promotion, 'Amazon.com' AS sales_channel
)
FROM (SELECT * FROM (SELECT 1) LEFT JOIN {no_rows(FULFILLED_SHIPMENTS)} ON true)
"""


def lay(world: World) -> None:
    """Lay the report under its day, and days of transactions that tell nothing of the order."""
    _write(world, FULFILLED_SHIPMENTS.asset, 0, f'SELECT * EXCLUDE "1" FROM ({_REPORT})')
    row = {"transaction_id": "-", "line_key": "-", "transaction_type": "-", "posted_at": "2026-11-05 15:00:00"}
    rows = [{**row, "order_id": "-", "leaf_path": "-", "amount": "0"}]
    for number in range(3):
        _write(world, "financial_events", number, f"SELECT * FROM ({billing.EVENTS}) WHERE false", rows=rows)


def tell(world: World) -> None:
    """Lay the order's transaction under its day: another price than the report had."""
    billing.tell_sold(world, _LATE_PRICE)


def is_told(world: World) -> bool:
    """Tell whether the transaction has come."""
    with acting(None):
        told = world.stores.warehouse.current(CONNECTION, "financial_events", billing.SHIPPED.isoformat())
    return told is not None and told.rows > 0


def bill(schedule: Schedule) -> None:
    """Let runs bill the order by the report; tell its transaction, and let them make up for the difference."""
    if not is_told(schedule.world):
        billing.until_posted(schedule, (billing.SHIPPED,), ("invoice",))
        tell(schedule.world)
    billing.until_posted(schedule, (billing.SHIPPED,), ("credit_memo", "invoice"))


def wrong(world: World) -> list[str]:
    """Return what the pod's receivables hold otherwise than wanted."""
    billed, credited = WANTED
    return billing.other_than(world, {"AR_INVOICE": [billed], "AR_CREDIT_MEMO": [credited]})


def _write(world: World, table: str, after: int, sql: str, **bound) -> None:
    day = billing.SHIPPED + timedelta(days=after)

    def produce(path: Path) -> None:
        with duckdb.connect() as duck:
            duck.sql(sql, params=bound).write_parquet(str(path))

    with acting(None):
        world.stores.warehouse.write(CONNECTION, table, day.isoformat(), produce, dict(_FACTS))
