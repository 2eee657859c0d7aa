"""A settlement of which one part is posted when the ERP stops answering: the other waits, and people are told."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from emulators import faults as general
from emulators.faults import ANY_OPERATION
from emulators.fusion.demo_site import DEMO_CLIENT
from tests.simulation import oracle
from tests.simulation.cases import TWO_PARTS
from tests.simulation.doors import Effect, Watcher, Worker, acting
from tests.simulation.fusion_side import FusionSide
from tests.simulation.peoplesoft_side import PeopleSoftSide
from tests.simulation.schedule import Schedule
from tests.simulation.world import CONNECTION, World, simulated


class AfterTheFirstPart(Watcher):
    """Does something once the first part's lease has been given back."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act
        self.leases = 0

    def after(self, worker: Worker, effect: Effect) -> None:
        """Act after the second write of leases: taken, given back."""
        if effect.name == "leases":
            self.leases += 1
            if self.leases == 2:
                self.act()


def outage(world: World) -> None:
    """Let the ERP answer 503 to everything."""
    world.erp_faults.always(ANY_OPERATION, general.html(503))


def revoked(world: World) -> None:
    """Take the client's rights away."""
    site = world.erp.application.site
    site.replace_client(replace(site.client(DEMO_CLIENT), is_revoked=True))


CASES = [
    (PeopleSoftSide, outage, "gate_unanswered"),
    (FusionSide, outage, "gate_unanswered"),
    (FusionSide, revoked, "target_misconfigured"),
]
_NAMES = [f"{act.__name__} of {erp.__name__}" for erp, act, _ in CASES]


@pytest.mark.parametrize(("erp", "act", "code"), CASES, ids=_NAMES)
def test_a_settlement_half_in_the_books_is_not_left_so_without_a_word(erp, act, code):
    """Told while it lasts, ended by itself when the ERP answers again: then both parts are posted, each once."""
    with simulated() as folder:
        world = World(replace(TWO_PARTS, erp=erp), folder)
        schedule = Schedule(world, AfterTheFirstPart(lambda: act(world)))
        schedule.until_rest()
        assert [one.part for one in world.erp.reader.booked()] == [1]
        assert (code, True) in _told(world)
        assert oracle.problems(world) == []
        world.erp_faults.clear()
        world.erp.put_right()
        schedule.has_discovered = False
        schedule.until_rest()
        assert sorted((one.part, one.is_posted) for one in world.erp.reader.booked()) == [(1, True), (2, True)]
        assert _told(world) == []
        assert oracle.problems(world) == []
        world.close()


def _told(world: World) -> list[tuple[str, bool]]:
    with acting(None):
        return [(one.code, one.is_blocking) for one in world.stores.review.listing(CONNECTION)]
