"""Payouts by the clock, their filters and pages, what is still to come, and the one operation that nobody may call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.emulators.amazon.bench import NOW, Bench
from tests.emulators.amazon.finance_bench import DE, FIRST, OPEN, SECOND, UK, every_page, finance_bench
from tests.emulators.amazon.swagger import assert_fits

PATH = "/finances/transfers/2024-06-01/payouts"


@pytest.fixture
def bench() -> Bench:
    """Return the emulator with a few payouts."""
    return finance_bench()


def ask(bench: Bench, path: str = PATH, **params: Any) -> httpx.Response:
    """Ask and check the shape of what comes."""
    answer = bench.call(path, params=params)
    operation = "listExpectedPayouts" if path.endswith("expected") else "listPayouts"
    assert_fits(operation, answer.status_code, answer.json())
    return answer


def ids(answer: httpx.Response) -> list[str]:
    """Return the ids of an answer."""
    assert answer.status_code == 200, answer.text
    return [payout["id"] for payout in answer.json()["payouts"]]


def one(bench: Bench, payout_id: str) -> dict[str, Any]:
    """Return one payout."""
    (found,) = ask(bench, payoutId=payout_id).json()["payouts"]
    return found


def test_payouts_come_by_account_the_newest_first(bench: Bench) -> None:
    """Not wrapped in a payload, no token on the last page."""
    answer = ask(bench)
    assert ids(answer) == ["902", "901", "912", "911", "910"]
    assert set(answer.json()) == {"payouts"}


def test_a_paid_one_says_how_it_went_to_the_bank(bench: Bench) -> None:
    """Its id is the settlement's; amount, trace and account are those of the bank's statement."""
    paid = one(bench, "901")
    assert paid["amount"] == {"currencyCode": "GBP", "currencyAmount": 70}
    assert [entry["status"] for entry in paid["statusHistory"]] == ["STARTED", "IN_TRANSIT", "PAID"]
    assert (paid["currentStatus"], paid["type"], paid["traceId"], paid["accountTail"]) == (
        "PAID",
        "SCHEDULED",
        "TRACE1",
        "902",
    )
    assert paid["relatedIdentifiers"] == [{"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "901"}]


def test_what_lies_ahead_of_the_clock_is_not_shown(bench: Bench) -> None:
    """On its way today, paid tomorrow; a failed one says why."""
    on_its_way = one(bench, "912")
    assert (on_its_way["currentStatus"], on_its_way["traceId"]) == ("IN_TRANSIT", "TRACE3")
    assert on_its_way["amount"]["currencyAmount"] == 50.1
    bench.clock.advance(86_400)
    bench.tokens.clear()
    assert one(bench, "912")["currentStatus"] == "PAID"
    failed = one(bench, "911")
    assert failed["currentStatus"] == "FAILED"
    assert failed["statusHistory"][-1]["failureReason"]


@pytest.mark.parametrize(("position", "has_amount"), [("absent", False), ("zero", True)])
def test_a_settlement_that_pays_nothing_says_so(position: str, has_amount: bool) -> None:
    """No kind, no trace, and an amount only in one position of the switch."""
    nothing = one(finance_bench(no_payout_amount=position), "902")
    assert nothing["currentStatus"] == "NO_PAYOUT"
    assert ("amount" in nothing) is has_amount
    assert not {"type", "traceId", "accountTail"} & set(nothing)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"marketplaceIds": UK}, ["902", "901"]),
        ({"marketplaceIds": [UK, DE]}, ["902", "901", "912", "911", "910"]),
        ({"marketplaceIds": "ATVPDKIKX0DER"}, []),
        ({"createdAfter": OPEN.isoformat()}, ["902", "912", "911"]),
        ({"createdBefore": OPEN.isoformat()}, ["901", "910"]),
        ({"createdAfter": SECOND.isoformat(), "createdBefore": OPEN.isoformat()}, ["901"]),
        ({"payoutId": "910"}, ["910"]),
        ({"payoutId": "none"}, []),
        ({"accountType": "STANDARD_ORDERS"}, ["902", "901", "912", "911", "910"]),
        ({"accountType": "INVOICED_ORDERS"}, []),
    ],
)
def test_filters_select(bench: Bench, params: dict[str, Any], expected: list[str]) -> None:
    """From a moment on, before a moment."""
    assert ids(ask(bench, **params)) == expected


@pytest.mark.parametrize(
    "params",
    [
        {"marketplaceIds": "NOWHERE"},
        {"createdAfter": "yesterday"},
        {"createdAfter": OPEN.isoformat(), "createdBefore": FIRST.isoformat()},
        {"nextToken": "none"},
    ],
)
def test_arguments_amazon_does_not_take_are_a_400(bench: Bench, params: dict[str, Any]) -> None:
    """With Amazon's word for it."""
    answer = ask(bench, **params)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_pages_hold_every_payout_once_and_may_be_empty() -> None:
    """A token wants the arguments it was given for; an empty page leads on; a page may come again."""
    bench = finance_bench(payouts_page_size=2, empty_pages=frozenset({2}))
    first = ask(bench)
    assert ids(first) == ["902", "901"]
    token = first.json()["nextToken"]
    assert ids(ask(bench, nextToken=token)) == []
    assert ask(bench, nextToken=token, marketplaceIds=UK).status_code == 400
    found = every_page(bench, PATH, "payouts")
    assert [payout["id"] for payout in found] == ["902", "901", "912", "911", "910"]
    again = finance_bench(payouts_page_size=2, repeated_pages=frozenset({1}))
    found = every_page(again, PATH, "payouts")
    assert [payout["id"] for payout in found] == ["902", "901", "902", "901", "912", "911", "910"]


def test_what_is_to_come_is_the_balance_of_the_open_period(bench: Bench) -> None:
    """What is deferred is not in it; a debt is no payout."""
    answer = ask(bench, f"{PATH}/expected")
    (expected,) = answer.json()["expectedPayouts"]
    assert (expected["status"], expected["amount"]) == ("SCHEDULED", {"currencyCode": "GBP", "currencyAmount": 25})
    assert expected["scheduledDate"] == (OPEN + timedelta(days=14)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    bench.app.world.histories["ADEMOEU"].transactions[:] = []
    (nothing,) = ask(bench, f"{PATH}/expected").json()["expectedPayouts"]
    assert nothing["status"] == "NO_PAYOUT_EXPECTED"
    assert "amount" not in nothing
    assert ask(bench, f"{PATH}/expected", marketplaceIds=DE).json()["expectedPayouts"] == []


def test_nobody_moves_money(bench: Bench) -> None:
    """The operation is refused, and the log shows that it was asked."""
    answer = bench.call(PATH, method="POST", json={"marketplaceId": DE, "accountType": "Standard Orders"})
    assert answer.status_code == 403
    assert_fits("initiatePayout", 403, answer.json())
    assert [line.status for line in bench.app.exchanges if line.operation == "initiatePayout"] == [403]


def test_payouts_have_the_published_rate(bench: Bench) -> None:
    """Ten at once, then one every two seconds."""
    for _ in range(10):
        assert ask(bench).status_code == 200
    assert ask(bench).status_code == 429
    bench.clock.advance(2)
    assert ask(bench).status_code == 200
    assert bench.clock.now() > NOW
