"""An invoice with credit memos undone for what they left of it, and billed again with its memos: each document once."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from assets.audit.story import tell
from assets.posting.document_sets import revisions_of
from assets.road import walk
from assets.undo.order_reversals import order_sources, plan_order_reversal, repost_order, with_credits
from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal
from connector_defs.cli.reverse import repost as repost_command
from connector_defs.cli.reverse import reverse as reverse_command
from ledger.errors import DoneAlready, InputRefused
from ledger.reversal import reversal_source
from tests.road.billed.test_credit_memos import memos
from tests.road.billing_rig import fetched, verdict
from tests.road.credited_rig import (
    MARIA,
    bill_again,
    billing,
    held,
    look,
    posted,
    reverse,
    states,
    taken_in,
    walked,
)
from tests.road.test_posting_road import ONE

UNDONE = {"invoice": ["reversed"], "memo": ["reversed"], "undoing": ["posted"]}
AGAIN = {"invoice": ["reversed", "posted"], "memo": ["reversed", "posted"], "undoing": ["posted"]}


def test_the_plan_shows_the_rest_and_the_memo_that_goes_along(world, pod):
    """Nothing is stored; the rest is by line, on the invoice's accounts, and the memo is named."""
    credited = posted(pod)
    road = billing(pod)
    plan = plan_order_reversal(road, credited.invoice)
    [journal], [memo] = plan.journals.journals, plan.credits
    [bill] = road.stores.outbox.documents(credited.invoice)
    assert (journal.reverses, journal.takes_along, memo.source) == (bill.key, (memo.key,), credited.memo)
    owed = sum(line.amount for line in journal.lines if line.reference == credited.order)
    assert (owed, journal.is_balanced) == (-credited.rest, True)
    assert {line.account for line in journal.lines} <= {line.account for line in bill.journal.lines}
    assert f"what {memo.erp_id} left of {bill.erp_id}" in journal.description
    assert states(pod, credited) == {"invoice": ["posted"], "memo": ["posted"], "undoing": []}


@pytest.mark.parametrize("in_full", [False, True])
def test_a_credited_invoice_is_undone_for_the_rest_and_both_are_reversed(world, pod, in_full):
    """The memo stands in the ERP; invoice, memo and the rest come to nothing, and no run makes either again."""
    credited = posted(pod, in_full=in_full)
    reverse(pod, credited)
    assert states(pod, credited) == UNDONE
    bills, credits = held(pod, credited.order)
    assert (bills, credits) == ([credited.sold], [credited.back] if in_full else [credited.back, -credited.rest])
    assert sum(bills) + sum(credits) == 0
    billed, refunded = (look(pod, day, "run-4") for day in (credited.shipped, credited.refunded))
    assert (states(pod, credited), held(pod, credited.order)) == (UNDONE, (bills, credits))
    assert list(world.items()) == ["order_document_reversed"]
    assert all(verdict(one, "read_back_equals_invoice").passed for one in (billed, refunded))
    cleared = verdict(billed, "orders_cleared")
    assert "1 invoices are reversed and come to nothing" in cleared.sentence
    assert [row["open"] for row in cleared.rows if row["order"] == f"{credited.order}, reversed"] == ["0.00"]
    shown = [row for row in billed.rows if row["order"] == credited.order]
    assert [(row["what"], row["state"]) for row in shown] == [("invoice", "reversed"), ("reversal", "posted")]
    assert shown[1]["total"] == str(-credited.rest)
    [memo] = [row for row in refunded.rows if row["order"] == credited.order]
    assert (memo["state"], memo["why"].startswith("undone with AZ-")) == ("reversed", True)
    assert "with its invoice" in verdict(refunded, "accepted_by_erp").sentence


def test_an_invoice_credited_in_full_is_undone_on_record_by_a_person(world, pod):
    """No call is made; who wanted it and why is in the audit trail, and what undid it is named: its memos."""
    credited = posted(pod, in_full=True)
    before = len(memos(pod))
    reverse(pod, credited)
    assert len(memos(pod)) == before
    road = billing(pod)
    [undoing] = revisions_of(road, reversal_source(credited.invoice, 1))
    [memo], [bill] = (road.stores.outbox.documents(one) for one in (credited.memo, credited.invoice))
    assert (undoing.erp_id, undoing.journal.is_on_record, undoing.attempts) == (None, True, 0)
    assert (undoing.reason, bill.reason) == (
        f"nothing was left to be sent: {memo.erp_id} took all of it back",
        f"undone by {memo.erp_id}",
    )
    told = [one.sentence for story in tell(world.stores, "amazon_us", credited.order).stories for one in story.told]
    assert any(f"asked to undo {bill.erp_id}, with credit memos {memo.erp_id}. Reason: billed" in one for one in told)
    assert any("is undone in the books" in one and f"undone with {bill.erp_id}" in one for one in told)
    with pytest.raises(DoneAlready, match="is reversed already, by what its credit memos took back"):
        plan_order_reversal(road, credited.invoice)


@pytest.mark.parametrize("in_full", [False, True])
def test_billed_again_the_invoice_is_whole_and_its_memo_follows_it(world, pod, in_full):
    """One word: the next revision of the invoice, then that of the memo, against it; a settlement clears both."""
    credited = posted(pod, in_full=in_full)
    reverse(pod, credited)
    bill_again(pod, credited)
    look(pod, credited.refunded, "run-6")
    assert states(pod, credited) == AGAIN
    road = billing(pod)
    [bill], [memo] = (road.stores.outbox.documents(one) for one in (credited.invoice, credited.memo))
    assert (memo.journal.billing.credits, memo.erp_id[-2:]) == (bill.key, "-2")
    rest = [] if in_full else [-credited.rest]
    assert held(pod, credited.order) == ([credited.sold] * 2, [credited.back, *rest, credited.back])
    assert world.items() == {}
    road = taken_in(pod, credited, "run-7")
    walked(pod, road)
    assert world.states(road, ONE) == ["posted"]
    cleared = verdict(look(pod, credited.shipped, "run-8"), "orders_cleared")
    assert [row["open"] for row in cleared.rows if credited.order in row["order"]] == ["0.00"]


