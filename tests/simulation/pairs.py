"""`make crash-pairs`: death twice, at every pair of moments of the whole shortest road; `ERP=fusion` for another ERP.

In: the moments of a walk. Out: for each of them a second process that goes on there and dies at every moment of its
own, a third that goes on after that, and what the oracle says of the books in the end. The shortest road, discovery to
reconciliation, is that of one settlement in one part with nothing going wrong. Moments are shared among as many
processes as there are processors.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

from tests.simulation import oracle
from tests.simulation.cases import SINGLE
from tests.simulation.crash import Moment, reborn, survived, watched
from tests.simulation.erps import ERPS
from tests.simulation.world import World, simulated

# The first moments have the most that follows: dealt out like cards, in shares small enough to show progress.
_SHARES = 16


@dataclass
class Tried:
    """What was tried: first deaths, the points of what went on after them, pairs of moments, and what went wrong."""

    firsts: int = 0
    points: int = 0
    pairs: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tried) -> None:
        """Count what another process has tried."""
        self.firsts += other.firsts
        self.points += other.points
        self.pairs += other.pairs
        self.problems += other.problems


def tried(moments: Iterable[Moment]) -> Tried:
    """Die at each of these moments, and again at every moment of what goes on after it."""
    found = Tried()
    for moment in moments:
        world = reborn(moment)
        keeper = watched(world, moment.schedule)
        found.problems += [f"death {moment.name}: {one}" for one in oracle.problems(world)]
        for following in keeper.moments:
            found.problems += [f"first {moment.name}, then {one}" for one in survived(following)]
        found.firsts += 1
        found.points += keeper.points
        found.pairs += len(keeper.moments)
        world.close()
        shutil.rmtree(moment.snapshot.home)
    return found


def share_of_the_shortest_road(share: int, shares: int, erp: str = "peoplesoft") -> Tried:
    """Try every `shares`-th moment of the whole road, from the one numbered `share` on, counted from 0."""
    with simulated() as folder:
        world = World(replace(SINGLE, erp=ERPS[erp].cases[0].erp), folder)
        moments = watched(world).moments
        world.close()
        return tried(moments[share::shares])


def main() -> int:
    """Try all of them, and print how many there were."""
    parser = argparse.ArgumentParser(prog="make crash-pairs", description="Die twice, at every pair of moments.")
    parser.add_argument("--erp", choices=sorted(ERPS), default="peoplesoft", help="which ERP is posted to")
    erp = parser.parse_args().erp
    started = time.monotonic()
    whole = Tried()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        shares = [pool.submit(share_of_the_shortest_road, share, _SHARES, erp) for share in range(_SHARES)]
        for done in as_completed(shares):
            whole.add(done.result())
            print(f"{whole.pairs} pairs, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    for problem in whole.problems:
        print(problem)
    print(
        f"{whole.firsts} moments of the shortest road, {whole.points} points of what goes on after a death there: "
        f"{whole.pairs} pairs in {time.monotonic() - started:.0f} s; {len(whole.problems)} went wrong."
    )
    return 1 if whole.problems or not whole.pairs else 0


if __name__ == "__main__":
    sys.exit(main())
