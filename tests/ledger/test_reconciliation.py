"""Verdicts of the checks, with what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledger.journal import JournalLine, Movement, build_journals
from ledger.reconciliation import (
    clearing_item_equals_total,
    generated_lines_net_to_zero,
    journal_equals_settlement,
    once_only,
    proof,
    read_back_equals_journal,
    ties_to_total,
    unbalanced,
)


@pytest.fixture
def journals(resolved, clearing, frame):
    sales, fees = resolved("principal").account, resolved("commission").account
    movements = [
        Movement(clearing, sales, Decimal("100.00"), "USD", debit_reference="S1"),
        Movement(fees, clearing, Decimal("15.00"), "USD", credit_reference="S1"),
    ]
    return build_journals(movements, frame, date(2026, 3, 31))


def test_a_file_that_ties_says_both_figures():
    """Sum of lines and total-amount stand in the sentence either way."""
    assert ties_to_total(Decimal("5.00"), Decimal("5"), "USD").passed
    compared = ties_to_total(Decimal("5.01"), Decimal("5.00"), "USD")
    assert not compared.passed
    assert compared.sentence == "The lines add up to 5.01, total-amount is 5.00 USD: the difference is 0.01."


def test_the_journal_is_the_settlement(journals, clearing):
    """All clearing lines of all parts sum to total-amount."""
    assert journal_equals_settlement(journals, clearing, "S1", Decimal("85.00"), "USD").passed
    assert not journal_equals_settlement(journals, clearing, "S1", Decimal("85.01"), "USD").passed
    assert not journal_equals_settlement(journals, clearing, "S2", Decimal("85.00"), "USD").passed


def test_an_unbalanced_document_is_named(journals, clearing):
    """A document that lost a line is shown with unit and difference, and nothing is compared further."""
    journal = journals.journals[0]
    broken = replace(journals, journals=(replace(journal, lines=journal.lines[:-1]),))
    assert unbalanced(broken.journals[0]) == [{"part": "1", "unit": "US001", "difference": "15.00"}]
    compared = journal_equals_settlement(broken, clearing, "S1", Decimal("100.00"), "USD")
    assert (compared.passed, compared.sentence) == (False, "Out of balance: part 1. Nothing may be sent.")


def test_the_books_hold_the_lines_as_sent(journals):
    """Line numbers, descriptions and order are the ERP's to change; account, amount and reference are not."""
    journal = journals.journals[0]
    theirs = [replace(line, number=99, description="X") for line in reversed(journal.lines)]
    assert read_back_equals_journal(journal, theirs).passed


def test_a_changed_line_shows_both_sides(journals):
    """Ours beside theirs, line by line."""
    journal = journals.journals[0]
    first, *others = journal.lines
    compared = read_back_equals_journal(journal, [replace(first, amount=Decimal("99.00")), *others, others[0]])
    assert not compared.passed
    assert compared.rows == (
        {"account": "US001/account=110500", "reference": "S1", "ours": "100.00", "theirs": ""},
        {"account": "US001/account=110500", "reference": "S1", "ours": "", "theirs": "99.00"},
        {"account": "US001/account=400100", "reference": "", "ours": "-100.00", "theirs": "2 x -100.00"},
    )


def test_lines_the_erp_added_must_net_to_zero(journals, clearing):
    """Balancing and rounding lines are read back apart."""
    journal = journals.journals[0]
    two = [JournalLine(5, clearing, Decimal("3.00")), JournalLine(6, clearing, Decimal("-3.00"))]
    assert generated_lines_net_to_zero(journal, []).sentence == "The ERP added no lines."
    assert generated_lines_net_to_zero(journal, two).passed
    compared = generated_lines_net_to_zero(journal, two[:1])
    assert (compared.passed, compared.difference) == (False, Decimal("3.00"))


def test_a_clearing_item_that_is_off_says_what_was_expected():
    """The sentence names what closed the item."""
    compared = clearing_item_equals_total(
        Decimal("0.00"), Decimal("100.00"), "USD", carried_later=Decimal("-20.00"), received=Decimal("-79.00")
    )
    assert compared.sentence == (
        "The books hold on the clearing item 0.00, total-amount 100.00, carried later -20.00, received -79.00 give "
        "1.00 USD: the difference is -1.00."
    )


@pytest.mark.parametrize(
    "found, passed, rows",
    [
        (["A", "B"], True, ()),
        (["A"], False, ({"document": "B", "times": "0"},)),
        (["A", "B", "B"], False, ({"document": "B", "times": "2"},)),
        (["A", "B", "C"], False, ({"document": "C", "times": "1, unknown"},)),
    ],
)
def test_each_document_stands_in_the_books_once(found, passed, rows):
    """Missing, twice, or there without being ours: all three are shown."""
    compared = once_only(["A", "B"], found)
    assert (compared.passed, compared.rows) == (passed, rows)


@pytest.mark.parametrize(
    "total, item, payout, difference",
    [
        ("85.00", "85.00", "85.00", "0"),
        ("-3.00", "-3.00", "0", "0"),
        ("0", "0", "0", "0"),
        ("85.00", "84.00", "85.00", "-1"),
    ],
)
def test_the_proof_row_of_a_settlement(total, item, payout, difference):
    """The item in the books is the total; nothing is paid out for zero or less."""
    row = proof("1", "USD", Decimal(total), ["J1"], Decimal(item))
    assert (row.expected_payout, row.difference, row.ties) == (Decimal(payout), Decimal(difference), difference == "0")
