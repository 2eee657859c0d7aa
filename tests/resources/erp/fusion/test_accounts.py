"""What would keep accounts and periods from being posted to, and empty answers that are not believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import httpx
import pytest

from ledger.accounts import AccountKey, Nature
from ledger.errors import TargetMisconfigured, TargetUnavailable
from resources.erp.fusion import natural_key
from resources.erp.target import AccountUse

DAY = date(2026, 11, 14)
LEDGER = {"LedgerId": 300000046975971, "Name": "US Primary Ledger", "CurrencyCode": "USD", "ChartOfAccountsId": 5237}


def combination(number: int, department: str, account: str, kind: str, **changes) -> dict:
    """Return a row of accountCombinationsLOV."""
    return {
        "_CODE_COMBINATION_ID": number,
        "_CHART_OF_ACCOUNTS_ID": 5237,
        "company": "01",
        "department": department,
        "account": account,
        "AccountType": kind,
        "EnabledFlag": "Y",
        "DetailPostingAllowedFlag": "Y",
        "JgzzReconFlag": "N",
        "StartDateActive": None,
        "EndDateActive": None,
        **changes,
    }


def period(name: str, status: str) -> dict:
    """Return a row of accountingPeriodStatusLOV."""
    return {"PeriodNameId": name, "ApplicationId": 101, "LedgerId": 300000046975971, "ClosingStatus": status}


def use(account: str, nature: Nature | None = None, **facts) -> AccountUse:
    """Return a use of an account of unit 01 on the day."""
    segments = dict(pair.split("=") for pair in account.split(";"))
    return AccountUse(AccountKey.of("01", **segments), facts.pop("on", DAY), nature, "sales", **facts)


@pytest.fixture
def books(site):
    """A site with its ledger, three combinations and four periods."""
    site.script.tables |= {
        "ledgersLOV": [LEDGER],
        "accountCombinationsLOV": [
            combination(1, "000", "11200", "A", JgzzReconFlag="Y"),
            combination(2, "100", "40100", "R"),
            combination(3, "200", "60100", "E", EndDateActive="2026-10-31"),
        ],
        "accountingPeriodStatusLOV": [
            period("Sep-26", "P"),
            period("Oct-26", "C"),
            period("Nov-26", "O"),
            period("Dec-26", "F"),
            period("Jan-27", "N"),
        ],
    }
    return site


@pytest.mark.parametrize("version", [1, 4])
def test_accounts_that_can_be_posted_to_have_no_findings(books, journal, version):
    """Existing, enabled, postable, on the right side, in an open period."""
    uses = [
        use("account=11200", Nature.RECEIVABLE, needs_open_item=True),
        use("account=40100;department=100", Nature.REVENUE),
    ]
    assert books.target(framework_version=version).check_accounts(uses, [journal]) == []


@pytest.mark.parametrize(
    "given, changes, code",
    [
        (use("account=99999"), {}, "account_unknown"),
        (use("account=60100;department=200"), {}, "account_inactive"),
        (use("account=11200"), {"EnabledFlag": "N"}, "account_inactive"),
        (use("account=11200"), {"EnabledFlag": False}, "account_inactive"),
        (use("account=11200"), {"StartDateActive": "2026-11-15"}, "account_inactive"),
        (use("account=11200"), {"DetailPostingAllowedFlag": "N"}, "account_not_postable"),
        (use("account=11200", Nature.REVENUE), {}, "account_nature"),
        (use("account=40100;department=100", Nature.LIABILITY), {}, "account_nature"),
        (use("account=11200", needs_open_item=True), {"JgzzReconFlag": "N"}, "account_open_item"),
        (use("account=11200;product=X"), {}, "segment_unknown"),
        (use("account=112-00"), {}, "segment_unknown"),
    ],
)
def test_what_keeps_an_account_from_being_posted_to_is_a_finding(books, given, changes, code):
    """With a sentence that names the combination, and a cure."""
    books.script.tables["accountCombinationsLOV"][0].update(changes)
    findings = books.target().check_accounts([given, given])
    assert [one.code for one in findings] == [code]
    assert findings[0].cure
    assert "sales" in findings[0].origin


@pytest.mark.parametrize("check, codes", [("warn", []), ("block", ["account_open_item"])])
def test_a_site_that_does_not_show_reconciliation_is_warned_of_it_only_where_that_blocks(books, check, codes):
    """A warning that nobody can end would come with every settlement."""
    del books.script.tables["accountCombinationsLOV"][0]["JgzzReconFlag"]
    findings = books.target(open_item_check=check).check_accounts([use("account=11200", needs_open_item=True)])
    assert [one.code for one in findings] == codes
    assert all("does not show" in one.sentence for one in findings)


def test_dates_are_those_of_the_use(books):
    """The combination that ended in October was good in October."""
    assert books.target().check_accounts([use("account=60100;department=200", on=date(2026, 10, 31))]) == []


def test_switches_make_two_findings_warnings_or_blocks(books):
    """A combination may be made by the import; reconciliation may be kept elsewhere."""
    target = books.target(new_combination_check="warn", open_item_check="block")
    unknown, item = target.check_accounts(
        [use("account=99999"), use("account=40100;department=100", needs_open_item=True)]
    )
    assert (unknown.is_blocking, item.is_blocking) == (False, True)


def test_a_missing_combination_is_believed_only_when_the_chart_is_visible(books):
    """Without data access every combination is missing."""
    books.script.tables["accountCombinationsLOV"] = []
    with pytest.raises(TargetMisconfigured, match="no account combination of chart of accounts 5237"):
        books.target().check_accounts([use("account=11200")])


def test_names_that_leave_a_segment_open_are_refused(books):
    """Two combinations for one account mean that the chart is described wrongly."""
    books.script.tables["accountCombinationsLOV"].append(combination(9, "000", "11200", "A"))
    with pytest.raises(TargetMisconfigured, match="names under chart"):
        books.target().check_accounts([use("account=11200")])


def test_attributes_may_be_called_otherwise(books):
    """The resource's page lists none."""
    for row in books.script.tables["accountCombinationsLOV"]:
        row["CodeCombinationId"], row["Enabled"] = row.pop("_CODE_COMBINATION_ID"), "N"
    target = books.target(combination_attributes={"key": "CodeCombinationId", "enabled": "Enabled"})
    assert [one.code for one in target.check_accounts([use("account=11200")])] == ["account_inactive"]


