"""Death on the road of a journal, discovery to reconciliation: which moments there are, and what is wrong after each.

In: a case, whether anybody notices a death, what goes wrong with the first send. Out: the moments of an undisturbed
walk; for those that are tried, nothing, or a failure that names the moment. The points are found by the doors; the
oracle reads the ERP's books alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from tests.simulation import oracle
from tests.simulation.cases import SINGLE
from tests.simulation.crash import Keeper, Moment, survived, watched
from tests.simulation.schedule import Schedule
from tests.simulation.world import Case, World, simulated

# Fewer would mean that a door is broken.
POINTS_MIN = 250
KEPT = replace(SINGLE, name="one settlement, exchanges kept", keeps_exchanges=True)


def assert_survived(
    case: Case,
    chosen: Callable[[list[Moment]], Iterable[Moment]],
    record_property: Callable[[str, object], None],
    *,
    is_noticed: bool,
    fault: object = None,
    called: str = "",
) -> None:
    """Let a worker die at each chosen moment and the normal schedule go on; `called` says which moments these are.

    Raises AssertionError where a settlement is not in the books once, whole and tied, or where a door is broken.
    """
    with simulated() as folder:
        world = World(case, folder)
        if fault is not None:
            world.erp_faults.at(world.erp.send, 1, fault)
        keeper = watched(world, Schedule(world, notices_deaths=is_noticed))
        assert oracle.problems(world) == []
        assert world.witness.sends
        tried = list(chosen(keeper.moments))
        problems = [one for moment in tried for one in survived(moment)]
        world.close()
    record_property("numbers", f"journal, {case.name}{called}: {_found(keeper)}, {len(tried)} tried")
    assert problems == []
    assert keeper.kinds == {"commit", "file", "http"}
    assert keeper.points >= POINTS_MIN


def beginning_with(first: str) -> Callable[[list[Moment]], list[Moment]]:
    """Return what leaves out the moments before the first one of this name."""

    def chosen(moments: list[Moment]) -> list[Moment]:
        begin = next(number for number, one in enumerate(moments) if one.name.startswith(first))
        return moments[begin:]

    return chosen


def first_half(moments: list[Moment]) -> list[Moment]:
    """Return the moments of the first half; `second_half` has all others."""
    return moments[: len(moments) // 2]


def second_half(moments: list[Moment]) -> list[Moment]:
    """Return the moments that the first half leaves."""
    return moments[len(moments) // 2 :]


def _found(keeper: Keeper) -> str:
    return f"{keeper.points} points in {len(keeper.moments)} different moments"
