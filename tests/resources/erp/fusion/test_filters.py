"""The two grammars of `q`, and the values that neither can carry."""

from __future__ import annotations

import pytest

from ledger.errors import InputRefused
from resources.erp.fusion.filters import Condition, begins_with, equals, expression, holds


@pytest.mark.parametrize(
    "conditions, by_example, row_match",
    [
        ([equals("LedgerId", 300000001)], "LedgerId=300000001", "LedgerId = 300000001"),
        (
            [equals("PeriodNameId", "Jul-26"), equals("ApplicationId", 101)],
            "PeriodNameId=Jul-26;ApplicationId=101",
            "PeriodNameId = 'Jul-26' and ApplicationId = 101",
        ),
        ([equals("Name", "US Primary Ledger")], "Name='US Primary Ledger'", "Name = 'US Primary Ledger'"),
        ([holds("BatchName", "990101001")], "BatchName LIKE '%990101001%'", "BatchName like '%990101001%'"),
        ([begins_with("BatchName", "AMZ 1 r")], "BatchName LIKE 'AMZ 1 r%'", "BatchName like 'AMZ 1 r%'"),
        (
            [Condition("CreationDate", ">=", "2026-05-01T00:00:00")],
            'CreationDate>="2026-05-01T00:00:00"',
            "CreationDate >= '2026-05-01T00:00:00'",
        ),
    ],
)
def test_a_condition_is_written_in_the_grammar_of_the_version(conditions, by_example, row_match):
    """Version 1 joins with semicolons, later ones with `and`; neither reads the other."""
    assert expression(conditions, 1) == by_example
    for version in (2, 4, 9):
        assert expression(conditions, version) == row_match


@pytest.mark.parametrize("value", ["O'Neill", 'a"b', "a;b", "", "a\nb"])
@pytest.mark.parametrize("version", [1, 4])
def test_a_value_that_would_end_its_quotes_is_refused(value, version):
    """No way to escape is documented."""
    with pytest.raises(InputRefused, match="cannot be asked for Name"):
        expression([equals("Name", value)], version)


@pytest.mark.parametrize("text", ["100%", "a*b"])
def test_a_wildcard_in_a_search_is_refused(text):
    """It would find more than what was asked for."""
    with pytest.raises(InputRefused, match="stand for any text"):
        begins_with("BatchName", text)
