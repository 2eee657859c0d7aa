"""What LEDGER and the posted entries of the demo site show: periods, years that were closed, journals taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.emulators.peoplesoft.conftest import KEY

BALANCE = {"BU": "US001", "LGR": "ACTUALS", "ACCT": "110500"}
SPAN = {"BU": "US001", "ACCT": "110500", "FROMDT": "2025-01-01", "TODT": "2027-12-31"}


@pytest.fixture
def posted(caller):
    """Post one journal of 1,250.37 in November 2026."""
    caller.create()
    caller.app.books.run_edit(KEY)
    caller.app.books.run_post(KEY)
    return caller


def balances(caller, year: int, period: int) -> list[tuple]:
    """Return (currency, year, period, amount) as the query answers them."""
    names = ("A.CURRENCY_CD", "A.FISCAL_YEAR", "A.ACCOUNTING_PERIOD", "POSTED_TRAN_AMT")
    rows = caller.query("X_LEDGER_BALANCE", **BALANCE, YR=str(year), PER=str(period))
    return [tuple(row[name] for name in names) for row in rows]


def test_only_what_is_posted_stands_in_the_ledger(caller) -> None:
    """A journal that is saved, or valid, moves no balance and is no entry."""
    caller.create()
    assert balances(caller, 2026, 11) == []
    assert caller.query("X_LEDGER_ENTRIES", **SPAN) == []
    caller.app.books.run_edit(KEY)
    assert balances(caller, 2026, 11) == []
    caller.app.books.run_post(KEY)
    assert balances(caller, 2026, 11) == [("USD", 2026, 11, Decimal("1250.37"))]
    assert balances(caller, 2026, 10) == []


def test_a_closed_year_opens_with_its_balance_forward(posted) -> None:
    """Period 0 of the next year holds everything before it; where no year was closed there is no period 0."""
    assert balances(posted, 2027, 1) == [
        ("USD", 2026, 11, Decimal("1250.37")),
        ("USD", 2027, 0, Decimal("1250.37")),
    ]
    site = posted.app.site
    site.switches = replace(site.switches, is_year_closed=False)
    assert balances(posted, 2027, 1) == [("USD", 2026, 11, Decimal("1250.37"))]


def test_adjusting_periods_come_after_their_year(posted) -> None:
    """An entry in period 998 is not in the balance of any month of its year, but in the next year's."""
    posted.app.books.people.move_to_period(KEY, 998)
    assert balances(posted, 2026, 12) == []
    assert balances(posted, 2027, 1)[0] == ("USD", 2026, 998, Decimal("1250.37"))


def test_an_unposted_journal_stays_beside_what_takes_it_back(posted) -> None:
    """Both stand in the ledger, and come to nothing together."""
    posted.app.books.people.unpost(KEY)
    assert balances(posted, 2026, 11) == [("USD", 2026, 11, Decimal(0))]
    rows = posted.query("X_LEDGER_ENTRIES", **SPAN)
    found = [(row["A.UNPOST_SEQ"], row["A.JRNL_HDR_STATUS"], row["FOREIGN_AMOUNT"]) for row in rows]
    assert found == [(0, "U", Decimal("1250.37")), (1, "P", Decimal("-1250.37"))]


def test_an_entry_says_where_it_came_from(posted) -> None:
    """Journal source, description, period and reference of each; a span ends on both its days."""
    day = date(2026, 11, 14).isoformat()
    [row] = posted.query("X_LEDGER_ENTRIES", **{**SPAN, "FROMDT": day, "TODT": day})
    assert (row["A.SOURCE"], row["A.DESCR254"]) == ("AMZ", "AMZ settlement 12345678901")
    assert (row["A.FISCAL_YEAR"], row["A.ACCOUNTING_PERIOD"]) == (2026, 11)
    assert (row["B.JRNL_LN_REF"], row["B.LEDGER"], row["B.FOREIGN_CURRENCY"]) == ("S123456789", "ACTUALS", "USD")
    assert posted.query("X_LEDGER_ENTRIES", **{**SPAN, "FROMDT": "2026-11-15"}) == []


@pytest.mark.parametrize("prompt, value", [("YR", "next"), ("PER", "-1"), ("YR", "")])
def test_a_prompt_that_is_no_number_is_refused(caller, prompt: str, value: str) -> None:
    """As PeopleSoft refuses it: the answer is not a success."""
    prompts = {**BALANCE, "YR": "2026", "PER": "11", prompt: value}
    assert caller.query_http("X_LEDGER_BALANCE", **prompts).json()["status"] != "success"
