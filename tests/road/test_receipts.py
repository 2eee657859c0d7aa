"""Rule 6, `clear_by: receipts`: what a settlement pays closes open invoices by receipt, its journal holds the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from assets.audit.pack import audit_pack
from assets.audit.story import tell
from assets.bank.cash_plans import is_posted
from assets.erp_documents import list_documents
from assets.review.approval import approve
from assets.settlements.replay import replay, without_doors
from assets.undo.order_reversals import order_sources, plan_order_reversal
from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal
from emulators import faults
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import LINE_CONTEXT
from emulators.fusion.site import Timing
from ledger.errors import InputRefused
from ledger.four_eyes import Decider
from tests.road.billing_rig import INVOICING, fetched, verdict
from tests.road.conftest import World
from tests.road.receipt_rig import CONTROL, LATER, SHIPPED, A, B, Shop, given_back, sold
from tests.road.test_posting_road import ONE

TWO = "24758270546"
D = Decimal


@pytest.fixture
def shop(world: World) -> Shop:
    """A seller whose invoices receipts close."""
    return Shop(world)


def assert_tied(shop: Shop, settlement_id: str, states: list[str]) -> None:
    """Every part stands so, and reading back finds nothing wrong."""
    documents = shop.world.documents(shop.road(), settlement_id)
    assert [f"{one.journal.form} {one.state}" for one in documents] == states
    [proof] = [shop.walked(settlement_id, looks=0).results["reconciliations"]]
    assert [(one.check, one.sentence) for one in proof.verdicts if not one.passed and one.is_blocking] == []
    assert (proof.facts["ties"], proof.facts["state"]) == (True, "posted")


def test_an_invoice_stays_open_until_its_settlement_is_received(shop):
    """Order receivable 95, discount 5 / sales 100; then the receipt: clearing 95 / order receivable 95."""
    shop.tell({A: "100"})
    shop.bill()
    assert shop.balances() == {A: D(95)}
    shop.settle(ONE, *sold(A, "100.00"))
    assert shop.balances() == {A: 0}
    [receipt] = shop.receipt_rows()
    told = {name: receipt[name] for name in ("ReceiptMethod", "CustomerAccountNumber", "Amount", "Currency")}
    assert told == {
        "ReceiptMethod": "Amazon Clearing",
        "CustomerAccountNumber": "1008",
        "Amount": "95",
        "Currency": "USD",
    }
    # Pass-through tax 8 / pass-through tax 8, fee 15 / clearing 15: no line on the control account of open invoices.
    assert shop.ledger() == {"600100": D(15), "110500": D(-15)}
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])


def test_a_refund_in_full_is_received_against_its_credit_memo(shop):
    """Credit memo -95 on account; the settlement with its refund: order receivable 95 / clearing 95, clearing 15 / fee
    15. The other order of it brings more, so that there is money to receive."""
    shop.tell({A: "100", B: "205"}, {A: "100"})
    shop.bill()
    assert shop.balances() == {A: 0, B: D(200)}, "95 to pay and 95 to give"
    shop.settle(ONE, *sold(A, "100.00"))
    assert shop.balances() == {A: D(-95), B: D(200)}
    shop.settle(TWO, *sold(B, "205.00", LATER), *given_back(A, "100.00", LATER), start=LATER)
    assert shop.balances() == {A: 0, B: 0}
    _, second = shop.receipt_rows()
    assert second["Amount"] == "105"
    assert sorted(D(one["ReferenceAmount"]) for one in second["remittanceReferences"]) == [D(-95), D(200)]
    # 80 of the first settlement, 95 less of the second: fees 15 and 15, of which 15 come back.
    assert shop.ledger() == {"600100": D(15), "110500": D(-15)}
    for settlement_id in (ONE, TWO):
        assert_tied(shop, settlement_id, ["journal posted", "receipt posted"])


def test_sale_and_refund_of_one_settlement_are_received_together(shop):
    """Invoice and credit memo stand in the same receipt, which another order lifts above zero."""
    shop.tell({A: "100", B: "205"}, {A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"), *given_back(A, "100.00"), *sold(B, "205.00"))
    [receipt] = shop.receipt_rows()
    assert receipt["Amount"] == "200"
    assert len(receipt["remittanceReferences"]) == 3
    assert shop.balances() == {A: 0, B: 0}
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])


def test_no_receipt_is_of_nothing_or_less(shop):
    """A settlement that gave back more than it brought is held whole: its journal would not be the settlement."""
    shop.tell({A: "100"}, {A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    walked = shop.settle(TWO, *given_back(A, "100.00", LATER), start=LATER)
    assert walked.stopped_at == "journals"
    assert (
        "comes to -95.00 USD, and a receipt has to be above zero" in shop.world.items()["receipt_not_possible"].sentence
    )
    assert (shop.world.documents(shop.road(), TWO), len(shop.receipt_rows())) == ([], 1)


def test_a_settlement_that_brings_more_than_is_open_is_held(shop):
    """Never more is applied than an invoice holds: the order is named."""
    shop.tell({A: "100"})
    shop.bill()
    walked = shop.settle(ONE, *sold(A, "120.00"))
    assert walked.stopped_at == "journals"
    assert f"more than is open on their invoices and credit memos, in USD: {A} (20.00)" in (
        shop.world.items()["receipt_not_possible"].sentence
    )
    assert shop.receipt_rows() == []


def test_less_than_was_billed_leaves_the_rest_open_and_is_named(shop):
    """A settlement may pay a part: the rest stays open, and the check per order names it."""
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "60.00"))
    assert shop.balances() == {A: D(40)}
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])
    [posted] = fetched(shop.road(), "invoice_postings", [SHIPPED]).values()
    cleared = verdict(posted, "orders_cleared")
    assert (cleared.passed, [row["open"] for row in cleared.rows]) == (False, ["40.00"])


def test_what_one_settlement_has_paid_no_other_one_pays_again(shop):
    """The second half of a sale is applied to what the first has left."""
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "60.00"))
    shop.settle(TWO, *sold(A, "45.00", LATER), start=LATER)
    assert shop.balances() == {A: 0}
    assert [one["Amount"] for one in shop.receipt_rows()] == ["55", "40"]


def test_an_order_that_was_never_billed_stays_revenue_of_the_journal(shop):
    """Shipped before orders are billed: its journal books it, beside the receipt of the other."""
    shop.tell({A: "100"})
    shop.bill()
    early = "111-0000009-0000009"
    shop.settle(ONE, *sold(A, "100.00"), *sold(early, "50.00"))
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])
    assert shop.ledger()["400100"] == D(-50)
    [made] = fetched(shop.road(), "receivable_invoices", [SHIPPED]).values()
    assert verdict(made, "revenue_once").passed


def test_a_settlement_waits_for_its_invoices(shop):
    """Nothing of it is sent, neither journal nor receipt, while an invoice is missing."""
    shop.tell({A: "100"})
    walked = shop.settle(ONE, *sold(A, "100.00"))
    assert "1 orders were shipped and have no invoice" in verdict(walked.results["erp_postings"], "gate").sentence
    assert shop.world.documents(shop.road(), ONE) == []
    shop.bill()
    shop.walked(ONE)
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])


def test_a_settlement_is_under_way_until_its_receipt_is_applied(world):
    """AutoMatch is the site's: until it has run, the receipt waits, with what it waits for."""
    shop = Shop(world, timing=Timing(autopost_after_seconds=2))
    shop.tell({A: "100"})
    shop.bill()
    walked = shop.settle(ONE, *sold(A, "100.00"))
    assert shop.world.states(shop.road(), ONE) == ["posted", "importing"]
    told = verdict(walked.results["erp_postings"], "accepted_by_erp").sentence
    assert "waits for AutoMatch, or a person, to apply 95.00 USD of it" in told
    shop.pod.app.receipts.automatch(shop.receipt_rows()[0]["ID"])
    shop.walked(ONE)
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])


