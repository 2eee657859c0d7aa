"""Rule 12 at a Fusion pod: books tied to Amazon's balance where orders are billed, whatever closes them.

The receivables reach the ledger in sums by Fusion's own accounting, which names no document of ours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest

from assets.ledger_ties import AGES, ASSET, OTHERS, TIES
from assets.stages.month_stages import MONTH_STAGES
from assets.stages.months import run_month
from assets.stages.verdicts import StageResult
from assets.undo.reversals import apply_reversal, plan_reversal
from emulators.fusion.demo_site import BANK, US_LEDGER, account_of
from ledger.ledger_tie import Part
from ledger.month import Month
from tests.road.billing_rig import verdict
from tests.road.conftest import START, World
from tests.road.receipt_rig import LATER, A, B, Shop, given_back, sold
from tests.road.test_posting_road import ONE

NOVEMBER, TWO = Month(2026, 11), "24758270546"
RECEIVABLE, CLEARING = account_of(US_LEDGER, "110900"), account_of(US_LEDGER, "110500")
# No receipt of its own closes an invoice here: the settlement's journal does.
BY_JOURNAL, BY_RECEIPTS = {"clear_by": "journal"}, {"clear_by": "receipts"}
OVER = datetime(2026, 12, 2, 9, tzinfo=UTC)
D = Decimal


def state_balance(shop: Shop, total: str, deferred: str) -> None:
    """Let Amazon say what it owes at the end of the month, and let nothing happen since the last settlement."""
    shop.world.clock.advance((OVER - shop.world.clock.now()).total_seconds())
    for one in range((NOVEMBER.last - START.date()).days + 1):
        shop.lay(START.date() + timedelta(days=one), [])
    row = f"'USD' AS currency, 'ATVPDKIKX0DER' AS marketplace_id, {total}::DECIMAL(18,3) AS total"

    def produce(path) -> None:
        with duckdb.connect() as duck:
            duck.sql(f"SELECT {row}, {deferred}::DECIMAL(18,3) AS deferred").write_parquet(str(path))

    facts = {"documents": [], "is_over": True}
    shop.world.stores.warehouse.write("amazon_us", "balances", NOVEMBER.last.isoformat(), produce, facts)


def tie(shop: Shop, **changes) -> StageResult:
    """Tie November once it is over."""
    return run_month(shop.road(read_balances=True, **changes), MONTH_STAGES[ASSET], NOVEMBER)


def lines(result: StageResult) -> dict[str, Decimal]:
    """Return the table of the tie, added up by line; both balances differ by all the others."""
    found: dict[str, Decimal] = {}
    for row in result.rows:
        found[row["line"]] = found.get(row["line"], D(0)) + D(row["amount"])
    books, stated = found.pop("general ledger"), found.pop("Amazon")
    assert sum(found.values(), D(0)) == books - stated
    return {line: amount for line, amount in found.items() if amount}


def settled_and_open(world: World, said: dict[str, str]) -> Shop:
    """Bill two orders of 95 and 200, and settle the first; Amazon still holds back what the other one brings."""
    shop = Shop(world, said)
    shop.tell({A: "100", B: "205"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    state_balance(shop, "200", "200")
    return shop


@pytest.mark.parametrize("said", [BY_JOURNAL, BY_RECEIPTS], ids=lambda one: one["clear_by"])
def test_what_is_billed_and_not_settled_is_due_and_told(world, said):
    """The payout of 80 is on its way; 200 stand on the order receivable, and with Amazon, which holds them back."""
    shop = settled_and_open(world, said)
    shop.pod.app.accounting.run()
    result = tie(shop)
    assert lines(result) == {
        Part.ON_THE_WAY: D("80.00"),
        Part.BILLED: D("200.00"),
        Part.DEFERRED: D("-200.00"),
    }
    assert {one.check: one.passed for one in result.verdicts} == {TIES: True, OTHERS: True, AGES: False}
    [item] = [row for row in verdict(result, AGES).rows if row["item"] == ONE]
    assert item["amount"] == "80.00"


@pytest.mark.parametrize("said", [BY_JOURNAL, BY_RECEIPTS], ids=lambda one: one["clear_by"])
def test_receivables_that_have_not_reached_the_ledger_are_named_in_sum(world, said):
    """Create Accounting has not run: what is missing is told by account, and is gone once it has."""
    shop = settled_and_open(world, said)
    result = tie(shop)
    assert not verdict(result, TIES).passed
    missing = {row["detail"][:9]: D(row["amount"]) for row in result.rows if row["line"] == Part.SUBLEDGER}
    by_account = {"01 110900": D("-295.00")}
    if said == BY_RECEIPTS:
        by_account = {"01 110500": D("-95.00"), "01 110900": D("-200.00")}
    assert missing == by_account
    assert verdict(result, OTHERS).passed
    shop.pod.app.accounting.run()
    assert verdict(tie(shop), TIES).passed


@pytest.mark.parametrize("said", [BY_JOURNAL, BY_RECEIPTS], ids=lambda one: one["clear_by"])
def test_a_refund_is_credited_cleared_and_tied(world, said):
    """Invoice and credit memo cancel each other; what is left is the order that nobody has settled."""
    shop = Shop(world, said)
    shop.tell({A: "100", B: "205"}, refunded={A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    shop.settle(TWO, *sold(B, "205.00", LATER), *given_back(A, "100.00", LATER), start=LATER)
    shop.pod.app.accounting.run()
    state_balance(shop, "0", "0")
    result = tie(shop)
    assert lines(result) == {Part.ON_THE_WAY: D("185.00")}
    assert verdict(result, TIES).passed, verdict(result, TIES).sentence


def test_a_receipt_undone_by_command_is_taken_back_in_sum(world):
    """Settlement, receipt and their reversals come to nothing; both orders are due again."""
    shop = Shop(world, BY_RECEIPTS, receipts={"reversal": {"category": "REV", "reason": "PAYMENT REVERSAL"}})
    shop.tell({A: "100", B: "205"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    apply_reversal(shop.road(), plan_reversal(shop.road(), ONE), "wrong receipt method")
    shop.walked(ONE)
    state_balance(shop, "200", "200")
    shop.pod.app.accounting.run()
    result = tie(shop)
    assert verdict(result, TIES).passed, verdict(result, TIES).sentence
    found = lines(result)
    assert (found[Part.BILLED], Part.SUBLEDGER in found) == (D("295.00"), False)


def test_what_somebody_else_invoiced_there_is_not_explained(world):
    """Ours are known in sum: more than that is named, with both sums, and never by a document of ours."""
    shop = settled_and_open(world, BY_JOURNAL)
    shop.pod.app.accounting.run()
    more = [(RECEIVABLE, D("12.00"), ""), (account_of(US_LEDGER, "400100"), D("-12.00"), "")]
    shop.pod.app.books.people.enter(US_LEDGER, "Receivables A 9 N", NOVEMBER.last, more, source="Receivables")
    result = tie(shop)
    assert not verdict(result, TIES).passed
    [row] = [row for row in result.rows if row["line"] == Part.SUBLEDGER]
    assert row["amount"] == "12.00"
    assert "the ledger has 307.00 of the receivables, our documents come to 295.00" in row["detail"]


def test_an_entry_by_hand_on_the_order_receivable_is_named_by_document(world):
    """As on every account that holds what Amazon owes."""
    shop = settled_and_open(world, BY_JOURNAL)
    shop.pod.app.accounting.run()
    by_hand = [(RECEIVABLE, D("-9.00"), ""), (account_of(US_LEDGER, BANK), D("9.00"), "")]
    shop.pod.app.books.people.enter(US_LEDGER, "Cheque of a buyer", date(2026, 11, 20), by_hand)
    result = tie(shop)
    assert lines(result)[Part.OTHERS] == D("-9.00")
    assert [row["document"] for row in verdict(result, OTHERS).rows] == ["Cheque of a buyer"]


def test_a_schedule_accounts_for_receivables_by_itself(world):
    """Nobody has to run it: what was invoiced an hour ago stands in the ledger."""
    shop = settled_and_open(world, BY_JOURNAL)
    shop.pod.app.site.timing = shop.pod.app.site.timing.__class__(
        **{**vars(shop.pod.app.site.timing), "accounting_after_seconds": 3600}
    )
    world.clock.advance(3601)
    assert verdict(tie(shop), TIES).passed
