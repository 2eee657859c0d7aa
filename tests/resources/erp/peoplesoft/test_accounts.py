"""The check before the first post: values exist, are active, postable and on the right side; periods are open."""

from __future__ import annotations

from datetime import date

import pytest

from emulators.peoplesoft import mischief
from emulators.peoplesoft.site import ChartFieldValue
from ledger.accounts import AccountKey, Nature
from ledger.errors import TargetMisconfigured
from resources.erp.target import AccountUse

ON = date(2026, 11, 14)


def use(account: str, nature: Nature | None = None, *, unit="US001", on=ON, category="", open_item=False, **segments):
    return AccountUse(AccountKey.of(unit, account=account, **segments), on, nature, category, open_item)


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        (use("400100", Nature.REVENUE), None, ""),
        (use("400100", Nature.REVENUE, department="10000", product="AMZ", operating_unit="NA"), None, ""),
        (use("110500", Nature.RECEIVABLE, open_item=True), None, ""),
        (use("210500", Nature.LIABILITY), None, ""),
        (use("410100", Nature.CONTRA_REVENUE), None, ""),
        (use("600100", Nature.EXPENSE), None, ""),
        (use("480100", Nature.OTHER_INCOME), None, ""),
        (use("110600", Nature.CASH_IN_TRANSIT), None, ""),
        (use("400100"), None, ""),
        (use("140000", affiliate="UK001"), None, ""),
        (use("999999"), "account_unknown", "ACCOUNT 999999 of unit US001 does not exist in PeopleSoft on 2026-11-14"),
        (use("400100", department="99999"), "account_unknown", "DEPTID 99999 of unit US001 does not exist"),
        (use("400100", product="NONE"), "account_unknown", "PRODUCT NONE of unit US001"),
        (use("400100", unit="XX001"), "account_unknown", "ACCOUNT 400100 of unit XX001"),
        (use("400900", Nature.REVENUE), "account_inactive", "ACCOUNT 400900 of unit US001 is not active on 2026-11-14"),
        (use("400900", Nature.REVENUE, on=date(2019, 12, 31)), None, ""),
        (use("400100", department="30000"), "account_inactive", "DEPTID 30000"),
        (
            use("400000", Nature.REVENUE),
            "account_not_postable",
            "ACCOUNT 400000 of unit US001 takes no journal entries",
        ),
        (use("900100", Nature.EXPENSE), "account_statistical", "takes quantities only"),
        (use("110600", open_item=True), "account_open_item", "ACCOUNT 110600 of unit US001 is the clearing account"),
        (
            use("400100", Nature.LIABILITY, category="tax"),
            "account_nature",
            "balance sheet account, because category tax",
        ),
        (use("110700", Nature.REVENUE), "account_nature", "income statement account"),
        (use("400100", colour="RED"), "segment_unknown", "'colour'"),
    ],
)
def test_an_account_is_judged_by_what_peoplesoft_says_of_it(place, asked, code, words):
    """One finding with a sentence and a cure, or none."""
    findings = place.target().check_accounts([asked])
    assert [one.code for one in findings] == ([code] if code else [])
    for one in findings:
        assert words in one.sentence
        assert one.cure
        assert one.is_blocking


@pytest.mark.parametrize("nature", list(Nature))
def test_every_nature_has_its_side_of_the_balance_sheet(place, nature):
    """A, L and Q are balance sheet, R and E income statement."""
    right, wrong = ("110700", "400100") if nature.is_balance_sheet else ("400100", "110700")
    target = place.target()
    assert target.check_accounts([use(right, nature)]) == []
    assert [one.code for one in target.check_accounts([use(wrong, nature)])] == ["account_nature"]


def test_an_account_type_that_nobody_knows_is_on_neither_side(make_place):
    """Sites can make types of their own; the settings say on which side they stand."""

    def add(site):
        site.values = (*site.values, ChartFieldValue("ACCOUNT", "700000", account_type="Z"))

    place = make_place(add)
    assert [one.code for one in place.target().check_accounts([use("700000", Nature.EXPENSE)])] == ["account_nature"]
    assert place.target(income_statement_types="REZ").check_accounts([use("700000", Nature.EXPENSE)]) == []


