"""One seed: a world, a few kinds of trouble drawn for it, then people who put things right, then the oracle.

In: a seed. Out: what went wrong, what was tried, and a trace that reads like a story: time, who, what. The same seed
gives the same trace: every choice is drawn from the seed, time is the world's own, and nothing runs beside anything.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from emulators.faults import Fault, FaultPlan
from tests.simulation import strikes
from tests.simulation.beginnings import Beginning, recorded
from tests.simulation.cases import AT_MONTH_END, CARRIED
from tests.simulation.doors import Effect, Watcher, Worker, acting
from tests.simulation.erps import ERPS
from tests.simulation.fault_kinds import Shown, Struck, Wire
from tests.simulation.outcomes import Outcome
from tests.simulation.people import put_right
from tests.simulation.stored import Standing, standing
from tests.simulation.story import Story
from tests.simulation.strikes import At, Lasting, Strike
from tests.simulation.world import CONNECTION, Case

_ROUNDS_OF_PEOPLE = 4
_ROUNDS_OF_TROUBLE = 3
_SECONDS_OF_TROUBLE = 36 * 3600
# What lasts counts as having happened once so many runs have met it.
_RUNS_OF_WHAT_LASTS = 3


@dataclass
class Pending:
    """A strike that waits for its effect."""

    name: str
    strike: Strike
    at_effect: int


@dataclass
class _Begun:
    """Something that lasts, and which runs have met it."""

    name: str
    strike: Lasting
    until: datetime
    stood: Standing
    runs: set[str] = field(default_factory=set)


class Trouble(Watcher):
    """The simulation of one seed; watches every worker of its world and strikes where the seed says."""

    def __init__(self, seed: int, folder: Path, erp: str, *, is_from_the_start: bool = False) -> None:
        self.draw = random.Random(seed)
        self.lines: list[str] = []
        self.exercised: list[str] = []
        self.busy_times = 0
        self.full_times = 0
        self.pending: list[Pending] = []
        self.while_leased: list[str] = []
        self.on_its_way: list[str] = []
        self._lasting: list[_Begun] = []
        self._seen: Counter[FaultPlan] = Counter()
        self.wires: list[tuple[str, str, int, Fault]] = []
        self.puts_mapping_back = False
        self._is_over = False
        self._strikes_of: dict[int, str] = {}
        self._erp = ERPS[erp]
        self.case = self.draw.choice(ERPS[erp].cases)
        kinds = ERPS[erp].drawn(seed, self.draw)
        self.case = _fitting(self.case, kinds)
        self._recorded = recorded(self.case, folder, self._erp.schedule, self._erp.prepare)
        wanted = ERPS[erp].moment_of_turn(seed)
        for kind in kinds:
            self._arm(kind, wanted if kind is kinds[0] else "")
        notices = self.draw.random() < 0.5
        is_shown = any(isinstance(kind, Shown) for kind in kinds)
        self.beginning = self._beginning(is_from_the_start or is_shown)
        self.effects = self.beginning.effects
        self.world = self.beginning.world(self._shown(kinds))
        self.lines += self.beginning.lines
        self._story = Story(self.world, self.lines)
        given = {"watcher": self, "tell": self.tell, "notices_deaths": notices}
        self.schedule = replace(self.beginning.schedule.goes_on(self.world), **given)
        for side, operation, number, fault in self.wires:
            (self.world.amazon_faults if side == "amazon" else self.world.erp_faults).at(operation, number, fault)

    # --- drawing what happens ----------------------------------------------------------------------------------------

    def _shown(self, kinds: list[Wire | Struck | Shown]) -> Case:
        settings = {name: value for one in kinds if isinstance(one, Shown) for name, value in one.settings.items()}
        return replace(self.case, amazon=replace(self.case.amazon, **settings)) if settings else self.case

    def _arm(self, kind: Wire | Struck | Shown, wanted: str) -> None:
        """Draw where a kind of trouble happens, and write it at the head of the story."""
        if isinstance(kind, Wire):
            operation, last = self.draw.choice(kind.operations)
            # In its first turn a kind meets a call that is surely made.
            number = 1 if wanted == "leased" else self.draw.randint(1, last)
            self.wires.append((kind.side, operation, number, replace(kind.fault(self.draw), note=kind.name)))
            self.lines.append(f"will happen: {kind.name}, at call {number} of {operation}")
        elif isinstance(kind, Struck):
            one = Pending(kind.name, kind.strike(self.draw), kind.effect(self.draw, self._recorded.moments, wanted))
            self.pending.append(one)
            self._strikes_of[id(one.strike)] = kind.name
            self.lines.append(f"will happen: {kind.name}, from effect {one.at_effect} on: {one.strike}")
        else:
            self.lines.append(f"will happen: {kind.name}")
            self.exercised.append(kind.name)

    def _beginning(self, is_from_the_start: bool) -> Beginning:
        """Return the last kept beginning that lies before all trouble."""
        known = self._recorded.beginnings
        if is_from_the_start:
            return known[0]
        return next(one for one in reversed(known) if self._is_calm_until(one))

    def _is_calm_until(self, beginning: Beginning) -> bool:
        calls = {"amazon": beginning.amazon_calls, "erp": beginning.erp_calls}
        return all(one.at_effect > beginning.effects for one in self.pending) and all(
            number > calls[side].get(operation, 0) for side, operation, number, _ in self.wires
        )

    # --- running -----------------------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Let it all happen, and ask the oracle."""
        problems = []
        try:
            self._trouble()
            self._heal()
            problems = self._erp.problems(self.world)
        except Exception as error:
            problems = [f"{type(error).__name__}: {error}"]
            raise
        finally:
            self._count_the_wire()
            with acting(None):
                is_all_posted = not self.world.stores.review.listing(CONNECTION)
            outcome = Outcome(0, problems, self.exercised, self.effects, is_all_posted, self.lines)
            outcome = replace(outcome, while_leased=self.while_leased, on_its_way=self.on_its_way)
            self.world.close()
        return outcome

    def _trouble(self) -> None:
        """Run the schedule while things go wrong, for a bounded time."""
        end = self.world.clock.now().timestamp() + _SECONDS_OF_TROUBLE
        self.beginning.goes_on(self.schedule)
        for _ in range(_ROUNDS_OF_TROUBLE):
            self.schedule.until_rest()
            self._strike(At(None, None, False))
            if not self.pending or self.world.clock.now().timestamp() > end:
                return
            self.schedule.has_discovered = False

    def _heal(self) -> None:
        """End every fault, let the schedule run, and let people do what their guides tell them."""
        self._is_over = True
        self.pending.clear()
        self._lasting.clear()
        self.world.amazon_faults.clear()
        self.world.erp_faults.clear()
        self.busy_times = self.full_times = 0
        self.tell("all faults end")
        self.schedule.until_rest()
        for _ in range(_ROUNDS_OF_PEOPLE):
            if not put_right(self):
                return
            self.schedule.until_rest()

    # --- what strikes ask for ----------------------------------------------------------------------------------------

    def struck(self, strike: Strike) -> None:
        """Note that something really happened."""
        self._note(self._strikes_of.get(id(strike), type(strike).__name__))

    def _note(self, name: str) -> None:
        self._count(name, standing(self.world))
        self.tell(f"  ! {name}")

    def _count(self, name: str, stood: Standing) -> None:
        """Count what happened, and how the documents stood where it began."""
        self.exercised.append(name)
        self.while_leased += [name] * stood.is_leased
        self.on_its_way += [name] * stood.is_on_its_way

    def begin(self, strike: Lasting) -> None:
        """Let the ERP fail from now on, until the time of it is over."""
        name = self._strikes_of[id(strike)]
        until = self.world.clock.now() + timedelta(seconds=strike.seconds)
        self._lasting.append(_Begun(name, strike, until, standing(self.world)))
        self.tell(f"  ! {name} begins, until {until:%Y-%m-%d %H:%M:%S}")
        for operation in strike.operations:
            self.world.erp_faults.always(operation, replace(strike.fault, note=name))

    def _end_what_is_over(self) -> None:
        for one in [one for one in self._lasting if one.until <= self.world.clock.now()]:
            self._lasting.remove(one)
            self.tell(f"  ! {one.name} ends")
            for operation in one.strike.operations:
                self.world.erp_faults._standing.pop(operation, None)

    def settlements(self) -> list[str]:
        """Return the settlements that are registered, or the days that are billed."""
        with acting(None), self._other_process():
            return self.schedule.partitions()

    def has_posted(self) -> bool:
        """Tell whether the ERP has anything of ours."""
        return self._erp.has_posted(self.world)

    def is_sent(self, at: At) -> bool:
        """Tell whether the effect is the one call that writes into the ERP."""
        return at.effect is not None and at.effect.kind == "http" and at.effect.name.endswith(self.world.erp.sent)

    def others_go_on(self) -> None:
        """Run the schedule to its rest while a worker of it sleeps."""
        with self._other_process():
            self.schedule.until_rest()

    def other_walks(self, assets: tuple[str, ...]) -> None:
        """Let somebody else materialize the settlement that somebody is at."""
        chosen = self.draw.choice(self.settlements())
        with self._other_process():
            self.schedule.walk(chosen, assets)

    def backfill(self) -> None:
        """Walk every settlement once more."""
        for settlement_id in self.settlements():
            self.schedule.walk(settlement_id)

    def change_mapping(self, *, is_put_back: bool) -> None:
        """Book sales elsewhere; put the old file back when people come, if so drawn."""
        self.world.mapping = self.world.mapped('revenue: "400100"', 'revenue: "400200"')
        self.puts_mapping_back = is_put_back

    @contextmanager
    def _other_process(self) -> Iterator[None]:
        """Let the world's stores be those of another process for a while."""
        world = self.world
        mine, world._stores = world._stores, None
        try:
            yield
        finally:
            world.reopen()
            world._stores = mine

    # --- watching ----------------------------------------------------------------------------------------------------

    def tell(self, sentence: str) -> None:
        """Write a line of the trace."""
        self._story.tell(sentence)

    def begins(self, worker: Worker) -> None:
        """Let a busy database refuse to begin."""
        if self.busy_times:
            self.busy_times -= 1
            self._note("control database busy")
            strikes.refuse_transaction()

    def before(self, worker: Worker, effect: Effect) -> None:
        """Count and tell every effect; strike what is due."""
        self._end_what_is_over()
        self.effects += 1
        self._story.before(worker, effect)
        is_new_file = effect.kind == "file" and effect.name.startswith(("write warehouse", "link warehouse"))
        if self.full_times and is_new_file:
            self.full_times -= 1
            self._note("disk full")
            strikes.refuse_file(effect.name)
        self._strike(At(worker, effect, False))

    def answered(self, worker: Worker, effect: Effect, answer: str) -> None:
        """Tell an answer, and what went wrong on the wire."""
        self._story.answered(worker, answer)
        for fault in self._newly_taken():
            self.tell(f"  ! {fault.note}, on the wire of {worker.name}")
            for one in [one for one in self._lasting if one.name == fault.note]:
                if worker.name not in one.runs:
                    one.runs.add(worker.name)
                    if len(one.runs) == _RUNS_OF_WHAT_LASTS:
                        self._count(one.name, one.stood)

    def after(self, worker: Worker, effect: Effect) -> None:
        """Strike what is due after it."""
        self._story.after(worker, effect)
        self._strike(At(worker, effect, True))

    def _strike(self, at: At) -> None:
        for one in [one for one in self.pending if self.effects >= one.at_effect]:
            # What strikes may let others run, who may be struck by the rest of these.
            if one not in self.pending:
                continue
            self.pending.remove(one)
            if not one.strike.strikes(self, at) and not self._is_over:
                self.pending.append(one)

    def _newly_taken(self) -> list[Fault]:
        """Return the faults of the wire that have happened since this was asked last."""
        plans = (self.world.amazon_faults, self.world.erp_faults)
        new = []
        for plan in plans:
            every = plan.taken()
            new += [fault for *_, fault in every[self._seen[plan] :]]
            self._seen[plan] = len(every)
        return new

    def _count_the_wire(self) -> None:
        known = {fault.note for *_, fault in self.wires}
        for plan in (self.world.amazon_faults, self.world.erp_faults):
            self.exercised += [fault.note for _, _, fault in plan.taken() if fault.note in known]


def _fitting(case: Case, kinds: list[Wire | Struck | Shown]) -> Case:
    """Return the case in which these kinds can happen."""
    if any("clock crosses" in one.name for one in kinds):
        case = replace(AT_MONTH_END, erp=case.erp)
    if any(isinstance(one, Shown) or one.name == "token expired in mid-page" for one in kinds):
        case = replace(CARRIED, erp=case.erp)
    for one in kinds:
        if isinstance(one, Wire) and one.erp:
            case = replace(case, erp=one.erp)
    return case


def simulate(seed: int, folder: Path, erp: str = "peoplesoft", *, is_from_the_start: bool = False) -> Outcome:
    """Run one seed; what is raised is a problem as well."""
    try:
        trouble = Trouble(seed, folder, erp, is_from_the_start=is_from_the_start)
    except Exception as error:
        # What every seed of its case begins with does not come to an end.
        return Outcome(seed, [f"{type(error).__name__}: {error}"], [], 0, False, [])
    try:
        outcome = trouble.run()
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        return Outcome(seed, [problem], trouble.exercised, trouble.effects, False, trouble.lines)
    return replace(outcome, seed=seed)
