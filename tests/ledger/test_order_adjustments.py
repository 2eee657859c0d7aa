"""What makes up for a shipment that is told otherwise after its invoice was sent, as the books read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledger.accounts import AccountKey
from ledger.billing import LineRule
from ledger.journal import Journal
from ledger.order_adjustments import Adjusted, adjustment_of, adjustment_source, adjusts, number_of
from ledger.order_documents import CREDIT_MEMO, INVOICE, Order, Sold, credits_of, invoice_of
from ledger.periods import moved

RECEIVABLE, SALES, PROMO = (AccountKey.of("01", account=one) for one in ("110900", "400100", "410200"))
SHIPPED, TODAY = date(2026, 11, 5), date(2026, 11, 9)
ORDER = Order("A1", "L", "111-1", "T-1", "1008", RECEIVABLE, "USD", "Corporate", SHIPPED)
ONE = Decimal(1)


def price(amount: str, units: str | None = "1", account: AccountKey = SALES) -> Sold:
    """Return a price of goods."""
    return Sold(account, Decimal(amount), "revenue", "SKU-1", None if units is None else Decimal(units))


def promo(amount: str) -> Sold:
    """Return a discount."""
    return Sold(PROMO, Decimal(amount), "promo_rebate", "SKU-1")


def shipping(amount: str) -> Sold:
    """Return a price of shipping."""
    return Sold(SALES, Decimal(amount), "shipping_revenue", "SKU-1")


def invoice(*sold: Sold, order: Order = ORDER) -> Journal:
    """Return the invoice of a shipment."""
    [journal] = invoice_of(order, sold).journals
    return journal


SENT = invoice(price("100.00"), promo("-5.00"))


def adjusted(now: Journal, *before: Journal, tolerance: Decimal = ONE, order: Order = ORDER, sent: Journal = SENT):
    """Return what makes up for the difference to what would be made now, after earlier ones."""
    memos = tuple(one for one in before if one.source.kind == CREDIT_MEMO)
    known = Adjusted(sent, tuple(one for one in before if adjusts(one.source.source_id)), memos)
    return adjustment_of(order, now, known, tolerance, TODAY)


@pytest.mark.parametrize(
    ("now", "kind", "total"),
    [
        ((price("99.25"), promo("-5.00")), CREDIT_MEMO, "-0.75"),
        ((price("100.75"), promo("-5.00")), INVOICE, "0.75"),
        ((price("100.00"), promo("-4.00")), INVOICE, "1.00"),
        ((price("100.00"),), None, ""),  # five less of discount are above the tolerance
        ((price("99.00"), promo("-4.50")), CREDIT_MEMO, "-0.50"),
        ((price("100.00"), promo("-5.00"), shipping("0.99")), INVOICE, "0.99"),
        ((price("101.00"), promo("-5.50")), INVOICE, "0.50"),
        ((price("98.99"), promo("-5.00")), None, ""),  # above
        ((price("100.00"), promo("-5.50")), None, ""),  # a larger discount takes off no line that was billed
        ((price("99.50"), promo("-4.50")), None, ""),  # nothing is owed otherwise
        ((price("99.50", units="2"), promo("-5.00")), None, ""),  # units are no amount
        ((price("99.50", account=PROMO), promo("-5.00")), None, ""),  # nor is an account
    ],
)
def test_a_difference_within_the_tolerance_is_one_document_and_every_other_a_persons(now, kind, total):
    """Too little is billed, too much is credited, by its lines; what is neither is looked at."""
    found = adjusted(invoice(*now))
    if kind is None:
        assert found is None
        return
    [journal] = found.journals
    assert journal.source == found.source == adjustment_source(SENT.source, kind, 1)
    assert (journal.accounting_date, journal.reference_total(RECEIVABLE, "111-1")) == (TODAY, Decimal(total))
    assert journal.billing.credits == (SENT.key if kind == CREDIT_MEMO else "")


def test_a_small_line_on_another_account_is_a_persons_whatever_it_comes_to():
    """Fifty cents of shipping moved and became eighty: no amount says where they belong."""
    sent = invoice(price("100.00"), shipping("0.50"))
    elsewhere = replace(shipping("0.80"), account=PROMO)
    assert adjusted(invoice(price("100.00"), elsewhere), sent=sent) is None
    assert adjusted(invoice(price("100.00"), shipping("0.80")), sent=sent) is not None


def test_the_same_told_again_lacks_nothing():
    """An empty set: what was sent stays as it is."""
    assert adjusted(invoice(price("100.00"), promo("-5.00"))).journals == ()


def test_without_a_tolerance_everything_is_a_persons():
    """Not even a cent is made up for."""
    assert adjusted(invoice(price("100.01"), promo("-5.00")), tolerance=Decimal(0)) is None


def test_each_further_difference_is_a_document_of_its_own():
    """Credited once, it is not credited again; told as it was, what was credited is billed again, as the second."""
    now = invoice(price("99.25"), promo("-5.00"))
    [first] = adjusted(now).journals
    assert adjusted(now, first).journals == ()
    [second] = adjusted(SENT, first).journals
    assert (second.source.kind, number_of(second.source.source_id)) == (INVOICE, 2)
    assert second.reference_total(RECEIVABLE, "111-1") == Decimal("0.75")
    assert adjusted(SENT, first, second).journals == ()


def test_differences_that_add_up_are_measured_against_what_was_sent():
    """Twice 75 cents are above a tolerance of one: the second is a person's matter."""
    [first] = adjusted(invoice(price("99.25"), promo("-5.00"))).journals
    assert adjusted(invoice(price("98.50"), promo("-5.00")), first) is None


