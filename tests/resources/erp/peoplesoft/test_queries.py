"""Rows of the Query Access Service: exact numbers, both shapes of JSON, nothing taken as complete that may not be."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from ledger.errors import InputRefused, TargetMisconfigured, TargetUnavailable
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Truncated, once_each, parameters, read_rows

PROFILE = PeopleSoftProfile(base_url="https://ps.example")
SMALL = PeopleSoftProfile(base_url="https://ps.example", rows_max=100)


def answer(rows: str = "[]", numrows: str = "0", name: str = '"queryname=":"X_JRNL_BY_KEY",', status: str = "success"):
    return f'{{"status":"{status}","data":{{"query":{{"numrows":{numrows},{name}"rows":{rows}}}}}}}'.encode()


def test_prompts_are_two_lists_in_the_same_order():
    """As the service wants them; MaxRow is required."""
    values = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A1K9Z03QX7", "JOURNAL_DATE": "2026-11-14"}
    assert parameters(PROFILE, "by_key", values) == {
        "isconnectedquery": "N",
        "maxrows": "20000",
        "prompt_uniquepromptname": "BU,JID,JDT",
        "prompt_fieldvalue": "US001,A1K9Z03QX7,2026-11-14",
        "json_resp": "true",
    }


@pytest.mark.parametrize("value", ["a,b", "", " ", "a ", " a"])
def test_a_value_that_would_shift_the_list_is_refused(value):
    """A comma in a value moves all prompts after it."""
    with pytest.raises(InputRefused, match="no comma"):
        parameters(PROFILE, "control", {"BUSINESS_UNIT": value})


@pytest.mark.parametrize("name", ['"queryname=":"X_JRNL_BY_KEY",', '"queryname":"x_jrnl_by_key",', ""])
def test_both_spellings_of_the_name_are_taken(name):
    """Some sites show the key with an equals sign."""
    rows = read_rows(PROFILE, "by_key", answer('[{"attr:rownumber":1,"A.SOURCE":"AMZ"}]', "1", name))
    assert rows[0].text("SOURCE") == "AMZ"


def test_numbers_are_exact_however_they_are_written():
    """As JSON numbers or text; no float on the way."""
    cells = '{"A":12345678901234.56,"B":"-0.10","C":7,"D":" ","E":1e2,"F":0.1,"G":null,"H":".5"}'
    row = read_rows(PROFILE, "by_key", answer(f"[{cells}]", "1"))[0]
    expected = {
        "A": "12345678901234.56",
        "B": "-0.10",
        "C": "7",
        "D": "0",
        "E": "100",
        "F": "0.1",
        "G": "0",
        "H": "0.5",
    }
    for name, number in expected.items():
        assert row.amount(name) == Decimal(number)
        assert isinstance(row.amount(name), Decimal)
    assert row.number("C") == 7


@pytest.mark.parametrize("cell", ['"1,000.00"', '"1_000"', '"NaN"', '"Infinity"', "true", '"12 USD"', "[1]", '"0x1F"'])
def test_what_is_no_plain_number_is_refused_by_column(cell):
    """Grouping, words and specials are not guessed at."""
    row = read_rows(PROFILE, "by_key", answer(f'[{{"A.FOREIGN_AMOUNT":{cell}}}]', "1"))[0]
    with pytest.raises(TargetUnavailable, match="FOREIGN_AMOUNT that is no number"):
        row.amount("FOREIGN_AMOUNT")


def test_columns_are_found_by_field_alias_or_setting(make_rows):
    """A.FIELD, B.FIELD, FIELD, or what the settings say; the line's own unit and currency are not the header's."""
    named = PeopleSoftProfile(
        base_url="https://ps.example", queries={"lines": {"columns": {"DESCR254": "A.DESCR254_MIXED"}}}
    )
    cells = {
        "A.BUSINESS_UNIT": "US001",
        "B.BUSINESS_UNIT": "UK001",
        "A.FOREIGN_CURRENCY": "USD",
        "B.FOREIGN_CURRENCY": "GBP",
        "A.DESCR254_MIXED": "AMZ 1",
        "ACCOUNT": " ",
        "A.JOURNAL_DATE": "2026/11/14",
    }
    row = make_rows("lines", cells, settings=named)[0]
    assert (row.text("BUSINESS_UNIT"), row.text("LINE_BUSINESS_UNIT")) == ("US001", "UK001")
    assert (row.text("FOREIGN_CURRENCY"), row.text("LINE_FOREIGN_CURRENCY")) == ("USD", "GBP")
    assert row.text("DESCR254") == "AMZ 1"
    assert row.text("ACCOUNT") == ""
    assert row.day("JOURNAL_DATE") == date(2026, 11, 14)
    assert row.text("PRODUCT", "") == ""
    with pytest.raises(TargetMisconfigured, match=r"X_JRNL_LINES answers without the column A\.PRODUCT"):
        row.text("PRODUCT")
    with pytest.raises(TargetUnavailable, match="ACCOUNT that is no date"):
        row.day("ACCOUNT")


@pytest.mark.parametrize(
    ("body", "error", "word"),
    [
        (b"", TargetUnavailable, "nothing"),
        (b"<html>sign in</html>", TargetUnavailable, "HTML"),
        (b"{", TargetUnavailable, "no JSON"),
        (b"[]", TargetUnavailable, "no object"),
        (b'{"a":NaN}', TargetUnavailable, "no JSON"),
        (b'{"a":1e99999999999999999999}', TargetUnavailable, "no JSON"),
        (b"[" * 100_000, TargetUnavailable, "no JSON"),
        (b"\xff\xfe\x00", TargetUnavailable, "no JSON"),
        (answer(status="error"), TargetMisconfigured, "was not run"),
        (b'{"status":"error","data":{"message":"Query X does not exist"}}', TargetMisconfigured, "does not exist"),
        (b'{"data":{}}', TargetMisconfigured, "was not run"),
        (b'{"status":"success"}', TargetUnavailable, "without data.query"),
        (answer(rows='"many"', numrows="1"), TargetUnavailable, "without a list"),
        (answer(rows="[1]", numrows="1"), TargetUnavailable, "without a list"),
        (answer(rows="[{}]", numrows="2"), TargetUnavailable, "counts 2 rows but answered 1"),
        (answer(numrows="1"), TargetUnavailable, "counts 1 rows but answered 0"),
        (answer(name='"queryname=":"X_OTHER",'), TargetUnavailable, "another query"),
    ],
)
def test_what_is_no_answer_to_this_query_is_refused(body, error, word):
    """Nothing of it is taken for an empty answer."""
    with pytest.raises(error, match=word):
        read_rows(PROFILE, "by_key", body)


@pytest.mark.parametrize(
    "body",
    [
        answer(),
        b'{"status":"success","data":{"query":{"numrows":0,"queryname=":"X_JRNL_BY_KEY"}}}',
        b'{"status":"success","data":{"query":{"numrows":"0","rows":null}}}',
    ],
)
def test_no_rows_come_in_several_shapes(body):
    """`rows` empty, absent or null."""
    assert read_rows(PROFILE, "by_key", body) == []


def test_a_single_row_may_come_without_a_list():
    """As some serialisers write one element."""
    assert len(read_rows(PROFILE, "by_key", answer('{"A.SOURCE":"AMZ"}', "1"))) == 1


@pytest.mark.parametrize(("count", "is_complete"), [(99, True), (100, False), (101, False)])
def test_an_answer_at_its_row_limit_is_never_complete(count, is_complete):
    """There is no paging: more may exist."""
    body = answer(json.dumps([{"A": 1}] * count), str(count))
    if is_complete:
        assert len(read_rows(SMALL, "by_key", body)) == count
    else:
        with pytest.raises(Truncated, match="more may exist"):
            read_rows(SMALL, "by_key", body)


def test_rows_that_a_join_repeats_count_once(make_rows):
    """Equal rows of one key are one; different ones cannot both be true."""
    cells = {
        "A.BUSINESS_UNIT": "US001",
        "A.JOURNAL_ID": "A1",
        "A.JOURNAL_DATE": "2026-11-14",
        "A.UNPOST_SEQ": 0,
        "B.JOURNAL_LINE": 1,
        "B.FOREIGN_AMOUNT": 5,
    }
    twice = make_rows(
        "lines", {"attr:rownumber": 1, **cells}, {"attr:rownumber": 2, **cells}, {**cells, "A.UNPOST_SEQ": 1}
    )
    assert len(once_each(twice)) == 2
    with pytest.raises(TargetUnavailable, match="in two ways"):
        once_each(make_rows("lines", cells, {**cells, "B.FOREIGN_AMOUNT": 6}))
