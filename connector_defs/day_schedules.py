"""Schedules of what is fetched by day: one run for the span that is wanted now, and none while one is under way.

In: the control database, which knows the days that were fetched. Out: a run request for a range of partitions, or the
reason why there is none. Ticks that were missed need no run of their own: the span begins where the last fetch ended.
"""

from collections.abc import Callable, Sequence
from datetime import date

import dagster as dg

from assets.stages.day_names import today
from assets.stages.days import DayStage, span_to_fetch
from connector_defs.under_way import skip_while_under_way
from resources.clock import Clock
from resources.store.stores import Stores

# Dagster's tags of a run over a range of partitions.
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def day_schedule(
    connection: str,
    stage: DayStage,
    job,
    cron: str,
    first_day: date,
    marketplace_ids: Sequence[str],
    stores_of_tick: Callable[[], tuple[Stores, Clock]],
) -> dg.ScheduleDefinition:
    """Return the schedule of one day asset."""

    @dg.schedule(
        name=f"{connection}_{stage.asset}_schedule",
        job=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Fetches {stage.asset} of the last {stage.overlap_days} days, and of days that were missed.",
    )
    def fetch(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        waits = skip_while_under_way(context.instance, job.name)
        if waits is not None:
            return waits
        stores, clock = stores_of_tick()
        last_day = stage.told_until(today(clock))
        span = span_to_fetch(stores, connection, stage, first_day, last_day, marketplace_ids)
        if span is None:
            return dg.SkipReason(_no_day(stage, first_day, last_day))
        return dg.RunRequest(tags={"connector/connection": connection, **range_tags(*span)})

    return fetch


def _no_day(stage: DayStage, first: date, last: date) -> str:
    if stage.reads and first <= last:
        return f"No day of {' and '.join(stage.reads)} from {first} to {last} is here yet."
    return f"The first day, {first}, lies ahead of the last that can be fetched, {last}."


def range_tags(first: date, last: date) -> dict[str, str]:
    """Return the tags that make a run of a day asset's job fetch a span."""
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}
