"""Settlement periods the old way: open and closed ones, totals that lack, transfers, spans and pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.emulators.amazon.bench import NOW, Bench
from tests.emulators.amazon.finance_bench import FIRST, GROUPS, OPEN, SECOND, SELLER, every_page, finance_bench
from tests.emulators.amazon.swagger import assert_fits

PATH = "/finances/v0/financialEventGroups"
AFTER, BEFORE = "FinancialEventGroupStartedAfter", "FinancialEventGroupStartedBefore"


def ask(bench: Bench, **params: Any) -> httpx.Response:
    """Ask and check the shape of what comes."""
    answer = bench.call(PATH, params=params)
    assert_fits("listFinancialEventGroups", answer.status_code, answer.json())
    return answer


def ids(answer: httpx.Response) -> list[str]:
    """Return the groups of an answer."""
    assert answer.status_code == 200, answer.text
    return [group["FinancialEventGroupId"] for group in answer.json()["payload"]["FinancialEventGroupList"]]


def group(bench: Bench, group_id: str) -> dict[str, Any]:
    """Return one group."""
    groups = bench.call(PATH).json()["payload"]["FinancialEventGroupList"]
    return next(one for one in groups if one["FinancialEventGroupId"] == group_id)


def test_groups_come_the_newest_first() -> None:
    """All of two years when no span is given; none of an older time."""
    bench = finance_bench()
    assert ids(ask(bench)) == ["G3", "G2", "G1"]
    old = replace(GROUPS[0], group_id="G0", start=NOW - timedelta(days=731), end=NOW - timedelta(days=720))
    bench.app.world.histories[SELLER].groups.append(old)
    assert ids(ask(bench)) == ["G3", "G2", "G1"]


def test_an_open_group_has_neither_end_nor_total() -> None:
    """It begins with the debt of the one before."""
    assert group(finance_bench(), "G3") == {
        "FinancialEventGroupId": "G3",
        "ProcessingStatus": "Open",
        "BeginningBalance": {"CurrencyCode": "GBP", "CurrencyAmount": -15},
        "FinancialEventGroupStart": OPEN.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


def test_a_closed_group_that_was_paid_names_the_transfer_but_no_settlement() -> None:
    """Total in both currencies, trace, account, moment; one that pays nothing has a total only."""
    bench = finance_bench()
    paid = group(bench, "G1")
    assert paid["OriginalTotal"] == paid["ConvertedTotal"] == {"CurrencyCode": "GBP", "CurrencyAmount": 70}
    assert (paid["ProcessingStatus"], paid["FundTransferStatus"]) == ("Closed", "Succeeded")
    assert (paid["TraceId"], paid["AccountTail"]) == ("TRACE1", "902")
    assert not any("901" in str(value) for value in paid.values())
    unpaid = group(bench, "G2")
    assert unpaid["OriginalTotal"]["CurrencyAmount"] == -15
    assert not {"FundTransferStatus", "ConvertedTotal", "TraceId"} & set(unpaid)


@pytest.mark.parametrize(
    ("hours", "word", "has_trace"), [(1, "Processing", False), (10, "Processing", True), (49, "Succeeded", True)]
)
def test_a_transfer_goes_on_by_the_clock(hours: int, word: str, has_trace: bool) -> None:
    """Sent nine hours after the close, arrived two days after."""
    closed = group(finance_bench(now=SECOND + timedelta(hours=hours)), "G1")
    assert closed["FundTransferStatus"] == word
    assert ("TraceId" in closed) is has_trace
    assert ("ConvertedTotal" in closed) is has_trace


def test_a_changed_payout_has_both_amounts() -> None:
    """The bank sees pounds."""
    bench = finance_bench()
    history = bench.app.world.histories[SELLER]
    history.groups.append(replace(GROUPS[0], group_id="H0", currency="EUR", total=history.payouts[4].amount))
    changed = group(bench, "H0")
    assert changed["OriginalTotal"] == {"CurrencyCode": "EUR", "CurrencyAmount": 12}
    assert changed["ConvertedTotal"] == {"CurrencyCode": "GBP", "CurrencyAmount": 10.33}


def test_the_total_of_a_closed_group_may_be_null() -> None:
    """Seen in production; the others have theirs."""
    groups = finance_bench(closed_groups_without_total=1).call(PATH).json()["payload"]["FinancialEventGroupList"]
    assert [one.get("OriginalTotal", "absent") for one in groups] == ["absent", None, None]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({AFTER: SECOND.isoformat()}, ["G3", "G2"]),
        ({BEFORE: SECOND.isoformat()}, ["G1"]),
        ({AFTER: FIRST.isoformat(), BEFORE: OPEN.isoformat()}, ["G2", "G1"]),
        ({AFTER: (NOW - timedelta(days=181)).isoformat()}, []),
        ({AFTER: (NOW - timedelta(days=180)).isoformat()}, ["G3", "G2", "G1"]),
        ({"NextToken": "none"}, []),
    ],
)
def test_spans_select(params: dict[str, Any], expected: list[str]) -> None:
    """More than 180 days are answered with nothing, and so is a token that is none."""
    assert ids(ask(finance_bench(), **params)) == expected


@pytest.mark.parametrize(
    "params",
    [
        {"MaxResultsPerPage": "0"},
        {"MaxResultsPerPage": "101"},
        {"MaxResultsPerPage": "ten"},
        {AFTER: "yesterday"},
        {AFTER: NOW.isoformat()},
        {BEFORE: (NOW - timedelta(seconds=100)).isoformat()},
        {AFTER: OPEN.isoformat(), BEFORE: FIRST.isoformat()},
    ],
)
def test_arguments_amazon_does_not_take_are_a_400(params: dict[str, Any]) -> None:
    """The token is written with a capital here."""
    assert ask(finance_bench(), **params).status_code == 400


def test_pages_hold_every_group_once_and_may_be_empty() -> None:
    """With the arguments of the first page; a wrong token is a 400 in the other position of its switch."""
    bench = finance_bench(empty_pages=frozenset({2}))
    found = every_page(bench, PATH, "FinancialEventGroupList", "NextToken", MaxResultsPerPage=1)
    assert [one["FinancialEventGroupId"] for one in found] == ["G3", "G2", "G1"]
    assert ask(finance_bench(old_token_wrong="refused"), NextToken="none").status_code == 400
