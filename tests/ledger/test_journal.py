"""Journals that cannot be out of balance."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.accounts import AccountKey
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalFrame, Movement, SourceKey, build_journals

DAY = date(2026, 3, 31)
CLEARING = AccountKey.of("US001", account="110500")
SALES = AccountKey.of("US001", account="400100")
FEES = AccountKey.of("US001", account="600100")
FRAME = JournalFrame(
    SourceKey("SELLER", "US001", "settlement", "1"),
    1,
    "US001",
    "USD",
    "CRRNT",
    "Amazon settlement 1",
    "AMZ 1",
    open_item_accounts=frozenset({CLEARING}),
)


def sale(amount: str, detail: str = "", **changes) -> Movement:
    return Movement(CLEARING, SALES, Decimal(amount), "USD", debit_reference="S1", detail=detail, **changes)


def fee(amount: str, detail: str = "", **changes) -> Movement:
    return Movement(FEES, CLEARING, Decimal(amount), "USD", credit_reference="S1", detail=detail, **changes)


_ACCOUNTS = [AccountKey.of("US001", account=str(number)) for number in range(6)]
_MOVEMENTS = st.builds(
    lambda pair, cents, detail, day: Movement(
        _ACCOUNTS[pair[0]], _ACCOUNTS[pair[1]], Decimal(cents) / 100, "USD", detail=detail, part_date=day
    ),
    st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] != pair[1]),
    st.integers(1, 10**9),
    st.sampled_from(["", "A", "B", "C"]),
    st.sampled_from([None, date(2026, 2, 28)]),
)


@settings(max_examples=60)
@given(st.lists(_MOVEMENTS, max_size=40), st.integers(2, 12))
def test_any_movements_make_journals_that_balance_and_keep_all_money(movements, lines_max):
    """Every document balances, holds no more lines than it may, and no account loses or gains a cent."""
    journals = build_journals(movements, replace(FRAME, lines_max=lines_max), DAY)
    for journal in journals.journals:
        assert journal.is_balanced
        assert 2 <= len(journal.lines) <= lines_max
        assert [line.number for line in journal.lines] == list(range(1, len(journal.lines) + 1))
    for account in _ACCOUNTS:
        moved = sum((m.amount for m in movements if m.debit == account), Decimal(0))
        moved -= sum((m.amount for m in movements if m.credit == account), Decimal(0))
        assert journals.reference_total(account, "") == moved
    numbers = [(one.part, one.parts) for one in journals.journals]
    assert numbers == [(n, len(numbers)) for n in range(1, len(numbers) + 1)]


def test_no_movements_make_no_journal():
    """An empty settlement is an empty set, not a document without lines."""
    assert build_journals([], FRAME, DAY).journals == ()


def test_one_line_per_account_side_and_detail():
    """Amounts of one account, side and detail are added up; the other side of the same account stays apart."""
    journal = build_journals([sale("10.00", "A"), sale("5.00", "A"), sale("2.00", "B"), fee("1.00")], FRAME, DAY)
    lines = [(line.account.account, str(line.amount), line.description) for line in journal.journals[0].lines]
    assert lines == [
        ("110500", "17.00", ""),
        ("400100", "-15.00", "A"),
        ("400100", "-2.00", "B"),
        ("600100", "1.00", ""),
        ("110500", "-1.00", ""),
    ]


def test_quantities_stay_on_the_side_that_is_no_open_item():
    """Units sold are a statistical amount of the revenue line, never of clearing."""
    movements = [sale("10.00", quantity=Decimal(2)), sale("5.00", quantity=Decimal(1)), sale("1.00")]
    clearing, sales = build_journals(movements, FRAME, DAY).journals[0].lines
    assert (clearing.quantity, sales.quantity) == (None, Decimal(3))


@pytest.mark.parametrize("amount", ["0", "-1", "1.001"])
def test_a_movement_has_a_positive_exact_amount(amount):
    """Zero, negative and sub-cent amounts are no movement."""
    with pytest.raises(InputRefused):
        sale(amount)


def test_a_movement_in_floats_is_refused():
    """Money is Decimal from the first step on."""
    with pytest.raises(InputRefused, match="float"):
        Movement(CLEARING, SALES, 1.5, "USD")  # type: ignore[arg-type]


def test_a_movement_to_the_same_open_item_is_refused():
    """An account against itself moves nothing; two items of one account do."""
    with pytest.raises(InputRefused, match="moves nothing"):
        Movement(CLEARING, CLEARING, Decimal(1), "USD", "S1", "S1")
    assert Movement(CLEARING, CLEARING, Decimal(1), "USD", "S1", "S2").amount == 1


def test_a_journal_needs_room_for_two_lines():
    """A limit of one line could never balance."""
    with pytest.raises(InputRefused, match="lines_max"):
        build_journals([sale("1.00")], replace(FRAME, lines_max=1), DAY)


def test_a_movement_across_units_needs_a_decision():
    """Between units either inter-unit accounts or the ERP's own balancing; never by accident."""
    other = AccountKey.of("US002", account="400100")
    with pytest.raises(InputRefused, match="inter_unit"):
        build_journals([Movement(CLEARING, other, Decimal(1), "USD")], FRAME, DAY)


def test_a_journal_comes_back_from_its_content():
    """`content()` is plain JSON that loses nothing."""
    journal = build_journals([sale("10.00", quantity=Decimal(2)), fee("1.50")], FRAME, DAY).journals[0]
    assert Journal.from_content(json.loads(json.dumps(journal.content()))) == journal


def test_the_fingerprint_is_what_would_be_booked():
    """Same content under another revision has the same fingerprint; any other amount, account or date another one."""
    first = build_journals([sale("10.00")], FRAME, DAY)
    assert first.with_revision(2).fingerprint == first.fingerprint
    others = [
        build_journals([sale("10.01")], FRAME, DAY),
        build_journals([sale("10.00")], FRAME, date(2026, 4, 1)),
        build_journals([fee("10.00")], FRAME, DAY),
        build_journals([sale("10.00"), fee("1.00")], FRAME, DAY),
        build_journals([sale("10.00"), fee("1.00", part_date=date(2026, 3, 1))], FRAME, DAY),
    ]
    assert len({one.fingerprint for one in (first, *others)}) == 6


def test_posting_keys_are_unique_and_name_their_source():
    """Key = seller, ledger, kind, source id, revision, part; separators inside an id cannot make two keys equal."""
    movements = [sale("1.00"), fee("1.00", part_date=date(2026, 2, 28))]
    keys = [one.key for one in build_journals(movements, FRAME, DAY).journals]
    assert keys == ['["SELLER","US001","settlement","1"]#1.1', '["SELLER","US001","settlement","1"]#1.2']
    assert str(SourceKey("a", 'b","c', "d", "e")) != str(SourceKey('a","b', "c", "d", "e"))