@pytest.mark.parametrize("is_queryable", [True, False])
def test_a_lost_answer_makes_no_second_receipt(world, is_queryable):
    """It landed and nobody heard: found by its number, or by reading all receipts where no number can be asked for."""
    shop = Shop(world, receipts={"is_number_queryable": is_queryable})
    site = shop.pod.app.books.site
    if not is_queryable:
        switches = replace(site.receivables.switches, is_receipt_number_queryable=False)
        site = replace(site, receivables=replace(site.receivables, switches=switches))
        shop.pod.app = build_app(site, world.clock, shop.pod.faults)
        shop.receive(CONTROL)
    shop.pod.faults.at("createStandardReceipt", 1, faults.dropped(after=True))
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    world.clock.advance(3600)
    shop.walked(ONE)
    assert len(shop.receipt_rows()) == 1
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])


def test_a_receipt_that_is_refused_leaves_nothing_half_done(shop):
    """Its journal stands, the sentence says so; put right, the same content goes by a person's word."""
    site = shop.pod.app.books.site
    known = site.receivables
    site.receivables = replace(known, receipt_methods=("Manual",))
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    assert shop.world.states(shop.road(), ONE) == ["posted", "refused"]
    told = shop.world.items()["posting_refused"].sentence
    assert ("The receipt method doesn't exist" in told, "Already in the books" in told) == (True, True)
    site.receivables = known
    plan = plan_reversal(shop.road(), ONE)
    assert [one.journal.form for one in plan.originals] == ["journal"]
    apply_reversal(shop.road(), plan, "receipt method")
    shop.walked(ONE)
    repost(shop.road(), ONE, Decider("controller"), "created")
    shop.walked(ONE)
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])
    assert shop.balances() == {A: 0}


