"""Invoices of shipments and credit memos of refunds: balanced, by line, never more than was billed."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import AccountKey
from ledger.billing import LineRule
from ledger.difference import difference
from ledger.errors import InputRefused
from ledger.journal import Journal
from ledger.order_documents import CREDIT_MEMO, INVOICE, Order, Sold, credits_of, invoice_of
from ledger.reversal import Posted, reversal_of

RECEIVABLE = AccountKey.of("01", account="110900")


def account(number: str) -> AccountKey:
    return AccountKey.of("01", account=number)


def order(transaction: str = "T-1", **changes) -> Order:
    told = {
        "seller": "A1SELLER",
        "ledger": "fusion:1",
        "order_id": "111-1",
        "transaction_id": transaction,
        "customer": "1008",
        "receivable": RECEIVABLE,
        "currency": "USD",
        "rate_type": "Corporate",
        "on": date(2026, 11, 14),
    }
    return Order(**{**told, **changes})


def sold(amount: str, category: str = "revenue", sku: str = "SKU-1", number: str = "400100", quantity=None) -> Sold:
    return Sold(account(number), Decimal(amount), category, sku, quantity)


# The example of the accounting rules: principal 100, promotion -5.
SALE = (sold("100.00", quantity=Decimal(2)), sold("-5.00", "promo_rebate", number="410200"))


def invoice(*lines: Sold, transaction: str = "T-1") -> Journal:
    [journal] = invoice_of(order(transaction), lines or SALE).journals
    return journal


def refund(*back: Sold, invoices=None, earlier=(), transaction: str = "R-1"):
    return credits_of(order(transaction, refund_id="R1"), back, invoices or [invoice()], earlier)


def lines_of(journal: Journal) -> list[tuple[str, str]]:
    return [(one.account.account, str(one.amount)) for one in journal.lines]


def test_an_invoice_debits_receivable_and_discount_and_credits_sales():
    """Invoice 95: order receivable 95, discount 5, sales 100; its key is order and transaction."""
    journal = invoice()
    assert lines_of(journal) == [("110900", "95.00"), ("410200", "5.00"), ("400100", "-100.00")]
    assert journal.is_balanced
    assert (journal.source.kind, journal.source.belongs_to) == (INVOICE, "111-1")
    assert (journal.billing.items, journal.billing.kinds) == (("", "SKU-1", "SKU-1"), ("", "promo_rebate", "revenue"))
    assert journal.lines[0].reference == "111-1"
    assert invoice(transaction="T-2").source != journal.source


def test_its_content_comes_back_whole():
    """What is stored is what was made, with the same fingerprint."""
    journal = invoice()
    assert Journal.from_content(journal.content()) == journal
    assert Journal.from_content(journal.content()).fingerprint == journal.fingerprint


def test_what_stands_on_one_account_is_added_up_by_product():
    """Two rows of a product are one line with both quantities; two products stay apart."""
    journal = invoice(sold("10.00", quantity=Decimal(1)), sold("15.00", quantity=Decimal(1)), sold("7.00", sku="SKU-2"))
    assert lines_of(journal) == [("110900", "32.00"), ("400100", "-25.00"), ("400100", "-7.00")]
    assert [one.quantity for one in journal.lines] == [None, Decimal(2), None]


def test_a_shipment_given_away_has_no_receivable_and_one_that_owes_is_refused():
    """Sales 10, promotion 10: both stand there. Promotion 12 would owe the buyer money."""
    journal = invoice(sold("10.00"), sold("-10.00", "promo_rebate", number="410200"))
    assert lines_of(journal) == [("410200", "10.00"), ("400100", "-10.00")]
    with pytest.raises(InputRefused, match="can owe the buyer money"):
        invoice(sold("10.00"), sold("-12.00", "promo_rebate", number="410200"))
    assert invoice_of(order(), [sold("0.00")]).journals == ()


def test_a_refund_in_full_is_the_invoice_the_other_way_round():
    """Credit memo -95 against that invoice, on the invoice's own accounts; nothing is beyond it."""
    found = refund(sold("-100.00", "refund", number="410100"), sold("5.00", "promo_rebate", number="410200"))
    [memo] = [journal for one in found.memos for journal in one.journals]
    assert lines_of(memo) == [("110900", "-95.00"), ("410200", "-5.00"), ("400100", "100.00")]
    assert (memo.source.kind, memo.billing.credits, memo.billing.refund_id) == (CREDIT_MEMO, invoice().key, "R1")
    assert (memo.is_balanced, memo.billing.is_credit, found.beyond) == (True, True, Decimal("0.00"))
    assert memo.billing.credited_lines == (0, 1, 2)


