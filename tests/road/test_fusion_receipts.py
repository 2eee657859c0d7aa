"""Receipts at a Fusion pod: made once by number, found over all revisions, read back with what they are for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from assets.receivable_invoices import make_invoices
from emulators.fusion import mischief
from emulators.fusion.site import RECEIVABLES as RECEIVABLES_PERIODS
from ledger.applied import Applied
from ledger.catalogue import load_catalogue
from ledger.errors import (
    ConfigurationRefused,
    InputRefused,
    TargetMisconfigured,
    TargetRefused,
    TargetUnavailable,
    TargetUnclear,
)
from ledger.journal import Journal, JournalLine, SourceKey
from ledger.reversal import Posted, reversal_of
from resources.erp.fusion.receivables import payload, receipt_payload
from resources.erp.target import BooksState
from tests.road.conftest import World
from tests.road.receipt_rig import CONTROL, RECEIPTS, SHIPPED, Shop
from tests.road.test_fusion_receivables import ORDER, RECEIVABLES, account, invoice, switch

DAY = date(2026, 11, 14)
SOURCE = SourceKey("A1SELLER", "fusion:300000046975971", "settlement", "24758260539")
D = Decimal


def opened(**changes) -> Journal:
    """Return the invoice of the example as one that a receipt closes."""
    plain = invoice(**changes)
    return replace(plain, billing=replace(plain.billing, clear_by="receipts"))


def receipt(*applied: tuple[str, str], revision: int = 1, **changes) -> Journal:
    """Return a receipt applied to documents by posting key, by default to the example's invoice."""
    told = applied or ((opened().key, "95.00"),)
    total = sum(D(amount) for _, amount in told)
    lines = [JournalLine(1, account("110500"), total, "SBDGAJX7F")]
    lines += [
        JournalLine(place, account("110900"), -D(amount), ORDER) for place, (_, amount) in enumerate(told, start=2)
    ]
    made = Journal(
        source=SOURCE,
        revision=revision,
        part=2,
        parts=2,
        unit="01",
        accounting_date=DAY,
        currency="USD",
        rate_type="Corporate",
        description="Amazon settlement 24758260539, paid for customer 1008",
        lines=tuple(lines),
        document_reference="SBDGAJX7F",
        applied=Applied("1008", ("", *(key for key, _ in told))),
    )
    return replace(made, **changes)


@pytest.fixture
def shop(world: World) -> Shop:
    """The demo pod, with a receipt of somebody else."""
    return Shop(world)


@pytest.fixture
def target(shop):
    """The pod as the road sees it, with receipts set up."""
    return shop.road().target


def test_a_receipt_is_sent_with_all_that_fusion_asks_for(shop, target):
    """Number, method, unit, amount, customer, and by number what it is for."""
    target.submit(opened())
    name = target.submit(receipt())
    [made] = shop.receipt_rows()
    assert made["ReceiptNumber"] == name == target.erp_id(receipt())
    told = ("ReceiptMethod", "BusinessUnit", "Amount", "ReceiptDate", "AccountingDate", "CustomerAccountNumber")
    assert [made[one] for one in told] == [
        "Amazon Clearing",
        "US1 Business Unit",
        "95",
        "2026-11-14",
        "2026-11-14",
        "1008",
    ]
    assert made["Comments"].startswith("AMZ 24758260539 r1 p2/2 ")
    assert made["remittanceReferences"] == [
        {
            "ReceiptMatchBy": "Transaction Number",
            "ReferenceNumber": target.erp_id(opened()),
            "ReferenceAmount": "95",
        }
    ]
    assert target.link(receipt()) == f"https://pod.example/fscmUI/receipt/{name}"


def test_a_receipt_waits_until_it_is_applied_and_is_read_back_line_by_line(shop, target):
    """Clearing and what it is for, as they were sent."""
    target.submit(opened())
    target.submit(receipt())
    [row] = shop.receipt_rows()
    assert target.status(receipt()).state is BooksState.WAITING
    assert target.read_back(receipt()).remarks[0].startswith("Of receipt ")
    shop.pod.app.receipts.automatch(row["ID"])
    assert target.status(receipt()).state is BooksState.POSTED
    back = target.read_back(receipt())
    assert [(one.account, one.amount, one.reference) for one in back.lines] == [
        (one.account, one.amount, one.reference) for one in receipt().lines
    ]
    assert (back.state, back.remarks, back.accounting_date) == (BooksState.POSTED, (), DAY)