def test_a_memo_follows_by_itself_whatever_day_it_is_of(world, pod):
    """Wished in the review queue the invoice's day alone is asked for; it asks for the memo's, which is made anew."""
    credited = posted(pod)
    reverse(pod, credited)
    repost_order(billing(pod, "run-5"), credited.invoice, MARIA, "right now")
    fetched(billing(pod, "run-5"), "invoice_postings", [credited.shipped])
    due = {one.partition for one in world.stores.due.listing("amazon_us")}
    assert f"invoice_postings-{credited.refunded}" in due
    fetched(billing(pod, "run-6"), "invoice_postings", [credited.refunded])
    assert states(pod, credited) == AGAIN


def test_it_can_be_undone_and_billed_again_once_more(world, pod):
    """The second round takes along the second memo."""
    credited = posted(pod)
    for number in range(2):
        reverse(pod, credited, f"run-1{number}")
        bill_again(pod, credited, f"run-2{number}")
    assert states(pod, credited) == {
        "invoice": ["reversed", "reversed", "posted"],
        "memo": ["reversed", "reversed", "posted"],
        "undoing": ["posted"],
    }
    bills, credits = held(pod, credited.order)
    assert (len(bills), sum(bills) + sum(credits)) == (3, credited.rest)


def test_a_credit_memo_alone_is_refused_and_names_the_order(world, pod):
    """By its number, its source or its key; undone or not."""
    credited = posted(pod)
    road = billing(pod)
    [memo] = road.stores.outbox.documents(credited.memo)
    for name in (memo.erp_id, memo.key, credited.memo.source_id):
        with pytest.raises(InputRefused, match=f"alone: what a credit memo took.*Name the order: {credited.order}"):
            order_sources(road, name)
    reverse(pod, credited)
    with pytest.raises(InputRefused, match="Name the order"):
        order_sources(road, memo.erp_id)
    assert with_credits(road, [credited.invoice]) == [credited.invoice, credited.memo]


def test_the_settlement_that_cleared_sale_and_refund_goes_first(world, pod):
    """Alone the order is refused; together the invoice waits, and neither it nor its memo is marked before."""
    credited = posted(pod)
    road = taken_in(pod, credited, "run-3")
    walked(pod, road)
    assert world.states(road, ONE) == ["posted"]
    with pytest.raises(InputRefused, match=f"before settlement {ONE}, which cleared it"):
        plan_order_reversal(road, credited.invoice)
    settlement = plan_reversal(road, ONE)
    invoice = plan_order_reversal(road, credited.invoice, frozenset({ONE}))
    for plan in (settlement, invoice):
        apply_reversal(road, plan, "wrong account")
    look(pod, credited.shipped, "run-4")
    assert states(pod, credited) == {"invoice": ["posted"], "memo": ["posted"], "undoing": ["approved"]}
    walked(pod, road)
    look(pod, credited.shipped, "run-5")
    assert states(pod, credited) == UNDONE
    repost(road, ONE, MARIA, "right now")
    walk(road, ONE)
    assert (world.states(road, ONE), "order_not_billed" in world.items()) == (["reversed"], True)
    bill_again(pod, credited)
    walked(pod, road, 3)
    assert world.states(road, ONE) == ["posted"]


def test_a_settlement_that_brings_the_refund_alone_waits_for_the_order(world, pod):
    """Undone, the refund is no refund of revenue: the order is to be billed and credited again first."""
    credited = posted(pod)
    reverse(pod, credited)
    road = taken_in(pod, credited, "run-4", with_sale=False)
    told = verdict(walk(road, ONE).results["erp_postings"], "gate").sentence
    assert f"1 orders have an invoice that is reversed: {credited.order}" in told
    assert world.documents(road, ONE) == []


def test_kept_out_neither_is_made_again(world, pod):
    """`keep` of the one item counts for both, and a run makes nothing."""
    credited = posted(pod)
    reverse(pod, credited)
    world.resolve("order_document_reversed", "keep", "billed by hand")
    for day in (credited.shipped, credited.refunded):
        assert verdict(look(pod, day, "run-4"), "accepted_by_erp").passed
    assert (states(pod, credited), world.items()) == (UNDONE, {})


def test_the_commands_say_what_they_do(world, pod, monkeypatch):
    """`reverse` shows rest and memo, `repost` that the memo follows; both end with every document where it belongs."""
    credited = posted(pod)
    monkeypatch.setattr("connector_defs.cli.reverse.opened_road", lambda name: billing(pod, "run-3"))

    def said(command, reason: str, *more: str) -> str:
        ended = CliRunner().invoke(command, [credited.order, "-c", "amazon_us", "--reason", reason, "--json", *more])
        return ended.output

    assert "with its invoice; it stays in the ERP" in said(reverse_command, "wrong account")
    said(reverse_command, "wrong account", "--apply")
    assert states(pod, credited) == UNDONE
    again = f"after it are made again: Credit memo of order {credited.memo.source_id}"
    assert again in said(repost_command, "right now")
    said(repost_command, "right now", "--apply")
    assert states(pod, credited) == AGAIN