def test_an_open_item_flag_may_be_only_advised(place):
    """Where a site reconciles by reference without PeopleSoft's open items."""
    (finding,) = place.target(open_item_check="warn").check_accounts([use("110600", open_item=True)])
    assert (finding.code, finding.is_blocking) == ("account_open_item", False)


def test_each_fault_is_reported_once(place):
    """Two categories, one missing account: one finding each; the same use twice: one."""
    same = use("999999", category="sales")
    findings = place.target().check_accounts([same, same, use("999999", category="fees")])
    assert sorted(one.origin for one in findings) == [
        "ACCOUNT 999999 of unit US001, fees",
        "ACCOUNT 999999 of unit US001, sales",
    ]


def test_many_values_are_asked_for_together(place):
    """One call per field, unit and date; one by one only where the whole list is too long."""
    accounts = ["110500", "110600", "400100", "400200", "400300", "410100", "999999"]
    uses = [use(account, department="10000") for account in accounts]
    target = place.target()
    assert [one.code for one in target.check_accounts(uses)] == ["account_unknown"]
    assert place.app.calls.count("X_CHARTFIELD_VALUES") == 2
    assert place.app.calls.count("ExecuteQuery") == 2


def test_a_list_that_is_too_long_is_asked_for_one_by_one(make_place):
    """A chart of accounts may be longer than an answer."""

    def add(site):
        site.values = (*site.values, *(ChartFieldValue("ACCOUNT", f"8{n:05}", account_type="E") for n in range(200)))

    place = make_place(add)
    accounts = ["110500", "110600", "400100", "400200", "999999"]
    findings = place.target(rows_max=100).check_accounts([use(account) for account in accounts])
    assert [one.code for one in findings] == ["account_unknown"]
    assert place.app.calls.count("ExecuteQuery") == 6


def test_a_closed_period_is_found_before_the_first_post(place, journal, make_journal):
    """Per unit, ledger group, source and date; in every unit that has a line."""
    target = place.target()
    assert target.check_accounts([], [journal]) == []
    place.app.books.set_periods("US001", (2026, 12), (2026, 12))
    (finding,) = target.check_accounts([], [journal])
    assert finding.code == "period_closed"
    assert finding.sentence == (
        "Accounting period 11/2026 is closed in unit US001, ledger group ACTUALS, source AMZ; the journal is dated "
        "2026-11-14."
    )
    place.app.books.set_periods("US001", (2026, 1), (2026, 12))
    place.app.books.set_periods("DE001", (2026, 12), (2026, 12), source="AMZ")
    two_units = make_journal(
        make_journal.line(1, "110500", "1.00", ref="S1"), make_journal.line(2, "400100", "-1.00", unit="DE001")
    )
    assert [one.origin for one in target.check_accounts([], [two_units])] == ["DE001 2026-11-14"]
    assert place.target(source="ONL").check_accounts([], [two_units]) == []


def test_a_calendar_that_nobody_knows_is_no_open_period(place, journal):
    """A misspelt ledger group or unit shows no period at all."""
    (finding,) = place.target(ledger_group="ACTUAL").check_accounts([], [journal])
    assert finding.code == "period_unknown"
    assert "ledger group ACTUAL" in finding.sentence


def test_a_journal_that_does_not_fit_is_a_finding_too(place, make_journal):
    """Found with the accounts, not in the middle of posting."""
    findings = place.target().check_accounts([], [make_journal(rate_type="CURRENT")])
    assert [one.code for one in findings] == ["journal_does_not_fit"]
    assert "RT_TYPE holds 5" in findings[0].sentence


def test_a_blind_query_makes_every_account_unknown_and_none_right(place):
    """Nothing passes because nothing was seen."""
    place.faults.always("X_CHARTFIELD_VALUES", mischief.blind())
    findings = place.target().check_accounts([use("400100"), use("110500")])
    assert [one.code for one in findings] == ["account_unknown", "account_unknown"]


def test_a_query_without_the_account_type_is_no_pass(place):
    """The check cannot be done: a person completes the query."""
    target = place.target(queries={"values": {"columns": {"ACCOUNT_TYPE": "A.TYPE"}}})
    with pytest.raises(TargetMisconfigured, match=r"A\.TYPE"):
        target.check_accounts([use("400100", Nature.REVENUE)])
