"""Real processes, really killed: run workers by SIGKILL, the control database in the middle of its work.

At the end the ERP's books alone say whether every settlement stands there once and right, and Dagster says that no run
is left hanging. The moments are drawn from a printed seed; processes are not deterministic, so it repeats the plan and
not the run.
"""

import os
import random
import signal
import time
from contextlib import suppress

import dagster as dg

from assets.stages.resumption import WATCH_KINDS
from tests.chaos.conftest import CONNECTION, SETTLEMENTS, Installation
from tests.simulation.oracle import Listed, judged
from tests.simulation.peoplesoft_books import PeopleSoftBooks

SEED = int(os.environ.get("CHAOS_SEED", "20261125"))
KILLS = 6
CHAOS_SECONDS_MAX = 90
CALM_SECONDS_MAX = 240
UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def test_killed_workers_and_a_restarted_database_post_everything_once(installation: Installation):
    """Several workers killed with SIGKILL, the database stopped hard and started again: each settlement once."""
    plan = random.Random(SEED)
    killed = _strike(installation, plan)
    _restart_database(installation, plan)
    killed += _strike(installation, plan)
    seconds = _wait_for_calm(installation)
    print(f"chaos: seed {SEED}, {killed} workers killed, 1 database restart, calm after {seconds:.0f} s")
    print(_standing(installation))
    assert killed >= 2, "nothing was struck, so nothing was proved"
    amazon = [Listed(one.settlement_id, one.total) for one in installation.settlements]
    assert list(judged(PeopleSoftBooks(installation.erp.books), amazon, {})) == []
    assert len(installation.posted()) == SETTLEMENTS
    failed = installation.runs(dg.DagsterRunStatus.FAILURE)
    assert len(failed) >= killed, "a killed run is noticed and ends as failed"
    assert installation.runs(*UNDER_WAY) == []


def _standing(installation: Installation) -> str:
    """Tell where everything stands, for whoever has to find out why it does not end."""
    stores = installation.stores
    lines = [
        f"{one.source.source_id} part {one.part} {one.state}: {one.reason[:120]}" for one in stores.outbox.listing()
    ]
    lines += [f"due {one.kind} {one.partition} {one.at:%H:%M:%S} {one.reason[:120]}" for one in _due(installation)]
    lines += [f"review {one.partition} {one.code}: {one.sentence[:160]}" for one in stores.review.listing()]
    lines += [
        f"run {one.run_id[:8]} {one.status.value} {one.tags.get('dagster/partition', '')}"
        for one in _runs(installation)
    ]
    return "\n".join(lines)


def _due(installation: Installation):
    return [one for one in installation.stores.due.listing(CONNECTION) if one.kind not in WATCH_KINDS]


def _runs(installation: Installation):
    return reversed(installation.instance.get_runs())


def _strike(installation: Installation, plan: random.Random) -> int:
    """Kill half of the planned number of workers, each at a random moment of its life; return how many died."""
    killed, deadline = 0, time.monotonic() + CHAOS_SECONDS_MAX / 2
    while killed < KILLS // 2 and time.monotonic() < deadline:
        installation.processes.require_alive()
        workers = installation.workers()
        if not workers:
            time.sleep(0.1)
            continue
        victim = plan.choice(workers)
        time.sleep(plan.uniform(0, 4))
        if victim.is_alive:
            with suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
                killed += 1
    return killed


def _restart_database(installation: Installation, plan: random.Random) -> None:
    """Stop the control database as a crash does while runs are at work, and start it again."""
    deadline = time.monotonic() + 20
    while not installation.workers() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(plan.uniform(0, 1))
    installation.cluster.stop()
    time.sleep(plan.uniform(1, 3))
    installation.cluster.start()


def _wait_for_calm(installation: Installation) -> float:
    """Wait until everything is posted and no run is under way; return the seconds that took."""
    started = time.monotonic()
    while time.monotonic() - started < CALM_SECONDS_MAX:
        installation.processes.require_alive()
        if len(installation.posted()) == SETTLEMENTS and not installation.runs(*UNDER_WAY):
            break
        time.sleep(1)
    return time.monotonic() - started
