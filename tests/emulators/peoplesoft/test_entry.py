"""What Create refuses before anything is saved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulators.peoplesoft.records import HEADER_BY_NAME, LINE_BY_NAME, stored

INVALID = "Invalid value -- press the prompt button or hyperlink for a list of valid values (15,11)"
CLEARING = {"ACCOUNT": "110500", "FOREIGN_AMOUNT": "100.00", "JRNL_LN_REF": "S1"}


@pytest.mark.parametrize(
    "header, line, expected",
    [
        ({}, {"ACCOUNT": "999999"}, f"{INVALID} {{JOURNAL_ENTRY_CI.JRNL_LN(2).ACCOUNT}}"),
        ({}, {"ACCOUNT": "400900"}, INVALID),
        ({}, {"DEPTID": "30000"}, "Error changing value. {JOURNAL_ENTRY_CI.JRNL_LN(2).DEPTID} (91,34)"),
        ({}, {"ACCOUNT": ""}, "Field is required. {JOURNAL_ENTRY_CI.JRNL_LN(2).ACCOUNT}"),
        ({"SOURCE": ""}, {}, "Field is required. {JOURNAL_ENTRY_CI.SOURCE}"),
        ({"LEDGER_GROUP": ""}, {}, "Field is required. {JOURNAL_ENTRY_CI.LEDGER_GROUP}"),
        ({"SOURCE": "ZZZ"}, {}, INVALID),
        ({"LEDGER_GROUP": "BUDGETS"}, {}, INVALID),
        ({"BUSINESS_UNIT": "XX001"}, {}, INVALID),
        ({"FOREIGN_CURRENCY": "XXX"}, {}, INVALID),
        ({"DESCR254": "x" * 255}, {}, "DESCR254 holds 254 characters, 255 were given"),
        ({"JOURNAL_ID": "A1K9Z03QX78"}, {}, "JOURNAL_ID holds 10 characters, 11 were given"),
        ({}, {"JRNL_LN_REF": "12345678901"}, "JRNL_LN_REF holds 10 characters, 11 were given"),
        ({}, {"LINE_DESCR": "y" * 31}, "LINE_DESCR holds 30 characters, 31 were given"),
        ({}, {"FOREIGN_AMOUNT": "1,250.37"}, "FOREIGN_AMOUNT is not a number"),
        ({}, {"FOREIGN_AMOUNT": "1e3"}, "FOREIGN_AMOUNT is not a number"),
        ({}, {"FOREIGN_AMOUNT": "0.1234"}, "FOREIGN_AMOUNT has more than 3 decimals"),
        ({}, {"FOREIGN_AMOUNT": "9" * 24}, "FOREIGN_AMOUNT has more than 23 digits before the point"),
        ({}, {"FOREIGN_AMOUNT": "-1", "MONETARY_AMOUNT": "-2"}, "it differs from the entered amount"),
        ({"JOURNAL_DATE": "14.11.2026"}, {}, "Error changing value. {JOURNAL_ENTRY_CI.JOURNAL_DATE} (91,34)"),
        ({"UNPOST_SEQ": "1"}, {}, "Error changing value. {JOURNAL_ENTRY_CI.UNPOST_SEQ} (91,34)"),
        ({"REVERSAL_CD": "D"}, {}, "Field is required. {JOURNAL_ENTRY_CI.REVERSAL_DATE}"),
        ({}, {"JOURNAL_LINE": "1"}, "the same line number is given twice"),
    ],
)
def test_create_refuses_in_messages_and_saves_nothing(caller, header, line, expected):
    """Notification 0, an error that names the property, the closing (91,37), and no journal."""
    wrong = {"JOURNAL_LINE": "2", "ACCOUNT": "400100", "FOREIGN_AMOUNT": "-100.00"} | line
    order = [name for name in LINE_BY_NAME if name in wrong]
    ordered = {name: header.get(name, value) for name, value in usual(header).items()}
    answer = caller.call("Create", ordered, [{"JOURNAL_LINE": "1"} | CLEARING, {name: wrong[name] for name in order}])
    assert (answer.http_status, answer.notification) == (200, "0")
    assert expected in answer.texts()
    assert answer.messages[-1] == (
        "Error",
        "91",
        "37",
        "Error saving Component Interface. {JOURNAL_ENTRY_CI} (91,37)",
    )
    assert not [journal for journal in caller.app.books.journals() if journal.source == "AMZ"]


def usual(header: dict) -> dict:
    """Return the usual header with the names of another one, in the order of the WSDL."""
    base = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A1K9Z03QX7", "JOURNAL_DATE": "2026-11-14", "UNPOST_SEQ": "0"}
    base |= {"LEDGER_GROUP": "ACTUALS", "SOURCE": "AMZ", "DESCR254": "AMZ settlement 1"} | header
    return {name: base[name] for name in HEADER_BY_NAME if name in base}


@pytest.mark.parametrize("name, value", [("JRNL_HDR_STATUS", "P"), ("OPRID", "X"), ("POSTED_DATE", "2026-11-14")])
def test_fields_that_the_system_keeps_are_read_only(caller, name, value):
    """Nobody creates a posted journal by saying so."""
    answer = caller.call("Create", usual({name: value}), [CLEARING])
    assert answer.notification == "0"
    assert "the property is read-only" in answer.texts()


def test_blank_text_is_one_space_when_read(caller):
    """The database cannot hold an empty text."""
    assert caller.create().notification == "1"
    rows = caller.query("X_JRNL_LINES", BU="US001", JID="A1K9Z03QX7", JDT="2026-11-14")
    assert [row["B.DEPTID"] for row in rows] == [" ", " "]
    assert " " in caller.call(
        "Get", {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A1K9Z03QX7", "JOURNAL_DATE": "2026-11-14"}
    ).values("DEPTID")


def test_field_edits_can_wait_for_the_edit_run(caller, clock):
    """Some components check ChartFields only in the batch: saved, then E."""
    caller.app.site.switches = replace(caller.app.site.switches, is_prompt_edit_at_create=False)
    wrong = [CLEARING, {"ACCOUNT": "999999", "FOREIGN_AMOUNT": "-100.00"}]
    assert caller.call("Create", usual({}), wrong).notification == "1"
    clock.advance(10)
    assert caller.status() == "E"
    errors = caller.query("X_JRNL_ERRORS", BU="US001", JID="A1K9Z03QX7", JDT="2026-11-14")
    assert [(row["A.JOURNAL_LINE"], row["A.FIELDNAME"], row["A.MESSAGE_TEXT"]) for row in errors] == [
        (2, "ACCOUNT", INVALID)
    ]


def test_a_closed_period_can_be_refused_at_create(caller):
    """A switch: the component may check the period at once instead of at edit."""
    caller.app.site.switches = replace(caller.app.site.switches, is_period_checked_at_create=True)
    caller.app.books.set_periods("US001", (2026, 1), (2026, 10))
    answer = caller.call("Create", usual({}), [CLEARING])
    assert (answer.notification, answer.messages[0][3]) == ("0", "Accounting period is not open")


def test_a_bare_key_is_saved_unvalidated_as_incomplete(caller):
    """Save without any property beyond the key stores a row without validation, status T."""
    answer = caller.call("Create", {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "BARE", "JOURNAL_DATE": "2026-11-14"})
    assert answer.notification == "1"
    assert [journal.status for journal in caller.app.books.journals() if journal.key.id == "BARE"] == ["T"]


@pytest.mark.parametrize(
    "field, value, expected",
    [
        (LINE_BY_NAME["FOREIGN_AMOUNT"], "-0.00", "0"),
        (LINE_BY_NAME["FOREIGN_AMOUNT"], "+1250.370", "1250.37"),
        (LINE_BY_NAME["FOREIGN_AMOUNT"], "  ", ""),
        (HEADER_BY_NAME["JOURNAL_DATE"], "2026/11/14", "2026-11-14"),
        (HEADER_BY_NAME["DESCR"], "text  ", "text"),
    ],
)
def test_values_are_stored_in_one_form(field, value, expected):
    """Both date forms of live clients are taken; amounts lose zeros, texts lose blanks at the end."""
    assert stored(field, value) == expected