def test_what_a_receipt_closes_is_not_reversed_by_command(shop):
    """No document undoes a receipt: the sentence says what a person does, and then it goes."""
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    with pytest.raises(InputRefused, match=r"it has receipts that are applied to invoices .* Reverse them in the ERP"):
        plan_reversal(shop.road(), ONE)
    [receipt] = shop.receipt_rows()
    shop.pod.app.receipts.reverse(receipt["ID"])
    shop.walked(ONE, looks=0)
    assert shop.world.states(shop.road(), ONE) == ["posted", "review"]
    assert "was reversed" in shop.world.items()["posting_removed"].sentence
    shop.world.clock.advance(3600)
    shop.world.give_up(shop.road(), ONE)
    apply_reversal(shop.road(), plan_reversal(shop.road(), ONE), "wrong account")
    shop.walked(ONE)
    assert shop.ledger() == {}
    assert shop.balances() == {A: D(95)}
    repost(shop.road(), ONE, Decider("controller"), "corrected")
    shop.walked(ONE)
    assert (shop.balances(), len(shop.receipt_rows())) == ({A: 0}, 2)
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])


def test_an_invoice_that_was_received_goes_after_its_settlement(shop):
    """What stands on it is named; one that waits for its settlement is credited whole, against the invoice itself."""
    shop.tell({A: "100", B: "205"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    [source] = order_sources(shop.road(), A)
    with pytest.raises(InputRefused, match=f"cannot be reversed before settlement {ONE}"):
        plan_order_reversal(shop.road(), source)
    [source] = order_sources(shop.road(), B)
    apply_reversal(shop.road(), plan_order_reversal(shop.road(), source), "wrong product")
    fetched(shop.road(), "invoice_postings", [SHIPPED])
    assert shop.balances()[B] == 0
    assert [row["CREDITED_ID"] != "" for row in shop.pod.app.credit_memos.rows()] == [True]


def test_an_invoice_whose_credit_memos_are_on_account_is_not_reversed_by_command(shop):
    """They are not against it: crediting it would leave them open for ever. Another order of the day goes."""
    shop.tell({A: "100", B: "205"}, {A: "100"})
    shop.bill()
    before = shop.balances()
    [source] = order_sources(shop.road(), A)
    with pytest.raises(InputRefused, match=r"its credit memos \(AZ-\S+\) are on account and not against it"):
        plan_order_reversal(shop.road(), source)
    assert shop.balances() == before
    [source] = order_sources(shop.road(), B)
    assert plan_order_reversal(shop.road(), source).credits == ()


def test_a_receipt_of_many_orders_is_dealt_into_several(world):
    """As few as take so many each, and together they are the settlement."""
    shop = Shop(world, {"applied_to_max": 2})
    orders = {f"111-000000{number}-0000001": f"{100 + number}" for number in range(5)}
    shop.tell(orders)
    shop.bill()
    shop.settle(ONE, *(row for order, price in orders.items() for row in sold(order, price)))
    assert sorted(len(one["remittanceReferences"]) for one in shop.receipt_rows()) == [1, 2, 2]
    assert set(shop.balances().values()) == {0}
    assert_tied(shop, ONE, ["journal posted", *["receipt posted"] * 3])


def test_both_ways_stand_beside_each_other(shop):
    """An invoice that was billed for the journal is cleared by it, whatever the connection says since."""
    by_journal = {"invoicing": {**INVOICING, "shipped_from": SHIPPED.isoformat()}}
    shop.tell({A: "100"})
    shop.bill(**by_journal)
    shop.settle(ONE, *sold(A, "100.00"))
    assert_tied(shop, ONE, ["journal posted"])
    assert (shop.receipt_rows(), shop.ledger().get("110900")) == ([], D(-95))


def test_the_journal_never_touches_what_receipts_close(shop):
    """Told to clear by journal after an open invoice was made, the settlement is held."""
    by_journal = {"invoicing": {**INVOICING, "shipped_from": SHIPPED.isoformat()}}
    shop.tell({A: "100"})
    shop.bill()
    walked = shop.settle(ONE, *sold(A, "100.00"), **by_journal)
    gate = verdict(walked.results["erp_postings"], "gate").sentence
    assert "an invoice that only a receipt closes, and the connection clears by journal now" in gate
    assert shop.ledger() == {}


def test_an_approved_settlement_is_approved_with_its_receipts(shop):
    """One word for the whole set, journal and receipt."""
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"), approval="required")
    assert shop.world.states(shop.road(), ONE) == ["planned", "planned"]
    approve(shop.road(), ONE, Decider("controller"), "checked")
    shop.walked(ONE)
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])


