"""Refunds of billed orders become credit memos against their invoices, and settlements clear both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from assets.audit.story import tell
from assets.road import walk
from assets.sales.order_choices import billed_before
from assets.stages.verdicts import StageResult
from emulators.amazon.settlement_writer import Row
from ledger import money
from ledger.catalogue import load_catalogue
from ledger.errors import InputRefused
from tests.road.billing_rig import (
    INVOICING,
    billing,
    current_events,
    fetched,
    verdict,
)
from tests.road.conftest import World, sale
from tests.road.test_posting_road import ONE

# --- refunds ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refunded:
    """An order that was shipped on one day and refunded on a later one, as its transactions tell."""

    order: str
    shipped: date
    refunded: date
    sold: Decimal
    back: Decimal


@pytest.fixture
def refunded(world, pod) -> Refunded:
    """An order of the demonstration, its invoice posted, its refund told."""
    road = billing(pod)
    files = [str(world.stores.warehouse.path(one)) for one in current_events(world)]
    with world.stores.warehouse.connect() as duck:
        rows = duck.sql(REFUNDED, params={"files": files}).fetchall()
    found = Refunded(*rows[0][:3], *(money.exact(one, "USD") for one in rows[0][3:]))
    for asset in ("receivable_invoices", "invoice_postings"):
        fetched(road, asset, [found.shipped])
    return found


REFUNDED = """
WITH told AS (
    SELECT order_id, transaction_type, CAST(posted_at AS DATE) AS day, leaf_path, amount
    FROM read_parquet($files)
    WHERE is_accrual AND NOT starts_with(leaf_path, 'Tax/')
        AND (contains(leaf_path, 'Principal') OR contains(leaf_path, 'Promo'))
),
sold AS (
    SELECT order_id, min(day) AS day, count(DISTINCT day) AS days, sum(amount) AS amount
    FROM told WHERE transaction_type = 'Shipment' GROUP BY ALL
),
back AS (
    SELECT order_id, min(day) AS day, count(DISTINCT day) AS days, sum(amount) AS amount
    FROM told WHERE transaction_type = 'Refund' GROUP BY ALL
)
SELECT order_id, sold.day, back.day, sold.amount, back.amount
FROM sold JOIN back USING (order_id)
WHERE sold.days = 1 AND back.days = 1 AND back.day > sold.day
ORDER BY order_id
"""


def credited(pod, refunded: Refunded, run: str = "run-2") -> StageResult:
    """Make and post the documents of the day of the refund; only what concerns credit memos is left in sight."""
    road = billing(pod, run)
    fetched(road, "receivable_invoices", [refunded.refunded])
    [posted] = fetched(road, "invoice_postings", [refunded.refunded]).values()
    return posted


def memos(pod) -> list:
    """Return the credit memos in the pod's receivables."""
    return pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO ORDER BY ID")


def test_a_refund_becomes_a_credit_memo_against_the_invoice_once(world, pod, refunded):
    """What was given back by its lines, however often the day is made; the books show it against that invoice."""
    for run in ("run-2", "run-3"):
        posted = credited(pod, refunded, run)
        assert [(one.check, one.sentence) for one in posted.verdicts if not one.passed] == []
    ours = [one for one in memos(pod) if refunded.order in one["BODY"]]
    assert [Decimal(one["AMOUNT"]) for one in ours] == [refunded.back]
    [row] = [row for row in posted.rows if row["order"] == refunded.order]
    assert (row["what"], row["total"], row["state"]) == ("credit memo", str(refunded.back), "posted")
    stories = tell(world.stores, "amazon_us", refunded.order)
    assert len(stories.stories) == 2, "the day it was billed and the day it was credited"


def test_an_order_is_found_by_its_refund(world, pod, refunded):
    """The id of the refund stays with the document."""
    credited(pod, refunded)
    documents = world.stores.outbox.listing("amazon_us", belongs_to=refunded.order)
    [memo] = [one.journal for one in documents if one.source.kind == "credit_memo"]
    [bill] = [one.journal for one in documents if one.source.kind == "invoice"]
    assert (memo.billing.order_id, memo.billing.credits) == (refunded.order, bill.key)
    assert memo.billing.transaction_id != bill.billing.transaction_id


