"""ExecuteQuery: the shape of its answers and what each of the site's queries selects."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from emulators.peoplesoft import queries
from emulators.peoplesoft.site import Customer

KEY = {"BU": "US001", "JID": "A1K9Z03QX7", "JDT": "2026-11-14"}


def test_an_answer_has_the_live_shape(caller):
    """Byte for byte: the odd key `queryname=`, row numbers, numbers as JSON numbers with all digits."""
    caller.create()
    text = caller.query_http("X_JRNL_BY_KEY", **KEY).text
    assert text.startswith(
        '{"status":"success","data":{"query":{"numrows":1,"queryname=":"X_JRNL_BY_KEY","rows":'
        '[{"attr:rownumber":1,"A.BUSINESS_UNIT":"US001","A.JOURNAL_ID":"A1K9Z03QX7","A.JOURNAL_DATE":"2026-11-14",'
        '"A.UNPOST_SEQ":0,"A.JRNL_HDR_STATUS":"N",'
    )
    assert text.endswith('"LINE_COUNT":2,"TOTAL_DEBITS":1250.37,"TOTAL_CREDITS":1250.37}]}}}')


def test_unverified_shapes_can_be_switched(caller):
    """Another name key, rows absent when empty, numbers as text, failures with HTTP 500."""
    caller.app.site.switches = replace(
        caller.app.site.switches,
        query_name_key="queryname",
        are_empty_rows_present=False,
        are_query_numbers_text=True,
        query_failure_http_status=500,
    )
    empty = caller.query_http("X_JRNL_BY_KEY", **KEY).json()["data"]["query"]
    assert empty == {"numrows": 0, "queryname": "X_JRNL_BY_KEY"}
    caller.create()
    row = caller.query_http("X_JRNL_BY_KEY", **KEY).json()["data"]["query"]["rows"][0]
    assert row["TOTAL_DEBITS"] == "1250.37"
    assert caller.query_http("X_UNKNOWN", BU="US001").status_code == 500


def test_large_amounts_keep_every_digit(caller):
    """No float is involved on the way out."""
    amount = "12345678901234567890.12"
    lines = [
        {"ACCOUNT": "110500", "FOREIGN_AMOUNT": amount, "JRNL_LN_REF": "S1"},
        {"ACCOUNT": "400100", "FOREIGN_AMOUNT": f"-{amount}"},
    ]
    assert caller.create(lines).notification == "1"
    assert caller.query("X_JRNL_BY_KEY", **KEY)[0]["TOTAL_DEBITS"] == Decimal(amount)


@pytest.mark.parametrize(
    "name, maxrows, prompts, words",
    [
        ("X_UNKNOWN", 100, {"BU": "US001"}, "does not exist or you are not authorized"),
        ("x_control", 100, {"BU": "US001"}, "does not exist or you are not authorized"),
        ("X_CONTROL", None, {"BU": "US001"}, "MaxRow is required"),
        ("X_CONTROL", 0, {"BU": "US001"}, "MaxRow is required"),
        ("X_CONTROL", 100, {"bu": "US001"}, "missing ['BU'], unknown ['bu']"),  # prompts are case-sensitive
        ("X_CONTROL", 100, {"BU": "US001,UK001"}, "1 prompt names but 2 prompt values"),
        ("X_JRNL_BY_KEY", 100, {"BU": "US001", "JID": "J", "JDT": "14.11.2026"}, "is not a date"),
    ],
)
def test_a_query_that_cannot_run_says_so_with_http_200(caller, name, maxrows, prompts, words):
    """`status` is not success; the reason stands in the body."""
    response = caller.query_http(name, maxrows, **prompts)
    assert response.status_code == 200
    assert response.json()["status"] == "error"
    assert words in response.json()["data"]["message"]


@pytest.mark.parametrize(
    "path, status",
    [
        ("/PSFT_EP/ExecuteQuery.v1/PUBLIC/X_CONTROL/JSON/NONFILE", 200),
        ("/PSFT_EP/ExecuteQuery.V1/public/X_CONTROL/JSON/NONFILE", 200),
        ("/OTHER/ExecuteQuery.v1/PUBLIC/X_CONTROL/JSON/NONFILE", 404),
        ("/PSFT_EP/Unknown.v1/PUBLIC/X_CONTROL/JSON/NONFILE", 404),
    ],
)
def test_the_address_names_node_operation_and_query(caller, path, status):
    """`.v1` and `.V1` both occur; node and operation must be known."""
    parameters = {"maxrows": "9", "prompt_uniquepromptname": "BU", "prompt_fieldvalue": "US001", "json_resp": "true"}
    auth = (caller.user, caller.password)
    url = f"/PSIGW/RESTListeningConnector{path}"
    assert caller.http.get(url, params=parameters, auth=auth).status_code == status


def test_maxrows_cuts_without_a_word(caller):
    """There is no paging: a full answer may be a cut one."""
    caller.create()
    assert len(caller.query("X_JRNL_LINES", **KEY)) == 2
    assert len(caller.query("X_JRNL_LINES", maxrows=1, **KEY)) == 1


def test_filterfields_keeps_only_named_columns(caller):
    """The template's last parameter."""
    parameters = {"maxrows": "9", "prompt_uniquepromptname": "BU", "prompt_fieldvalue": "US001", "json_resp": "true"}
    url = "/PSIGW/RESTListeningConnector/PSFT_EP/ExecuteQuery.v1/PUBLIC/X_CONTROL/JSON/NONFILE"
    parameters["filterfields"] = "A.JOURNAL_ID"
    rows = caller.http.get(url, params=parameters, auth=(caller.user, caller.password)).json()["data"]["query"]["rows"]
    assert rows == [{"attr:rownumber": 1, "A.JOURNAL_ID": "CONTROL001"}]