def test_a_partial_refund_takes_what_is_left_of_each_line_and_tells_the_rest():
    """60 of 100, then 50 more: 40 are left, 10 are beyond and no document holds them."""
    first = refund(sold("-60.00", "refund"))
    [memo] = [journal for one in first.memos for journal in one.journals]
    assert (lines_of(memo), first.beyond) == ([("110900", "-60.00"), ("400100", "60.00")], Decimal("0.00"))
    second = refund(sold("-50.00", "refund"), earlier=[memo], transaction="R-2")
    [other] = [journal for one in second.memos for journal in one.journals]
    assert (lines_of(other), second.beyond) == ([("110900", "-40.00"), ("400100", "40.00")], Decimal("10.00"))
    assert other.source != memo.source


@pytest.mark.parametrize("category", ["refund", "goodwill", "a_to_z_claim", "chargeback"])
def test_claims_and_chargebacks_credit_like_refunds(category):
    """Each takes the price of the goods back."""
    assert refund(sold("-100.00", category)).beyond == 0


def test_another_product_or_kind_is_not_credited():
    """A refund of shipping that was never billed, or of another product, is beyond what was billed."""
    assert refund(sold("-3.00", "refund_shipping")).beyond == Decimal("3.00")
    assert refund(sold("-3.00", "refund", sku="SKU-9")).memos == ()
    assert refund(sold("3.00", "refund")).beyond == Decimal("3.00"), "what is given to the seller is no credit"


def test_a_refund_over_two_invoices_is_a_credit_memo_against_each():
    """Two shipments of a product, refunded together: the older invoice first."""
    one, two = invoice(sold("30.00")), invoice(sold("20.00"), transaction="T-2")
    found = refund(sold("-45.00", "refund"), invoices=[one, two])
    memos = [journal for each in found.memos for journal in each.journals]
    assert [(memo.billing.credits, lines_of(memo)[0][1]) for memo in memos] == [
        (one.key, "-30.00"),
        (two.key, "-15.00"),
    ]
    assert (len({memo.source for memo in memos}), found.beyond) == (2, Decimal("0.00"))


def test_undoing_an_invoice_credits_it_whole_and_undoing_a_credit_bills_again():
    """The reversal of an order document is the opposite document against it."""
    original = invoice()
    [undone] = reversal_of([Posted(original, "AZ-1")]).journals
    assert (undone.billing.credits, undone.billing.credited_lines) == (original.key, (0, 1, 2))
    [memo] = [journal for one in refund(sold("-60.00", "refund")).memos for journal in one.journals]
    [again] = reversal_of([Posted(memo, "AZ-2")]).journals
    assert not again.billing.is_credit


cents = st.integers(min_value=-30_000, max_value=30_000).map(lambda one: Decimal(one).scaleb(-2))
kinds = st.sampled_from(["refund", "goodwill", "refund_shipping", "promo_rebate"])
rows = st.lists(st.builds(Sold, st.just(account("410100")), cents, kinds, st.sampled_from(["A", "B", ""])), max_size=6)