def test_no_line_is_credited_beyond_what_refunds_left_of_it():
    """All of it was given back: nothing is left to take off."""
    back = [Sold(SALES, Decimal("-100.00"), "refund", "SKU-1"), Sold(PROMO, Decimal("5.00"), "promo_rebate", "SKU-1")]
    refund = credits_of(replace(ORDER, transaction_id="R-1"), back, [SENT], [])
    memo = refund.memos[0].journals[0]
    assert adjusted(invoice(price("99.25"), promo("-5.00")), memo) is None


def test_a_line_that_is_earned_by_a_rule_is_a_persons():
    """Whether the rest of the rule follows is the ERP's to say."""
    rule = LineRule("Monthly", SHIPPED, 12)
    ruled = invoice(replace(price("100.00"), rule=rule), promo("-5.00"))
    now = invoice(replace(price("100.50"), rule=rule), promo("-5.00"))
    assert adjusted(now, sent=ruled) is None


def test_what_receipts_close_is_billed_further_but_never_credited():
    """A credit on account would be applied to nothing: the settlement brings less, and pays the invoice in part."""
    order = replace(ORDER, clear_by="receipts")
    sent = invoice(price("100.00"), order=order)
    assert adjusted(invoice(price("99.50"), order=order), sent=sent, order=order) is None
    [further] = adjusted(invoice(price("100.50"), order=order), sent=sent, order=order).journals
    assert further.billing.is_open


@pytest.mark.parametrize("change", [{"customer": "1009"}, {"on": date(2026, 11, 6)}, {"clear_by": "receipts"}])
def test_another_customer_day_or_way_is_no_difference_of_amounts(change):
    """Whoever is billed otherwise, or on another day, is a person's matter."""
    order = replace(ORDER, **change)
    assert adjusted(invoice(price("99.50"), promo("-5.00"), order=order), order=order) is None


def test_an_invoice_that_was_moved_out_of_its_month_is_adjusted_all_the_same():
    """It belongs to the day of shipment, whenever it is booked."""
    late = moved(SENT, date(2026, 12, 1))
    assert len(adjusted(invoice(price("99.50"), promo("-5.00")), sent=late).journals) == 1


def test_an_adjustment_is_known_by_its_id():
    """So that its credit memo is not taken for a refund's."""
    source = adjustment_source(SENT.source, CREDIT_MEMO, 12)
    assert (adjusts(source.source_id), number_of(source.source_id)) == (SENT.source.source_id, 12)
    assert (adjusts(SENT.source.source_id), number_of(SENT.source.source_id)) == ("", 0)
    assert source.belongs_to == "111-1"
