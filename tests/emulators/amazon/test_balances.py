"""What Amazon owes: now and at the end of a day, as a tree whose parts add up, with every switch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from emulators.amazon.balances import balance_at
from emulators.amazon.history import PayoutRecord, SellerHistory
from tests.emulators.amazon.bench import Bench
from tests.emulators.amazon.finance_bench import (
    DE,
    FIRST,
    GROUPS,
    OPEN,
    SECOND,
    SELLER,
    TRANSACTIONS,
    UK,
    D,
    finance_bench,
)
from tests.emulators.amazon.swagger import assert_fits

PATH = "/finances/2024-06-19/balances"


@pytest.fixture
def bench() -> Bench:
    """Return the emulator with one British account."""
    return finance_bench()


def ask(bench: Bench, **params: Any) -> httpx.Response:
    """Ask and check the shape of what comes."""
    answer = bench.call(PATH, params=params)
    assert_fits("listBalances", answer.status_code, answer.json())
    return answer


def amounts(answer: httpx.Response) -> dict[str, float]:
    """Return balance type -> amount of the only tree there is, and check that the parts add up."""
    assert answer.status_code == 200, answer.text
    (tree,) = answer.json()["balances"]
    found: dict[str, float] = {}

    def walk(node: dict[str, Any]) -> None:
        found[node["balanceType"]] = node["amount"]["currencyAmount"]
        parts = node.get("balances", [])
        assert not parts or sum(D(str(part["amount"]["currencyAmount"])) for part in parts) == D(
            str(node["amount"]["currencyAmount"])
        )
        for part in parts:
            walk(part)

    walk(tree)
    return found


def test_the_balance_now_is_what_is_open_and_what_is_deferred(bench: Bench) -> None:
    """A debt of 15 was charged to the card, 25 were sold since, 60 are still deferred."""
    answer = ask(bench)
    assert amounts(answer) == {"TOTAL": 85, "AVAILABLE": 25, "RESERVED": 60, "DEFERRED": 60, "ACCOUNT_LEVEL_RESERVE": 0}
    (tree,) = answer.json()["balances"]
    assert tree["partnerMetadata"] == {
        "partnerId": SELLER,
        "accountType": "Standard Orders",
        "marketplaceId": UK,
    }
    assert "lastUpdatedTime" in tree
    assert "asOfDate" not in tree
    assert "nextToken" not in answer.json()


@pytest.mark.parametrize(
    ("day", "total", "deferred", "reserve"),
    [
        # The day before the first settlement closes: 20 at the start, 90 sold, 10 charged, 40 deferred.
        (SECOND - timedelta(days=1), 140, 40, 20),
        # It closed: 70 were paid out, 30 held back.
        (SECOND, 70, 40, 30),
        (SECOND + timedelta(days=5), 70, 0, 30),
        # Advertising made it negative: nothing paid, the debt goes on, until the card was charged.
        (SECOND + timedelta(days=7), -15, 0, 30),
        (OPEN, 0, 0, 0),
    ],
)
def test_a_day_of_the_past_has_the_balance_of_its_end(
    bench: Bench, day: Any, total: float, deferred: float, reserve: float
) -> None:
    """Opening, released transactions, payouts; what is deferred at that moment is in it."""
    answer = ask(bench, asOfDate=day.date().isoformat())
    found = amounts(answer)
    assert (found["TOTAL"], found["DEFERRED"], found["ACCOUNT_LEVEL_RESERVE"]) == (total, deferred, reserve)
    (tree,) = answer.json()["balances"]
    assert tree["asOfDate"].startswith(day.date().isoformat())
    assert "lastUpdatedTime" not in tree


def test_one_type_comes_with_those_below_it(bench: Bench) -> None:
    """Reserved is deferred and the account's reserve; available has nothing below it."""
    assert set(amounts(ask(bench, balanceType="RESERVED"))) == {"RESERVED", "DEFERRED", "ACCOUNT_LEVEL_RESERVE"}
    assert set(amounts(ask(bench, balanceType="AVAILABLE"))) == {"AVAILABLE"}


