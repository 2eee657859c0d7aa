"""An invoice undone by a credit memo for the whole of it, and billed again: what stands on it goes first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from assets.posting.document_sets import revisions_of
from assets.road import walk
from assets.undo.order_reversals import made_again, order_sources, plan_order_reversal, repost_order
from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal
from ledger.errors import DoneAlready, InputRefused
from ledger.four_eyes import Decider
from ledger.journal import SourceKey
from ledger.order_documents import INVOICE
from ledger.reversal import reversal_source
from tests.road.billed.test_credit_memos import Refunded, credited, memos, refunded  # noqa: F401
from tests.road.billing_rig import (
    INVOICING,
    SETTLED_SINCE,
    an_order,
    fetched,
    made,
    settled,
    verdict,
)
from tests.road.billing_rig import billing as billing_since
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import invoices
from tests.road.test_posting_road import ONE

# The settlement written by hand begins here, so that an order of this day lies within it.
DAY = [date.fromisoformat(SETTLED_SINCE)]
BEGUN = {"invoicing": {**INVOICING, "shipped_from": SETTLED_SINCE}}
NAME = f"invoice_postings-{DAY[0]}"
MARIA = Decider("maria")


def billing(pod: Pod, run: str = "run-1"):
    """Return the road that bills what is shipped from that day on."""
    return billing_since(pod, run, **BEGUN)


def posted(pod: Pod) -> tuple[SourceKey, str]:
    """Bill the orders of a day; return the source of one invoice, and its total."""
    outcomes = made(billing(pod), DAY)
    look(pod)
    order, total = an_order(outcomes)
    [source] = order_sources(billing(pod), order)
    assert source.kind == INVOICE
    return source, total


def look(pod: Pod, run: str = "run-2", asset: str = "invoice_postings"):
    """Let a run look at the day, and time go on."""
    [done] = fetched(billing(pod, run), asset, DAY).values()
    pod.world.clock.advance(60)
    return done


def reverse(pod: Pod, source: SourceKey, together: frozenset[str] = frozenset()) -> None:
    """Do what `connector reverse --apply` does."""
    road = billing(pod, "run-3")
    apply_reversal(road, plan_order_reversal(road, source, together), "billed to the wrong account")
    look(pod, "run-3")


def states(pod: Pod, source: SourceKey) -> list[str]:
    """Return revision and state of an invoice, and of what undoes its first revision."""
    own, undoing = revisions_of(billing(pod), source), revisions_of(billing(pod), reversal_source(source, 1))
    return [*(f"{one.revision} {one.state}" for one in own), *(f"undoing {one.state}" for one in undoing)]


def test_a_reversed_invoice_is_credited_whole_and_stays_so(world, pod):
    """Both documents stand, linked both ways, and are read back; no run bills the order again."""
    source, total = posted(pod)
    before = len(invoices(pod))
    reverse(pod, source)
    assert states(pod, source) == ["1 reversed", "undoing posted"]
    [original], [undoing] = revisions_of(billing(pod), source), revisions_of(billing(pod), reversal_source(source, 1))
    [memo] = memos(pod)
    assert (memo["NUMBER"], Decimal(memo["AMOUNT"])) == (undoing.erp_id, -Decimal(total))
    assert (original.reason, undoing.journal.reverses) == (f"undone by {undoing.erp_id}", original.key)
    made(billing(pod), DAY)
    done = look(pod, "run-4")
    assert (len(invoices(pod)), len(memos(pod)), list(world.items())) == (before, 1, ["order_document_reversed"])
    assert verdict(done, "read_back_equals_invoice").passed
    assert verdict(done, "gate").passed
    rows = [row for row in done.rows if row["order"] == source.belongs_to]
    assert [(row["what"], row["state"]) for row in rows] == [("invoice", "reversed"), ("reversal", "posted")]
    with pytest.raises(DoneAlready, match="is reversed already, by"):
        plan_order_reversal(billing(pod), source)


def test_billed_again_it_is_the_next_revision_with_a_number_of_its_own(world, pod):
    """Once, by a person's word, and its settlement clears it."""
    source, total = posted(pod)
    reverse(pod, source)
    road = billing(pod, "run-5")
    [wanted] = made_again(road, source).journals
    assert wanted.revision == 2
    repost_order(road, source, MARIA, "the account is right now")
    for run in ("run-5", "run-6"):
        done = look(pod, run)
    assert states(pod, source) == ["1 reversed", "2 posted", "undoing posted"]
    billed = [one for one in invoices(pod) if one["NUMBER"] in {each.erp_id for each in revisions_of(road, source)}]
    assert [Decimal(one["AMOUNT"]) for one in billed] == [Decimal(total)] * 2
    assert (len(memos(pod)), world.items()) == (1, {})
    assert all(one.passed or one.is_waiting for one in done.verdicts)
    settled(world, road, source.belongs_to, total)
    assert walk(road, ONE).stopped_at == ""


