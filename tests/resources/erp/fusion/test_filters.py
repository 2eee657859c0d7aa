"""The two grammars of `q`, and the values that neither can carry."""

from __future__ import annotations

import pytest

from ledger.errors import InputRefused
from resources.erp.fusion.filters import Condition, begins_with, can_ask_for_any, equals, expression, holds


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


def test_any_of_several_conditions_is_an_or_where_the_grammar_has_one():
    """Documented from version 2; query by example knows none."""
    asked = [begins_with("TransactionNumber", one) for one in ("AZ-A1-", "AZ-A2-")]
    told = "TransactionNumber like 'AZ-A1-%' or TransactionNumber like 'AZ-A2-%'"
    assert expression(asked, 4, is_any=True) == told
    assert [can_ask_for_any(version) for version in (1, 2, 4)] == [False, True, True]