def test_what_fusion_holds_is_listed_and_a_receipt_of_others_is_told(shop):
    """The daily list knows our receipts, and names one under our word that nobody here has sent."""
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    listed = list_documents(shop.road())
    assert [one.passed for one in listed.verdicts] == [True]
    [receipt] = shop.receipt_rows()
    body = {name: value for name, value in receipt.items() if name not in ("ID",)} | {"ReceiptNumber": "AZ-STRANGE-1"}
    shop.receive(body)
    listed = list_documents(shop.road())
    assert [one.passed for one in listed.verdicts] == [False]
    assert "AZ-STRANGE-1" in listed.verdicts[0].sentence


def test_a_replay_makes_the_same_receipts(shop):
    """Journals and receipts come out again, line by line."""
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    with without_doors(shop.road()) as road:
        found = replay(road, ONE)
    assert (found.is_same, len(found.journals)) == (True, 2), found.sentence()


def test_the_first_receipt_of_all_takes_a_persons_word_that_there_is_none(world):
    """Without one that comes back an empty answer proves nothing: a word lets the first one go."""
    shop = Shop(world, is_first=True)
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    assert (shop.world.states(shop.road(), ONE), shop.receipt_rows()) == (["posted", "approved"], [])
    shop.receipts = {"is_confirmed_empty": True}
    shop.walked(ONE)
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])