def test_a_settlement_waits_while_the_invoice_of_its_order_is_undone(world, pod):
    """It would clear what is not billed; it goes when the order is billed again."""
    source, total = posted(pod)
    reverse(pod, source)
    road = billing(pod, "run-5")
    settled(world, road, source.belongs_to, total)
    walk(road, ONE)
    assert (world.states(road, ONE), "order_not_billed" in world.items()) == ([], True)
    repost_order(road, source, MARIA, "right now")
    look(pod, "run-6")
    for run in ("run-7", "run-8"):
        walk(billing(pod, run), ONE)
        world.clock.advance(60)
    assert (world.states(road, ONE), world.items()) == (["posted"], {})


def test_the_settlement_that_cleared_an_invoice_is_undone_before_it(world, pod):
    """Alone it is refused; together the invoice waits for the settlement, and both are posted again."""
    source, total = posted(pod)
    road = billing(pod, "run-3")
    settled(world, road, source.belongs_to, total)
    for _ in range(2):
        walk(road, ONE)
        world.clock.advance(60)
    assert world.states(road, ONE) == ["posted"]
    with pytest.raises(
        InputRefused, match=rf"before settlement {ONE}, which cleared it.*reverse {ONE} {source.belongs_to}"
    ):
        plan_order_reversal(road, source)
    settlement, invoice = plan_reversal(road, ONE), plan_order_reversal(road, source, frozenset({ONE}))
    assert invoice.warnings == (f"It waits until settlement {ONE}, which cleared it, is reversed.",)
    apply_reversal(road, invoice, "wrong account")
    held = look(pod, "run-4")
    assert f"waits until settlement {ONE}" in verdict(held, "accepted_by_erp").sentence
    assert states(pod, source) == ["1 posted", "undoing approved"]
    apply_reversal(road, settlement, "wrong account")
    for _ in range(2):
        walk(billing(pod, "run-5"), ONE)
        world.clock.advance(60)
    assert world.states(road, ONE) == ["reversed"]
    look(pod, "run-6")
    assert states(pod, source) == ["1 reversed", "undoing posted"]
    road = billing(pod, "run-7")
    repost_order(road, source, MARIA, "right now")
    repost(road, ONE, MARIA, "right now")
    look(pod, "run-7")
    for run in ("run-8", "run-9"):
        walk(billing(pod, run), ONE)
        world.clock.advance(60)
    assert (world.states(road, ONE), states(pod, source)[1]) == (["posted"], "2 posted")


def test_a_credit_memo_waits_while_its_invoice_is_undone(world, pod, refunded: Refunded):  # noqa: F811
    """The refund is told after the reversal was wished: it is not credited against what is going."""
    road = billing(pod, "run-3")
    [source] = order_sources(road, refunded.order)
    apply_reversal(road, plan_order_reversal(road, source), "wrong account")
    waits = credited(pod, refunded)
    assert "is being reversed; its credit memo follows it" in verdict(waits, "accepted_by_erp").sentence
    assert memos(pod) == []
