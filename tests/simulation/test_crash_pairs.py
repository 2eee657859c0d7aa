"""Death twice where money moves: at every point from an approved journal on, and at every point of what goes on then.

Of an approved journal only the posting is asked for: look, store the intent, send, follow, read back. Every pair of the
whole shortest road takes some minutes: `make crash-pairs`; a share of it is tried here, so that the command stays true.
"""

import sqlite3
from dataclasses import replace

import pytest

from tests.simulation.cases import SINGLE
from tests.simulation.crash import Moment, reborn, watched
from tests.simulation.fusion_side import FusionSide
from tests.simulation.pairs import share_of_the_shortest_road, tried
from tests.simulation.peoplesoft_side import PeopleSoftSide
from tests.simulation.world import World, simulated

PAIRS_MIN = 150
_APPROVED = "after commit outbox_sets"
_SHARES = 52


@pytest.mark.parametrize("erp", [PeopleSoftSide, FusionSide])
def test_a_worker_may_die_and_the_next_one_again(erp, record_property):
    """Every pair of points; the third process finds the books as the first should have left them."""
    with simulated() as folder:
        first = _approved(folder, erp)
        world = reborn(first)
        begun = watched(world, first.schedule)
        world.close()
        found = tried(begun.moments)
    told = f"{begun.points} points in {len(begun.moments)} moments, then {found.points} points"
    record_property("numbers", f"pairs, {erp.__name__}, from an approved journal: {told}; {found.pairs} pairs tried")
    assert found.problems == []
    assert found.pairs >= PAIRS_MIN


def test_the_whole_shortest_road_is_tried_in_shares(record_property):
    """All shares together are the whole; this one has a moment of discovery and one of the walk."""
    found = share_of_the_shortest_road(1, _SHARES)
    told = f"{found.firsts} moments, {found.pairs} pairs"
    record_property("numbers", f"pairs, a share of the whole shortest road: {told}")
    assert found.problems == []
    assert found.firsts >= 2
    assert found.pairs >= PAIRS_MIN


def _approved(folder, erp) -> Moment:
    """Return the moment at which a journal is approved, nobody has looked for it, and only its posting is asked for."""
    world = World(replace(SINGLE, erp=erp), folder)
    moment = next(one for one in watched(world).moments if one.name.startswith(_APPROVED))
    world.close()
    control = sqlite3.connect(moment.snapshot.home / "control.db")
    control.execute("UPDATE due_rows SET is_done = 1 WHERE kind <> 'posting'")
    control.commit()
    control.close()
    return moment
