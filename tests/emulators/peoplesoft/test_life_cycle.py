"""A journal's way from saved to posted, in timed steps, and the turns people take online."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from emulators.clock import SteppedClock
from emulators.peoplesoft.app import build_app
from emulators.peoplesoft.books import Books
from emulators.peoplesoft.demo_site import demo_site
from emulators.peoplesoft.journal_table import JournalKey, WrongStatus
from emulators.peoplesoft.site import Timing

KEY = JournalKey("US001", "A1K9Z03QX7", "2026-11-14", 0)
GOOD = [("110500", "100.00", "S1"), ("400100", "-100.00", "")]
UNEVEN = [("110500", "100.00", "S1"), ("400100", "-99.00", "")]


def saved(timing: Timing, rows: list, source: str = "AMZ") -> tuple[Books, SteppedClock]:
    """Return books in which the journal has just been saved."""
    clock = SteppedClock(datetime(2026, 11, 14, 12, tzinfo=UTC))
    books = build_app(demo_site(date(2026, 11, 14), timing=timing), clock).books
    header = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": KEY.id, "JOURNAL_DATE": KEY.date}
    header |= {"LEDGER_GROUP": "ACTUALS", "SOURCE": source, "DESCR254": "AMZ settlement 1"}
    lines = [
        {"ACCOUNT": account, "FOREIGN_AMOUNT": amount, "JRNL_LN_REF": reference} for account, amount, reference in rows
    ]
    assert books.create(header, lines, None).is_saved
    return books, clock


def status(books: Books) -> str:
    """Return the journal's status."""
    return next((journal.status for journal in books.journals() if journal.key == KEY), "")


@pytest.mark.parametrize(
    "edit_after, post_after, rows, source, seconds, expected",
    [
        (60, 120, GOOD, "AMZ", 0, "N"),
        (60, 120, GOOD, "AMZ", 59, "N"),
        (60, 120, GOOD, "AMZ", 60, "V"),
        (60, 120, GOOD, "AMZ", 119, "V"),
        (60, 120, GOOD, "AMZ", 120, "P"),
        (0, 0, GOOD, "AMZ", 0, "P"),
        (60, 30, GOOD, "AMZ", 40, "N"),  # posting waits for the edit
        (60, 30, GOOD, "AMZ", 60, "P"),
        (None, 120, GOOD, "AMZ", 10_000, "N"),  # nobody scheduled the edit
        (60, None, GOOD, "AMZ", 10_000, "V"),  # nobody scheduled the posting
        (60, 120, UNEVEN, "AMZ", 10_000, "E"),
        (60, 120, GOOD, "APR", 10_000, "V"),  # waits for approval
        (60, 120, [], "AMZ", 10_000, "T"),  # a header without lines is never edited
    ],
)
def test_a_journal_takes_its_steps_when_they_are_due(edit_after, post_after, rows, source, seconds, expected):
    """Create saves N; edit makes V or E; posting makes P; each only after its time."""
    books, clock = saved(Timing(edit_after, post_after), rows, source)
    clock.advance(seconds)
    assert status(books) == expected


def test_posting_is_dated_by_the_moment_it_was_due_and_not_by_the_look():
    """A journal due before midnight and looked at next week was posted before midnight."""
    books, clock = saved(Timing(60, 120), GOOD)
    clock.advance(7 * 86_400)
    assert [journal.posted_on for journal in books.journals() if journal.key == KEY] == ["2026-11-14"]


def test_an_edit_and_a_posting_can_be_run_by_hand():
    """Where no batch is scheduled, a person starts it."""
    books, _ = saved(Timing(None, None), GOOD)
    books.run_edit(KEY)
    assert status(books) == "V"
    books.run_post()
    assert status(books) == "P"


def test_approval_lets_the_next_run_post_and_denial_does_not():
    """Process request G holds the journal, P lets it go, E keeps it valid for ever."""
    books, clock = saved(Timing(0, 0), GOOD, "APR")
    held = next(journal for journal in books.journals() if journal.key == KEY)
    assert (held.status, held.fields["JRNL_PROCESS_REQST"]) == ("V", "G")
    books.people.deny(KEY)
    clock.advance(86_400)
    assert status(books) == "V"
    books.people.approve(KEY)
    assert status(books) == "P"


def test_a_corrected_journal_goes_back_to_n_and_is_edited_again():
    """E is not the end: changed lines are edited once more, with the full waiting time."""
    books, clock = saved(Timing(60, 120), UNEVEN)
    clock.advance(60)
    assert status(books) == "E"
    change = [{"JOURNAL_LINE": "2", "FOREIGN_AMOUNT": "-100.00"}]
    assert books.update(KEY, {}, change, is_replacing=False).is_saved
    assert status(books) == "N"
    clock.advance(59)
    assert status(books) == "N"
    clock.advance(61)
    assert status(books) == "P"
    assert books.table.errors(KEY) == []


