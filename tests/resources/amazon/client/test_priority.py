"""Settlements come first: whatever is being read of orders, their list and their documents do not wait for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from resources.amazon.quotas import KEPT_FOR_SETTLEMENTS, QUOTAS, limit_of
from resources.amazon.requested_reports import ALL_ORDERS_BY_UPDATE
from tests.resources.amazon.client.rig import Rig, make_rig


@pytest.fixture
def rig():
    """Return Amazon with the published quotas and a settlement."""
    made = make_rig()
    yield made
    made.app.close()


def seconds_of(rig: Rig, work) -> float:
    """Return how long a call waited."""
    before = rig.clock.now()
    work()
    return (rig.clock.now() - before).total_seconds()


def test_lists_of_other_reports_leave_three_calls_to_settlements(rig: Rig):
    """The eighth list of orders waits 45 seconds, a list of settlements beside it none."""
    client = rig.client()
    since = rig.clock.now() - timedelta(days=1)
    other = [seconds_of(rig, lambda: client.requested.listed(ALL_ORDERS_BY_UPDATE, since)) for _ in range(8)]
    assert other == [*[0] * 7, pytest.approx(1 / 0.0222)]
    assert [seconds_of(rig, lambda: list(client.settlement_reports())) for _ in range(3)] == [0, 0, 0]
    assert not [one for one in rig.app.exchanges if one.status == 429]


def test_documents_of_other_reports_leave_five_to_settlements(rig: Rig, tmp_path: Path):
    """As many as a week brings at once."""
    document_id = rig.add_settlement(1)
    client = rig.client()
    other = [seconds_of(rig, lambda: client.download(document_id, tmp_path / "other")) for _ in range(11)]
    assert other == [*[0] * 10, pytest.approx(1 / 0.0167)]
    mine = [
        seconds_of(rig, lambda: client.download(document_id, tmp_path / "mine", is_for_settlements=True))
        for _ in range(5)
    ]
    assert mine == [0] * 5
    assert not [one for one in rig.app.exchanges if one.status == 429]


@pytest.mark.parametrize("operation", QUOTAS)
def test_one_bucket_whoever_draws_from_it(operation: str):
    """What is kept is kept of the same tokens, and settlements keep nothing from themselves."""
    first, behind = (limit_of(operation, "id", "S", "na", is_for_settlements=is_first) for is_first in (True, False))
    assert (first.key, first.rate_per_second, first.burst) == (behind.key, behind.rate_per_second, behind.burst)
    assert (first.kept, behind.kept) == (0, KEPT_FOR_SETTLEMENTS.get(operation, 0))
