"""A world in which a month of the demonstration seller's events was fetched, and the demo pod on its clock."""

from pathlib import Path

import pytest

from tests.road.billing_rig import told_home, told_world
from tests.road.conftest import World
from tests.road.fusion_rig import Pod


@pytest.fixture(scope="session")
def told(tmp_path_factory) -> Path | None:
    """A home in which a month of events was fetched."""
    return told_home(tmp_path_factory)


@pytest.fixture
def world(told, tmp_path, monkeypatch) -> World:
    """A world of its own that begins there."""
    return told_world(told, tmp_path, monkeypatch)


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock."""
    return Pod(world)
