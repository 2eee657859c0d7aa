"""The tie to the general ledger, told as the books: what is held, what Amazon says, and what stands between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.ledger_tie import AtGoLive, Billed, By, Entry, LedgerTie, Part, Settled, tie

GO_LIVE = AtGoLive(date(2026, 9, 1), owed=Decimal("300.00"))
OPENING = Entry("OPENING", date(2026, 9, 1), Decimal("300.00"), By.OTHERS)
D = Decimal


def booked(document: str, amount: str, settlement_id: str, by: By = By.SETTLEMENT, day: int = 15, **more) -> Entry:
    """Return an entry of November."""
    return Entry(document, date(2026, 11, day), D(amount), by, settlement_id, **more)


def settled(settlement_id: str, earned: str, paid: str = "0", *documents: tuple[str, str]) -> Settled:
    """Return what our records say of a settlement."""
    return Settled(
        settlement_id, D(earned), D(paid), D(paid), documents=tuple((name, D(text)) for name, text in documents)
    )


def tied(
    *entries: Entry,
    settlements: tuple[Settled, ...] = (),
    stated: str,
    deferred: str = "0",
    not_settled: str = "0",
    at_go_live: AtGoLive = GO_LIVE,
    opening: tuple[Entry, ...] = (OPENING,),
    books: str | None = None,
) -> LedgerTie:
    """Tie these entries; the ledger holds what they come to, unless told otherwise."""
    everything = (*opening, *entries)
    held = sum((one.amount for one in everything), D(0)) if books is None else D(books)
    return tie(held, D(0), everything, at_go_live, settlements, D(stated), D(deferred), D(not_settled))


def lines(found: LedgerTie) -> dict[Part, Decimal]:
    """Return the lines by part, and assert the promise of every tie: they are the difference."""
    assert sum((one.amount for one in found.lines), D(0)) == found.difference
    assert all(sum((amount for _, amount, _ in one.rows), D(0)) == one.amount for one in found.lines if one.rows)
    return {one.part: one.amount for one in found.lines}


PAID = settled("S1", "700.00", "700.00", ("J1", "700.00"))


def test_what_was_booked_and_paid_out_is_on_its_way_until_the_bank_has_it() -> None:
    """Amazon owes it no more, the books still show it: 700.00 between the two, and nothing is wrong."""
    found = tied(booked("J1", "700.00", "S1"), settlements=(PAID,), stated="300.00")
    assert lines(found) == {Part.ON_THE_WAY: D("700.00")}
    assert found.ties


def test_a_receipt_closes_it() -> None:
    """By the ERP's bank process or by a cash entry of ours: then books and Amazon are the same."""
    for by in (By.OTHERS, By.CASH):
        receipt = booked("BANK1", "-700.00", "S1", by, 18)
        found = tied(booked("J1", "700.00", "S1"), receipt, settlements=(PAID,), stated="300.00")
        assert lines(found) == {}
        assert found.difference == 0
        assert found.ties


def test_a_payout_that_leaves_late_may_be_received_before() -> None:
    """Where Amazon counts a payout until it has arrived, books and Amazon both hold it, or the bank was faster."""
    late = replace(PAID, paid=D("0"))
    assert lines(tied(booked("J1", "700.00", "S1"), settlements=(late,), stated="1000.00")) == {}
    receipt = booked("BANK1", "-700.00", "S1", By.OTHERS, 18)
    found = tied(booked("J1", "700.00", "S1"), receipt, settlements=(late,), stated="1000.00")
    assert lines(found) == {Part.ON_THE_WAY: D("-700.00")}


def test_a_receipt_of_less_leaves_the_rest_on_its_way() -> None:
    """A bank that kept a fee: 12.00 stay open, and get older."""
    receipt = booked("BANK1", "-688.00", "S1", By.OTHERS, 18)
    found = tied(booked("J1", "700.00", "S1"), receipt, settlements=(PAID,), stated="300.00")
    assert lines(found) == {Part.ON_THE_WAY: D("12.00")}


@pytest.mark.parametrize(
    "amount, settlement_id, why",
    [
        ("-50.00", "", "it stands on no item"),
        ("25.00", "S1", "it is no receipt: money does not come to the bank by a debit"),
        ("-800.00", "S1", "Amazon never paid so much out of it"),
        ("-10.00", "S9", "nothing is known of that settlement"),
    ],
)
def test_an_entry_of_others_that_is_no_receipt_is_named(amount: str, settlement_id: str, why: str) -> None:
    """Whoever made it is asked; it explains nothing, though it is the whole difference."""
    other = booked("MANUAL", amount, settlement_id, By.OTHERS, 20, words="ONL Correction")
    found = tied(booked("J1", "700.00", "S1"), other, settlements=(PAID,), stated="300.00")
    assert lines(found)[Part.OTHERS] == D(amount), why
    assert [one.document for one in found.others] == ["MANUAL"]
    assert not found.ties
    [line] = found.open_lines
    assert line.rows == (("MANUAL", D(amount), "2026-11-20, ONL Correction"),)


