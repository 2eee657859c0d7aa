"""`make simulate SEEDS=n`, or `SEED=x` for one seed with its whole trace; `ERP=fusion`, or `ERP=orders` for its orders.

In: which ERP, how many seeds, from which one on. Out: progress, a table of what was exercised, and for every seed that
failed its number and the command that shows it again. Seeds are shared among as many processes as there are processors.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.simulation.erps import ERPS
from tests.simulation.outcomes import Outcome, exercised, met_documents
from tests.simulation.trouble import simulate
from tests.simulation.world import simulated

# A process works out the beginnings of its cases once for so many seeds; that takes as long as 25 of them.
_AT_ONCE = 250


def simulated_seeds(seeds: range, erp: str = "peoplesoft") -> list[Outcome]:
    """Run some seeds in this process."""
    with simulated() as folder:
        return [_told(simulate(seed, folder, erp)) for seed in seeds]


def _told(outcome: Outcome) -> Outcome:
    """Leave out the trace of a seed that went well: nobody reads it."""
    if not outcome.problems:
        outcome.trace.clear()
    return outcome


def summary(outcomes: list[Outcome], seconds: float, erp: str = "peoplesoft") -> Iterator[str]:
    """Yield the lines of the table."""
    met = met_documents(outcomes, erp)
    for name, count in exercised(outcomes, erp).items():
        held, under_way = met.get(name, (0, 0))
        where = f", in {held} seeds while a document was held, in {under_way} while one was on its way"
        yield f"{count:8d}  {name}{where if name in met else ''}"
    effects = sum(one.effects for one in outcomes)
    calm = sum(one.is_all_posted for one in outcomes)
    yield (
        f"{len(outcomes)} seeds in {seconds:.0f} s, {effects} effects; {calm} ended with everything posted, "
        f"{sum(not one.is_all_posted for one in outcomes)} with something in review; "
        f"{sum(bool(one.problems) for one in outcomes)} failed."
    )


def failures(outcomes: list[Outcome], erp: str = "peoplesoft") -> Iterator[str]:
    """Yield what is wrong with each seed that failed, and how to see it again."""
    which = "" if erp == "peoplesoft" else f"ERP={erp} "
    for one in outcomes:
        if one.problems:
            yield f"seed {one.seed}: {one.problems[0]}\n    make simulate {which}SEED={one.seed}"


def _shown(seed: int, erp: str) -> int:
    """Run one seed and print its trace."""
    with simulated() as folder:
        outcome = simulate(seed, folder, erp)
    print("\n".join([*outcome.trace, *outcome.problems]))
    print(f"seed {seed}: {'failed' if outcome.problems else 'in order'}")
    return 1 if outcome.problems else 0


def _many(first: int, count: int, erp: str) -> int:
    """Run many seeds beside one another and print the table."""
    started = time.monotonic()
    processes = os.cpu_count() or 1
    size = max(min(_AT_ONCE, -(-count // processes)), 1)
    parts = [range(at, min(at + size, first + count)) for at in range(first, first + count, size)]
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(processes) as pool:
        for done in as_completed([pool.submit(simulated_seeds, part, erp) for part in parts]):
            outcomes += done.result()
            print(f"{len(outcomes)} of {count} seeds, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    for line in (*summary(outcomes, time.monotonic() - started, erp), *failures(outcomes, erp)):
        print(line)
    return 1 if any(one.problems for one in outcomes) else 0


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="make simulate", description="Simulate the road under trouble.")
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="only this seed, with its trace")
    parser.add_argument("--erp", choices=sorted(ERPS), default="peoplesoft", help="which ERP is posted to")
    given = parser.parse_args()
    if given.seed is None and given.seeds < 1:
        parser.error(f"--seeds {given.seeds} would simulate nothing, and nothing would fail. Ask for 1 or more.")
    return _many(given.first, given.seeds, given.erp) if given.seed is None else _shown(given.seed, given.erp)


if __name__ == "__main__":
    sys.exit(main())