def test_a_receipt_is_found_over_all_revisions_and_told_from_another(target):
    """The same number and another content is not the same."""
    target.submit(opened())
    target.submit(receipt())
    [found] = target.find([receipt()]).found
    assert (found.key_matches, found.is_same, found.debits) == (receipt().key, True, D(95))
    [other] = target.find([receipt((opened().key, "90.00"))]).found
    assert (other.is_same, other.source_id) == (False, "24758260539")
    [later] = target.find([receipt(revision=2)]).found
    assert (later.key_matches, later.erp_id) == ("", target.erp_id(receipt()))


def test_journals_and_receipts_of_one_settlement_are_looked_for_together(target):
    """Each in its own books; together they are certain where both are."""
    journal = replace(receipt(), applied=None, part=1)
    sightings = target.find([journal, receipt()])
    assert (sightings.found, sightings.is_certain) == ((), True)
    assert CONTROL["ReceiptNumber"] in sightings.control


def test_an_empty_answer_proves_nothing_while_no_receipt_is_seen(shop, target):
    """Blind to receipts, or none there: not absent."""
    shop.pod.faults.at("standardReceipts", 1, mischief.blind())
    shop.pod.faults.at("standardReceipts", 2, mischief.blind())
    sightings = target.find([receipt()])
    assert (sightings.found, sightings.is_certain) == ((), False)


def test_a_second_receipt_of_one_number_is_no_success(shop, target):
    """Fusion need not keep numbers unique: what a gateway delivered twice is told, and nothing more is sent."""
    target.submit(opened())
    shop.pod.faults.at("createStandardReceipt", 1, mischief.delivered_twice())
    target.submit(receipt())
    status = target.status(receipt())
    assert (status.state, len(shop.receipt_rows())) == (BooksState.ERROR, 2)
    assert "Fusion holds 2 receipts of this number" in status.messages[0]
    with pytest.raises(TargetUnclear, match="holds one of this number already"):
        target.submit(receipt())
    assert len(target.find([receipt()]).found) == 2
    first, second = (row["ID"] for row in shop.receipt_rows())
    shop.pod.app.receipts.automatch(first)
    shop.pod.app.receipts.reverse(second)
    assert target.status(receipt()).state is BooksState.POSTED
    assert [one.state for one in target.find([receipt()]).found] == [BooksState.POSTED]


def test_a_receipt_that_somebody_reversed_is_removed(shop, target):
    """It stays to be seen, and stands on no item."""
    target.submit(opened())
    target.submit(receipt())
    [row] = shop.receipt_rows()
    shop.pod.app.receipts.automatch(row["ID"])
    reference = receipt_payload.reference(SOURCE.source_id)
    assert [one.amount for one in target.item_entries(account("110500"), reference, SOURCE.source_id)] == [D(95)]
    shop.pod.app.receipts.reverse(row["ID"])
    status = target.status(receipt())
    assert (status.state, status.happened) == (BooksState.REMOVED, "was reversed")
    assert target.item_entries(account("110500"), reference, SOURCE.source_id) == []


def undoing(made: Journal, revision: int = 1) -> Journal:
    """Return what undoes a receipt."""
    [found] = reversal_of([Posted(made, "AZ-1")]).journals
    return replace(found, revision=revision)