def test_a_refund_is_found_by_its_id_and_stands_in_document_and_trail(world, pod, refunded):
    """Amazon's id of the refund leads to its credit memo alone; Fusion and the audit trail name it beside the order."""
    credited(pod, refunded)
    documents = world.stores.outbox.listing("amazon_us", belongs_to=refunded.order)
    [memo] = [one for one in documents if one.source.kind == "credit_memo"]
    refund = memo.journal.billing.refund_id
    assert refund, "the demonstration's refunds have an id"
    [held] = [one["BODY"] for one in memos(pod) if refunded.order in one["BODY"]]
    assert f"Refund of Amazon order {refunded.order}, refund {refund}" in held
    found = tell(world.stores, "amazon_us", refund)
    assert (found.kind, [one.key for story in found.stories for one in story.documents]) == ("refund", [memo.key])
    assert f"for refund {refund}" in found.stories[0].told[0].sentence
    for part in (refund[:-1], f"{refund}1", f'{refund}"', "%"):
        with pytest.raises(InputRefused, match="as a refund that has a credit memo"):
            tell(world.stores, "amazon_us", part)


def test_a_settlement_waits_for_the_credit_memo_of_its_refund_and_clears_it(world, pod, refunded):
    """Billed and not credited: held with the order. Credited: sale and refund both clear the order's own item."""
    since = refunded.shipped.isoformat()
    start = datetime.combine(refunded.refunded, datetime.min.time(), tzinfo=UTC)
    road = billing(pod, "run-2", invoicing={**INVOICING, "shipped_from": since}, month_end="none")
    rows = (
        sale(str(refunded.sold), start + timedelta(hours=1), refunded.order),
        given_back(str(refunded.back), start + timedelta(hours=2), refunded.order),
    )
    world.take_in(road, ONE, *rows, start=start, days=1)
    walked = walk(road, ONE)
    assert "1 billed orders are refunded and not credited" in verdict(walked.results["erp_postings"], "gate").sentence
    assert world.documents(road, ONE) == []
    credited(pod, refunded)
    walk(road, ONE)
    world.clock.advance(60)
    walk(road, ONE)
    [document] = world.documents(road, ONE)
    on_order = [one.amount for one in document.journal.lines if one.reference == refunded.order]
    assert sorted(on_order) == sorted([-refunded.sold, -refunded.back])
    assert (str(document.state), "order_not_billed" in world.items()) == ("posted", False)


def test_a_refund_beyond_what_was_billed_is_a_persons_matter(world, pod, refunded):
    """More is given back than was sold: no credit memo, an item; dismissed, it stays away."""
    inflate(world, refunded)
    posted = credited(pod, refunded)
    assert refunded.order not in {row["order"] for row in posted.rows}
    item = world.items()["refund_exceeds_invoice"]
    assert (refunded.order in item.sentence, item.actions) == (True, ("retry", "dismiss"))
    world.resolve("refund_exceeds_invoice", "dismiss")
    credited(pod, refunded, "run-4")
    assert ("refund_exceeds_invoice" in world.items(), memos_of(pod, refunded)) == (False, [])


def memos_of(pod, refunded: Refunded) -> list:
    """Return the credit memos of one order."""
    return [one for one in memos(pod) if refunded.order in one["BODY"]]


def given_back(amount: str, posted: datetime, order: str) -> Row:
    """Return a refund of one unit as a settlement tells it."""
    told = sale(amount, posted, order)
    return replace(told, transaction_type="Refund")


def inflate(world: World, refunded: Refunded) -> None:
    """Let the refund of an order be told ten times as large."""
    [version] = [one for one in current_events(world) if one.partition == refunded.refunded.isoformat()]
    path = world.stores.warehouse.path(version)
    sql = (
        "SELECT * REPLACE (CAST(CASE WHEN order_id = $order AND transaction_type = 'Refund' THEN amount * 10 "
        "ELSE amount END AS DECIMAL(18, 3)) AS amount) FROM read_parquet($path)"
    )

    def produce(to) -> None:
        with world.stores.warehouse.connect() as duck:
            duck.sql(sql, params={"order": refunded.order, "path": str(path)}).write_parquet(str(to))

    world.stores.warehouse.write("amazon_us", "financial_events", version.partition, produce, dict(version.facts))


def test_a_credit_memo_keeps_the_accounts_of_its_invoice_whatever_the_catalogue_says_since(world, pod, refunded):
    """Billed on one account, moved in the catalogue, refunded: the memo takes back what was billed where it was."""
    moved = load_catalogue("sku,revenue.account\n*,400120\n", "products.csv")
    road = replace(billing(pod), load_catalogue=lambda: moved)
    for asset in ("receivable_invoices", "invoice_postings"):
        fetched(road, asset, [refunded.refunded])
    [memo] = billed_before(road, [refunded.order])[refunded.order].credits
    accounts = {one.account.account for one in memo.lines}
    assert ("400100" in accounts, "400120" in accounts) == (True, False)
