"""Accounts as values with one text form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import AccountKey, Nature
from ledger.errors import InputRefused


def test_segments_have_one_order_whatever_order_they_are_given_in():
    """`account` comes first, the others by name, so equal keys have equal text."""
    one = AccountKey.of("US001", product="P1", account="400100", department="10000")
    other = AccountKey.of("US001", department="10000", account="400100", product="P1")
    assert one == other
    assert str(one) == "US001/account=400100;department=10000;product=P1"


def test_segments_without_a_value_are_left_out():
    """None and empty text are no segment."""
    assert str(AccountKey.of("US001", account="1", department=None, product="")) == "US001/account=1"


@pytest.mark.parametrize(
    "unit, segments",
    [
        ("US001", {"department": "1"}),
        ("", {"account": "1"}),
        ("US/1", {"account": "1"}),
        ("US001", {"account": "1;2"}),
        ("US001", {"account": "1=2"}),
        ("US001", {"account": " 1"}),
        ("US001", {"account": "1 "}),
        ("US001", {"account": "x" * 31}),
        ("US001", {"account": "1", "Dept": "1"}),
        ("US001", {"account": 400100.0}),
        ("US001", {"account": "1\n"}),
    ],
)
def test_text_that_would_not_come_back_is_refused(unit, segments):
    """Values hold nothing that separates segments, no blanks at their ends, and no numbers."""
    with pytest.raises(InputRefused):
        AccountKey.of(unit, **segments)


@pytest.mark.parametrize(
    "text",
    ["", "US001", "US001/", "US001/account", "US001/account=", "US001/account=1;account=2", "A/account=1;unit=2"],
)
def test_text_that_is_no_account_is_refused(text):
    """Reading back refuses what could not have been written."""
    with pytest.raises(InputRefused):
        AccountKey.parse(text)


_VALUES = st.text(
    st.characters(codec="utf-8", exclude_characters=";=/\x7f", exclude_categories=["Cc"]), min_size=1, max_size=30
)


@given(
    st.dictionaries(st.sampled_from(["account", "department", "fund", "cls"]), _VALUES.filter(lambda v: v == v.strip()))
)
def test_an_account_reads_back_as_it_was_written(segments):
    """The text form loses nothing."""
    key = AccountKey.of("US001", **{"account": "1", **segments})
    assert AccountKey.parse(str(key)) == key


def test_the_balance_sheet_has_four_natures():
    """Receivable, liability, cash in transit and cash stay on the balance sheet; the rest is profit and loss."""
    assert [nature.value for nature in Nature if nature.is_balance_sheet] == [
        "receivable",
        "liability",
        "cash_in_transit",
        "cash",
    ]