def test_a_site_can_give_its_queries_other_names(caller):
    """Names are configuration on both sides."""
    caller.app.site.query_names = {"X_CONTROL": "ZZ_ANY_JOURNAL"}
    assert caller.query("ZZ_ANY_JOURNAL", BU="US001")
    assert caller.query_http("X_CONTROL", BU="US001").json()["status"] == "error"


@pytest.mark.parametrize(
    "reference, lines",
    [("AMZ settlement 12345678901", 2), ("AMZ settlement", 2), ("S123456789", 1), ("S1", 1), ("NONE", 0)],
)
def test_lines_are_found_by_description_or_own_reference(caller, reference, lines):
    """By the header's beginning: all lines; by a line's reference: that line."""
    caller.create()
    rows = caller.query("X_JRNL_BY_REF", BU="US001", REF=reference)
    assert len(rows) == lines
    assert all(row["A.JOURNAL_ID"] == "A1K9Z03QX7" for row in rows)


def test_a_line_row_has_the_full_key_chartfields_and_amounts(caller):
    """What the read-back needs stands in one row."""
    caller.create([{"ACCOUNT": "400100", "DEPTID": "10000", "PRODUCT": "AMZ", "FOREIGN_AMOUNT": "-7.50"}])
    row = caller.query("X_JRNL_LINES", **KEY)[0]
    expected = {
        "A.BUSINESS_UNIT": "US001",
        "A.UNPOST_SEQ": 0,
        "A.DESCR254": "AMZ settlement 12345678901",
        "B.BUSINESS_UNIT": "US001",
        "B.JOURNAL_LINE": 1,
        "B.ACCOUNT": "400100",
        "B.DEPTID": "10000",
        "B.PRODUCT": "AMZ",
        "B.FOREIGN_AMOUNT": Decimal("-7.5"),
        "B.FOREIGN_CURRENCY": "USD",
        "B.STATISTIC_AMOUNT": "",
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    "prompts, flag",
    [
        ({"BU": "US001", "LG": "ACTUALS", "SRC": "AMZ", "JDT": "2026-11-14"}, "Y"),
        ({"BU": "US001", "LG": "ACTUALS", "SRC": "AMZ", "JDT": "2026-04-01"}, "Y"),
        ({"BU": "US001", "LG": "ACTUALS", "SRC": "AMZ", "JDT": "2026-03-31"}, "N"),
        ({"BU": "US001", "LG": "ACTUALS", "SRC": "AMZ", "JDT": "2027-01-31"}, "Y"),
        ({"BU": "US001", "LG": "ACTUALS", "SRC": "AMZ", "JDT": "2027-02-01"}, "N"),
        ({"BU": "XX001", "LG": "ACTUALS", "SRC": "AMZ", "JDT": "2026-11-14"}, None),
        ({"BU": "US001", "LG": "BUDGETS", "SRC": "AMZ", "JDT": "2026-11-14"}, None),
    ],
)
def test_a_period_is_open_or_not_or_unknown(caller, prompts, flag):
    """Y or N for a unit and ledger group that exist; no row for others."""
    rows = caller.query("X_PERIOD_OPEN", **prompts)
    assert [row["OPEN_FLAG"] for row in rows] == ([flag] if flag else [])


def test_a_period_can_be_closed_for_one_source_only(caller):
    """A source's own range goes before the general one."""
    caller.app.books.set_periods("US001", (2026, 1), (2026, 10), source="AMZ")
    prompts = {"BU": "US001", "LG": "ACTUALS", "JDT": "2026-11-14"}
    assert caller.query("X_PERIOD_OPEN", **prompts, SRC="AMZ")[0]["OPEN_FLAG"] == "N"
    assert caller.query("X_PERIOD_OPEN", **prompts, SRC="ONL")[0]["OPEN_FLAG"] == "Y"


