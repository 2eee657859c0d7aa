"""A settlement whose receipts closed invoices, undone by command and posted again: receipts first, then the journal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from assets.posting.document_sets import revisions_of, settlement_source
from assets.reconciliations import reconcile
from assets.undo.order_reversals import order_sources, plan_order_reversal
from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal
from emulators import faults as general
from emulators.fusion import mischief
from ledger.errors import DoneAlready, InputRefused
from ledger.four_eyes import Decider
from ledger.reversal import reversal_source
from tests.road.billing_rig import fetched
from tests.road.receipt_rig import SHIPPED, A, B, Shop, given_back, sold
from tests.road.test_posting_road import ONE
from tests.road.test_receipts import assert_tied

D = Decimal
REVERSAL = {"reversal": {"category": "REV", "reason": "PAYMENT REVERSAL"}}


@pytest.fixture
def shop(world) -> Shop:
    """A seller whose pod has the action that reverses a receipt."""
    return Shop(world, receipts=REVERSAL)


def settled(shop: Shop) -> None:
    """Bill two orders, one of them refunded in part, and settle both."""
    shop.tell({A: "100", B: "205"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"), *sold(B, "205.00"))
    assert shop.balances() == {A: 0, B: 0}


def reverse(shop: Shop, looks: int = 2) -> None:
    """Do what `connector reverse --apply` does."""
    apply_reversal(shop.road(), plan_reversal(shop.road(), ONE), "wrong receipt method")
    shop.walked(ONE, looks)


def undoing(shop: Shop) -> list[str]:
    """Return form and state of what undoes the first revision."""
    source = reversal_source(settlement_source(shop.road(), ONE), 1)
    return [f"{one.journal.form} {one.state}" for one in revisions_of(shop.road(), source)]


def calls(shop: Shop) -> int:
    """Return how often the action was called."""
    return list(shop.pod.app.calls).count("reverseReceipt")


def test_the_plan_shows_receipts_first_and_changes_nothing(shop):
    """Each under the number of its receipt, with a mark."""
    settled(shop)
    plan = plan_reversal(shop.road(), ONE)
    assert [one.form for one in plan.journals.journals] == ["receipt", "journal"]
    [receipt] = shop.receipt_rows()
    assert shop.road().target.erp_id(plan.journals.journals[0]) == f"{receipt['ReceiptNumber']}.R1"
    assert (calls(shop), shop.balances()) == (0, {A: 0, B: 0})


def test_reversed_its_invoices_are_open_again_and_nothing_is_left(shop):
    """The receipt is reversed, applied to nothing; journal and receipt come to nothing on clearing, and are proved."""
    settled(shop)
    reverse(shop)
    assert (undoing(shop), calls(shop)) == (["receipt posted", "journal posted"], 1)
    assert set(shop.world.states(shop.road(), ONE)) == {"reversed"}
    assert [one["State"] for one in shop.receipt_rows()] == ["Reversed"]
    assert (shop.balances(), shop.ledger()) == ({A: D(95), B: D(200)}, {})
    assert list(shop.world.items()) == ["settlement_reversed"]
    proof = reconcile(shop.road(), ONE)
    assert [(one.check, one.sentence) for one in proof.verdicts if not one.passed and one.is_blocking] == []
    assert (proof.facts["ties"], proof.facts["state"]) == (True, "reversed")
    with pytest.raises(DoneAlready, match=r"is reversed already, by AZ-\S+\.R1"):
        plan_reversal(shop.road(), ONE)


def test_posted_again_it_has_a_receipt_of_a_new_number(shop):
    """Journal and receipt anew, once; what was reversed stays so."""
    settled(shop)
    reverse(shop)
    repost(shop.road(), ONE, Decider("controller"), "corrected")
    shop.walked(ONE)
    first, second = shop.receipt_rows()
    assert first["ReceiptNumber"] != second["ReceiptNumber"]
    assert (first["State"], second.get("State")) == ("Reversed", None)
    assert (shop.balances(), calls(shop)) == ({A: 0, B: 0}, 1)
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])
    assert shop.world.items() == {}


@pytest.mark.parametrize(
    "fault",
    [
        general.dropped(after=True),
        general.dropped(),
        mischief.delivered_twice(),
        mischief.commits_later(30),
    ],
    ids=["answer lost", "never arrived", "delivered twice", "taken later"],
)
def test_an_unclear_answer_is_settled_by_the_receipts_state(shop, fault):
    """Reversed once, whatever became of the answer."""
    settled(shop)
    shop.pod.faults.next("reverseReceipt", fault)
    reverse(shop)
    for _ in range(4):
        shop.world.clock.advance(4_000)
        shop.walked(ONE)
    assert undoing(shop) == ["receipt posted", "journal posted"]
    assert (shop.balances(), shop.ledger()) == ({A: D(95), B: D(200)}, {})


def test_a_refused_reversal_leaves_the_journal_alone(shop):
    """The receipt goes first: where it is refused, nothing of the settlement is undone; corrected it goes on."""
    settled(shop)
    receivables = shop.pod.app.site.receivables
    receivables.reversal_reasons = ("ANOTHER",)
    reverse(shop)
    assert undoing(shop) == ["receipt refused", "journal approved"]
    assert "isn't a valid lookup code" in shop.world.items()["reversal_refused"].sentence
    assert (shop.balances(), set(shop.world.states(shop.road(), ONE))) == ({A: 0, B: 0}, {"posted"})
    receivables.reversal_reasons = ("PAYMENT REVERSAL",)
    shop.world.resolve("reversal_refused", "retry", "the code is there now")
    shop.walked(ONE)
    assert undoing(shop)[-2:] == ["receipt posted", "journal posted"]
    assert (shop.balances(), shop.ledger()) == ({A: D(95), B: D(200)}, {})


def test_a_receipt_that_somebody_reversed_meanwhile_counts_as_undone(shop):
    """Asked by state before it is sent: nothing is sent for it, and the journal follows."""
    settled(shop)
    apply_reversal(shop.road(), plan_reversal(shop.road(), ONE), "wrong receipt method")
    [receipt] = shop.receipt_rows()
    shop.pod.app.receipts.reverse(receipt["ID"])
    shop.walked(ONE)
    assert (undoing(shop), calls(shop)) == (["receipt posted", "journal posted"], 0)
    assert (shop.balances(), shop.ledger()) == ({A: D(95), B: D(200)}, {})


def test_after_the_settlement_its_invoice_is_undone_too(shop):
    """Dependents first: receipt, journal, invoice."""
    settled(shop)
    [source] = order_sources(shop.road(), A)
    with pytest.raises(InputRefused, match=f"cannot be reversed before settlement {ONE}"):
        plan_order_reversal(shop.road(), source)
    reverse(shop)
    apply_reversal(shop.road(), plan_order_reversal(shop.road(), source), "wrong customer")
    fetched(shop.road(), "invoice_postings", [SHIPPED])
    assert shop.balances() == {A: 0, B: D(200)}


def test_an_invoice_with_credit_memos_on_account_stays_refused(shop):
    """Its receipt is reversed by command; the memo is open and not against it, so both are undone in the ERP."""
    shop.tell({A: "100", B: "205"}, {A: "40"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"), *sold(B, "205.00"), *given_back(A, "40.00"))
    reverse(shop)
    assert undoing(shop) == ["receipt posted", "journal posted"]
    [source] = order_sources(shop.road(), A)
    with pytest.raises(InputRefused, match="on account and not against it"):
        plan_order_reversal(shop.road(), source)


def test_a_pod_without_the_action_stops_and_says_so(shop):
    """Older than 26D: nothing was done, and the sentence names what to look at."""
    settled(shop)
    receivables = shop.pod.app.site.receivables
    receivables.switches = replace(receivables.switches, has_reverse_receipt=False)
    reverse(shop)
    assert undoing(shop) == ["receipt approved", "journal approved"]
    assert "target_misconfigured" in shop.world.items()
    assert shop.balances() == {A: 0, B: 0}
