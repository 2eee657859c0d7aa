"""The demonstration seller's payouts, settlement periods and balances are one world with its settlement files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise

import pytest

from emulators.amazon.balances import balance_at
from emulators.amazon.history import GroupRecord, PayoutRecord, SellerHistory
from emulators.demo_seller.catalog import MARKETS
from emulators.demo_seller.seller import DemoSeller, demo_seller

AS_OF = date(2026, 11, 20)
DAYS = [AS_OF, date(2028, 2, 29), date(2027, 1, 1)]
ZERO = Decimal("0.00")


@cache
def _seller(as_of: date = AS_OF) -> DemoSeller:
    return demo_seller(7, as_of)


def _payouts(as_of: date = AS_OF) -> dict[str, PayoutRecord]:
    histories = _seller(as_of).world.histories.values()
    return {payout.settlement_id: payout for history in histories for payout in history.payouts}


def _groups(as_of: date) -> list[tuple[SellerHistory, GroupRecord]]:
    return [(history, group) for history in _seller(as_of).world.histories.values() for group in history.groups]


@pytest.mark.parametrize("as_of", DAYS)
def test_every_settlement_has_one_payout_or_the_reason_for_none(as_of: date) -> None:
    """The amount is the settlement's total in its currency."""
    payouts = _payouts(as_of)
    assert set(payouts) == {truth.settlement_id for truth in _seller(as_of).settlements}
    for truth in _seller(as_of).settlements:
        payout = payouts[truth.settlement_id]
        assert (payout.amount, payout.currency) == (truth.total, truth.currency)
        assert (payout.period_start, payout.period_end, payout.created) == (truth.start, truth.end, truth.end)
        statuses = [status for status, _ in payout.statuses]
        assert statuses[-1] == ("PAID" if truth.payout_expected else "NO_PAYOUT")
        assert [moment for _, moment in payout.statuses] == sorted(moment for _, moment in payout.statuses)
        assert bool(payout.trace_id) is bool(truth.payout_expected)


def test_some_payouts_are_not_as_the_others() -> None:
    """Three that pay nothing, one that failed first, two in another currency, one still under way."""
    payouts = list(_payouts().values())
    assert sum(payout.statuses[-1][0] == "NO_PAYOUT" for payout in payouts) == 3
    assert sum(any(status == "FAILED" for status, _ in payout.statuses) for payout in payouts) == 1
    converted = [payout for payout in payouts if payout.converted is not None]
    assert [(payout.currency, payout.converted[1]) for payout in converted if payout.converted] == [("EUR", "GBP")] * 2
    midnight = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)
    under_way = [payout for payout in payouts if payout.statuses[-1][1] > midnight]
    assert {payout.currency for payout in under_way} >= {"EUR"}
    assert all(payout.created < midnight for payout in payouts)
    assert len({payout.trace_id for payout in payouts if payout.trace_id}) == len(payouts) - 3


@pytest.mark.parametrize("as_of", DAYS)
def test_groups_follow_each_other_and_the_last_is_open(as_of: date) -> None:
    """One chain per market; what one holds back the next begins with."""
    by_market: dict[str, list[GroupRecord]] = {}
    for _, group in _groups(as_of):
        by_market.setdefault(group.marketplace_id, []).append(group)
    assert set(by_market) == {market.marketplace_id for market in MARKETS}
    for groups in by_market.values():
        assert [group.end is None for group in groups] == [False] * (len(groups) - 1) + [True]
        for before, after in pairwise(groups):
            assert before.end == after.start
            assert after.opening == before.reserve_held + min(before.total, ZERO)
    ids = [group.group_id for _, group in _groups(as_of)]
    assert len(set(ids)) == len(ids)
    assert not any(group.settlement_id and group.settlement_id in group.group_id for _, group in _groups(as_of))


@pytest.mark.parametrize("as_of", DAYS)
def test_the_balance_at_every_close_is_what_the_settlement_leaves(as_of: date) -> None:
    """Opening, transactions and payouts come to the reserve held or the debt carried, with nothing left over."""
    for history, group in _groups(as_of):
        balance = balance_at(history, group.marketplace_id, group.currency, group.start)
        assert balance.total - balance.deferred == group.opening
        assert balance.account_level_reserve == group.reserve_returned
        assert balance.deferred > 0
        assert balance.available == -group.debt_carried


@pytest.mark.parametrize("as_of", DAYS)
def test_the_open_period_has_transactions_and_deferred_ones(as_of: date) -> None:
    """Released ones of the open group, others still held on the day."""
    midnight = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC) + timedelta(hours=12)
    for history, group in _groups(as_of):
        if group.end is not None:
            continue
        of_it = [
            record
            for record in history.all_transactions()
            if ("FINANCIAL_EVENT_GROUP_ID", group.group_id) in record.identifiers
        ]
        assert not any(name == "SETTLEMENT_ID" for record in of_it for name, _ in record.identifiers)
        assert sum(record.deferred_until is not None and record.deferred_until > midnight for record in of_it) > 3
        assert sum((record.deferred_until or record.posted) <= midnight for record in of_it) > 3
        assert {record.transaction_type for record in of_it} >= {"Shipment", "ProductAdsPayment"}
