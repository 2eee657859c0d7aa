"""Reading a journal out of the books, line by line, and what stands on its open item."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledger.accounts import AccountKey
from ledger.errors import TargetUnavailable
from ledger.reconciliation import read_back_equals_journal
from ledger.references import reference
from resources.erp.target import BooksState
from tests.resources.erp.fusion.scripted import book_line

CLEARING = AccountKey.of("01", account="11200")
REFERENCE = reference("12345678901")


@pytest.mark.parametrize("status", ["U", "P"])
def test_a_journal_comes_back_as_it_was_sent(site, journal, status):
    """Account, amount and reference of every line."""
    site.book(journal, status=status)
    book = site.target(batch_link="https://fusion.example/batch/{batch_id}").read_back(journal)
    assert book.erp_id == site.target().erp_id(journal)
    assert (book.accounting_date, book.currency, book.period, book.period_of_date) == (
        date(2026, 11, 14),
        "USD",
        "Nov-26",
        "Nov-26",
    )
    assert read_back_equals_journal(journal, book.lines).passed
    assert (book.generated_lines, book.link) == ((), "https://fusion.example/batch/1715986")


def test_a_journal_is_linked_by_its_names_before_it_is_sent(place, journal):
    """No id is known then; without an address there is no link. Blanks and slashes of a name do not break it."""
    assert place.target().link(journal) == ""
    address = "https://fusion.example/journals?batch={name}&journal={journal}"
    link = place.target(journal_link=address).link(journal)
    assert link.startswith("https://fusion.example/journals?batch=AMZ%2012345678901%20r1%20p1%2F1%20A")
    assert link.endswith(f"&journal={place.target().erp_id(journal).rpartition(' ')[2]}")
    assert place.script.requests == []


def test_lines_are_known_by_what_they_say(site, journal):
    """Journal Import numbers as it likes and adds balancing lines."""
    site.book(
        journal,
        book_line(1, "01-200-60100", "100.00", text="Referral fees"),
        book_line(2, "01-000-99999", "0.50", text="Balancing"),
        book_line(3, "01-100-40100", "-1250.37", text="Sales"),
        book_line(4, "01-000-99999", "-0.50", text="Balancing"),
        book_line(5, "01-000-11200", "1150.37", ref=REFERENCE, text="AMZ 12345678901"),
    )
    book = site.target().read_back(journal)
    assert read_back_equals_journal(journal, book.lines).passed
    assert [line.amount for line in book.generated_lines] == [Decimal("0.50"), Decimal("-0.50")]
    assert site.target().find([journal]).found[0].is_same


def test_a_copy_of_our_lines_is_no_line_of_the_erp(site, journal):
    """A file that was loaded twice nets to zero all the same: it shows as a difference, line by line."""
    lines = (("01-000-11200", "1150.37", REFERENCE), ("01-200-60100", "100.00", ""), ("01-100-40100", "-1250.37", ""))
    site.book(
        journal,
        *(book_line(number, account, amount, ref=ref) for number, (account, amount, ref) in enumerate(lines * 2, 1)),
    )
    book = site.target().read_back(journal)
    assert (len(book.lines), book.generated_lines) == (6, ())
    assert len(read_back_equals_journal(journal, book.lines).rows) == 3


def test_a_changed_line_stays_ours_and_shows_as_a_difference(site, journal):
    """Not as one line missing and one too many."""
    site.book(
        journal,
        book_line(1, "01-000-11200", "1150.37", ref=REFERENCE),
        book_line(2, "01-100-40100", "-1250.37"),
        book_line(3, "01-300-60100", "100.00"),
    )
    book = site.target().read_back(journal)
    assert not read_back_equals_journal(journal, book.lines).passed
    assert (len(book.lines), book.generated_lines) == (3, ())


def test_a_default_written_out_in_the_mapping_comes_back_written_out(site, make_journal):
    """000 said and 000 meant are one segment value in Fusion."""
    make = make_journal.line
    journal = make_journal(make(1, "11200", "1.00", department="000"), make(2, "40100", "-1.00"))
    site.book(journal)
    assert read_back_equals_journal(journal, site.target().read_back(journal).lines).passed


def test_references_come_back_from_where_the_site_keeps_them(site, journal):
    """A site whose lines show no reconciliation reference has it in the description."""
    lines = [
        book_line(1, "01-000-11200", "1150.37", text=f"{REFERENCE} 12345678901"),
        book_line(2, "01-100-40100", "-1250.37", text="Sales"),
        book_line(3, "01-200-60100", "100.00", text="Referral fees"),
    ]
    site.book(journal, *lines)
    assert not read_back_equals_journal(journal, site.target().read_back(journal).lines).passed
    back = site.target(reference_in="description").read_back(journal)
    assert read_back_equals_journal(journal, back.lines).passed


def test_lines_of_several_pages_are_all_read(site, make_journal):
    """A site clamps its pages."""
    make = make_journal.line
    lines = [make(number, "40100", "-1.00", text=f"Row {number}") for number in range(2, 32)]
    journal = make_journal(make(1, "11200", "30.00", ref=REFERENCE), *lines)
    site.book(journal)
    site.script.page_max = 7
    assert len(site.target().read_back(journal).lines) == 31


def test_a_journal_that_is_not_there_cannot_be_read(site, journal):
    """`find` says how certain that is."""
    with pytest.raises(TargetUnavailable, match="not in Fusion's books"):
        site.target().read_back(journal)


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"EnteredDr": "1.2.3"}, "EnteredDr that is no number"),
        ({"EnteredDr": Decimal("1.005")}, "cannot be read"),
        ({"AccountCombination": "01-11200"}, "has 2 segments"),
    ],
)
def test_a_line_that_cannot_be_read_is_no_read_back(site, journal, changes, said):
    """What is not understood is not compared."""
    site.book(journal, {**book_line(1, "01-000-11200", "1.00"), **changes})
    with pytest.raises(TargetUnavailable, match=said):
        site.target().read_back(journal)


def test_an_open_item_is_what_posted_journals_hold_on_it(site, journal, make_journal):
    """Ours and others', in whatever period; unposted ones and other references do not count."""
    make = make_journal.line
    site.book(journal, batch_id=1, status="P")
    receipt = [book_line(1, "01-000-11200", "-1000.00", ref=REFERENCE), book_line(2, "01-000-10000", "1000.00")]
    site.script.book("Bank receipt 17", receipt, batch_id=2, status="P", day="2026-11-17")
    site.script.book("Bank receipt 18", receipt, batch_id=3, day="2026-11-18")
    other = make_journal(make(1, "11200", "9.00", ref="SOTHER"), make(2, "40100", "-9.00"))
    site.book(replace(other, source=replace(other.source, source_id="9")), batch_id=4, status="P")
    target = site.target()
    assert target.open_item(CLEARING, REFERENCE, "12345678901") == {"USD": Decimal("150.37")}
    entries = target.item_entries(CLEARING, REFERENCE, "12345678901")
    assert [(one.erp_id, one.amount, one.base_amount) for one in entries] == [
        (target.erp_id(journal), Decimal("1150.37"), Decimal("1150.37")),
        ("Bank receipt 17", Decimal("-1000.00"), Decimal("-1000.00")),
    ]


