"""Reading journals out of rows: statuses, our lines and the ERP's, the one ledger that counts."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import AccountKey
from ledger.errors import TargetMisconfigured, TargetUnavailable
from ledger.journal import Journal, JournalLine, SourceKey
from resources.erp.peoplesoft import books
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import once_each, read_rows
from resources.erp.target import BooksState

PROFILE = PeopleSoftProfile(base_url="https://ps.example")


def head(status: str, request: str = "N") -> dict:
    return {
        "A.BUSINESS_UNIT": "US001",
        "A.JOURNAL_ID": "AS65SIDGKE",
        "A.JOURNAL_DATE": "2026-11-14",
        "A.UNPOST_SEQ": 0,
        "A.JRNL_HDR_STATUS": status,
        "A.JRNL_PROCESS_REQST": request,
        "A.DESCR254": "AMZ 12345678901 r1 p1/1 Amazon settlement 12345678901",
    }


def row(number: int, account: str, amount, reference=" ", text=" ", ledger="ACTUALS", **cells) -> dict:
    return {
        **head("P"),
        "B.BUSINESS_UNIT": "US001",
        "B.JOURNAL_LINE": number,
        "B.LEDGER": ledger,
        "B.ACCOUNT": account,
        "B.FOREIGN_CURRENCY": "USD",
        "B.FOREIGN_AMOUNT": amount,
        "B.JRNL_LN_REF": reference,
        "B.LINE_DESCR": text,
        **cells,
    }


SENT = [
    row(1, "110500", 1150.37, "S5O6AQT1", "AMZ 12345678901"),
    row(2, "400100", "-1250.370", text="Sales", **{"B.DEPTID": "10000", "B.PRODUCT": "AMZ"}),
    row(3, "600100", 100, text="Referral fees", **{"B.DEPTID": "20000"}),
]


@pytest.mark.parametrize(
    ("status", "request_code", "state", "waiting_for"),
    [
        ("N", "N", BooksState.WAITING, "the journal edit (GL_JEDIT)"),
        ("T", "N", BooksState.WAITING, "its entry to be completed"),
        ("V", "N", BooksState.WAITING, "the posting run (GLPPPST2)"),
        ("V", "P", BooksState.WAITING, "the posting run (GLPPPST2)"),
        ("V", "G", BooksState.WAITING, "approval"),
        ("V", "E", BooksState.WAITING, "a decision: approval was denied"),
        ("I", "P", BooksState.WAITING, "the posting run to be repeated: posting is incomplete"),
        ("E", "N", BooksState.ERROR, ""),
        ("P", "N", BooksState.POSTED, ""),
        ("U", "N", BooksState.REMOVED, ""),
        ("D", "X", BooksState.REMOVED, ""),
        ("X", "N", BooksState.REMOVED, ""),
        ("M", "N", BooksState.WAITING, "a person: status 'M' never posts by itself"),
        ("Z", "N", BooksState.WAITING, "a person: status 'Z' never posts by itself"),
        (" ", "N", BooksState.WAITING, "a person: status '' never posts by itself"),
    ],
)
def test_a_header_status_is_a_state_and_a_reason(make_rows, status, request_code, state, waiting_for):
    """Only P is posted; what nobody knows is never taken for done."""
    read = books.header(make_rows("by_key", head(status, request_code))[0])
    assert (read.state, read.waiting_for) == (state, waiting_for)
    assert read.erp_id == "US001 AS65SIDGKE 2026-11-14"


def lines_of(make_rows, cells: list[dict], settings: PeopleSoftProfile = PROFILE) -> list[books.BookLine]:
    ((_, lines),) = books.journals_of(make_rows("lines", *cells, settings=settings), settings)
    return lines


@given(order=st.permutations(range(5)))
def test_our_lines_are_known_by_number_whatever_the_order(make_rows_of, order):
    """Lines after ours are the ERP's own."""
    make_rows, journal = make_rows_of
    cells = [*SENT, row(4, "140000", 5), row(5, "240000", -5)]
    ours, generated = books.sort_out(lines_of(make_rows, [cells[at] for at in order]), journal, PROFILE)
    assert [one.account.account for one in ours] == ["110500", "400100", "600100"]
    assert [one.number for one in generated] == [4, 5]


