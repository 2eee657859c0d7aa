"""A seller whose invoices receipts close at a Fusion pod: transactions laid as a fetch leaves them, settlements.

In: a world. Out: its orders as transactions tell them, roads that bill and settle, and what the pod's receivables and
ledger hold, which only the oracle reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from assets.road import Walked, walk
from assets.stages.roadmap import Road
from emulators.amazon.settlement_writer import Row
from emulators.fusion.site import Timing
from tests.road.billing_rig import INVOICING, billing, fetched
from tests.road.conftest import START, World
from tests.road.fusion_rig import Pod

SHIPPED, REFUNDED = START.date() - timedelta(days=12), START.date() - timedelta(days=9)
SETTLED = datetime.combine(START.date() - timedelta(days=10), time(12), tzinfo=UTC)
LATER = SETTLED + timedelta(days=3)
RECEIPTS = {
    "method": "Amazon Clearing",
    "invoice_type": "Invoice",
    "credit_memo_type": "Credit Memo",
    "receipt_link": "https://pod.example/fscmUI/receipt/{number}",
}
# Somebody's own receipt: by it an empty answer is told from a blind one.
CONTROL = {
    "ReceiptNumber": "HAND-1",
    "ReceiptMethod": "Manual",
    "BusinessUnit": "US1 Business Unit",
    "Amount": "7",
    "ReceiptDate": SHIPPED.isoformat(),
    "CustomerAccountNumber": "1008",
}
TIMING = Timing(autopost_after_seconds=2, automatch_after_seconds=2)
A, B = "111-0000001-0000001", "111-0000002-0000002"
_COLUMNS = """
SELECT
    transaction_id, line_key, transaction_type, 'RELEASED' AS transaction_status,
    CAST(posted_at AS TIMESTAMP) AS posted_at, 'USD' AS currency,
    'ATVPDKIKX0DER' AS marketplace_id, 'Amazon.com' AS marketplace_name, order_id, '' AS shipment_id,
    '' AS settlement_id, '' AS refund_id, '' AS deferred_transaction_id, '' AS release_transaction_id,
    'SKU-1' AS sku, 1 AS quantity, 'AFN' AS network, leaf_path, CAST(amount AS DECIMAL(18, 3)) AS amount,
    true AS is_cash, true AS is_accrual, 'told' AS document
