"""A Fusion pod where receipts close what a settlement pays: two orders, one of them refunded in part, and a fee.

In: a world. Out: what is done before the settlement is looked at, and the books as the oracle reads them: a receipt is
a part of its settlement like a journal, posted when nothing of it is unapplied; one that was reversed by the action
stands there with its reversal.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from emulators.amazon.settlement_writer import Row, Settlement
from emulators.clock import Clock
from emulators.faults import FaultPlan
from emulators.fusion.app import Fusion
from emulators.fusion.receipts import STATE
from emulators.fusion.switches import Timing
from ledger.posting import PostingState
from ledger.references import reference
from tests.simulation import fusion_billing as billing
from tests.simulation.booked import CLEARING, Booked, BookedLine, booked, settlement_named
from tests.simulation.doors import acting
from tests.simulation.fusion_books import FusionBooks
from tests.simulation.fusion_side import FusionSide
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, World

RECEIPT_POST, RECEIPT_REVERSE = "createStandardReceipt", "reverseReceipt"
_RECEIVABLE = "110900"
_CONTROL = {
    "ReceiptNumber": "CONTROL-2",
    "ReceiptMethod": "Manual",
    "BusinessUnit": "US1 Business Unit",
    "Amount": "7",
    "ReceiptDate": "2026-11-02",
    "CustomerAccountNumber": "1008",
}


class ReceivedBooks(FusionBooks):
    """Reads one pod's ledger and the receipts of its receivables."""

    def __init__(self, application: Fusion) -> None:
        super().__init__(application.books)
        self._receipts = application.receipts

    def booked(self) -> list[Booked]:
        """Return our batches, and our receipts; of one that is reversed what took it back as well."""
        received = [self._received(row) for row in self._ours()]
        undone = [row for row in self._rows() if STATE in json.loads(row["BODY"])]
        return [*super().booked(), *received, *(each for row in undone for each in self._reversed(row))]

    def duplicates(self) -> list[str]:
        """Return what stands there twice, receipts of one number included."""
        counted = Counter(one["NUMBER"] for one in self._ours())
        return [*super().duplicates(), *(f"receipt {name}" for name, count in counted.items() if count > 1)]

    def _ours(self) -> list[dict]:
        return [row for row in self._rows() if STATE not in json.loads(row["BODY"])]

    def _rows(self) -> list[dict]:
        return [row for row in self._receipts.rows() if row["NUMBER"] != _CONTROL["ReceiptNumber"]]

    def _reversed(self, row: dict) -> tuple[Booked, Booked]:
        """Return a receipt that is applied to nothing any more, and its reversal: the first part that is undone."""
        made = replace(self._received(row), status="reversed", is_posted=not self._receipts.applied(row["ID"]))
        cleared = {item: -amount for item, amount in made.cleared.items()}
        return made, replace(made, key=f"{made.key}.R", is_reversal=True, part=1, cleared=cleared, rest=-made.rest)

    def _received(self, row: dict) -> Booked:
        comments, amount = json.loads(row["BODY"])["Comments"], Decimal(row["AMOUNT"])
        lines = [
            BookedLine(CLEARING, amount, reference(settlement_named(comments))),
            BookedLine(_RECEIVABLE, -amount, ""),
        ]
        is_applied = self._receipts.applied(row["ID"]) == amount
        return booked(row["ID"], comments, "applied" if is_applied else "unapplied", lines, is_posted=is_applied)


class FusionReceiving(billing.FusionBilling):
    """A pod whose AutoMatch runs by itself, and that has the action which reverses a receipt."""

    sends: ClassVar[frozenset[str]] = frozenset(
        {"importBulkData", "POST receivablesInvoices", "POST receivablesCreditMemos", "POST standardReceipts"}
    )
    accounts: ClassVar[tuple[str, ...]] = ("110500", "110900", "400100", "410100", "410200", "600100")
    receivables: ClassVar[dict] = billing.RECEIVABLES | {
        "receipts": {
            "method": "Amazon Clearing",
            "invoice_type": "Invoice",
            "credit_memo_type": "Credit Memo",
            "reversal": {"category": "REV", "reason": "PAYMENT REVERSAL"},
        }
    }
    timing: ClassVar[Timing] = replace(FusionSide.timing, automatch_after_seconds=1)

    def __init__(self, clock: Clock, faults: FaultPlan) -> None:
        super().__init__(clock, faults)
        self.reader = ReceivedBooks(self.application)
        self.application.receipts.store(_CONTROL, self.site.clients[0], clock.now())


def _row(kind: str, of: str, words: str, amount: str, order: str) -> Row:
    facts = {"marketplace_name": "Amazon.com", "fulfillment_id": "AFN", "sku": "SKU-1", "quantity": 1}
    posted = datetime(2026, 11, 7, 13, tzinfo=UTC)
    return Row(kind, of, words, Decimal(amount), posted, order_id=order, **facts)


_ROWS = (
    *(
        _row("Order", of, "Principal", amount, order)
        for order in (billing.ORDER, billing.OTHER)
        for of, amount in (("ItemPrice", "100.00"), ("Promotion", "-5.00"))
    ),
    _row("Refund", "ItemPrice", "Principal", "-40.00", billing.ORDER),
    _row("Order", "ItemFees", "Commission", "-15.00", billing.ORDER),
)
_START = datetime(2026, 11, 2, 12, tzinfo=UTC)
RECEIVED = replace(
    billing.BILLED,
    name="a settlement and its receipt",
    settlements=(Settlement("24000000031", _START, _START + timedelta(days=7), "USD", _ROWS),),
    books=billing.BILLED.books
    | {"invoicing": {"shipped_from": "2026-11-01", "bill_to": {"*": "1008"}, "clear_by": "receipts"}},
    erp=FusionReceiving,
)


def begun(world: World, *, notices_deaths: bool) -> Schedule:
    """Return the schedule of a world in which both orders are billed and the refund is credited."""
    billing.tell_two_and_refund(world)
    schedule = Schedule(world, notices_deaths=notices_deaths)
    billing.bill_two_and_credit(schedule)
    return schedule


def left_over(world: World) -> list[str]:
    """Return what is not at its end: open invoices and credit memos, and documents that are not posted."""
    with acting(None):
        documents = world.stores.outbox.listing(CONNECTION)
    told = [f"{one.source.kind} {one.part} is {one.state}" for one in documents if one.state is not PostingState.POSTED]
    return [*told, *_open_items(world)]


def _open_items(world: World) -> list[str]:
    """Return what is open of invoices and credit memos, somebody's own invoice aside."""
    app = world.erp.application
    rows = [row for row in app.invoices.rows() if row["NUMBER"] != "CONTROL-1"]
    left = {row["NUMBER"]: app.invoices.balance(row["ID"]) for row in rows}
    left |= {row["NUMBER"]: app.credit_memos.due(row) for row in app.credit_memos.rows()}
    return [f"{name} has {amount} open" for name, amount in left.items() if amount]