def test_the_story_of_an_order_leads_to_the_receipt_that_paid_it(world):
    """Of several receipts the one that is applied to its invoice; its fee leads to the journal."""
    shop = Shop(world, {"applied_to_max": 1})
    shop.tell({A: "100", B: "205"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"), *sold(B, "205.00"))
    by_order = {one["remittanceReferences"][0]["ReferenceAmount"]: one["ReceiptNumber"] for one in shop.receipt_rows()}
    stories = tell(shop.world.stores, "amazon_us", A, shop.road().policy).stories
    [told] = [one for one in stories if one.rows]
    names = {(one.labels[2], one.movements[0].documents) for one in told.rows if one.labels[1] != "ItemWithheldTax"}
    journal = shop.world.documents(shop.road(), ONE)[0].erp_id
    assert names == {("Principal", (by_order["95"],)), ("Tax", (journal,)), ("Commission", (journal,))}


def test_receipts_stand_in_the_pack_of_their_month_and_on_the_clearing_item(shop):
    """Each document with what it moves of the item; together they are the settlement."""
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    documents = shop.world.documents(shop.road(), ONE)
    month = documents[0].journal.accounting_date.strftime("%Y-%m")
    pages = {one.name: one for one in audit_pack(shop.road(), month, "0.1.0").pages}
    rows = [row for row in pages["documents"].rows if row["settlement"] == ONE]
    assert [(row["ERP document"], row["on clearing item"]) for row in rows] == [
        (documents[0].erp_id, D("-15.00")),
        (documents[1].erp_id, D("95.00")),
    ]
    assert [row["on clearing item"] for row in pages["documents"].rows if row["kind"] == "invoice"] == [0]


def test_the_bank_receipt_waits_for_all_of_a_settlement(world):
    """A settlement is in the books when its receipts are."""
    shop = Shop(world, timing=Timing(autopost_after_seconds=2))
    shop.tell({A: "100"})
    shop.bill()
    shop.settle(ONE, *sold(A, "100.00"))
    assert not is_posted(shop.road(), ONE)
    shop.pod.app.receipts.automatch(shop.receipt_rows()[0]["ID"])
    shop.walked(ONE)
    assert is_posted(shop.road(), ONE)
    receipt = shop.world.documents(shop.road(), ONE)[1].journal
    item = shop.road().target.open_item(receipt.lines[0].account, receipt.document_reference, ONE)
    assert item == {"USD": D(80)}


def test_invoices_that_go_in_one_file_are_open_too(world):
    """AutoInvoice makes them of the same type as a call of their own."""
    shop = Shop(world, receivables={"import_from": 2, "line_context": LINE_CONTEXT})
    shop.tell({A: "100", B: "205"})
    shop.bill()
    world.clock.advance(60)
    shop.bill("run-2")
    assert [json.loads(one["BODY"])["TransactionType"] for one in shop.pod.app.invoices.rows()] == ["Invoice"] * 2
    shop.settle(ONE, *sold(A, "100.00"), *sold(B, "205.00"))
    assert {shop.pod.app.invoices.balance(one["ID"]) for one in shop.pod.app.invoices.rows()} == {0}
    assert_tied(shop, ONE, ["journal posted", "receipt posted"])


def test_two_shipments_of_an_order_are_received_together_or_one_by_one(shop):
    """The invoice of just that amount first, else the oldest; nothing is paid twice."""
    shop.tell({A: "100"}, again={A: "50"})
    shop.bill()
    for asset in ("receivable_invoices", "invoice_postings"):
        fetched(shop.road(), asset, [SHIPPED + timedelta(days=1)])
    assert shop.balances() == {A: D(140)}
    shop.settle(ONE, *sold(A, "50.00"))
    assert shop.balances() == {A: D(95)}
    shop.settle(TWO, *sold(A, "100.00", LATER), start=LATER)
    assert shop.balances() == {A: 0}
    for settlement_id in (ONE, TWO):
        assert_tied(shop, settlement_id, ["journal posted", "receipt posted"])


def test_an_order_that_is_billed_in_both_ways_is_held(shop):
    """Nobody can say which of its invoices a settlement pays."""
    by_journal = {"invoicing": {**INVOICING, "shipped_from": SHIPPED.isoformat()}}
    shop.tell({A: "100"}, again={A: "50"})
    shop.bill(**by_journal)
    for asset in ("receivable_invoices", "invoice_postings"):
        fetched(shop.road(), asset, [SHIPPED + timedelta(days=1)])
    walked = shop.settle(ONE, *sold(A, "150.00"))
    assert walked.stopped_at == "journals"
    told = shop.world.items()["receipt_not_possible"].sentence
    assert f"1 orders have an invoice that the settlement's journal clears and one that a receipt clears: {A}." in told
    assert (shop.receipt_rows(), shop.ledger()) == ([], {})
