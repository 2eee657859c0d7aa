"""The control database restored from any older copy, or lost: nothing stands in the books twice, and nothing is lost.

Every state that the control database had on the last stretch to posted, to reversed and to posted again is put back
under books that have gone on to the end; and an empty one. The ERP's own key is found first: what stands there is taken
over, or a person is asked.
"""

import hashlib
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.road.control import empty_control
from tests.simulation import oracle
from tests.simulation.cases import SINGLE
from tests.simulation.crash import Moment, watched
from tests.simulation.fusion_side import FusionSide
from tests.simulation.peoplesoft_side import PeopleSoftSide
from tests.simulation.schedule import Schedule
from tests.simulation.undoing import post_again, reverse
from tests.simulation.world import Case, Snapshot, World, simulated

COPIES_MIN = 15
# What is done after posting, and how many journals stand in the books then.
ENDS = {"posted": ((), 1), "reversed": ((reverse,), 2), "posted again": ((reverse, post_again), 3)}


def _copies(moments: list[Moment]) -> list[bytes]:
    """Return every state of the control database, each once, as one file that holds it whole."""
    found = {}
    for moment in moments:
        content = _whole(moment.snapshot)
        found[hashlib.sha256(content).hexdigest()] = content
    return list(found.values())


def _whole(snapshot: Snapshot) -> bytes:
    """Return a control database with its log of writes as one file."""
    source, target = sqlite3.connect(snapshot.home / "control.db"), sqlite3.connect(":memory:")
    source.backup(target)
    content = target.serialize()
    source.close()
    target.close()
    return content


@pytest.mark.parametrize("erp", [PeopleSoftSide, FusionSide])
@pytest.mark.parametrize("end", ENDS)
def test_an_older_control_database_posts_nothing_twice(end, erp, record_property):
    """A day later the schedule goes on; then the books are what they were, or what a person is told to look at."""
    acts, journals = ENDS[end]
    case = replace(SINGLE, erp=erp)
    with simulated() as folder:
        world = World(case, folder)
        keeper = watched(world)
        moments = list(keeper.moments)
        for act in acts:
            keeper = watched(world, keeper.schedule, act)
            moments = keeper.moments
        assert len(world.erp.reader.booked()) == journals
        snapshot, schedule = world.snapshot(), keeper.schedule
        copies = [empty_control(), *_copies(moments)]
        problems = [one for content in copies for one in _restored(case, content, snapshot, schedule, journals)]
        world.close()
    told = f"{len(copies)} copies of the control database"
    record_property("numbers", f"restored under books that are {end}, {erp.__name__}: {told}")
    assert problems == []
    assert len(copies) >= COPIES_MIN


def _restored(case: Case, content: bytes, snapshot: Snapshot, begun: Schedule, journals: int) -> list[str]:
    """Put a copy in place, let a day pass and the schedule run; return what is wrong."""
    world = World(case, snapshot.home.parent, snapshot)
    for path in world.home.glob("control.db*"):
        path.unlink()
    (world.home / "control.db").write_bytes(content)
    world.clock.advance(timedelta(days=1).total_seconds())
    told: list[str] = []
    schedule = begun.goes_on(world)
    schedule.tell, schedule.has_discovered = told.append, False
    schedule.until_rest()
    found = oracle.problems(world)
    if len(world.erp.reader.booked()) != journals:
        found.append(f"{len(world.erp.reader.booked())} journals stand in the books, {journals} stood there")
    world.close()
    return [f"{one}\n" + "\n".join(told) for one in found]
