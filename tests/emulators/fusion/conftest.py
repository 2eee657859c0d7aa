"""A demo pod on a clock that stands still, and somebody who is logged in at it."""

from __future__ import annotations

import pytest

from emulators.clock import SteppedClock
from emulators.faults import FaultPlan
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import demo_site
from emulators.fusion.site import Site
from tests.emulators.fusion.bench import NOON, TODAY, Caller


@pytest.fixture
def clock() -> SteppedClock:
    """Stand at noon of 14 November 2026."""
    return SteppedClock(NOON)


@pytest.fixture
def site() -> Site:
    """Return the demo pod."""
    return demo_site(TODAY)


@pytest.fixture
def caller(site: Site, clock: SteppedClock) -> Caller:
    """Return somebody who is logged in at the demo pod."""
    faults = FaultPlan()
    found = Caller(build_app(site, clock, faults), clock, faults)
    assert found.login().status_code == 200
    return found
