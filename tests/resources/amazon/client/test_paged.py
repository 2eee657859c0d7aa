"""Lists of the finance operations: archived first, read to the end whatever the pages look like, or refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.quotas import QUOTAS, Quota
from tests.resources.amazon.client.money_rig import Pages, denied, scripted, usd
from tests.resources.transport.rig import START

AFTER, BEFORE = START - timedelta(days=40), START - timedelta(days=1)


def payout(number: int) -> dict[str, Any]:
    """Write the least that a payout has."""
    return {"id": str(number), "currentStatus": "PAID", "statusHistory": [], "amount": usd(number)}


def page(*payouts: Any, token: Any = None) -> dict[str, Any]:
    """Write a page of payouts."""
    return {"payouts": list(payouts), "nextToken": token}


def read(amazon: Pages) -> list[str]:
    """Return the ids of all payouts."""
    return [one.payout_id for one in amazon.client().transfers.payouts(AFTER, BEFORE, amazon.archive)]


def test_pages_are_read_to_the_end_with_unchanged_arguments_even_empty_ones():
    """An empty page with a token leads on."""
    amazon = scripted(page(payout(1), token="a"), page(token="b"), page(token="c"), page(payout(2)))
    assert read(amazon) == ["1", "2"]
    assert [one.pop("nextToken", None) for one in amazon.asked] == [None, "a", "b", "c"]
    assert all(one == amazon.asked[0] for one in amazon.asked)
    assert len(amazon.archived) == 4


def test_a_page_that_comes_twice_gives_nothing_twice():
    """The same entry, word for word, is one; a repeated token may still bring something new."""
    amazon = scripted(
        page(payout(1), token="a"), page(payout(1), token="b"), page(payout(2), token="b"), page(payout(3))
    )
    assert read(amazon) == ["1", "2", "3"]


@pytest.mark.parametrize("payouts", [[], [payout(1)]])
def test_pages_that_go_round_in_a_circle_end_with_a_sentence(payouts: list[Any]):
    """The same token again, and nothing new."""
    amazon = scripted(page(*payouts, token="again"))
    with pytest.raises(SourceUnavailable, match="listPayouts for connection demo_us does not come to an end"):
        read(amazon)
    assert 2 <= len(amazon.asked) <= 3


MISSHAPEN = [
    (b"<html>maintenance</html>", "is no JSON, but a page of a proxy or of maintenance"),
    (b'{"payouts": [{"amount": {"currencyAmount": 1e99999999999999999999}}]}', "is no JSON"),
    (b'{"payouts": [{"id": "1", "currentStatus": "\\ud800"}]}', "Payout 1: .*currentStatus is no text"),
    (
        b'{"payouts": [{"id": "1", "currentStatus": "PAID",'
        b' "amount": {"currencyAmount": 1E9999999999, "currencyCode": "USD"}}]}',
        "amount of payout 1: An amount must be a finite number",
    ),
    (b'{"payouts": [', "is no JSON"),
    (b'{"payouts": [{"amount": {"currencyAmount": Infinity}}]}', "is no JSON"),
    (b"[" * 100_000, "is no JSON"),
    (b'{"payouts": [' + b'{"a":' * 930 + b"1" + b"}" * 930 + b"]}", "is missing|end|no JSON"),
    (b"[]", "is no JSON object"),
    (b"{}", "has no payouts"),
    (b'{"payouts": null}', "has no payouts"),
    (b'{"payload": {"payouts": []}}', "has no payouts"),
    (b'{"payouts": {}}', "payouts is no list of objects"),
    (b'{"payouts": [1]}', "payouts is no list of objects"),
    (b'{"payouts": [], "nextToken": 5}', "nextToken is no text"),
]


@pytest.mark.parametrize("content, said", MISSHAPEN)
def test_an_answer_that_is_misshapen_is_refused_after_it_was_archived(content: bytes, said: str):
    """The bytes are there for whoever looks into it; no status, because Amazon did answer."""
    amazon = scripted(content)
    with pytest.raises(SourceRefused, match=said) as refused:
        read(amazon)
    assert refused.value.status is None
    assert amazon.archived == [content]


def test_nothing_to_tell_is_an_answer():
    """A list may be empty, not absent or null: that would take the place of what is known."""
    assert read(scripted({"payouts": []})) == []


EVERY: dict[str, Callable[[Pages], Any]] = {
    "listPayouts": lambda amazon: amazon.client().transfers.payouts(AFTER, BEFORE, amazon.archive),
    "listExpectedPayouts": lambda amazon: amazon.client().transfers.expected(amazon.archive),
    "listBalances": lambda amazon: amazon.client().balances.balances(amazon.archive),
    "listSummary": lambda amazon: amazon.client().balances.summary("11", amazon.archive),
    "listFinancialEventGroups": lambda amazon: amazon.client().event_groups.begun(AFTER, BEFORE, amazon.archive),
}


@pytest.mark.parametrize("operation", EVERY)
def test_a_refusal_of_amazons_names_operation_and_role_and_archives_nothing(operation: str):
    """A person has to act, and is told which role is missing."""
    amazon = scripted(denied(403, "Unauthorized"))
    with pytest.raises(SourceRefused, match="Finance and Accounting") as refused:
        EVERY[operation](amazon)
    assert refused.value.status == 403
    assert amazon.archived == []


@pytest.mark.parametrize("operation", EVERY)
def test_every_operation_only_reads_and_has_its_quota(operation: str):
    """Nothing but GET ever leaves, below the published rate; starting a payout has no quota and no code."""
    name = {"listExpectedPayouts": "expectedPayouts", "listBalances": "balances", "listSummary": "summaries"}
    empty = {"payload": {"FinancialEventGroupList": []}, name.get(operation, "payouts"): []}
    amazon = scripted(empty)
    assert EVERY[operation](amazon) == ()
    assert {method for method, _ in amazon.paths} == {"GET"}
    assert QUOTAS[operation] == Quota(0.5, 30 if operation == "listFinancialEventGroups" else 10)
    assert "initiatePayout" not in QUOTAS


def test_the_quota_is_kept():
    """A burst of ten, then one in two seconds."""
    amazon = scripted(*(page(payout(number), token=str(number)) for number in range(30)), page())
    assert len(read(amazon)) == 30
    assert timedelta(seconds=38) < amazon.clock.now() - START < timedelta(seconds=60)