@pytest.fixture(scope="module")
def make_rows_of():
    """Rows and a journal for a property, which takes no fixtures of a shorter life."""

    def make(purpose, *cells, settings):
        content = {"numrows": len(cells), "rows": list(cells)}
        return read_rows(settings, purpose, json.dumps({"status": "success", "data": {"query": content}}).encode())

    account = AccountKey.of
    lines = (
        JournalLine(1, account("US001", account="110500"), Decimal("1150.37"), "S5O6AQT1"),
        JournalLine(2, account("US001", account="400100", department="10000"), Decimal("-1250.37"), "", "Sales"),
        JournalLine(3, account("US001", account="600100", department="20000"), Decimal("100.00"), "", "Referral fees"),
    )
    day = date(2026, 11, 14)
    source = SourceKey("A1SELLER", "US001/ACTUALS", "settlement", "12345678901")
    return make, Journal(source, 1, 1, 1, "US001", day, "USD", "CRRNT", "Words", lines)


def test_a_renumbered_line_is_known_by_what_it_says(make_rows, journal):
    """A site that puts its own line first moves ours back."""
    shifted = [{**one, "B.JOURNAL_LINE": one["B.JOURNAL_LINE"] + 1} for one in SENT]
    ours, generated = books.sort_out(lines_of(make_rows, [row(1, "140000", 5), *shifted]), journal, PROFILE)
    assert [(one.number, one.account.account) for one in ours] == [(2, "110500"), (3, "400100"), (4, "600100")]
    assert [one.account.account for one in generated] == ["140000"]


def test_a_line_that_somebody_changed_stays_ours_and_shows_the_change(make_rows, journal):
    """Not hidden among generated lines."""
    changed = [SENT[0], {**SENT[1], "B.ACCOUNT": "400200"}, SENT[2]]
    ours, generated = books.sort_out(lines_of(make_rows, changed), journal, PROFILE)
    assert [one.account.account for one in ours] == ["110500", "400200", "600100"]
    assert generated == []


def test_a_line_that_is_gone_is_missing(make_rows, journal):
    """And the document is not the one that was sent."""
    cells = make_rows("lines", SENT[0], SENT[2])
    ((head_read, lines),) = books.journals_of(cells, PROFILE)
    found = books.found(head_read, lines, journal, PROFILE)
    assert (found.lines, found.is_same, found.key_matches) == (2, False, journal.key)


def test_reversals_of_an_unpost_are_not_ours(make_rows):
    """UNPOST_SEQ above 0."""
    reversed_lines = [{**one, "A.UNPOST_SEQ": 1} for one in SENT]
    assert books.journals_of(make_rows("lines", *reversed_lines), PROFILE) == []


def test_only_the_ledger_that_was_named_counts(make_rows):
    """A ledger group with several ledgers keeps a copy of each line per ledger."""
    both = make_rows("lines", *SENT, *({**one, "B.LEDGER": "LOCAL"} for one in SENT))
    assert [row.text("LINE_LEDGER") for row in once_each(both, "ACTUALS")] == ["ACTUALS"] * 3
    with pytest.raises(TargetMisconfigured, match="set ledger"):
        once_each(both)


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"B.FOREIGN_AMOUNT": "1150.375"}, "more decimals"),
        ({"B.ACCOUNT": " "}, "needs a segment named account"),
        ({"B.JOURNAL_LINE": "1.5"}, "whole number"),
        ({"A.JOURNAL_DATE": "14-NOV-26"}, "no date"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_with_a_reason(make_rows, journal, cells, word):
    """Never rounded, never guessed."""
    rows = make_rows("lines", {**SENT[0], **cells})
    with pytest.raises(TargetUnavailable, match=word):
        read_all(rows)


def read_all(rows: list) -> list:
    """Read rows as far as journal lines."""
    return [one.as_journal_line("USD") for _, lines in books.journals_of(rows, PROFILE) for one in lines]


def test_totals_are_debits_and_credits_of_entered_amounts(make_rows):
    """Credits as a positive number, zero lines (rounding in base currency) without effect."""
    cells = [*SENT, row(4, "690000", 0, **{"B.FOREIGN_CURRENCY": "GBP"})]
    ((read, _),) = books.journals_of(make_rows("lines", *cells), PROFILE)
    assert (read.debits, read.credits, read.lines, read.currency) == (Decimal("1250.37"), Decimal("1250.37"), 4, "USD")
