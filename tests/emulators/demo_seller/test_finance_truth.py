"""The truth of balances and sums, told from settlement rows, is what transactions and payouts come to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest

from emulators.amazon.balances import balance_at
from emulators.amazon.transaction_state import STATUSES, told_at
from emulators.demo_seller.finance_truth import SeriesTruth
from emulators.demo_seller.seller import DemoSeller, demo_seller

AS_OF = date(2026, 11, 20)
DAYS = [AS_OF, date(2028, 2, 29), date(2027, 1, 1)]
NOON = timedelta(hours=12)
ZERO = Decimal("0.00")


@cache
def _seller(as_of: date = AS_OF) -> DemoSeller:
    return demo_seller(7, as_of)


def _of_market(truth: SeriesTruth, as_of: date) -> list:
    history = _seller(as_of).world.histories[truth.seller_id]
    return [one for one in history.all_transactions() if one.marketplace_id == truth.market.marketplace_id]


@pytest.mark.parametrize("as_of", DAYS)
def test_month_ends_are_the_balances_the_emulator_computes(as_of: date) -> None:
    """Two ways to the same figure; every market has a month end, deferred money at each."""
    for truth in _seller(as_of).series:
        history = _seller(as_of).world.histories[truth.seller_id]
        ends = truth.month_ends(as_of)
        assert len(ends) >= 1
        for told in ends:
            computed = balance_at(history, told.marketplace_id, told.currency, told.moment)
            assert (computed.total, computed.deferred) == (told.total, told.deferred)
            assert (computed.available, computed.account_level_reserve) == (told.available, told.account_level_reserve)
            assert told.deferred > 0
            assert (told.moment + timedelta(microseconds=1)).day == 1


@pytest.mark.parametrize("as_of", DAYS)
def test_any_moment_has_a_balance(as_of: date) -> None:
    """Every five days of the chain and in the open period."""
    for truth in _seller(as_of).series:
        history = _seller(as_of).world.histories[truth.seller_id]
        moment = truth.chain[0].settlement.start
        while moment.date() <= as_of:
            told = truth.balance(moment)
            computed = balance_at(history, told.marketplace_id, told.currency, moment)
            assert (computed.total, computed.deferred) == (told.total, told.deferred)
            moment += timedelta(days=5, hours=1)


@pytest.mark.parametrize("as_of", DAYS)
def test_sums_by_status_are_those_of_the_transactions(as_of: date) -> None:
    """At noon of the day, the late ones told."""
    moment = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC) + NOON
    for truth in _seller(as_of).series:
        sums = dict.fromkeys(STATUSES, ZERO)
        for record in _of_market(truth, as_of):
            if record.posted > moment:
                continue
            # Lateness is not what is asked for here: look at each at its own hour.
            for told in told_at(record, moment + (record.visible - record.posted)):
                sums[told.status] += record.total
        expected = truth.sums_by_status(moment)
        assert sums["RELEASED"] + sums["DEFERRED"] == expected["RELEASED"] + expected["DEFERRED"]
        assert sums == expected


@pytest.mark.parametrize("as_of", DAYS)
def test_what_was_released_is_the_settlement_without_what_it_carries(as_of: date) -> None:
    """By the rows and by the settlement's own figures."""
    truths = {one.settlement_id: one for one in _seller(as_of).settlements}
    released = {key: amount for truth in _seller(as_of).series for key, amount in truth.released().items()}
    assert released == {key: one.released_expected for key, one in truths.items()}
