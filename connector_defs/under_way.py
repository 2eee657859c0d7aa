"""Whether a run of a job is under way: a schedule that comes meanwhile asks for no second one behind it."""

import dagster as dg

_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def skip_while_under_way(instance: dg.DagsterInstance, job_name: str) -> dg.SkipReason | None:
    """Return why a tick asks for nothing while a run of the job is queued or at work, None when none is."""
    found = instance.get_runs(dg.RunsFilter(job_name=job_name, statuses=_UNDER_WAY), limit=1)
    return dg.SkipReason(f"Run {found[0].run_id} of {job_name} is not over yet.") if found else None
