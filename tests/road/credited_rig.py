"""An order of the demonstration that was billed and credited, undone and billed again; and what the pod holds of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from assets.posting.document_sets import revisions_of
from assets.road import walk
from assets.undo.order_reversals import order_sources, plan_order_reversal, repost_order
from assets.undo.reversals import apply_reversal
from ledger.four_eyes import Decider
from ledger.journal import SourceKey
from ledger.order_documents import CREDIT_MEMO, INVOICE
from ledger.reversal import reversal_source
from tests.road.billed.test_credit_memos import REFUNDED, given_back
from tests.road.billing_rig import INVOICING, current_events, fetched
from tests.road.billing_rig import billing as billing_since
from tests.road.conftest import World, sale
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import invoices
from tests.road.test_posting_road import ONE

MARIA = Decider("maria")


@dataclass(frozen=True)
class Credited:
    """An order whose invoice has a credit memo of a later day, both posted; amounts as they stand on the receivable."""

    order: str
    shipped: date
    refunded: date
    sold: Decimal
    back: Decimal
    invoice: SourceKey
    memo: SourceKey

    @property
    def rest(self) -> Decimal:
        """Return what the memo left of the invoice."""
        return self.sold + self.back


def billing(pod: Pod, run: str = "run-1", **changes):
    """Return the road that bills what is shipped from early on."""
    return billing_since(pod, run, **{"invoicing": INVOICING, **changes})


def look(pod: Pod, day: date, run: str = "run-2", **changes):
    """Let a run make and post the documents of a day, and time go on."""
    fetched(billing(pod, run, **changes), "receivable_invoices", [day])
    [done] = fetched(billing(pod, run, **changes), "invoice_postings", [day]).values()
    pod.world.clock.advance(60)
    return done


def refunds(world: World) -> list[tuple]:
    """Return the orders that were shipped on one day and refunded on a later one."""
    files = [str(world.stores.warehouse.path(one)) for one in current_events(world)]
    with world.stores.warehouse.connect() as duck:
        return duck.sql(REFUNDED, params={"files": files}).fetchall()


def halved(world: World, order: str, day: date) -> None:
    """Let the refund of an order be told half as large, to the cent."""
    [version] = [one for one in current_events(world) if one.partition == day.isoformat()]
    path = world.stores.warehouse.path(version)
    sql = (
        "SELECT * REPLACE (CAST(CASE WHEN order_id = $order AND transaction_type = 'Refund' THEN "
        "round(amount / 2, 2) ELSE amount END AS DECIMAL(18, 3)) AS amount) FROM read_parquet($path)"
    )

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            duck.sql(sql, params={"order": order, "path": str(path)}).write_parquet(str(to))

    world.stores.warehouse.write("amazon_us", "financial_events", version.partition, produce, dict(version.facts))


def posted(pod: Pod, *, in_full: bool = False, **changes) -> Credited:
    """Bill and credit an order, in part or in full; return both documents."""
    order, shipped, refunded, _, _ = refunds(pod.world)[0]
    if not in_full:
        halved(pod.world, order, refunded)
    for day in (shipped, refunded):
        look(pod, day, "run-1", **changes)
    listed = {one.source.kind: one for one in billing(pod).stores.outbox.listing("amazon_us", belongs_to=order)}
    bill, memo = listed[INVOICE], listed[CREDIT_MEMO]
    sold, back = (
        sum((line.amount for line in one.journal.lines if line.reference == order), Decimal(0)) for one in (bill, memo)
    )
    assert (sold + back > 0) != in_full, "the rest is what is tried"
    return Credited(order, shipped, refunded, sold, back, bill.source, memo.source)


def reverse(pod: Pod, credited: Credited, run: str = "run-3") -> None:
    """Do what `connector reverse ORDER --apply` does."""
    road = billing(pod, run)
    [source] = order_sources(road, credited.order)
    apply_reversal(road, plan_order_reversal(road, source), "billed to the wrong account")
    for day in (credited.shipped, credited.refunded):
        look(pod, day, run)


def bill_again(pod: Pod, credited: Credited, run: str = "run-5") -> None:
    """Do what `connector repost ORDER --apply` does."""
    repost_order(billing(pod, run), credited.invoice, MARIA, "right now")
    for day in (credited.shipped, credited.refunded):
        look(pod, day, run)


def states(pod: Pod, credited: Credited) -> dict[str, list[str]]:
    """Return the states of all revisions of invoice and memo, and of what undoes the invoice's first."""
    road = billing(pod)
    sources = {"invoice": credited.invoice, "memo": credited.memo, "undoing": reversal_source(credited.invoice, 1)}
    return {name: [str(one.state) for one in revisions_of(road, source)] for name, source in sources.items()}


def held(pod: Pod, order: str) -> tuple[list[Decimal], list[Decimal]]:
    """Return the amounts of the pod's invoices and credit memos of an order."""
    bills = [Decimal(one["AMOUNT"]) for one in invoices(pod) if order in one["BODY"]]
    rows = pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO ORDER BY ID")
    return bills, [Decimal(one["AMOUNT"]) for one in rows if order in one["BODY"]]


def taken_in(pod: Pod, credited: Credited, run: str, *, with_sale: bool = True):
    """Take in a settlement that brings sale and refund of the order; return the road that posts it."""
    start = datetime.combine(credited.refunded, datetime.min.time(), tzinfo=UTC)
    invoicing = {**INVOICING, "shipped_from": credited.shipped.isoformat()}
    road = billing(pod, run, invoicing=invoicing, month_end="none")
    back = given_back(str(credited.back), start + timedelta(hours=2), credited.order)
    sold = sale(str(credited.sold), start + timedelta(hours=1), credited.order)
    pod.world.take_in(road, ONE, *([sold] if with_sale else []), back, start=start, days=1)
    return road


def walked(pod: Pod, road, times: int = 2) -> None:
    """Walk the settlement down its road some times, a minute apart."""
    for _ in range(times):
        walk(road, ONE)
        pod.world.clock.advance(60)