FROM (SELECT unnest($rows, recursive := true))
"""


@dataclass
class Shop:
    """One seller with a pod; `said` are settings of invoicing beside the usual ones, `receipts` of the pod's receipts,
    `receivables` of its other receivables.

    `is_first` leaves out the receipt that somebody else has made in the pod.
    """

    world: World
    said: dict = field(default_factory=dict)
    receipts: dict = field(default_factory=dict)
    receivables: dict = field(default_factory=dict)
    timing: Timing = TIMING
    is_first: bool = False

    def __post_init__(self) -> None:
        self.pod = Pod(self.world, self.timing)
        if not self.is_first:
            self.receive(CONTROL)

    def receive(self, body: dict) -> None:
        """Make a receipt by hand in the pod."""
        app = self.pod.app
        app.receipts.store(body, app.books.site.clients[0], self.world.clock.now())

    def road(self, run: str = "run-1", **changes) -> Road:
        """Return the road; `changes` replace books."""
        invoicing = INVOICING | {"shipped_from": SHIPPED.isoformat(), "clear_by": "receipts"} | self.said
        settings = {"receipts": RECEIPTS | self.receipts, **self.receivables}
        books = {"month_end": "none", "invoicing": invoicing, **changes}
        return billing(self.pod, run, receivables=settings, **books)

    def tell(
        self, shipped: dict[str, str], refunded: dict[str, str] | None = None, again: dict[str, str] | None = None
    ) -> None:
        """Lay transactions: orders sold for an amount less 5, and given back but for these 5, on their days.

        `again` are shipped the day after the first ones.
        """
        told = {SHIPPED: ("Shipment", shipped, 1), REFUNDED: ("Refund", refunded or {}, -1)}
        told |= {SHIPPED + timedelta(days=1): ("Shipment", again or {}, 1)}
        for one in range((START.date() - SHIPPED).days):
            day = SHIPPED + timedelta(days=one)
            kind, orders, sign = told.get(day, ("", {}, 1))
            rows = [
                _told(day, kind, order, leaf, Decimal(amount) * sign)
                for order, price in orders.items()
                for leaf, amount in (
                    ("ProductCharges/OurPricePrincipal", price),
                    ("Promotions/OurPricePrincipal", "-5"),
                )
            ]
            self.lay(day, rows)

    def lay(self, day: date, rows: list[dict]) -> None:
        """Lay the transactions of a day as a fetch leaves them."""
        kept = rows or [_told(day, "Shipment", "", "ProductCharges/OurPricePrincipal", Decimal(0))]

        def produce(path: Path) -> None:
            with duckdb.connect() as duck:
                relation = duck.sql(_COLUMNS, params={"rows": kept})
                (relation if rows else relation.filter("false")).write_parquet(str(path))

        facts: dict = {"documents": []}
        self.world.stores.warehouse.write("amazon_us", "financial_events", day.isoformat(), produce, facts)

    def bill(self, run: str = "run-1", **changes) -> None:
        """Make and post the documents of both days, one day after the other."""
        for day in (SHIPPED, REFUNDED):
            for asset in ("receivable_invoices", "invoice_postings"):
                fetched(self.road(run, **changes), asset, [day])

    def settle(self, settlement_id: str, *rows: Row, start: datetime = SETTLED, **changes) -> Walked:
        """Take a settlement in and take it as far as it goes, looking again a minute later."""
        self.world.take_in(self.road(**changes), settlement_id, *rows, start=start, days=3)
        return self.walked(settlement_id, **changes)

    def walked(self, settlement_id: str, looks: int = 2, **changes) -> Walked:
        """Take a settlement as far as it goes, in runs of a minute."""
        found = walk(self.road(**changes), settlement_id)
        for number in range(looks):
            self.world.clock.advance(60)
            found = walk(self.road(f"look-{number}", **changes), settlement_id)
        return found

    # --- the oracle ---------------------------------------------------------------------------------------------

    def balances(self) -> dict[str, Decimal]:
        """Return what is open on each order: its invoices and its credit memos."""
        app = self.pod.app
        found: dict[str, Decimal] = {}
        for row in app.invoices.rows():
            order = json.loads(row["BODY"])["CrossReference"].removeprefix("amz:")
            found[order] = found.get(order, Decimal(0)) + app.invoices.balance(row["ID"])
        for row in app.credit_memos.rows():
            order = json.loads(row["BODY"])["CreditMemoComments"].split()[2].partition(".")[0]
            found[order] = found.get(order, Decimal(0)) + app.credit_memos.due(row)
        return found

    def receipt_rows(self) -> list[dict]:
        """Return the connector's receipts as they were sent, each with its amount."""
        rows = [row for row in self.pod.app.receipts.rows() if row["NUMBER"] != CONTROL["ReceiptNumber"]]
        return [{**json.loads(row["BODY"]), "Amount": row["AMOUNT"], "ID": row["ID"]} for row in rows]

    def ledger(self) -> dict[str, Decimal]:
        """Return what the connector's journals hold by natural account, debit positive."""
        found: dict[str, Decimal] = {}
        for batch in self.pod.batches():
            for line in self.pod.app.books.lines(batch.id):
                account = line.account.split("-")[2]
                found[account] = found.get(account, Decimal(0)) + line.amount
        return {account: amount for account, amount in found.items() if amount}


def _told(day: date, kind: str, order: str, leaf: str, amount: Decimal) -> dict:
    return {
        "transaction_id": f"{kind}-{order}-{day}",
        "line_key": f"{kind}-{order}-{day}-{leaf}",
        "transaction_type": kind,
        "posted_at": f"{day.isoformat()} 15:00:00",
        "order_id": order,
        "leaf_path": leaf,
        "amount": amount,
    }


def rows_of(order: str, *rows: tuple[str, str, str, str], at: datetime = SETTLED) -> Sequence[Row]:
    """Return rows of one order, each as type, amount type, description and amount."""
    facts = {"order_id": order, "marketplace_name": "Amazon.com", "fulfillment_id": "AFN", "sku": "SKU-1"}
    more = {"order_item_code": order[-4:], "shipment_id": "D1", "quantity": 1}
    posted = at + timedelta(hours=1)
    return [Row(kind, of, words, Decimal(amount), posted, **facts, **more) for kind, of, words, amount in rows]


def sold(order: str, price: str, at: datetime = SETTLED) -> Sequence[Row]:
    """Return the example of the accounting rules: price, promotion, tax collected and withheld, commission."""
    return rows_of(
        order,
        ("Order", "ItemPrice", "Principal", price),
        ("Order", "Promotion", "Principal", "-5.00"),
        ("Order", "ItemPrice", "Tax", "8.00"),
        ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", "-8.00"),
        ("Order", "ItemFees", "Commission", "-15.00"),
        at=at,
    )


def given_back(order: str, price: str, at: datetime = SETTLED) -> Sequence[Row]:
    """Return the refund in full of the example, with the commission back."""
    return rows_of(
        order,
        ("Refund", "ItemPrice", "Principal", f"-{price}"),
        ("Refund", "Promotion", "Principal", "5.00"),
        ("Refund", "ItemFees", "Commission", "15.00"),
        at=at,
    )