def test_a_reversal_is_known_by_the_state_of_its_receipt(world):
    """Nothing before it is sent; once sent it is there, under every revision, and reads back with opposite signs."""
    shop = Shop(world, receipts={"reversal": {"category": "REV", "reason": "PAYMENT REVERSAL"}})
    target = shop.road().target
    target.submit(opened())
    target.submit(receipt())
    undo = undoing(receipt())
    assert target.erp_id(undo) == f"{target.erp_id(receipt())}.R1"
    assert target.link(undo) == target.link(receipt())
    assert (target.status(undo).state, target.find([undo]).found) == (BooksState.ABSENT, ())
    assert target.find([undo]).is_certain
    with pytest.raises(TargetUnavailable, match="its receipt is not reversed there"):
        target.read_back(undo)
    assert target.submit(undo) == target.erp_id(undo)
    assert target.status(undo).state is BooksState.POSTED
    for one in (undo, undoing(receipt(), revision=2)):
        [found] = target.find([one]).found
        assert (found.erp_id, found.key_matches, found.is_same) == (target.erp_id(one), one.key, True)
    back = target.read_back(undo)
    assert [one.amount for one in back.lines] == [one.amount for one in undo.lines]
    assert target.read_back(receipt()).remarks == ()
    with pytest.raises(TargetUnclear, match="is reversed already"):
        target.submit(undo)
    assert list(shop.pod.app.calls).count("reverseReceipt") == 1


def test_a_reversal_of_what_is_not_there_is_not_sent(world):
    """It may show later; without category and reason none is sent at all."""
    shop = Shop(world, receipts={"reversal": {"category": "REV", "reason": "PAYMENT REVERSAL"}})
    with pytest.raises(TargetUnavailable, match="Fusion does not show it"):
        shop.road().target.submit(undoing(receipt()))
    assert shop.road().target.reverses_receipts
    plain = Shop(world).road().target
    assert not plain.reverses_receipts
    with pytest.raises(TargetMisconfigured, match="do not say how"):
        plain.submit(undoing(receipt()))


def test_what_is_not_there_is_not_read(target):
    """A sentence instead of an empty receipt."""
    assert target.status(receipt()).state is BooksState.ABSENT
    with pytest.raises(TargetUnavailable, match="is not in Fusion's books"):
        target.read_back(receipt())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (receipt(currency="EUR"), "under which names a receipt takes a rate is not documented"),
        (receipt((opened().key, "-95.00")), "is not one amount above zero"),
        (receipt(applied=Applied("", ("", opened().key))), "names no customer"),
        (receipt(applied=Applied("1008", ("", ""))), "is not one amount above zero"),
        (receipt(revision=10**12), "and 30 are sure to be kept"),
    ],
)
def test_what_no_receipt_can_hold_is_refused_before_anything_is_sent(shop, target, wrong, said):
    """By the gate as a finding, and by the send itself."""
    found = [one.sentence for one in target.check_accounts((), [wrong])]
    assert [one for one in found if said in one], found
    with pytest.raises(InputRefused, match=said):
        target.submit(wrong)
    assert shop.receipt_rows() == []


def test_a_closed_receivables_period_is_found_before(shop, target):
    """The periods of the receivables are their own."""
    ledger = int(SOURCE.ledger.partition(":")[2])
    shop.pod.app.books.setup.set_period(ledger, "Nov-26", "C", RECEIVABLES_PERIODS)
    assert [one.code for one in target.check_accounts((), [receipt()])] == ["period_closed"]
    with pytest.raises(TargetRefused, match="open receivables period"):
        target.submit(receipt())


def test_without_receipts_in_the_settings_none_is_looked_for(shop):
    """A person sets them; nothing is taken for absent."""
    target = shop.pod.road(fusion={"receivables": RECEIVABLES}).target
    with pytest.raises(TargetMisconfigured, match="describe no receipts"):
        target.find([receipt()])
    with pytest.raises(InputRefused, match="nothing under receivables, receipts"):
        target.submit(opened())


# --- credit memos on account ------------------------------------------------------------------------------------


def credited() -> Journal:
    """Return the credit memo of the example, 95 back in full, of an invoice that a receipt closes."""
    bill = opened()
    back = tuple(replace(one, amount=-one.amount) for one in bill.lines)
    billing = replace(bill.billing, credits=bill.key, credited_lines=(0, 1, 2), refund_id="R-1")
    source = replace(bill.source, kind="credit_memo", source_id=f"{ORDER}.B2B2B2B2")
    return replace(bill, source=source, lines=back, billing=billing, description=f"Refund of Amazon order {ORDER}")


