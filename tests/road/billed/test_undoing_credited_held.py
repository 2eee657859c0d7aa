"""What holds the undoing of a credited invoice: memos under way, another person's word, what the ERP shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.posting.document_sets import revisions_of
from assets.review.approval import approve, reject
from assets.undo.order_reversals import order_sources, plan_order_reversal, repost_order
from assets.undo.reversals import apply_reversal
from emulators import faults as general
from ledger.errors import InputRefused
from ledger.four_eyes import Decider, NeedsAnotherPerson
from ledger.order_documents import CREDIT_MEMO
from ledger.reversal import reversal_source
from tests.road.billing_rig import fetched
from tests.road.credited_rig import MARIA, billing, halved, held, look, posted, refunds, reverse, states
from tests.road.receipt_rig import REFUNDED, SHIPPED, Shop

PAUL = Decider("paul")
TWICE = "111-0000003-0000003"


def test_a_memo_under_way_is_let_come_to_its_end_first(world, pod):
    """Nobody knows yet what it takes back, so nothing is stored; the sentence names it."""
    credited = posted(pod)
    reverse(pod, credited)
    repost_order(billing(pod), credited.invoice, MARIA, "right now")
    look(pod, credited.shipped, "run-5")
    pod.faults.at("createCreditMemo", pod.faults.calls("createCreditMemo") + 1, general.dropped(after=False))
    look(pod, credited.refunded, "run-5")
    assert states(pod, credited)["memo"] == ["reversed", "unclear"]
    with pytest.raises(InputRefused, match=r"while its credit memo AZ-\S+ is unclear: it has to be certain"):
        plan_order_reversal(billing(pod), credited.invoice)
    world.clock.advance(3600)
    look(pod, credited.refunded, "run-6")
    assert states(pod, credited)["memo"] == ["reversed", "posted"]
    assert len(plan_order_reversal(billing(pod), credited.invoice).credits) == 1


def test_a_memo_that_slips_in_is_counted_before_the_rest_is_sent(world, pod):
    """Posted between the look and the wish: the rest is planned anew, less what it took back."""
    order, shipped, refunded, _, _ = refunds(world)[0]
    halved(world, order, refunded)
    look(pod, shipped)
    road = billing(pod, "run-3")
    [source] = order_sources(road, order)
    early = plan_order_reversal(road, source)
    look(pod, refunded)
    apply_reversal(road, early, "wrong account")
    look(pod, shipped, "run-4")
    bills, credits = held(pod, order)
    assert (len(bills), len(credits), sum(bills) + sum(credits)) == (1, 2, 0)
    [memo] = [one for one in road.stores.outbox.listing(belongs_to=order) if one.source.kind == CREDIT_MEMO]
    assert str(memo.state) == "reversed"
    undoing = revisions_of(road, reversal_source(source, 1))
    assert [str(one.state) for one in undoing] == ["refused", "posted"]


@pytest.mark.parametrize("in_full", [False, True])
def test_another_person_approves_the_undoing_and_what_is_posted_again(world, pod, in_full):
    """Also where nothing is sent: rejected, it is as if never asked; approved, it ends. So with the memo made again."""
    credited = posted(pod, in_full=in_full)
    required = {"approval": "required"}
    day, later = (f"invoice_postings-{one}" for one in (credited.shipped, credited.refunded))
    road = replace(billing(pod, "run-3", **required), person="maria")
    for word, others in ((reject, []), (approve, ["refused"])):
        apply_reversal(road, plan_order_reversal(road, credited.invoice), "wrong account")
        look(pod, credited.shipped, "run-3", **required)
        planned = {"invoice": ["posted"], "memo": ["posted"], "undoing": [*others, "planned"]}
        assert states(pod, credited) == planned
        with pytest.raises(NeedsAnotherPerson):
            approve(road, day, MARIA, "mine")
        word(road, day, PAUL, "seen")
        look(pod, credited.shipped, "run-4", **required)
    assert states(pod, credited) == {"invoice": ["reversed"], "memo": ["reversed"], "undoing": ["refused", "posted"]}
    repost_order(road, credited.invoice, MARIA, "right now")
    look(pod, credited.shipped, "run-5", **required)
    approve(road, day, PAUL, "seen")
    look(pod, credited.shipped, "run-5", **required)
    look(pod, credited.refunded, "run-6", **required)
    assert states(pod, credited)["memo"] == ["reversed", "planned"]
    with pytest.raises(NeedsAnotherPerson):
        approve(billing(pod, "run-6", **required), later, MARIA, "mine")
    approve(billing(pod, "run-6", **required), later, PAUL, "seen")
    look(pod, credited.refunded, "run-7", **required)
    assert states(pod, credited)["memo"] == ["reversed", "posted"]


@pytest.mark.parametrize("in_full", [False, True])
def test_the_memos_must_stand_in_the_erp_for_the_order_to_be_undone(world, pod, in_full):
    """A memo that somebody took out of the books took nothing back: nothing is sent or marked, a person is told."""
    credited = posted(pod, in_full=in_full)
    road = billing(pod, "run-3")
    apply_reversal(road, plan_order_reversal(road, credited.invoice), "wrong account")
    [memo] = road.stores.outbox.documents(credited.memo)
    pod.app.books.store.run("DELETE FROM AR_CREDIT_MEMO WHERE NUMBER = ?", [memo.erp_id])
    look(pod, credited.shipped, "run-3")
    assert states(pod, credited) == {"invoice": ["posted"], "memo": ["posted"], "undoing": ["approved"]}
    assert memo.erp_id in world.items()["reversal_of_nothing"].sentence


def test_no_refund_moves_to_another_invoice_of_the_order_while_one_is_undone(world):
    """Two shipments, a refund against the first: with that one undone it would fit the second, and waits for the first.

    Nor does a refund that is told meanwhile go; both follow when the first is billed again.
    """
    shop = Shop(world, said={"clear_by": "journal"})
    shop.tell({TWICE: "100"}, {TWICE: "100"}, {TWICE: "100"})
    days = (SHIPPED, SHIPPED + timedelta(days=1), REFUNDED)

    def looked(run: str) -> dict[str, list[str]]:
        for day in days:
            for asset in ("receivable_invoices", "invoice_postings"):
                fetched(shop.road(run), asset, [day])
        found: dict[str, list[str]] = {}
        listed = shop.world.stores.outbox.listing(belongs_to=TWICE)
        for one in sorted(listed, key=lambda one: (one.journal.accounting_date, one.key)):
            found.setdefault(one.source.kind, []).append(f"{one.revision} {one.state}")
        return found

    assert looked("run-1") == {"invoice": ["1 posted", "1 posted"], "credit_memo": ["1 posted"]}
    first = world.stores.outbox.listing(partition=f"invoice_postings-{SHIPPED}")[0]
    [source] = order_sources(shop.road(), first.erp_id)
    apply_reversal(shop.road(), plan_order_reversal(shop.road(), source), "wrong account")
    for run in ("run-2", "run-3"):
        undone = looked(run)
        assert undone["invoice"] == ["1 reversed", "1 posted"]
        assert (undone["credit_memo"], undone["reversal"]) == (["1 reversed"], ["1 posted"])
    repost_order(shop.road(), source, MARIA, "right now")
    again = looked("run-4")
    assert sorted(again["invoice"]) == ["1 posted", "1 reversed", "2 posted"]
    assert again["credit_memo"] == ["1 reversed", "2 posted"]