@pytest.mark.parametrize(
    "day, code",
    [
        (date(2026, 11, 30), None),
        (date(2026, 10, 31), "period_closed"),
        (date(2026, 12, 1), "period_closed"),
        (date(2027, 1, 1), "period_closed"),
        (date(2031, 1, 1), "period_unknown"),
    ],
)
def test_periods_that_take_no_journals_are_findings(books, journal, day, code):
    """Future enterable is imported and never posted, so it is not open unless the settings say so."""
    findings = books.target().check_accounts([], [replace(journal, accounting_date=day)])
    assert [one.code for one in findings] == ([code] if code else [])


def test_future_enterable_periods_may_count_as_open(books, journal):
    """Where a site posts them when they open."""
    ahead = replace(journal, accounting_date=date(2026, 12, 1))
    assert books.target(open_period_statuses="OF").check_accounts([], [ahead]) == []


@pytest.mark.parametrize(
    "day, first",
    [
        (date(2026, 11, 14), date(2026, 11, 14)),
        (date(2026, 10, 14), date(2026, 11, 1)),
        (date(2026, 9, 30), date(2026, 11, 1)),
        (date(2026, 12, 14), None),
        (date(2031, 1, 14), date(2031, 1, 14)),
    ],
)
def test_the_next_open_day_is_found_month_by_month(books, day, first):
    """A day without a period comes back as it is: the check says so."""
    assert books.target().open_day("01", day) == first


def test_a_ledger_without_any_period_is_a_blind_user(books):
    """Not a calendar without a month."""
    books.script.tables["accountingPeriodStatusLOV"] = []
    with pytest.raises(TargetMisconfigured, match="no accounting period"):
        books.target().open_day("01", DAY)


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"Name": "UK Ledger"}, "ledger_other"),
        ({"CurrencyCode": "GBP"}, "ledger_other"),
        ({"ChartOfAccountsId": 1}, "ledger_other"),
        ({"LedgerId": 1}, "ledger_unknown"),
    ],
)
def test_a_ledger_that_is_not_the_one_described_is_a_finding(books, changes, code):
    """An id copied from another pod books somewhere else."""
    books.script.tables["ledgersLOV"] = [{**LEDGER, **changes}]
    assert [one.code for one in books.target().check_accounts([])] == [code]


def test_journals_that_do_not_fit_or_meet_in_name_are_findings(books, journal, make_journal, monkeypatch):
    """Before anything is sent, by posting key."""
    make = make_journal.line
    odd = make_journal(make(1, "11200", "1.00", product="X"), make(2, "40100", "-1.00"))
    assert [one.code for one in books.target().check_accounts([], [odd])] == ["journal_does_not_fit"]
    monkeypatch.setattr(natural_key, "group_id", lambda key: 17)
    findings = books.target().check_accounts([], [journal, replace(journal, part=2)])
    assert [one.code for one in findings] == ["journal_names_meet"]
    assert "17" in findings[0].sentence


def test_a_site_that_cannot_be_asked_is_no_finding(books):
    """It may pass, and says nothing about the account."""
    books.script.answers["accountCombinationsLOV"] = lambda _: httpx.Response(503)
    with pytest.raises(TargetUnavailable):
        books.target().check_accounts([use("account=11200")])
