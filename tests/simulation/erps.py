"""What is simulated: settlements into each ERP, and orders; which worlds are drawn, and what may go wrong in them.

In: nothing. Out: `ERPS`, by the names that `--erp` takes.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.simulation import fault_kinds, fusion_fault_kinds, oracle, order_fault_kinds
from tests.simulation.cases import AT_MONTH_END, CARRIED, SINGLE, TWO_PARTS
from tests.simulation.erp_side import ErpSide
from tests.simulation.fault_kinds import Shown, Struck, Wire
from tests.simulation.fusion_billing import BILLED
from tests.simulation.fusion_side import FusionAskedToPost, FusionSide
from tests.simulation.order_schedule import (
    IMPORTED_AND_CREDITED,
    OrderSchedule,
    are_any_billed,
    lay_orders,
    wrong_orders,
)
from tests.simulation.peoplesoft_side import PeopleSoftSide
from tests.simulation.reported_orders import REPORTED
from tests.simulation.schedule import Schedule
from tests.simulation.world import Case, World

_CASES = (*(SINGLE,) * 5, *(TWO_PARTS,) * 3, AT_MONTH_END, CARRIED)


@dataclass(frozen=True)
class SimulatedErp:
    """What a seed draws from: cases, and kinds of trouble.

    `is_each_in_turn` gives each kind to one seed after the other beside what is drawn: fewer seeds then meet them all.
    `schedule` runs what is posted, after `prepare` has laid down what it begins with; `problems` judges the books in
    the end, `has_posted` tells whether they have anything of ours.
    """

    cases: tuple[Case, ...]
    kinds: tuple[Wire | Struck | Shown, ...]
    is_each_in_turn: bool = False
    schedule: type[Schedule] = Schedule
    prepare: Callable[[World], object] = lambda world: None
    problems: Callable[[World], list[str]] = oracle.problems
    has_posted: Callable[[World], bool] = lambda world: bool(world.erp.reader.booked())

    def drawn(self, seed: int, draw: random.Random) -> list[Wire | Struck | Shown]:
        """Draw what goes wrong for a seed."""
        chosen = draw.sample(self.kinds, draw.choice((1, 1, 1, 2, 2, 3)))
        turn = self.kinds[seed % len(self.kinds)]
        return [turn, *(one for one in chosen[1:] if one is not turn)] if self.is_each_in_turn else chosen

    def moment_of_turn(self, seed: int) -> str:
        """Return the moments that a kind is drawn from in its first turn and in its second, "" for any."""
        turn = seed // len(self.kinds)
        return ("leased", "on_its_way")[turn] if self.is_each_in_turn and turn < 2 else ""


def _of(*sides: type[ErpSide]) -> tuple[Case, ...]:
    """Return the cases of each side in turn."""
    return tuple(replace(case, erp=side) for side in sides for case in _CASES)


ERPS = {
    "peoplesoft": SimulatedErp(_of(PeopleSoftSide), fault_kinds.KINDS),
    "fusion": SimulatedErp(
        _of(FusionSide, FusionSide, FusionAskedToPost), fusion_fault_kinds.KINDS, is_each_in_turn=True
    ),
    "orders": SimulatedErp(
        (BILLED, IMPORTED_AND_CREDITED),
        order_fault_kinds.KINDS,
        is_each_in_turn=True,
        schedule=OrderSchedule,
        prepare=lay_orders,
        problems=wrong_orders,
        has_posted=are_any_billed,
    ),
    # One order alone, of which the report tells days before its transaction.
    "reported": SimulatedErp(
        (REPORTED,),
        order_fault_kinds.KINDS,
        is_each_in_turn=True,
        schedule=OrderSchedule,
        prepare=lay_orders,
        problems=wrong_orders,
        has_posted=are_any_billed,
    ),
}
