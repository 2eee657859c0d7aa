"""Rule 6, `clear_by: receipts`: what a settlement brought lies on what is open, and receipts are balanced documents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledger.accounts import AccountKey
from ledger.clearing_receipts import (
    Brought,
    OpenItem,
    ReceiptFrame,
    applied_by,
    receipts_of,
    shares_of,
    with_receipts,
)
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalFrame, JournalSet, Movement, SourceKey, build_journals
from ledger.reconciliation import journal_equals_settlement
from ledger.reversal import Posted, reversal_of

D = Decimal
CLEARING, RECEIVABLE = (AccountKey.of("US001", account=one) for one in ("110500", "110900"))
FEES, TAX = (AccountKey.of("US001", account=one) for one in ("600100", "210500"))
SOURCE = SourceKey("SELLER", "LEDGER", "settlement", "24758260539")
FRAME = ReceiptFrame(SOURCE, CLEARING, "S1", "USD", "Corporate", date(2026, 11, 9), 1_000)


def item(key: str, left: str, order: str = "A", on: date = date(2026, 11, 1), customer: str = "1008") -> OpenItem:
    """Return an invoice, or below zero a credit memo, with what is left of it."""
    return OpenItem(key, order, customer, RECEIVABLE, D(left), on)


def brought(sold: str, refunded: str = "0", order: str = "A") -> Brought:
    """Return what a settlement brought of an order."""
    return Brought(order, D(sold), D(refunded))


LATER = date(2026, 11, 2)
ONE, TWO, MEMO = item("I1", "50"), item("I2", "45", on=LATER), item("C1", "-40", on=LATER)
# what is brought | what is open | what is applied to which | what nothing takes
CASES = [
    (brought("50"), [ONE], {"I1": "50"}, {}),
    (brought("30"), [ONE], {"I1": "30"}, {}),
    (brought("60"), [ONE], {"I1": "50"}, {"A": "10"}),
    (brought("95"), [ONE, TWO], {"I1": "50", "I2": "45"}, {}),
    (brought("70"), [TWO, ONE], {"I1": "50", "I2": "20"}, {}),
    (brought("45"), [ONE, TWO], {"I2": "45"}, {}),  # the one of just that amount
    (brought("50", "-40"), [ONE, MEMO], {"I1": "50", "C1": "-40"}, {}),
    (brought("0", "-40"), [ONE, MEMO], {"C1": "-40"}, {}),
    (brought("0", "-50"), [ONE, MEMO], {"C1": "-40"}, {"A": "-10"}),
    (brought("-5"), [ONE], {}, {"A": "-5"}),  # a sale below zero pays no invoice
    (brought("0", "5"), [ONE, MEMO], {}, {"A": "5"}),  # what comes back of a refund is no refund
    (brought("50"), [], {}, {"A": "50"}),
    (brought("0"), [ONE], {}, {}),
    (brought("50"), [replace(ONE, left=D(0))], {}, {"A": "50"}),  # another settlement has paid it
]


@pytest.mark.parametrize(("one", "items", "applied", "beyond"), CASES)
def test_what_is_brought_lies_on_what_is_open(one, items, applied, beyond):
    """Each item by at most what is left of it; what nothing takes is told."""
    found = shares_of([one], items)
    assert {share.item.key: share.amount for share in found.shares} == {key: D(text) for key, text in applied.items()}
    assert found.beyond == {order: D(text) for order, text in beyond.items()}


def received(*shares: tuple[OpenItem, str], frame: ReceiptFrame = FRAME) -> tuple[Journal, ...]:
    """Return the receipts of amounts on items."""
    told = [Brought(one.order_id, max(D(text), D(0)), min(D(text), D(0))) for one, text in shares]
    items = [one for one, _ in shares]
    found = receipts_of(shares_of(told, items).shares, frame)
    assert not found.not_above_zero
    return found.journals


def test_the_receipt_of_the_example():
    """Clearing 95 / order receivable 95, by order, applied to the invoice."""
    [receipt] = received((item("I1", "95"), "95"))
    assert [(one.account, one.amount, one.reference) for one in receipt.lines] == [
        (CLEARING, D("95.00"), "S1"),
        (RECEIVABLE, D("-95"), "A"),
    ]
    assert (receipt.is_balanced, receipt.form, receipt.applied.to) == (True, "receipt", ("", "I1"))


def test_journal_plus_receipts_equal_total_amount():
    """Pass-through tax 8/8, fee 15 in the journal, 95 in the receipt: 80 on one clearing item."""
    movements = [
        Movement(CLEARING, TAX, D(8), "USD", debit_reference="S1"),
        Movement(TAX, CLEARING, D(8), "USD", credit_reference="S1"),
        Movement(FEES, CLEARING, D(15), "USD", credit_reference="S1"),
    ]
    frame = JournalFrame(SOURCE, 1, "US001", "USD", "Corporate", "Amazon settlement", "S1")
    journals = build_journals(movements, frame, date(2026, 11, 9))
    whole = with_receipts(journals, received((item("I1", "95"), "95")))
    compared = journal_equals_settlement(whole, CLEARING, "S1", D("80.00"), "USD")
    assert compared.passed, compared.sentence
    assert [(one.form, one.part, one.parts) for one in whole.journals] == [("journal", 1, 2), ("receipt", 2, 2)]
    assert not any(line.account == RECEIVABLE for line in whole.journals[0].lines)
    assert with_receipts(journals, ()) is journals
    alone = with_receipts(JournalSet(SOURCE, 1, ()), received((item("I1", "95"), "95")))
    assert [(one.part, one.parts) for one in alone.journals] == [(1, 1)]


def test_a_refund_in_full_is_a_line_below_zero():
    """Order receivable 95 / clearing 95, within a receipt that another order lifts above zero."""
    memo, other = item("C1", "-95"), item("I2", "200", "B")
    [receipt] = received((memo, "-95"), (other, "200"))
    assert [(one.reference, one.amount) for one in receipt.lines] == [("S1", D(105)), ("A", D(95)), ("B", D(-200))]


@pytest.mark.parametrize(("invoice", "memo"), [("0", "-95"), ("95", "-95"), ("50", "-95")])
def test_there_is_no_receipt_of_nothing_or_less(invoice, memo):
    """Money that was given back is no money received: the customer is named with what it comes to."""
    items = [item("I1", "95", "B"), item("C1", "-95")]
    shares = shares_of([brought(invoice, order="B"), brought("0", memo)], items).shares
    found = receipts_of(shares, FRAME)
    assert (found.journals, found.not_above_zero) == ((), {"1008": D(invoice) + D(memo)})


def test_each_customer_has_a_receipt():
    """One by settlement and bill-to."""
    found = received((item("I1", "95"), "95"), (item("I2", "30", "B", customer="1009"), "30"))
    assert [(one.applied.customer, one.debits) for one in found] == [("1008", D(95)), ("1009", D(30))]


def test_too_many_are_dealt_into_several_of_about_the_same_amount():
    """As few as hold them, credit memos among all; each above zero."""
    items = [(item(f"I{number}", str(100 + number), f"O{number}"), str(100 + number)) for number in range(5)]
    memos = [(item(f"C{number}", "-90", f"R{number}"), "-90") for number in range(2)]
    found = received(*items, *memos, frame=replace(FRAME, applied_to_max=3))
    assert [len(one.lines) - 1 for one in found] == [1, 3, 3]
    assert sum(one.reference_total(CLEARING, "S1") for one in found) == D(330)
    assert all(one.reference_total(CLEARING, "S1") > 0 for one in found)


def test_a_receipt_of_two_units_is_refused():
    """Clearing and invoices stand in one unit."""
    strange = replace(item("I1", "95"), account=AccountKey.of("US002", account="110900"))
    with pytest.raises(InputRefused, match="stands in unit US002, and clearing in US001"):
        receipts_of(shares_of([brought("95")], [strange]).shares, FRAME)


def test_a_receipt_comes_back_from_what_is_stored_and_says_what_it_took():
    """Content, fingerprint and what it is applied to survive; journals have none of it."""
    [receipt] = received((item("C1", "-40"), "-40"), (item("I2", "95", "B"), "95"))
    again = Journal.from_content(receipt.content())
    assert (again, again.fingerprint) == (receipt, receipt.fingerprint)
    assert applied_by([again]) == {"C1": D(-40), "I2": D(95)}
    plain = replace(receipt, applied=None)
    assert ("applied" in plain.content(), applied_by([plain])) == (False, {})


def test_what_undoes_a_receipt_takes_it_off_the_same_invoices():
    """Opposite signs, still a receipt, named after the one it undoes; nothing is applied by both together."""
    [receipt] = received((item("C1", "-40"), "-40"), (item("I2", "95", "B"), "95"))
    [undone] = reversal_of([Posted(receipt, "AZ-1")]).journals
    assert (undone.form, undone.reverses, undone.applied) == ("receipt", receipt.key, receipt.applied)
    assert [one.amount for one in undone.lines] == [-one.amount for one in receipt.lines]
    assert set(applied_by([receipt, undone]).values()) == {D(0)}


def test_receipts_are_undone_before_the_journal_of_their_settlement():
    """What they close is open again before anything else goes."""
    [receipt] = received((item("I1", "95"), "95"))
    journal = replace(receipt, applied=None, part=1, parts=2)
    receipt = replace(receipt, part=2, parts=2)
    undone = reversal_of([Posted(journal, "J-1"), Posted(receipt, "AZ-1")]).journals
    assert [(one.part, one.reverses) for one in undone] == [(1, receipt.key), (2, journal.key)]
