"""A Fusion pod where orders become invoices, and the transactions of one order: shipped on a day, refunded on the next.

In: a world. Out: its staged transactions, the runs that bill them, and what the pod's receivables hold, which only the
oracle reads. The transactions are laid where a fetch leaves them: what is tried begins there.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import ClassVar

import duckdb

from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import DayStage, fetch_days
from assets.stages.roadmap import Road
from connector_defs.connections import Connection, connection
from emulators.clock import Clock
from emulators.faults import FaultPlan
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import LINE_CONTEXT, US_LEDGER, account_of, demo_site
from emulators.fusion.site import Site
from ledger.posting import PostingState
from tests.fusion_connection import write_connection
from tests.simulation.doors import acting
from tests.simulation.fusion_books import FusionBooks
from tests.simulation.fusion_people import FusionPeople
from tests.simulation.fusion_side import FusionSide
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, Case, World

SHIPPED, REFUNDED = date(2026, 11, 5), date(2026, 11, 6)
ORDER, OTHER = "111-0000001-0000001", "111-0000002-0000002"
ASSETS = ("receivable_invoices", "invoice_postings")
# Longer than any lease, and than the time in which a lost call may still arrive.
_LATER = 2 * 3600
_LOOKS_MAX = 12
RECEIVABLES = {
    "business_unit": "US1 Business Unit",
    "transaction_source": "ZB Connector",
    "invoice_type": "Settled Invoice",
    "credit_memo_type": "Settled Credit Memo",
}
_CONTROL = {
    "BusinessUnit": "US1 Business Unit",
    "TransactionSource": "ZB Connector",
    "TransactionType": "Invoice",
    "TransactionNumber": "CONTROL-1",
    "TransactionDate": "2026-11-02",
    "BillToCustomerNumber": "1008",
    "receivablesInvoiceLines": [{"Description": "By hand", "Quantity": 1, "UnitSellingPrice": 7}],
}
_ACCOUNTS = ("110900", "400100", "410100", "410200", "500100", "140100")
BEFORE = '  card_in_transit: "110600"\ncategories:\n'
ORDER_ACCOUNTS = """\
  card_in_transit: "110600"
  order_receivable: "110900"
categories:
  promo_rebate: "410200"
  refund: "410100"
"""
EVENTS = """
SELECT
    transaction_id, line_key, transaction_type, 'RELEASED' AS transaction_status,
    CAST(posted_at AS TIMESTAMP) AS posted_at, 'USD' AS currency,
    'ATVPDKIKX0DER' AS marketplace_id, 'Amazon.com' AS marketplace_name, order_id, '' AS shipment_id,
    '' AS settlement_id, '' AS refund_id, '' AS deferred_transaction_id, '' AS release_transaction_id,
    'SKU-1' AS sku, '' AS asin, 1 AS quantity, 'AFN' AS network, leaf_path, CAST(amount AS DECIMAL(18, 3)) AS amount,
    true AS is_cash, true AS is_accrual, 'told' AS document
FROM (SELECT unnest($rows, recursive := true))
"""


@cache
def _site(accounts: tuple[str, ...]) -> Site:
    site = demo_site(date(2027, 3, 15))
    wanted = frozenset(account_of(US_LEDGER, one) for one in accounts)
    ledgers = tuple(one for one in site.ledgers if one.id == US_LEDGER)
    periods = tuple(one for one in site.periods if one.ledger_id == US_LEDGER)
    used = tuple(one for one in site.combinations if one.account in wanted)
    opening = tuple(one for one in site.opening_batches if one.ledger_id == US_LEDGER)
    return replace(site, ledgers=ledgers, periods=periods, combinations=used, rates=(), opening_batches=opening)


@cache
def _connection(folder: Path, name: str, told: str) -> Connection:
    return connection(write_connection(folder / name, folder, receivables=json.loads(told)), "amazon_us")


class FusionBilling(FusionSide):
    """A pod with the order's accounts alone."""

    sends: ClassVar[frozenset[str]] = frozenset({"importBulkData", "POST receivablesInvoices", "createCreditMemo"})
    sent: ClassVar[tuple[str, ...]] = tuple(sorted(sends))
    accounts: ClassVar[tuple[str, ...]] = _ACCOUNTS
    receivables: ClassVar[dict] = RECEIVABLES

    def __init__(self, clock: Clock, faults: FaultPlan) -> None:
        self._clock = clock
        self.site = replace(_site(self.accounts), timing=self.timing)
        self.application = build_app(self.site, clock, faults)
        self.reader = FusionBooks(self.books)
        self._people = FusionPeople(self.books, clock)
        # Somebody's own invoice: by it an empty answer is told from a blind one.
        self.application.invoices.store(_CONTROL, self.site.clients[0], clock.now())

    @classmethod
    def connection(cls, folder: Path) -> Connection:
        """Return a connection whose two files are written below a folder."""
        return _connection(folder, cls.__name__, json.dumps(cls.receivables))


class FusionImporting(FusionBilling):
    """The same pod, where two invoices of a day go in one file."""

    receivables: ClassVar[dict] = RECEIVABLES | {"import_from": 2, "line_context": LINE_CONTEXT}


BILLED = Case(
    "one order, shipped and refunded",
    datetime(2026, 11, 10, 9, tzinfo=UTC),
    (),
    books={"invoicing": {"shipped_from": "2026-11-01", "bill_to": {"*": "1008"}}, "approval": "automatic"},
    mapping=(BEFORE, ORDER_ACCOUNTS),
    erp=FusionBilling,
)


IMPORTED = replace(BILLED, name="two orders of a day, shipped", erp=FusionImporting)


