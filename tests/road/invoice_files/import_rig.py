"""A day of invoices laid at a Fusion pod without a seller, roads that send them in files, and what stands there."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

from assets.stages.days import StageResult
from emulators.fusion.demo_site import LINE_CONTEXT
from emulators.fusion.switches import Timing
from ledger.journal import Journal, SourceKey
from resources.vault import Vault
from tests.fusion_connection import AT_ONCE
from tests.road.billing_rig import billing, fetched
from tests.road.conftest import World
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import LINES, invoice, invoices

DAY = date(2026, 11, 14)
IMPORTED = {"import_from": 2, "line_context": LINE_CONTEXT, "is_confirmed_empty": False}
LATER = 3700  # longer than the quiet time
CONTROL = {
    "BusinessUnit": "US1 Business Unit",
    "TransactionSource": "ZB Connector",
    "TransactionType": "Invoice",
    "TransactionNumber": "CONTROL-1",
    "TransactionDate": "2026-11-02",
    "BillToCustomerNumber": "1008",
    "receivablesInvoiceLines": [{"Description": "By hand", "Quantity": 1, "UnitSellingPrice": 7}],
}


class WithoutSeller(World):
    """A world whose days are laid: nobody asks the marketplace."""

    def __post_init__(self) -> None:
        self.demo = SimpleNamespace(amazon=None)
        self.reopen()
        self.vault = Vault.open(self.home)


def pod_of(world: World, **timing) -> Pod:
    """Return a pod at which jobs take no time unless told otherwise, with an invoice that somebody made by hand."""
    made = Pod(world, timing=replace(Timing(), **timing) if timing else AT_ONCE)
    made.app.invoices.store(CONTROL, made.app.books.site.clients[0], world.clock.now())
    return made


def road_of(pod: Pod, run: str = "run-1", **receivables):
    """Return the road that sends invoices in files."""
    return billing(pod, run, receivables=IMPORTED | receivables)


def documents(road, count: int = 3) -> list[Journal]:
    """Return the invoices of a day, one an order."""
    orders = [f"111-000000{number}-0000001" for number in range(1, count + 1)]
    return [_of_order(road, order) for order in orders]


def _of_order(road, order: str) -> Journal:
    source = SourceKey(road.seller, road.ledger, "invoice", f"{order}.A1B2C3D4")
    lines = (replace(LINES[0], reference=order), *LINES[1:])
    plain = invoice(*lines, source=source, description=f"Amazon order {order}")
    return replace(plain, billing=replace(plain.billing, order_id=order))


def lay(world: World, road, journals) -> None:
    """Lay a day's invoices where making them leaves them."""
    content = {"mapping": "m", "events": "e", "documents": [one.content() for one in journals]}
    kept = world.stores.documents.put_bytes(json.dumps(content, sort_keys=True).encode())
    facts = {"set": kept.sha256, "mapping": "m", "events": "e"}

    def produce(path) -> None:
        with world.stores.warehouse.connect() as duck:
            duck.sql("SELECT 1 AS one").write_parquet(str(path))

    world.stores.warehouse.write(road.connection, "receivable_invoices", DAY.isoformat(), produce, facts)


def post(pod: Pod, run: str = "run-1", **receivables) -> StageResult:
    """Let one run post the day."""
    outcome = fetched(road_of(pod, run, **receivables), "invoice_postings", [DAY])[DAY]
    assert isinstance(outcome, StageResult), outcome
    return outcome


def laid(world: World, pod: Pod, count: int = 3) -> list[Journal]:
    """Lay a day of so many invoices and return them."""
    road = road_of(pod)
    journals = documents(road, count)
    lay(world, road, journals)
    return journals


def states(world: World) -> dict[str, int]:
    """Count the documents by their state."""
    return dict(Counter(str(one.state) for one in world.stores.outbox.listing()))


def billed(pod: Pod) -> list[str]:
    """Return the numbers of what the connector has billed."""
    return sorted(one["NUMBER"] for one in invoices(pod) if one["NUMBER"] != "CONTROL-1")


def numbers(pod: Pod, journals) -> list[str]:
    """Return the numbers that documents have."""
    target = road_of(pod).target
    return sorted(target.erp_id(one) for one in journals)


def sent(pod: Pod) -> tuple[int, int]:
    """Count the files and the single invoices that reached the pod."""
    return pod.faults.calls("importBulkData"), pod.faults.calls("createReceivablesInvoice")


def told(result: StageResult) -> str:
    """Return everything that the findings of a result say."""
    return " ".join(finding.sentence for one in result.verdicts for finding in one.findings)
