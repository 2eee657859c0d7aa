"""What people see of a stage: exact amounts as text, tables that no text of a file can break, verdicts with a cure."""

from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.stages.metadata import ROWS_SHOWN_MAX, check_result, markdown_table, metadata_of
from assets.stages.verdicts import StageResult, Verdict, nothing_compared
from ledger.errors import Finding

HOSTILE = [
    "a | b",
    "x\n| forged | row |",
    "<script>alert(1)</script>",
    "[click](https://example.org)",
    "![](https://example.org/a.png)",
    "`code` *bold* _it_ ~~no~~",
    "back\\slash \\| pipe",
    "&#124; &lt;b&gt;",
    "right\u202eleft \u0000 nul \u2028 line",
]


def bare(line):
    """Return a line without what is escaped, so that only what has an effect is left."""
    kept, is_escaped = "", False
    for letter in line:
        if not is_escaped and letter != "\\":
            kept += letter
        is_escaped = letter == "\\" and not is_escaped
    return kept


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_file_breaks_a_table(text):
    """A cell is one cell on one line, without mark-up, whatever stands in it."""
    table = markdown_table([{"labels": text, "amount": "1.00"}])
    header, rule, row = table.split("\n")
    assert (header, rule) == ("| labels | amount |", "|---|---|")
    assert bare(row).count("|") == 3
    assert not set("<>[]`*_~") & set(bare(row))


@given(st.text(), st.text())
def test_any_text_is_one_cell(left, right):
    """The same holds for every text there is."""
    lines = markdown_table([{"a": left, "b": right}]).splitlines()
    assert len(lines) == 3
    assert bare(lines[2]).count("|") == 3


def test_long_tables_say_what_is_left_out():
    """A table is a sample; the number of rows left out stands below it."""
    rows = tuple({"n": str(number)} for number in range(ROWS_SHOWN_MAX + 5))
    text = metadata_of(StageResult(rows=rows, rows_total=99))["table"].value
    assert "5 more rows" in text
    assert text.count("\n| ") == ROWS_SHOWN_MAX


def test_amounts_are_shown_exactly_and_never_as_float():
    """A decimal becomes text with all its digits; a float is a mistake of ours."""
    facts = {"total": Decimal("12345678901234567.89"), "tiny": Decimal("1E-3"), "lines": 3, "ties": True}
    shown = metadata_of(StageResult(facts=facts, picture=(("Deposit", Decimal("1234567.80")),)))
    assert shown["total"] == dg.MetadataValue.text("12345678901234567.89")
    assert shown["tiny"] == dg.MetadataValue.text("0.001")
    assert (shown["lines"], shown["ties"]) == (dg.MetadataValue.int(3), dg.MetadataValue.text("yes"))
    assert "1,234,567.80" in shown["gross to deposit, amounts"].value
    assert not any(isinstance(one, dg.FloatMetadataValue) for one in shown.values())
    with pytest.raises(AssertionError, match="float"):
        metadata_of(StageResult(facts={"total": 0.1}))


def test_the_archived_document_is_a_path():
    """The link to the raw file opens it; other links are shown as they are."""
    shown = metadata_of(StageResult(links={"document": "ab" * 32, "ERP document 1": "A1"}), Path("/archive/ab"))
    assert shown["document"] == dg.MetadataValue.path("/archive/ab")
    assert shown["ERP document 1"] == dg.MetadataValue.text("A1")


@pytest.mark.parametrize(
    "is_blocking, is_waiting, severity", [(True, False, "ERROR"), (False, False, "WARN"), (True, True, "WARN")]
)
def test_a_verdict_stops_only_where_money_would_be_wrong(is_blocking, is_waiting, severity):
    """A blocking verdict is an error, one that is worth a look or still waits is a warning; the cure is shown."""
    finding = Finding("code", "It differs.", "Do *this*.")
    made = Verdict("check", False, "It differs.", is_blocking, is_waiting, ({"a": "1"},), (finding,))
    result = check_result(made, dg.AssetKey(["c", "a"]))
    assert (result.passed, result.severity.name) == (False, severity)
    assert result.metadata["what to do"].value == "- Do \\*this\\*."


def test_a_verdict_that_had_nothing_to_hold_against_says_so():
    """It passes, and does not look as if something had been found right."""
    shown = [
        check_result(one, dg.AssetKey(["c", "a"])).metadata.get("result")
        for one in (nothing_compared("check", "It is off."), Verdict("check", True, "It agrees."))
    ]
    assert shown == [dg.MetadataValue.text("not compared"), None]
