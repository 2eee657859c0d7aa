"""What a settlement or some days came to, and what the tree below says of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.emulators.amazon.bench import Bench
from tests.emulators.amazon.finance_bench import DE, FIRST, OPEN, SECOND, D, finance_bench
from tests.emulators.amazon.swagger import assert_fits

PATH = "/finances/2024-06-19/summary"


def ask(bench: Bench, **params: Any) -> httpx.Response:
    """Ask and check the shape of what comes."""
    answer = bench.call(PATH, params=params)
    assert_fits("listSummary", answer.status_code, answer.json())
    return answer


def one(bench: Bench, **params: Any) -> dict[str, Any]:
    """Return the only summary; its tree adds up to its net proceeds."""
    (found,) = ask(bench, **params).json()["summaries"]
    parts = [D(str(node["breakdownAmount"]["currencyAmount"])) for node in found["breakdowns"]]
    assert sum(parts) == D(str(found["netProceeds"]["currencyAmount"]))
    return found


def of_settlement(bench: Bench, settlement_id: str, **params: Any) -> dict[str, Any]:
    """Return the summary of a settlement."""
    return one(bench, relatedIdentifierName="SETTLEMENT_ID", relatedIdentifierValue=settlement_id, **params)


def test_a_settlement_is_what_was_released_in_it() -> None:
    """Without reserves and debts: 90 sold, 10 charged; its period is to the second."""
    found = of_settlement(finance_bench(), "901")
    assert found["netProceeds"] == {"currencyCode": "GBP", "currencyAmount": 80}
    assert [node["breakdownType"] for node in found["breakdowns"]] == ["Sales", "Expenses"]
    assert found["periodEnd"] == SECOND.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert found["relatedIdentifiers"] == [{"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "901"}]


@pytest.mark.parametrize(("settlement_id", "total"), [("901", 70), ("902", -15)])
def test_or_it_is_the_total_of_its_file(settlement_id: str, total: float) -> None:
    """With what it carries in and out."""
    found = of_settlement(finance_bench(summary_carries="included"), settlement_id)
    assert found["netProceeds"]["currencyAmount"] == total


def test_days_hold_what_was_released_on_them() -> None:
    """First and last day included; deferred money is not proceeds yet."""
    bench = finance_bench()
    day = SECOND + timedelta(days=4)
    found = one(bench, periodStart=day.date().isoformat(), periodEnd=day.date().isoformat())
    assert found["netProceeds"]["currencyAmount"] == 40
    shipped = SECOND - timedelta(days=3)
    found = one(bench, periodStart=shipped.date().isoformat(), periodEnd=shipped.date().isoformat())
    assert found["netProceeds"]["currencyAmount"] == 0
    assert found["breakdowns"] == []
    found = one(bench, periodStart=FIRST.date().isoformat(), periodEnd="2026-11-20")
    assert found["netProceeds"]["currencyAmount"] == 75
    assert found["periodEnd"] == "2026-11-20T23:59:59Z"
    dated = finance_bench(dates_told_as="date")
    answer = dated.call(PATH, params={"periodStart": "2026-11-01", "periodEnd": "2026-11-02"}).json()
    assert answer["summaries"][0]["periodStart"] == "2026-11-01"


@pytest.mark.parametrize(
    "params",
    [
        {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "999"},
        {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "901", "marketplaceIds": DE},
        {"periodStart": "2026-11-01", "periodEnd": "2026-11-02", "accountType": "Invoiced Orders"},
    ],
)
def test_what_there_is_not_is_an_empty_list(params: dict[str, Any]) -> None:
    """No error: a client has to look."""
    assert ask(finance_bench(), **params).json() == {"summaries": []}


def test_an_open_settlement_has_no_summary_yet() -> None:
    """It comes when the period closes."""
    bench = finance_bench(now=OPEN - timedelta(seconds=1))
    answer = ask(bench, relatedIdentifierName="SETTLEMENT_ID", relatedIdentifierValue="902")
    assert answer.json() == {"summaries": []}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"periodStart": "2026-11-01"},
        {"periodEnd": "2026-11-01"},
        {"periodStart": "2026-11-02", "periodEnd": "2026-11-01"},
        {"periodStart": "yesterday", "periodEnd": "2026-11-01"},
        {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "901"},
        {"relatedIdentifierName": "SETTLEMENT_ID"},
        {"relatedIdentifierValue": "901"},
        {"marketplaceIds": "NOWHERE", "periodStart": "2026-11-01", "periodEnd": "2026-11-01"},
        {"periodStart": "2026-11-01", "periodEnd": "2026-11-01", "nextToken": "none"},
    ],
)
def test_arguments_amazon_does_not_take_are_a_400(params: dict[str, Any]) -> None:
    """A settlement or both days, and nothing else."""
    answer = ask(finance_bench(), **params)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"