def test_the_reserve_may_be_negative_as_in_amazons_sample() -> None:
    """The parts add up all the same; what is available holds the reserve then."""
    bench = finance_bench(account_reserve_sign="negative")
    found = amounts(ask(bench, asOfDate=SECOND.date().isoformat()))
    assert found == {"TOTAL": 70, "AVAILABLE": 60, "RESERVED": 10, "DEFERRED": 40, "ACCOUNT_LEVEL_RESERVE": -30}


def test_the_midnight_that_ends_a_day_is_a_switch() -> None:
    """A sale at 23:30 UTC in summer is of the next day in Britain."""
    answers = []
    for position in ("utc", "local"):
        bench = finance_bench(balance_day=position)
        history = bench.app.world.histories[SELLER]
        late = TRANSACTIONS[0].posted.replace(month=7, hour=23, minute=30)
        history.transactions[:] = [replace(TRANSACTIONS[0], posted=late)]
        history.groups[:] = [replace(GROUPS[0], start=late - timedelta(days=2))]
        history.payouts.clear()
        answers.append(amounts(ask(bench, asOfDate=late.date().isoformat()))["TOTAL"])
    assert answers == [110, 20]


@pytest.mark.parametrize(
    "ending, left",
    [("PAID", {"created": [True, True], "paid": [False, True]}), ("FAILED", {"paid": [False, False]})],
)
def test_when_a_payout_leaves_the_balance_is_a_switch(ending: str, left: dict[str, list[bool]]) -> None:
    """When it begins, or when it has arrived; there one that failed was never out of it."""
    begun = datetime(2026, 11, 9, tzinfo=UTC)
    statuses = (("STARTED", begun), (ending, begun + timedelta(days=2)))
    payout = PayoutRecord("P1", "S1", UK, "GBP", D("90.00"), begun, begun, begun, statuses)
    for position, expected in left.items():
        moments = (begun, begun + timedelta(days=2))
        found = [balance_at(SellerHistory(payouts=[payout]), UK, "GBP", one, position).total for one in moments]
        assert found == [D("-90.00") if has_left else D("0.00") for has_left in expected]


def test_days_may_be_told_as_dates() -> None:
    """Amazon's sample writes a date where its model says date-time."""
    bench = finance_bench(dates_told_as="date")
    (tree,) = bench.call(PATH, params={"asOfDate": "2026-11-01"}).json()["balances"]
    assert tree["asOfDate"] == "2026-11-01"


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"marketplaceIds": UK}, 1),
        ({"marketplaceIds": DE}, 0),
        ({"accountType": "Standard Orders"}, 1),
        ({"accountType": "Invoiced Orders"}, 0),
        ({"asOfDate": (FIRST - timedelta(days=1)).date().isoformat()}, 0),
    ],
)
def test_filters_select(bench: Bench, params: dict[str, Any], count: int) -> None:
    """Before the history begins there is no balance."""
    assert len(ask(bench, **params).json()["balances"]) == count


@pytest.mark.parametrize(
    "params",
    [
        {"marketplaceIds": "NOWHERE"},
        {"balanceType": "Total"},
        {"asOfDate": "2026-11-21"},
        {"asOfDate": "01.11.2026"},
        {"nextToken": "none"},
    ],
)
def test_arguments_amazon_does_not_take_are_a_400(bench: Bench, params: dict[str, Any]) -> None:
    """A day of the future has no balance."""
    answer = ask(bench, **params)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_pages_go_on_until_there_is_no_token() -> None:
    """One marketplace a page."""
    bench = finance_bench(balances_page_size=1)
    bench.app.world.histories[SELLER].balances_at_start[DE, "EUR"] = D("5.00")
    first = ask(bench).json()
    second = ask(bench, nextToken=first["nextToken"]).json()
    assert "nextToken" not in second
    marketplaces = [one["partnerMetadata"]["marketplaceId"] for one in first["balances"] + second["balances"]]
    assert marketplaces == [UK, DE]
