"""The trace of a world: one line for each thing that happens, with time and actor, and what came of it.

In: effects before and after they happen, and sentences. Out: `lines`; behind a call stands its answer, behind a commit
every document whose state it has changed.
"""

from __future__ import annotations

from tests.simulation.doors import Effect, Worker
from tests.simulation.stored import states
from tests.simulation.world import World


class Story:
    """Lines about one world; it goes on from what is stored when it begins."""

    def __init__(self, world: World, lines: list[str]) -> None:
        self.lines = lines
        self._world = world
        self._known = states(world)
        self._line_of: dict[str, int] = {}

    def tell(self, sentence: str) -> None:
        """Write a line."""
        self.lines.append(f"{self._world.clock.now():%Y-%m-%d %H:%M:%S} {sentence}")

    def before(self, worker: Worker, effect: Effect) -> None:
        """Tell what is about to happen."""
        self._line_of[worker.name] = len(self.lines)
        self.tell(f"{worker.name} {effect.kind} {effect.name}")

    def answered(self, worker: Worker, answer: str) -> None:
        """Write what a call was answered behind it."""
        self._add(worker, answer)

    def after(self, worker: Worker, effect: Effect) -> None:
        """Write behind a commit how the documents stand that it has changed."""
        if effect.kind == "commit" and "outbox_documents" in effect.name:
            now = states(self._world)
            changed = [told for key, told in now.items() if self._known.get(key) != told]
            self._known = now
            if changed:
                self._add(worker, "; ".join(changed))

    def _add(self, worker: Worker, said: str) -> None:
        self.lines[self._line_of[worker.name]] += f" -> {said}"