@pytest.mark.parametrize(
    "account, as_of, expected",
    [
        ("110500", "2026-11-14", [("110500", "A", "A", "Y", "Y")]),
        ("400000", "2026-11-14", [("400000", "A", "R", "N", "N")]),  # not postable
        ("400900", "2026-11-14", [("400900", "I", "R", "N", "Y")]),
        ("400900", "2019-12-31", [("400900", "A", "R", "N", "Y")]),  # before it was closed
        ("40010%", "2026-11-14", [("400100", "A", "R", "N", "Y")]),
        ("400100", "1900-01-01", []),  # before its effective date
        ("999999", "2026-11-14", []),
    ],
)
def test_accounts_answer_with_status_type_and_flags_as_of_a_date(caller, account, as_of, expected):
    """The row in force on the date, or none."""
    rows = caller.query("X_ACCOUNTS", BU="US001", ACCT=account, ASOF=as_of)
    names = ("A.VALUE", "A.EFF_STATUS", "A.ACCOUNT_TYPE", "A.OPEN_ITEM", "A.POSTABLE")
    assert [tuple(row[name] for name in names) for row in rows] == expected


def test_any_chartfield_is_listed_whole_by_a_percent_sign(caller):
    """`%` alone means all."""
    rows = caller.query("X_CHARTFIELD_VALUES", BU="US001", FLD="DEPTID", VAL="%", ASOF="2026-11-14")
    assert [(row["A.VALUE"], row["A.EFF_STATUS"]) for row in rows] == [("10000", "A"), ("20000", "A"), ("30000", "I")]


def test_open_items_are_summed_by_reference_currency_and_status(caller, clock):
    """Posted and not yet posted stand apart; deleted ones are gone; statuses tell which."""
    caller.create()
    clock.advance(10)
    half = [
        {"ACCOUNT": "110500", "FOREIGN_AMOUNT": "-1000", "JRNL_LN_REF": "S123456789"},
        {"ACCOUNT": "100100", "FOREIGN_AMOUNT": "1000"},
    ]
    caller.create(half, JOURNAL_ID="BANK1")
    caller.create(half, JOURNAL_ID="BANK2")
    doomed = next(journal.key for journal in caller.app.books.journals() if journal.key.id == "BANK2")
    caller.app.books.people.delete(doomed)
    rows = caller.query("X_OPEN_ITEMS", BU="US001", ACCT="110500", REF="%")
    names = ("A.JRNL_LN_REF", "A.FOREIGN_CURRENCY", "A.JRNL_HDR_STATUS", "FOREIGN_AMOUNT", "LINE_COUNT")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("S123456789", "USD", "N", Decimal(-1000), 1),
        ("S123456789", "USD", "P", Decimal("1250.37"), 1),
    ]
    assert caller.query("X_OPEN_ITEMS", BU="US001", ACCT="110500", REF="OTHER") == []


def test_every_unit_has_a_control_record(caller):
    """A read that cannot see this sees nothing."""
    for unit in ("US001", "UK001", "DE001"):
        assert [row["A.JOURNAL_ID"] for row in caller.query("X_CONTROL", BU=unit)] == ["CONTROL001"]


def test_customers_are_found_by_id_or_name(caller):
    """Keyed by SETID, not by unit."""
    caller.app.site.customers = (Customer("SHARE", "C100", "Anchor Ltd"), Customer("OTHER", "C101", "Anchor Inc"))
    rows = caller.query("X_CUSTOMER", SETID="SHARE", CUST="Anchor")
    assert [row["A.CUST_ID"] for row in rows] == ["C100"]
    assert caller.query("X_CUSTOMER", SETID="SHARE", CUST="C10")[0]["A.NAME1"] == "Anchor Ltd"


def test_the_definition_names_every_query_prompt_and_column(caller, clock):
    """The page an administrator builds the queries from is the docstring: nothing may be missing in it."""
    text = queries.__doc__
    caller.create([{"ACCOUNT": "110500", "FOREIGN_AMOUNT": "5", "JRNL_LN_REF": "S1"}])
    clock.advance(10)
    caller.app.site.customers = (Customer("SHARE", "C100", "Anchor Ltd"),)
    values = KEY | {"REF": "S1", "LG": "ACTUALS", "SRC": "AMZ", "ACCT": "110500", "FLD": "ACCOUNT", "VAL": "110500"}
    values |= {"ASOF": "2026-11-14", "SETID": "SHARE", "CUST": "C100"}
    values |= {"LGR": "ACTUALS", "YR": "2026", "PER": "11", "FROMDT": "2026-01-01", "TODT": "2026-11-30"}
    posted = {"ACCT": "100100"}  # only what is posted stands in the ledger, and that journal has an error
    for query in queries.QUERIES:
        assert f"| {query.name} | {', '.join(query.prompts)} |" in text
        of_query = values | posted if query.name.startswith("X_LEDGER") else values
        rows = caller.query(query.name, **{name: of_query[name] for name in query.prompts})
        assert rows, query.name
        for column in set(rows[0]) - {"attr:rownumber"}:
            assert column in text, (query.name, column)