def tell(world: World) -> None:
    """Lay the order's transactions under their days: sold for 100 less 5, 40 given back."""
    sold = [("S", "Shipment", "ProductCharges/OurPricePrincipal", "100.00")]
    sold += [("S", "Shipment", "Promotions/OurPricePrincipal", "-5.00")]
    back = [("R", "Refund", "ProductCharges/OurPricePrincipal", "-40.00")]
    for day, told in ((SHIPPED, sold), (REFUNDED, back)):
        _lay(world, day, [_row(day, number, *one) for number, one in enumerate(told)])


def tell_refunded_in_full(world: World) -> None:
    """Lay the order's transactions under their days: sold for 100 less 5, all of it given back."""
    tell(world)
    back = [("R", "Refund", "ProductCharges/OurPricePrincipal", "-100.00")]
    back += [("R", "Refund", "Promotions/OurPricePrincipal", "5.00")]
    _lay(world, REFUNDED, [_row(REFUNDED, number, *one) for number, one in enumerate(back)])


def tell_sold(world: World, price: str) -> None:
    """Lay the order's shipment alone under its day: sold for a price less 5."""
    sold = [("S", "Shipment", "ProductCharges/OurPricePrincipal", price)]
    sold += [("S", "Shipment", "Promotions/OurPricePrincipal", "-5.00")]
    _lay(world, SHIPPED, [_row(SHIPPED, number, *one) for number, one in enumerate(sold)])


def tell_two_and_refund(world: World) -> None:
    """Lay the transactions of two orders as `tell_two`, and 40 given back of the first."""
    tell_two(world)
    _lay(world, REFUNDED, [_row(REFUNDED, 0, "R", "Refund", "ProductCharges/OurPricePrincipal", "-40.00")])


def tell_two(world: World) -> None:
    """Lay the transactions of two orders under one day: each sold for 100 less 5, nothing given back."""
    lines = (("ProductCharges/OurPricePrincipal", "100.00"), ("Promotions/OurPricePrincipal", "-5.00"))
    rows = [
        _row(SHIPPED, number, order[-1], "Shipment", *one, order=order)
        for order in (ORDER, OTHER)
        for number, one in enumerate(lines)
    ]
    _lay(world, SHIPPED, rows)


def _lay(world: World, day: date, rows: list[dict]) -> None:
    def produce(path: Path) -> None:
        with duckdb.connect() as duck:
            duck.sql(EVENTS, params={"rows": rows}).write_parquet(str(path))

    with acting(None):
        world.stores.warehouse.write(CONNECTION, "financial_events", day.isoformat(), produce, {"documents": []})


def _row(day: date, number: int, transaction: str, kind: str, leaf: str, amount: str, *, order: str = ORDER) -> dict:
    return {
        "transaction_id": f"{transaction}-1",
        "line_key": f"{transaction}-1-{number}",
        "transaction_type": kind,
        "posted_at": f"{day.isoformat()} 15:00:00",
        "order_id": order,
        "leaf_path": leaf,
        "amount": amount,
    }


def bill(schedule: Schedule) -> None:
    """Let runs make and post the documents of both days, an hour apart, until all of them are posted."""
    until_posted(schedule, (SHIPPED, REFUNDED), ("credit_memo", "invoice"))


def bill_two(schedule: Schedule) -> None:
    """Let runs make and post the invoices of the day, an hour apart, until both are posted."""
    until_posted(schedule, (SHIPPED,), ("invoice", "invoice"))


def bill_two_and_credit(schedule: Schedule) -> None:
    """Let runs make and post the documents of both days, an hour apart, until all three are posted."""
    until_posted(schedule, (SHIPPED, REFUNDED), ("credit_memo", "invoice", "invoice"))


def until_posted(schedule: Schedule, days: tuple[date, ...], kinds: tuple[str, ...]) -> None:
    """Let runs make and post the documents of some days, until just these are posted."""
    for _ in range(_LOOKS_MAX):
        for asset in ASSETS:
            schedule.run(asset, partial(look, DAY_STAGES[asset], days))
        if _states(schedule.world) == [f"{kind} {PostingState.POSTED}" for kind in kinds]:
            return
        schedule.world.clock.advance(_LATER)
    raise AssertionError(f"no end after {_LOOKS_MAX} looks: {_states(schedule.world)}")


def look(stage: DayStage, days: tuple[date, ...], road: Road) -> None:
    for _ in fetch_days(road, stage, days):
        pass


def _states(world: World) -> list[str]:
    with acting(None):
        return sorted(f"{one.source.kind} {one.state}" for one in world.stores.outbox.listing(CONNECTION))


def wrong(world: World) -> list[str]:
    """Return what the pod's receivables hold otherwise than they should: one invoice of 95, one credit memo of 40."""
    return other_than(world, {"AR_INVOICE": [Decimal(95)], "AR_CREDIT_MEMO": [Decimal(-40)]})


def wrong_two(world: World) -> list[str]:
    """The same of two orders: two invoices of 95."""
    return other_than(world, {"AR_INVOICE": [Decimal(95)] * 2, "AR_CREDIT_MEMO": []})


def other_than(world: World, wanted: dict[str, list[Decimal]]) -> list[str]:
    """Return what the pod's receivables hold otherwise than these amounts by table."""
    store = world.erp.books.store
    held = {
        table: [Decimal(one["AMOUNT"]) for one in store.rows(f"SELECT * FROM {table}") if one["NUMBER"] != "CONTROL-1"]
        for table in wanted
    }
    differing = [table for table, amounts in wanted.items() if held[table] != amounts]
    return [*world.witness.broken, *(f"{table} holds {held[table]}, not {wanted[table]}" for table in differing)]
