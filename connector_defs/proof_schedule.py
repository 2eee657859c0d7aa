"""The schedule of the source proofs: every morning each young settlement is held against the other sources again."""

from collections.abc import Callable

import dagster as dg

from assets.source_proofs import WATCHED, watched
from resources.clock import Clock
from resources.store.stores import Stores

# After the reports of the night have been fetched.
CRON = "20 6 * * *"


def proof_schedule(
    connection: str, job, time_zone: str, stores_of_tick: Callable[[], tuple[Stores, Clock]]
) -> dg.ScheduleDefinition:
    """Return the schedule; one run a settlement, asked for once a day."""

    @dg.schedule(
        name=f"{job.name}_schedule",
        job=job,
        cron_schedule=CRON,
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Holds the settlements of the last {WATCHED.days} days against the other sources.",
    )
    def prove(context: dg.ScheduleEvaluationContext):
        stores, clock = stores_of_tick()
        young = watched(stores, connection, clock.now())
        if not young:
            return dg.SkipReason(f"No settlement of the last {WATCHED.days} days is staged.")
        day = clock.now().date()
        tags = {"connector/connection": connection}
        return [dg.RunRequest(run_key=f"{one}:{day}", partition_key=one, tags=tags) for one in young]

    return prove
