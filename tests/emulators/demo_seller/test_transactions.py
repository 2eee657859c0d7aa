"""The demonstration's transactions and its settlements are one world."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from emulators.amazon.transaction_state import DEFERRED, DEFERRED_RELEASED, RELEASED, told_at
from emulators.demo_seller.seller import DemoSeller, demo_seller

AS_OF = date(2026, 11, 18)
# When everything that is told late has been told.
LATER = datetime(2026, 11, 20, 12, tzinfo=UTC)
CARRIED = {"reserve_movement", "negative_balance_carry"}
SETTLED = {"amazon_us": 10, "amazon_eu": 9, "amazon_ca": 5}


@pytest.fixture(scope="module")
def made() -> DemoSeller:
    """Return the seller."""
    return demo_seller(7, AS_OF)


def told(made: DemoSeller, account, now=LATER):
    """Return what is told of an account at a moment."""
    return [
        one for record in made.world.histories[account.seller_id].all_transactions() for one in told_at(record, now)
    ]


def test_what_was_released_is_what_was_settled(made):
    """Per settlement, to the cent, but for what settlements carry from one to another."""
    for account in made.sellers:
        released: dict[str, Decimal] = defaultdict(Decimal)
        for one in told(made, account):
            if one.status == RELEASED:
                released[dict(one.identifiers).get("SETTLEMENT_ID", "")] += one.record.total
        settled = [truth for truth in made.settlements if truth.seller_id == account.seller_id]
        assert len(settled) == SETTLED[account.name]
        for truth in settled:
            carried = sum((truth.by_category.get(name, Decimal(0)) for name in CARRIED), Decimal(0))
            assert released[truth.settlement_id] == truth.total - carried, truth.settlement_id


def test_items_and_transaction_tell_the_same_money(made):
    """Two levels, one amount."""
    for account in made.sellers:
        for one in told(made, account):
            if one.record.items:
                items = sum((leaf.amount for item in one.record.items for leaf in item.leaves), Decimal(0))
                assert items == one.record.total


def test_sales_that_are_held_are_told_when_shipped_and_again_when_released(made):
    """Most orders; some are still held on the day the seller is seen from."""
    now = datetime.combine(AS_OF, datetime.min.time(), UTC)
    statuses = [one.status for account in made.sellers for one in told(made, account, now)]
    assert statuses.count(DEFERRED_RELEASED) > 800
    assert 20 < statuses.count(DEFERRED) < 400
    assert statuses.count(RELEASED) > statuses.count(DEFERRED_RELEASED)


def test_some_are_told_late(made):
    """Within the 48 hours that Amazon names."""
    delays = [
        record.visible - record.posted
        for account in made.sellers
        for record in made.world.histories[account.seller_id].all_transactions()
    ]
    assert sum(delay > timedelta(hours=24) for delay in delays) > 20
    assert max(delays) <= timedelta(hours=48)


def test_ids_are_unique_and_the_same_for_the_same_seed(made):
    """A client that takes an id twice for two would count money twice."""
    again = demo_seller(7, AS_OF)
    for account, other in zip(made.sellers, again.sellers, strict=True):
        ids = [one.transaction_id for one in told(made, account)]
        assert len(set(ids)) == len(ids)
        assert ids == [one.transaction_id for one in told(again, other)]
