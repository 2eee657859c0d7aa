"""The schedule of the master data: what changed in the ERP is read by and by, and held against what was sold."""

import dagster as dg

from connector_defs.under_way import skip_while_under_way


def master_schedule(connection: str, job, cron: str) -> dg.ScheduleDefinition:
    """Return the schedule; a look that failed is made good by the next, which begins where the last good one ended."""

    @dg.schedule(
        name=f"{job.name}_schedule",
        job=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads what changed in the ERP's master data and matches it to what was sold.",
    )
    def look(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        waits = skip_while_under_way(context.instance, job.name)
        return waits or dg.RunRequest(tags={"connector/connection": connection})

    return look