def test_a_second_receipt_of_one_payout_is_no_receipt() -> None:
    """The first closed the item; the second one has taken money from somewhere else."""
    receipts = [booked(f"BANK{number}", "-700.00", "S1", By.OTHERS, 17 + number) for number in (1, 2)]
    found = tied(booked("J1", "700.00", "S1"), *receipts, settlements=(PAID,), stated="300.00")
    assert lines(found) == {Part.OTHERS: D("-700.00")}
    assert [one.document for one in found.others] == ["BANK2"]


def test_what_a_person_accepted_explains_with_the_reason() -> None:
    """The entry stays in sight, and asks nobody any more."""
    other = booked("MANUAL", "-50.00", "", By.OTHERS, accepted="written off, approved by the controller")
    found = tied(other, stated="300.00")
    assert lines(found) == {Part.ACCEPTED: D("-50.00")}
    assert found.ties
    assert found.lines[0].rows[0][2] == "written off, approved by the controller"


def test_a_settlement_that_is_open_at_the_period_end_is_not_settled_yet() -> None:
    """Amazon's balance has its first days already. With `split` they are in the books as well, and nothing is left."""
    found = tied(settlements=(replace(settled("S2", "120.00"), is_open=True),), stated="420.00")
    assert lines(found) == {Part.NOT_SETTLED: D("-120.00")}
    assert found.ties
    split = replace(settled("S2", "120.00", "0", ("J2.1", "120.00")), is_open=True)
    assert lines(tied(booked("J2.1", "120.00", "S2"), settlements=(split,), stated="420.00")) == {}


def test_a_journal_of_another_period_is_told_by_its_settlement() -> None:
    """Settled and not posted by then; or Amazon's midnight is another than the ledger's, by a few sales."""
    late = settled("S2", "120.00")
    assert lines(tied(settlements=(late,), stated="420.00")) == {Part.OTHER_PERIOD: D("-120.00")}
    split = settled("S2", "107.11", "0", ("J2.1", "120.00"))
    found = tied(booked("J2.1", "120.00", "S2"), settlements=(split,), stated="407.11")
    assert lines(found) == {Part.OTHER_PERIOD: D("12.89")}
    assert found.ties


def test_what_is_in_no_settlement_is_told_by_the_events() -> None:
    """Without them it is left over, and whoever asked knows that they are wanting."""
    assert lines(tied(stated="355.00", not_settled="55.00")) == {Part.NOT_SETTLED: D("-55.00")}
    assert lines(tied(stated="355.00")) == {Part.UNEXPLAINED: D("-55.00")}


def test_deferred_money_is_amazons_until_it_is_accrued() -> None:
    """Amazon counts it in its balance; an accrual brings it into the books as well."""
    assert lines(tied(stated="380.00", deferred="80.00")) == {Part.DEFERRED: D("-80.00")}
    accrual = booked("ACCRUAL", "80.00", "", By.ACCRUAL, 30)
    found = tied(accrual, stated="380.00", deferred="80.00")
    assert lines(found) == {Part.DEFERRED: D("-80.00"), Part.ACCRUED: D("80.00")}
    assert found.difference == 0
    assert found.ties


def test_the_books_at_go_live_must_be_what_was_stated() -> None:
    """What was booked by hand then is no entry of others; a difference to the stated opening is told as such."""
    assert lines(tied(stated="300.00")) == {}
    wrong = replace(OPENING, amount=D("290.00"))
    found = tied(stated="300.00", opening=(wrong,))
    assert lines(found) == {Part.OPENING: D("-10.00")}
    assert not found.ties


def test_a_payout_that_was_unpaid_at_go_live_is_received_by_its_very_amount() -> None:
    """It has no item of ours; an entry of another amount is one of others."""
    held = AtGoLive(date(2026, 9, 1), owed=D("300.00"), unpaid=D("500.00"))
    payout = Entry("OPENING", date(2026, 9, 1), D("500.00"), By.OTHERS)
    opening = (OPENING, replace(payout, document="OPENING2"))
    assert lines(tied(stated="300.00", at_go_live=held, opening=opening)) == {Part.ON_THE_WAY: D("500.00")}
    receipt = booked("BANK0", "-500.00", "", By.OTHERS, 3)
    assert lines(tied(receipt, stated="300.00", at_go_live=held, opening=opening)) == {}
    other = replace(receipt, amount=D("-400.00"))
    found = lines(tied(other, stated="300.00", at_go_live=held, opening=opening))
    assert found == {Part.ON_THE_WAY: D("500.00"), Part.OTHERS: D("-400.00")}


def test_a_returned_payout_is_not_on_its_way_any_more() -> None:
    """It is Amazon's again. A later settlement carries it in, clearing against clearing: the books have it once."""
    back = (booked("J1", "700.00", "S1"), booked("J2", "700.00", "S2"), booked("J2", "-700.00", "S1"))
    first = replace(PAID, returned=D("700.00"))
    found = tied(*back, settlements=(first, settled("S2", "0.00", "0", ("J2", "0.00"))), stated="1000.00")
    assert lines(found) == {}
    # Before the later settlement is in the books, it is on its way there and not booked here.
    before = tied(back[0], settlements=(PAID, settled("S2", "700.00")), stated="1000.00")
    assert lines(before) == {Part.ON_THE_WAY: D("700.00"), Part.OTHER_PERIOD: D("-700.00")}
    assert before.difference == 0