def test_a_journal_in_error_passes_when_the_cause_is_gone():
    """Opening the period and editing again is enough."""
    books, _ = saved(Timing(0, None), GOOD)
    books.set_periods("US001", (2026, 1), (2026, 10))
    assert status(books) == "E"
    books.set_periods("US001", (2026, 1), (2026, 11))
    books.run_edit(KEY)
    assert status(books) == "V"


def test_unposting_leaves_u_and_a_reversing_entry_that_brings_the_item_to_zero():
    """U keeps its place in the ledger; UNPOST_SEQ 1 takes everything back."""
    books, _ = saved(Timing(0, 0), GOOD)
    books.settle()
    reverse = books.people.unpost(KEY)
    assert reverse == KEY._replace(unpost_seq=1)
    assert {journal.key: journal.status for journal in books.journals("US001") if journal.key.id == KEY.id} == {
        KEY: "U",
        reverse: "P",
    }
    assert [line.amount for line in books.lines(reverse)] == [Decimal("-100"), Decimal("100")]
    assert books.open_items("US001", "110500") == {("S1", "USD"): Decimal(0)}


def test_deleting_leaves_status_d_and_takes_the_item_away():
    """A deleted journal is visible and weighs nothing."""
    books, _ = saved(Timing(None, None), GOOD)
    books.people.delete(KEY)
    assert status(books) == "D"
    assert books.open_items("US001", "110500") == {}


def test_deleting_can_remove_the_row_as_some_sites_do():
    """Then the key is free again."""
    books, _ = saved(Timing(None, None), GOOD)
    books.people.delete(KEY, is_row_removed=True)
    assert status(books) == ""
    assert books.lines(KEY) == []


def test_an_interrupted_posting_shows_i_and_completes_with_the_next_run():
    """I is neither posted nor refused."""
    books, clock = saved(Timing(0, 60), GOOD)
    books.people.interrupt_post(KEY)
    clock.advance(60)
    assert status(books) == "I"
    clock.advance(60)
    assert status(books) == "P"


@pytest.mark.parametrize("step", ["approve", "deny", "delete", "cancel", "edit"])
def test_a_posted_journal_refuses_what_only_unposted_ones_allow(step):
    """Online pages offer no such button, so the emulator raises."""
    books, _ = saved(Timing(0, 0), GOOD)
    books.settle()
    with pytest.raises(WrongStatus, match="status P"):
        books.run_edit(KEY) if step == "edit" else getattr(books.people, step)(KEY)


def test_a_cancelled_journal_is_never_posted():
    """X stays X."""
    books, clock = saved(Timing(60, 60), GOOD)
    books.people.cancel(KEY)
    clock.advance(1000)
    assert status(books) == "X"


def test_a_suspense_source_posts_the_line_in_error_to_the_suspense_account():
    """`suspense` keeps the journal moving and the error on record."""
    books, _ = saved(Timing(None, None), GOOD, "SUS")
    books.site.replace_value(
        replace(books.site.value_on("ACCOUNT", "400100", date(2026, 1, 1)), status="I", effective_on=date(2026, 11, 1))
    )
    books.run_edit(KEY)
    assert status(books) == "V"
    assert [line.account for line in books.lines(KEY)] == ["110500", "199999"]
    assert [(error.line, error.field) for error in books.table.errors(KEY)] == [(2, "ACCOUNT")]


def test_an_unposted_journal_posted_again_counts_as_before():
    """Neither the journal nor its reversing entry is left over twice."""
    books, _ = saved(Timing(0, 0), GOOD)
    books.settle()
    before = books.open_items("US001", "110500")
    books.people.unpost(KEY)
    assert set(books.open_items("US001", "110500").values()) == {0}
    books.people.post_again(KEY)
    assert status(books) == "P"
    assert books.open_items("US001", "110500") == before


def test_a_reversed_journal_stays_posted_beside_its_copy_with_opposite_signs():
    """Another number of the site's own, the same words, the amounts negated."""
    books, _ = saved(Timing(0, 0), GOOD)
    books.settle()
    copied = books.people.reverse(KEY, date(2026, 12, 1))
    assert (status(books), copied.date) == ("P", "2026-12-01")
    assert [one.amount for one in books.lines(copied)] == [-one.amount for one in books.lines(KEY)]
    ours, theirs = (next(one for one in books.journals() if one.key == key) for key in (KEY, copied))
    assert ours.description == theirs.description
    assert theirs.fields["ACCOUNTING_PERIOD"] == "12"


def test_a_moved_journal_stands_under_another_key_and_the_first_one_is_unposted():
    """The date is part of the key."""
    books, _ = saved(Timing(0, 0), GOOD)
    books.settle()
    copied = books.people.move(KEY, date(2026, 12, 1))
    assert (status(books), copied.id) == ("U", KEY.id)
    assert set(books.open_items("US001", "110500").values()) != {0}


def test_a_changed_line_of_a_posted_journal_is_posted_with_the_change():
    """The header stays what it was."""
    books, _ = saved(Timing(0, 0), GOOD)
    books.settle()
    books.people.change_line(KEY, 2, ACCOUNT="400200")
    assert status(books) == "P"
    assert [one.account for one in books.lines(KEY)] == ["110500", "400200"]
