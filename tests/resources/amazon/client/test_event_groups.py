"""Settlement periods the way the older API tells them: open ones, closed ones that lack their total, spans in parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import SourceRefused
from resources.amazon.answers import NOT_YET
from resources.amazon.event_groups import EventGroup
from resources.amazon.stated import Stated
from tests.emulators.amazon.finance_bench import FIRST, OPEN, SECOND
from tests.resources.amazon.client.money_rig import european, old_usd, scripted, unnamed
from tests.resources.transport.rig import START

AFTER, BEFORE = START - timedelta(days=60), START - timedelta(days=1)


def sample(**changes: Any) -> dict[str, Any]:
    """Write a closed group that was changed into the bank's currency; `changes` replace fields."""
    return {
        "FinancialEventGroupId": "G1",
        "ProcessingStatus": "Closed",
        "FundTransferStatus": "Succeeded",
        "OriginalTotal": old_usd(10.34),
        "ConvertedTotal": old_usd(9.43, "EUR"),
        "FundTransferDate": "2026-10-21T14:38:42.128Z",
        "TraceId": "34550454504545",
        "AccountTail": "4854564857",
        "BeginningBalance": old_usd(0),
        "FinancialEventGroupStart": "2026-10-07T14:38:42.128Z",
        "FinancialEventGroupEnd": "2026-10-21T14:38:42.128Z",
    } | changes


def page(*groups: Any, token: Any = None) -> dict[str, Any]:
    """Write a page, wrapped as this API does."""
    return {"payload": {"FinancialEventGroupList": list(groups), "NextToken": token}}


def read(*groups: Any) -> tuple[EventGroup, ...]:
    """Return what comes of one page."""
    amazon = scripted(page(*groups))
    return amazon.client().event_groups.begun(AFTER, BEFORE, amazon.archive)


def test_a_closed_group_is_read_whole():
    """Both totals, when and under which trace the money went, and four characters of the account."""
    (found,) = read(sample())
    assert (found.group_id, found.is_closed, found.transfer_status) == ("G1", True, "Succeeded")
    assert (found.original, found.converted) == (Stated(Decimal("10.34"), "USD"), Stated(Decimal("9.43"), "EUR"))
    assert found.is_converted
    assert (found.trace_id, found.account_tail, found.document) == ("34550454504545", "4857", "document-1")
    assert found.transferred == found.end == datetime(2026, 10, 21, 14, 38, 42, 128000, tzinfo=UTC)


def test_an_open_group_has_no_end():
    """Its total is the present balance, where Amazon tells it."""
    nothing = {name: None for name in sample()} | {"FinancialEventGroupId": "G2", "ProcessingStatus": "Open"}
    opened = sample(ProcessingStatus="Open", FinancialEventGroupEnd=None, ConvertedTotal=old_usd(10.34))
    first, second = read(nothing, opened)
    assert (first.is_closed, first.original, first.start, first.end) == (False, None, None, None)
    assert (second.is_closed, second.end, second.is_converted) == (False, None, False)


def test_a_total_that_is_left_out_the_second_time_stays():
    """Amazon leaves it out now and then, and tells it on another page."""
    empty = sample(OriginalTotal={"CurrencyCode": None, "CurrencyAmount": None}, FundTransferStatus="Processing")
    for first, second in ((sample(), empty), (empty, sample())):
        amazon = scripted(page(first, token="a"), page(second))
        (found,) = amazon.client().event_groups.begun(AFTER, BEFORE, amazon.archive)
        assert found.original == Stated(Decimal("10.34"), "USD")
        assert found.transfer_status == second["FundTransferStatus"]
        assert amazon.asked[1]["NextToken"] == "a"


def test_a_span_of_more_than_180_days_is_asked_for_in_parts_that_meet():
    """And its end is moved to what Amazon tells yet."""
    amazon = scripted(page())
    amazon.client().event_groups.begun(START - timedelta(days=400), START + timedelta(days=1), amazon.archive)
    starts = [datetime.fromisoformat(one["FinancialEventGroupStartedAfter"]) for one in amazon.asked]
    ends = [datetime.fromisoformat(one["FinancialEventGroupStartedBefore"]) for one in amazon.asked]
    assert (starts[0], ends[-1]) == (START - timedelta(days=400), START - NOT_YET)
    assert starts[1:] == ends[:-1]
    assert all(end - start <= timedelta(days=180) for start, end in zip(starts, ends, strict=True))
    assert {one["MaxResultsPerPage"] for one in amazon.asked} == {"100"}
    assert amazon.client().event_groups.begun(START, START + timedelta(days=1), amazon.archive) == ()
    assert len(amazon.asked) == 3


@pytest.mark.parametrize(
    "content, said",
    [
        (b"{}", "has no FinancialEventGroupList"),
        (b'{"payload": null, "errors": []}', "has no FinancialEventGroupList"),
        (b'{"payload": []}', "payload is no object"),
        (page(sample(FinancialEventGroupId=None)), "FinancialEventGroupId is missing"),
        (page(sample(OriginalTotal=old_usd("10"))), "OriginalTotal of group G1 is no number"),
        (page(sample(ConvertedTotal=old_usd(1, "ZZZ"))), "ConvertedTotal of group G1: 'ZZZ' is no currency"),
        (page(sample(FundTransferDate="then")), "FundTransferDate is no date-time"),
    ],
)
def test_what_cannot_be_used_refuses_the_whole_answer(content: Any, said: str):
    """In words, without a status."""
    amazon = scripted(content)
    with pytest.raises(SourceRefused, match=said) as refused:
        amazon.client().event_groups.begun(AFTER, BEFORE, amazon.archive)
    assert refused.value.status is None


@pytest.mark.parametrize("settings", [{}, {"empty_pages": {1}}])
def test_the_emulated_sellers_periods_are_told(settings: dict[str, Any]):
    """One paid, one negative, one open."""
    _, client = european(**settings)
    found = {one.group_id: one for one in client.event_groups.begun(FIRST, START, unnamed)}
    assert {name: one.is_closed for name, one in found.items()} == {"G1": True, "G2": True, "G3": False}
    assert (found["G1"].original, found["G2"].original) == (
        Stated(Decimal("70.00"), "GBP"),
        Stated(Decimal("-15.00"), "GBP"),
    )
    assert (found["G1"].start, found["G1"].end, found["G1"].trace_id) == (FIRST, SECOND, "TRACE1")
    assert (found["G2"].trace_id, found["G3"].start, found["G3"].end) == ("", OPEN, None)


def test_a_closed_group_of_the_emulated_seller_may_lack_its_total():
    """None, not zero."""
    _, client = european(closed_groups_without_total=1)
    assert all(one.original is None for one in client.event_groups.begun(FIRST, START, unnamed))