def test_an_item_whose_own_journal_is_not_found_is_read_some_months_back(site):
    """What stood on it before go-live has no journal of ours."""
    lines = [book_line(1, "01-000-11200", "7.00", ref="OPENING"), book_line(2, "01-000-10000", "-7.00")]
    site.script.book("Manual", lines, batch_id=2, status="P", day="2026-08-17", DefaultPeriodName="Aug-26")
    assert site.target().open_item(CLEARING, "OPENING", "") == {"USD": Decimal("7.00")}
    assert site.target(item_months=1).open_item(CLEARING, "OPENING", "") == {}


def test_posted_batches_are_read_once_for_many_items(site, journal):
    """Their lines change no more; the next period's batches are read when they come."""
    site.book(journal, batch_id=1, status="P")
    target = site.target()
    assert target.open_item(CLEARING, REFERENCE, "x1") == target.open_item(CLEARING, REFERENCE, "x2")
    assert site.script.calls("journalBatches/1/child/journalHeaders/00HASH1/child/journalLines") == 1


def test_entries_are_read_period_by_period(site, journal):
    """Dated within the span, posted, per reference and currency."""
    site.book(journal, batch_id=1, status="P")
    late = [book_line(1, "01-000-11200", "5.00"), book_line(2, "01-000-10000", "-5.00")]
    site.script.book("Manual", late, batch_id=2, status="P", day="2026-12-01", DefaultPeriodName="Dec-26")
    entries = site.target().entries([CLEARING], date(2026, 11, 1), date(2026, 11, 30))
    assert [(one.erp_id, one.amount, one.reference, one.period, one.source) for one in entries] == [
        (site.target().erp_id(journal), Decimal("1150.37"), REFERENCE, "Nov-26", "ZB Connector")
    ]
    both = site.target().entries([CLEARING], date(2026, 11, 1), date(2026, 12, 31))
    assert [one.erp_id for one in both] == [site.target().erp_id(journal), "Manual"]


def test_the_state_of_a_read_back_is_the_batch_s(site, journal):
    """Posted or not is the batch's word."""
    site.book(journal, status="P")
    assert site.target().read_back(journal).state is BooksState.POSTED