@pytest.mark.parametrize("is_negative", [True, False])
def test_a_refund_is_credited_on_account_and_read_back(shop, is_negative):
    """Sales 100 / order receivable 95, discount 5; it gives 95 until a receipt takes it; either sign is understood."""
    switch(shop.pod, are_credits_negative=is_negative)
    receivables = {"are_credits_negative": is_negative, "receipts": RECEIPTS}
    target = shop.pod.road(fusion={"receivables": RECEIVABLES | receivables}).target
    target.submit(opened())
    name = target.submit(credited())
    [memo] = shop.pod.app.credit_memos.rows()
    assert (memo["NUMBER"], memo["CREDITED_ID"], shop.pod.app.credit_memos.due(memo)) == (name, "", D(-95))
    back = target.read_back(credited())
    assert sorted((str(one.account), one.amount) for one in back.lines) == sorted(
        (str(one.account), one.amount) for one in credited().lines
    )
    [found] = target.find([credited()]).found
    assert (found.is_same, found.state) == (True, BooksState.POSTED)


def test_what_undoes_an_open_invoice_credits_the_invoice_itself(shop, target):
    """Nothing of it is left to be received."""
    target.submit(opened())
    undone = replace(credited(), reverses=opened().key)
    assert (payload.is_on_account(credited()), payload.is_on_account(undone)) == (True, False)
    target.submit(undone)
    assert set(shop.balances().values()) == {0}


# --- settings ---------------------------------------------------------------------------------------------------


def reached(shop, **told) -> list[tuple[bool, str]]:
    """Return what `connector check` would say of the receipts."""
    receivables = RECEIVABLES | {"receipts": RECEIPTS | told}
    target = shop.pod.road(fusion={"receivables": receivables}).target
    return [(one.is_blocking, one.sentence) for one in target.reach(["01"])]


def test_a_person_is_asked_to_look_at_the_method(shop):
    """No read shows its cash account; everything else is sound."""
    method = "Fusion does not show which cash account receipt method Amazon Clearing has: it must be clearing."
    assert reached(shop) == [(False, method)]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"invoice_type": "Settled Invoice"}, "opens no receivables"),
        ({"credit_memo_type": "Settled Credit Memo"}, "opens no receivables"),
        ({"invoice_type": "Nothing"}, "Fusion has no transaction type Nothing"),
        ({"control": "HAND-2"}, "No receipt of business unit"),
    ],
)
def test_what_would_go_wrong_later_is_refused_before(shop, told, said):
    """Types that open nothing or do not exist, a control that is not seen."""
    assert [one for is_blocking, one in reached(shop, **told) if is_blocking and said in one]


def settings(shop, receivables: dict, clear_by: str = "receipts"):
    """Return the settings of a connection that clears so."""
    opened = shop.pod.connection(receivables=RECEIVABLES | receivables).settings
    invoicing = {"shipped_from": "2026-11-01", "bill_to": {"*": "1008"}, "clear_by": clear_by}
    content = opened.model_dump()
    return type(opened).model_validate(content | {"books": content["books"] | {"invoicing": invoicing}})


def test_receipts_want_to_be_described(shop):
    """Where the ERP's settings describe none the connection is refused with the key and a sentence."""
    assert settings(shop, {"receipts": RECEIPTS}).keeps_receipts
    assert not settings(shop, {}, "journal").keeps_receipts
    with pytest.raises(ValueError, match="clear_by: receipts: this ERP takes no receipts here"):
        settings(shop, {})


def test_receipts_and_lines_of_tax_exclude_each_other(shop):
    """A credit on account takes no line of tax back."""
    tax = {"regime_code": "US SALES TAX", "rate_code": "SELLER REMITS"}
    with pytest.raises(ConfigurationRefused, match="receipts and tax exclude each other"):
        shop.pod.connection(receivables=RECEIVABLES | {"receipts": RECEIPTS, "tax": tax})


def test_products_that_are_earned_by_rule_are_not_billed_so(shop):
    """No rule follows a credit on account."""
    ruled = "sku,revenue.account,accounting_rule.name\n*,400100,Monthly\n"
    road = replace(shop.road(), load_catalogue=lambda: load_catalogue(ruled, "products.csv"))
    with pytest.raises(ConfigurationRefused, match=r"products.csv lets products be earned by an accounting rule"):
        make_invoices(road, SHIPPED, SHIPPED)
