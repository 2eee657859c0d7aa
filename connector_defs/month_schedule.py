"""The schedule of a month's end: every morning each young month is made again, all its assets in one run."""

from collections.abc import Callable

import dagster as dg

from assets.stages.month_names import YOUNG, young_months
from ledger.month import Month
from resources.clock import Clock
from resources.store.stores import Stores

# After the source proofs of the morning.
CRON = "50 6 * * *"


def month_schedule(
    connection: str, job, time_zone: str, first_month: Month, stores_of_tick: Callable[[], tuple[Stores, Clock]]
) -> dg.ScheduleDefinition:
    """Return the schedule; one run a month, asked for once a day. Older months are a person's backfill."""

    @dg.schedule(
        name=f"{job.name}_schedule",
        job=job,
        cron_schedule=CRON,
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Makes the month that is over, every day until {YOUNG.days} days after its end.",
    )
    def close(context: dg.ScheduleEvaluationContext):
        _, clock = stores_of_tick()
        months = young_months(first_month, clock.now())
        if not months:
            return dg.SkipReason(f"No month has ended within the last {YOUNG.days} days.")
        day = clock.now().date()
        tags = {"connector/connection": connection}
        return [dg.RunRequest(run_key=f"{month}:{day}", partition_key=str(month), tags=tags) for month in months]

    return close
