"""Balances at the end of a day and what a settlement came to: read whole, consistent or told, or refused in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import SourceRefused
from resources.amazon.balances import AccountBalance, Summary
from resources.amazon.stated import Stated
from tests.emulators.amazon.finance_bench import FIRST, SECOND, UK
from tests.resources.amazon.client.money_rig import PARTNER, denied, european, scripted, settlement, unnamed, usd
from tests.resources.amazon.client.rig import US

DAY = date(2025, 1, 12)


def balance(kind: str, amount: Any, *parts: Any, **changes: Any) -> dict[str, Any]:
    """Write one balance of a tree."""
    return {"balanceType": kind, "amount": usd(amount), "balances": list(parts)} | changes


def sample(**changes: Any) -> dict[str, Any]:
    """Write the tree of Amazon's own example; `changes` replace fields of its root."""
    reserved = balance("RESERVED", 7000, balance("DEFERRED", 9000), balance("ACCOUNT_LEVEL_RESERVE", -2000))
    told = {"partnerMetadata": PARTNER, "asOfDate": "2025-01-12"}
    return balance("TOTAL", 15000, balance("AVAILABLE", 8000), reserved) | told | changes


def read(*balances: Any, day: date | None = DAY) -> tuple[AccountBalance, ...]:
    """Return what comes of one page."""
    amazon = scripted({"balances": list(balances)})
    return amazon.client().balances.balances(amazon.archive, day)


def test_a_tree_of_balances_is_read_whole():
    """As in Amazon's sample, where a negative reserve lessens what is deferred."""
    (found,) = read(sample())
    amounts = {part.kind: part.stated.amount for part in found.total.walk()}
    assert amounts == {
        "TOTAL": Decimal("15000.00"),
        "AVAILABLE": Decimal("8000.00"),
        "RESERVED": Decimal("7000.00"),
        "DEFERRED": Decimal("9000.00"),
        "ACCOUNT_LEVEL_RESERVE": Decimal("-2000.00"),
    }
    assert (found.total.amount("DEFERRED"), found.total.amount("OTHER")) == (Decimal("9000.00"), None)
    assert all(part.difference == 0 for part in found.total.walk())
    assert (found.marketplace_id, found.as_of, found.updated, found.document) == (US, DAY, None, "document-1")


def test_a_balance_that_is_not_its_parts_says_by_how_much():
    """Nothing forces Amazon to agree with itself; the caller tells."""
    (found,) = read(sample(amount=usd(15000.5)))
    assert found.total.difference == Decimal("0.50")


def test_the_day_asked_for_goes_along_and_has_to_come_back():
    """Today's balance taken for that of a month's end would look like a proof."""
    amazon = scripted({"balances": [sample(asOfDate="2025-01-12T00:00:00Z")]})
    (found,) = amazon.client().balances.balances(amazon.archive, DAY)
    assert amazon.asked == [{"balanceType": "TOTAL", "asOfDate": "2025-01-12"}]
    assert found.as_of == DAY
    for told in (None, "2025-01-13"):
        with pytest.raises(SourceRefused, match="asked for 2025-01-12 and answers for another day"):
            read(sample(asOfDate=told))


def test_the_present_balance_says_when_it_was_updated():
    """In the marketplace's own time, which is an instant all the same."""
    (found,) = read(sample(asOfDate=None, lastUpdatedTime="2025-01-12T10:30:00+09:00"), day=None)
    assert (found.as_of, found.updated) == (None, datetime.fromisoformat("2025-01-12T01:30:00+00:00"))


def deep(depth: int) -> dict[str, Any]:
    """Write a tree without an end."""
    return balance("TOTAL", 1, deep(depth - 1)) if depth else balance("TOTAL", 1)


UNUSABLE = [
    (sample(balanceType=None), "balanceType is missing"),
    (sample(balanceType="AVAILABLE"), "asked for TOTAL and answers with AVAILABLE"),
    (sample(amount=None), "balance TOTAL of marketplace ATVPDKIKX0DER has no amount"),
    (sample(amount=usd("1")), "is no number"),
    (sample(amount=usd(1, "EUR")), "parts in another currency"),
    (sample(balances={}), "balances is no list of objects"),
    (sample(asOfDate="2025"), "asOfDate of a balance is no date"),
    (sample(lastUpdatedTime="now"), "lastUpdatedTime is no date-time"),
    (sample(lastUpdatedTime="0001-01-01T00:00:00Z"), "which no marketplace has seen"),
    (deep(40) | {"asOfDate": "2025-01-12"}, "do not come to an end"),
]


@pytest.mark.parametrize("given, said", UNUSABLE)
def test_a_balance_that_cannot_be_used_refuses_the_whole_answer(given: dict[str, Any], said: str):
    """A total with an account missing would look like a total."""
    with pytest.raises(SourceRefused, match=said):
        read(given)