def test_a_document_of_ours_that_somebody_changed_is_told() -> None:
    """Amount by amount: what the ledger has, what our records have; and one that is gone altogether."""
    found = tied(booked("J1", "690.00", "S1"), settlements=(PAID,), stated="300.00")
    assert lines(found) == {Part.ON_THE_WAY: D("700.00"), Part.CHANGED: D("-10.00")}
    gone = tied(settlements=(PAID,), stated="300.00")
    assert lines(gone) == {Part.ON_THE_WAY: D("700.00"), Part.CHANGED: D("-700.00")}
    [line] = gone.open_lines
    assert line.rows == (("J1", D("-700.00"), "not in the ledger"),)


def test_a_ledger_that_is_not_its_entries_is_told() -> None:
    """The balance by period and the entries by date are two reads: an adjusting period shows as a difference."""
    found = tied(stated="300.00", books="310.00")
    assert lines(found) == {Part.UNLISTED: D("10.00")}
    assert not found.ties


def test_what_amazon_cannot_explain_of_itself_is_left_over() -> None:
    """Every entry and every settlement is accounted for: the rest is between Amazon's balance and its own events."""
    found = tied(booked("J1", "700.00", "S1"), settlements=(PAID,), stated="299.00")
    assert lines(found)[Part.UNEXPLAINED] == D("1.00")
    assert not found.ties


AMOUNTS = st.decimals(-10_000, 10_000, places=2)


@given(
    st.lists(
        st.tuples(AMOUNTS, st.sampled_from(By), st.sampled_from(["", "S1", "S2"]), st.integers(1, 30)), max_size=12
    ),
    st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
    AMOUNTS,
)
def test_the_lines_are_the_difference_whatever_happened(entries, facts, books) -> None:
    """No entry is counted twice or forgotten, for any books and any statement."""
    made = tuple(
        Entry(f"D{number}", date(2026, 11, day), amount, by, settlement_id)
        for number, (amount, by, settlement_id, day) in enumerate(entries)
    )
    earned, paid, stated, deferred = facts
    settlements = (Settled("S1", earned, paid, paid, documents=(("D0", earned),)), Settled("S2", paid))
    found = tie(books, D("12.34"), made, GO_LIVE, settlements, stated, deferred, D("5.00"))
    lines(found)


def test_what_is_billed_and_not_cleared_stands_beside_what_amazon_holds() -> None:
    """Billed 295, a settlement cleared 95 of it by its journal, and the receivables brought all 295 into the ledger."""
    entries = (
        booked("J1", "95.00", "S1"),
        booked("J1", "-95.00", "S1"),
        booked("AR 1", "295.00", "", By.RECEIVABLES, account="01 110900"),
    )
    told = Billed(D("295.00"), (("J1", D("-95.00")),), expected=(("01 110900", D("295.00")),))
    one = settled("S1", "95.00", "0", ("J1", "95.00"))
    everything = (OPENING, *entries)
    held = sum((entry.amount for entry in everything), D(0))
    found = tie(held, D(0), everything, GO_LIVE, [one], D("595.00"), D("200.00"), D(0), told)
    assert lines(found) == {Part.BILLED: D("200.00"), Part.DEFERRED: D("-200.00")}
    assert found.ties


@given(
    st.lists(st.tuples(st.sampled_from(["01 1", "01 2"]), st.integers(-9_999, 9_999)), max_size=6),
    st.lists(st.tuples(st.sampled_from(["J1", "R1"]), st.integers(-9_999, 9_999)), max_size=4),
    st.integers(-9_999, 9_999),
)
def test_receivables_leave_nothing_but_what_is_named(
    moved: list[tuple[str, int]], cleared: list[tuple[str, int]], billed: int
) -> None:
    """Whatever the receivables brought and our documents say: the lines are the difference, per account and in all."""
    cents = [(name, D(amount) / 100) for name, amount in moved]
    entries = [
        booked(f"AR {place}", str(amount), "", By.RECEIVABLES, account=name)
        for place, (name, amount) in enumerate(cents)
    ]
    taken = tuple((name, D(amount) / 100) for name, amount in cleared)
    in_sums = sum((amount for name, amount in taken if name == "R1"), D(0))
    expected = (("01 1", D(billed) / 100), ("01 2", in_sums))
    told = Billed(D(billed) / 100, taken, frozenset({"R1"}), expected)
    found = tie(
        sum((one.amount for one in entries), D(0)),
        D(0),
        entries,
        AtGoLive(date(2026, 9, 1)),
        (),
        D(0),
        D(0),
        D(0),
        told,
    )
    rest = lines(found)
    assert Part.UNEXPLAINED not in rest
    brought = sum((amount for _, amount in cents), D(0))
    assert rest.get(Part.SUBLEDGER, D(0)) == brought - D(billed) / 100 - in_sums
