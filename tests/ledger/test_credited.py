"""What credit memos left of an invoice: invoice, memos and what undoes the rest together are nothing, by account."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InputRefused
from ledger.journal import Journal
from ledger.order_documents import credits_of
from ledger.reversal import Posted, reversal_of
from tests.ledger.test_order_documents import invoice, lines_of, order, refund, rows, sold

BACK = {"part": sold("-40.00", "refund"), "price": sold("-100.00", "refund"), "promotion": sold("5.00", "promo_rebate")}


def memo_of(*back) -> Journal:
    """Return the credit memo of one refund of the example."""
    [made] = refund(*back).memos
    return made.journals[0]


def undone(bill: Journal, *memos: Journal) -> Journal:
    """Return what undoes an invoice of which these memos stand in the books."""
    credits = tuple(Posted(one, f"AZ-M{number}") for number, one in enumerate(memos, start=1))
    return reversal_of([Posted(bill, "AZ-1", credits)]).journals[0]


def test_what_is_left_is_taken_back_by_line_on_the_invoices_accounts():
    """Price 100 less promotion 5, 40 of the price given back: 60 and the promotion are left."""
    memo = memo_of(BACK["part"])
    rest = undone(invoice(), memo)
    assert lines_of(rest) == [("110900", "-55.00"), ("410200", "-5.00"), ("400100", "60.00")]
    assert [one.number for one in rest.lines] == [1, 2, 3]
    assert (rest.billing.credits, rest.reverses, rest.takes_along) == (invoice().key, invoice().key, (memo.key,))
    # Nobody knows how many units an amount of forty was; of a line that no memo touched, the units go back.
    assert [one.quantity for one in rest.lines] == [None, None, None]
    assert rest.description == "Reverses what AZ-M1 left of AZ-1 of invoice " + invoice().source.source_id


def test_a_line_that_is_credited_in_full_is_left_out_with_its_form():
    """What is left keeps its place among the invoice's own lines."""
    bill = invoice(sold("100.00", sku="A"), sold("40.00", sku="B"))
    [made] = refund(sold("-100.00", "refund", "A"), invoices=[bill]).memos
    rest = undone(bill, made.journals[0])
    assert lines_of(rest) == [("110900", "-40.00"), ("400100", "40.00")]
    assert (rest.billing.items, rest.billing.kinds) == (("", "B"), ("", "revenue"))
    assert rest.billing.credited_lines == (0, 2)


def test_an_invoice_credited_in_full_is_undone_on_record():
    """Nothing is left: a document without lines, that names what it undoes and what took it back."""
    memo = memo_of(BACK["price"], BACK["promotion"])
    rest = undone(invoice(), memo)
    assert (rest.lines, rest.is_on_record, rest.is_balanced, rest.debits) == ((), True, True, Decimal(0))
    assert (rest.reverses, rest.takes_along) == (invoice().key, (memo.key,))
    assert not undone(invoice()).is_on_record


def test_its_content_comes_back_whole_and_an_uncredited_one_is_stored_as_it_always_was():
    """Which memos it takes along is content: another memo makes another document."""
    one, other = (undone(invoice(), memo_of(back)) for back in (BACK["part"], sold("-30.00", "refund")))
    assert Journal.from_content(one.content()) == one
    assert one.fingerprint != other.fingerprint
    assert "takes_along" not in undone(invoice()).content()


def test_what_would_owe_the_customer_less_than_nothing_is_refused():
    """The whole price given back and the promotion not: what is left is five against the customer."""
    with pytest.raises(InputRefused, match=r"order 111-1 comes to -5.00 USD.*no credit memo takes that back"):
        undone(invoice(), memo_of(BACK["price"]))


def test_a_line_of_which_more_was_taken_than_there_is_is_refused():
    """Two memos that each took sixty of a hundred: somebody's records are wrong."""
    sixty = sold("-60.00", "refund")
    twice = [refund(sixty, transaction=one).memos[0].journals[0] for one in ("R-1", "R-2")]
    with pytest.raises(InputRefused, match="no credit memo takes that back"):
        undone(invoice(), *twice)


@given(st.lists(rows, min_size=1, max_size=4))
def test_whatever_was_refunded_invoice_memos_and_rest_are_nothing(refunds):
    """Account by account, and line by line of the invoice; or it is refused."""
    bill = invoice(
        sold("100.00", sku="A"),
        sold("40.00", sku="B"),
        sold("9.99", "shipping_revenue", "A", "400200"),
        sold("-5.00", "promo_rebate", "A", "410200"),
    )
    memos: list[Journal] = []
    for number, back in enumerate(refunds):
        found = credits_of(order(f"R-{number}"), back, [bill], memos)
        memos += [journal for one in found.memos for journal in one.journals]
    left = sum((line.amount for one in (bill, *memos) for line in one.lines if line.reference), Decimal(0))
    try:
        rest = undone(bill, *memos)
    except InputRefused:
        assert left < 0
        return
    held: Counter = Counter()
    for one in (bill, *memos, rest):
        for line in one.lines:
            held[line.account] += line.amount
    assert (rest.is_balanced, set(held.values())) == (True, {Decimal(0)})
    assert all(line.amount for line in rest.lines)