@given(st.lists(rows, min_size=1, max_size=4))
def test_however_much_is_refunded_no_line_is_credited_beyond_what_it_billed(refunds):
    """Refund after refund: every memo balances, a line never turns, and nothing is lost between memo and rest."""
    bill = invoice(
        sold("100.00", sku="A"),
        sold("40.00", sku="B"),
        sold("9.99", "shipping_revenue", "A", "400200"),
        sold("-5.00", "promo_rebate", "A", "410200"),
    )
    memos: list[Journal] = []
    for number, back in enumerate(refunds):
        found = credits_of(order(f"R-{number}"), back, [bill], memos)
        made = [journal for one in found.memos for journal in one.journals]
        assert all(one.is_balanced for one in made)
        asked = sum((abs(one.amount) for one in _added(back)), Decimal(0))
        credited = sum((abs(line.amount) for one in made for line in one.lines if not line.reference), Decimal(0))
        assert credited + found.beyond == asked
        memos += made
    billed = {(kind, item): -line.amount for line, kind, item in _parts(bill)}
    for memo in memos:
        for line, kind, item in _parts(memo):
            billed[kind, item] -= line.amount
    original = {(kind, item): -line.amount for line, kind, item in _parts(bill)}
    for key, left in billed.items():
        assert min(original[key], 0) <= left <= max(original[key], 0)


def _parts(journal: Journal):
    return [row for row in zip(journal.lines, journal.billing.kinds, journal.billing.items, strict=True) if row[1]]


def _added(back):
    sums: dict[tuple, Decimal] = {}
    for one in back:
        key = (one.sku, one.category, one.amount > 0)
        sums[key] = sums.get(key, Decimal(0)) + one.amount
    return [Sold(account("410100"), amount, key[1], key[0]) for key, amount in sums.items()]


# --- accounting rules -------------------------------------------------------------------------------------------

MONTHLY = LineRule("Monthly", date(2026, 12, 1), 12)
CLUB = replace(sold("120.00", sku="CLUB"), rule=MONTHLY)
MUG = sold("10.00", sku="MUG")


def test_the_rule_of_a_product_travels_on_its_line_and_is_part_of_what_is_posted():
    """The membership is earned over a year, the mug at once; the receivable has no rule."""
    journal = invoice(CLUB, MUG)
    assert journal.billing.rules == (None, MONTHLY, None)
    assert [journal.billing.rule_of(number) for number in (1, 2, 3)] == [None, MONTHLY, None]
    assert Journal.from_content(json.loads(json.dumps(journal.content()))) == journal
    longer = replace(CLUB, rule=replace(MONTHLY, periods=24))
    prints = {invoice(one, MUG).fingerprint for one in (CLUB, replace(CLUB, rule=None), longer)}
    assert len(prints) == 3


def test_an_invoice_without_rules_is_stored_as_it_always_was():
    """No key of rules in its content: its fingerprint is that of documents stored before rules were known."""
    journal = invoice()
    assert "rules" not in journal.content()["billing"]
    assert Journal.from_content(journal.content()).billing.rules == ()
    assert journal.fingerprint == "475443f05628062e59dbc31e3095c26286b7b52e287481f6b0b5022e23b3b750"


def test_what_takes_a_ruled_invoice_back_has_no_rule_of_its_own():
    """A credit memo follows the rules of its invoice."""
    billed = invoice(CLUB)
    assert billed.billing.undone(billed.key).rules == ()
    [memo] = refund(sold("-120.00", "refund", "CLUB", "410100"), invoices=[billed]).memos
    assert (memo.journals[0].billing.rules, lines_of(memo.journals[0])[1]) == ((), ("400100", "120.00"))


def test_a_document_keeps_what_closes_it_and_a_credit_memo_follows_its_invoice():
    """Said once in the invoice; stored and read back, undone in the same way, and absent where it is as ever."""
    sale = Sold(account("400100"), Decimal("100.00"), "revenue", "SKU-1")
    back = replace(sale, amount=Decimal("-40.00"), category="refund")
    [opened] = invoice_of(order(clear_by="receipts"), [sale]).journals
    [memo] = credits_of(order("T-2"), [back], [opened], ()).memos[0].journals
    undone = reversal_of([Posted(opened, "AZ-1")]).journals[0]
    assert [one.billing.clear_by for one in (opened, memo, undone)] == ["receipts"] * 3
    assert Journal.from_content(opened.content()) == opened
    [plain] = invoice_of(order(), [sale]).journals
    assert ("clear_by" in plain.content()["billing"], plain.billing.is_open) == (False, False)
    assert plain.fingerprint != opened.fingerprint
    assert [one.row()["text"] for one in difference([plain], [opened]).documents] == ["cleared by journal → receipts"]
