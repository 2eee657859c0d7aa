"""A world in which products were sold, and a pod beside it whose items no other test changes."""

from pathlib import Path

import pytest

from emulators.fusion.inventory import Inventory
from tests.road.billing_rig import DAYS, told_home, told_world
from tests.road.conftest import World
from tests.road.fusion_rig import Pod


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Path | None:
    """A home in which the events of some days were fetched."""
    return told_home(tmp_path_factory, DAYS)


@pytest.fixture
def world(told, tmp_path, monkeypatch) -> World:
    """A world of its own in which products were sold."""
    made = told_world(told, tmp_path, monkeypatch, DAYS)
    made.clock.sleep(2 * 3600)  # the access token of the home it was copied from has run out
    return made


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock."""
    found = Pod(world)
    found.app.site.inventory = Inventory(found.app.site.inventory.items)
    return found
