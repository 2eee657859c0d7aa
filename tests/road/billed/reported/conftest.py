"""A day whose transactions are told late, and the report that tells its shipments."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.road.billed.reported.reported_rig import (
    ASSET,
    DAY,
    LATE,
    ORDER,
    REPORTED,
    billed,
    failing,
    of,
    posted,
    told_without,
)
from tests.road.billing_rig import (
    billing,
    current_events,
    fetched,
    told_world,
)
from tests.road.conftest import World


@pytest.fixture
def world(told, tmp_path, monkeypatch) -> World:
    """A world in which a month of events was fetched; the token that the first one was given has run out."""
    begun = told_world(told, tmp_path, monkeypatch)
    begun.clock.advance(2 * 3600)
    return begun


@pytest.fixture
def road(pod):
    """A road that bills late shipments by the report, which is here."""
    opened = billing(pod, invoicing=LATE)
    fetched(opened, ASSET, REPORTED)
    return opened


@pytest.fixture
def by_report(world, pod, road) -> Decimal:
    """The total of an order that was billed by the report; its transaction is not told."""
    told_without(world, [DAY], of(ORDER))
    assert failing(posted(pod, "run-2")) == []
    [total] = billed(pod, ORDER)
    return total


@pytest.fixture
def told_whole(world) -> str:
    """Where the transactions of the day stand whole."""
    [version] = [one for one in current_events(world) if one.partition == DAY.isoformat()]
    return str(world.stores.warehouse.path(version))