def node(kind: str, amount: Any, *parts: Any) -> dict[str, Any]:
    """Write one node of a breakdown tree."""
    return {"breakdownType": kind, "breakdownAmount": usd(amount), "breakdowns": list(parts)}


def summary(**changes: Any) -> dict[str, Any]:
    """Write the summary of Amazon's own example for a settlement; `changes` replace fields."""
    return {
        "partnerMetadata": PARTNER,
        "netProceeds": usd(8000),
        "relatedIdentifiers": [settlement("123456789")],
        "breakdowns": [
            node("Sales", 9000, node("Product Charges", 9000)),
            node("Expenses", -1000, node("FBA fees", -1000)),
        ],
        "periodStart": "2026-01-01T00:00:00Z",
        "periodEnd": "2026-01-31T23:59:59Z",
    } | changes


def summaries(*given: Any) -> tuple[Summary, ...]:
    """Return what comes of one page."""
    amazon = scripted({"summaries": list(given)})
    return amazon.client().balances.summary("123456789", amazon.archive)


def test_a_summary_is_read_whole():
    """Net proceeds and the tree they are made of."""
    (found,) = summaries(summary())
    assert found.net_proceeds == Stated(Decimal("8000.00"), "USD")
    assert [(leaf.path_text, leaf.amount) for one in found.breakdowns for leaf in one.leaves()] == [
        ("Sales/Product Charges", Decimal("9000.00")),
        ("Expenses/FBA fees", Decimal("-1000.00")),
    ]
    assert (found.settlement_ids, found.period_start, found.period_end) == (
        ("123456789",),
        date(2026, 1, 1),
        date(2026, 1, 31),
    )


def test_the_settlement_asked_for_goes_along_and_no_other_is_taken():
    """One that names none is taken at its word; an unknown one is none."""
    amazon = scripted({"summaries": [summary(relatedIdentifiers=None)]})
    assert len(amazon.client().balances.summary("11", amazon.archive)) == 1
    assert amazon.asked == [{"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "11"}]
    with pytest.raises(SourceRefused, match="another settlement"):
        summaries(summary(relatedIdentifiers=[settlement("77")]))
    assert summaries() == ()
    assert scripted(denied(404, "NotFound")).client().balances.summary("11", unnamed) == ()


def test_a_period_is_asked_for_by_its_days():
    """Both included."""
    amazon = scripted({"summaries": [summary(relatedIdentifiers=[])]})
    assert len(amazon.client().balances.period_summary(DAY, DAY + timedelta(days=1), amazon.archive)) == 1
    assert amazon.asked == [{"periodStart": "2025-01-12", "periodEnd": "2025-01-13"}]


def test_a_summary_may_state_no_net_proceeds():
    """The model requires none; what it is made of is read all the same."""
    [found] = summaries(summary(netProceeds=None))
    assert found.net_proceeds is None
    assert found.breakdowns


def deep_node(depth: int) -> dict[str, Any]:
    """Write a breakdown without an end."""
    return node("a", 1, deep_node(depth - 1)) if depth else node("a", 1)


@pytest.mark.parametrize(
    "given, said",
    [
        (summary(netProceeds=usd("8000")), "netProceeds of the summary of 123456789 is no number"),
        (summary(netProceeds=usd(8000, "EUR")), "parts in another currency"),
        (summary(breakdowns=[deep_node(40)]), "do not come to an end"),
        (summary(periodEnd="soon"), "periodEnd of the summary of 123456789 is no date"),
    ],
)
def test_a_summary_that_cannot_be_used_is_refused(given: dict[str, Any], said: str):
    """Named by its settlement."""
    with pytest.raises(SourceRefused, match=said):
        summaries(given)


@pytest.mark.parametrize(
    "settings",
    [{}, {"balances_page_size": 1, "empty_pages": {1}}, {"dates_told_as": "date", "account_reserve_sign": "negative"}],
)
def test_the_emulated_sellers_balance_is_told_for_a_day(settings: dict[str, Any]):
    """The parts make up the total on any day, however the day and the reserve are written."""
    _, client = european(**settings)
    for day in (FIRST.date(), SECOND.date(), SECOND.date() + timedelta(days=6)):
        (found,) = client.balances.balances(unnamed, day)
        assert (found.marketplace_id, found.as_of, found.total.stated.currency) == (UK, day, "GBP")
        assert all(part.difference == 0 for part in found.total.walk())
    (now,) = client.balances.balances(unnamed)
    assert now.updated is not None


def test_the_emulated_sellers_settlement_comes_to_what_was_released_in_it():
    """90 sold, 10 charged; an unknown one comes to nothing."""
    _, client = european()
    (found,) = client.balances.summary("901", unnamed)
    assert found.net_proceeds == Stated(Decimal("80.00"), "GBP")
    assert sum(leaf.amount for one in found.breakdowns for leaf in one.leaves()) == Decimal("80.00")
    assert all(one.net_proceeds == Stated(Decimal(0), "GBP") for one in client.balances.summary("77", unnamed))
