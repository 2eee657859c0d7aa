"""Patterns as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.glob import covers, takes


@pytest.mark.parametrize(
    "pattern, text, expected",
    [
        ("GIFT-*", "GIFT-1", True),
        ("GIFT-*", "GIFT-", True),
        ("GIFT-*", "gift-1", False),
        ("GIFT-?", "GIFT-12", False),
        ("A[1]", "A[1]", True),
        ("A[1]", "A1", False),
        ("*", "", True),
        ("A.B", "AxB", False),
        ("*\n*", "a\nb", True),
    ],
)
def test_only_star_and_question_mark_are_wild(pattern, text, expected):
    """SKUs contain brackets and dots, which stand for themselves."""
    assert takes(pattern, text) is expected


_PATTERNS = st.text("ab*?", max_size=5)


@given(_PATTERNS, _PATTERNS, st.text("abc", max_size=6))
def test_a_pattern_that_covers_another_takes_all_of_it(general, specific, text):
    """`covers` never claims too much."""
    if covers(general, specific) and takes(specific, text):
        assert takes(general, text)


@pytest.mark.parametrize(
    "general, specific, expected",
    [
        ("*", "a*b?", True),
        ("a*", "ab*", True),
        ("a*", "a", True),
        ("ab*", "a*", False),
        ("a?", "ab", True),
        ("a?", "a*", False),
    ],
)
def test_plain_cases_are_recognised(general, specific, expected):
    """A rule hidden behind a wider one is found."""
    assert covers(general, specific) is expected
