"""Death twice: at every point of the shortest road, and then at every point of what goes on after it.

The shortest road is that of an approved journal of which only the posting was asked for: look, store the intent, send,
follow, read back.
"""

import shutil
import sqlite3

from tests.simulation import oracle
from tests.simulation.cases import SINGLE
from tests.simulation.crash import Moment, reborn, survived, watched
from tests.simulation.world import World, simulated

PAIRS_MIN = 200
_APPROVED = "after commit outbox_sets"


def test_a_worker_may_die_and_the_next_one_again(record_property):
    """Every pair of points; the third process finds the books as the first should have left them."""
    with simulated() as folder:
        first = _approved(folder)
        world = reborn(first)
        begun = watched(world, first.schedule)
        world.close()
        problems, points, pairs = [], 0, 0
        for moment in begun.moments:
            following = reborn(moment)
            keeper = watched(following, moment.schedule)
            problems += [f"death {moment.name}: {one}" for one in oracle.problems(following)]
            problems += [f"first {moment.name}, then {one}" for each in keeper.moments for one in survived(each)]
            points += keeper.points
            pairs += len(keeper.moments)
            following.close()
            shutil.rmtree(moment.snapshot.home)
    found = f"{begun.points} points in {len(begun.moments)} moments, then {points} points"
    record_property("numbers", f"pairs, from an approved journal: {found}; {pairs} pairs tried")
    assert problems == []
    assert pairs >= PAIRS_MIN


def _approved(folder) -> Moment:
    """Return the moment at which a journal is approved, nobody has looked for it, and only its posting is asked for."""
    world = World(SINGLE, folder)
    moment = next(one for one in watched(world).moments if one.name.startswith(_APPROVED))
    world.close()
    control = sqlite3.connect(moment.snapshot.home / "control.db")
    control.execute("UPDATE due_rows SET is_done = 1 WHERE kind <> 'posting'")
    control.commit()
    control.close()
    return moment
