"""The overview of all connections in Dagster: one asset beside them all, made anew every hour."""

from datetime import UTC, datetime

import dagster as dg

from connector_defs.overview import ASSET, CRON, GROUP, JOB


def test_all_connections_stand_in_one_page(dagster_place):
    """A table of settlements with a row per connection, one of the money, one of what asks for a person."""
    dagster_place.run(dagster_place.settlement_ids[0])
    job = dagster_place.defs().resolve_job_def(JOB)
    ended = job.execute_in_process(instance=dagster_place.instance)
    [event] = ended.asset_materializations_for_node(f"{GROUP}__{ASSET}")
    assert list(event.metadata) == ["settlements", "with Amazon, and not in the bank", "what asks for a person"]
    assert "| amazon\\_us | Amazon.com | USD | 2 |" in event.metadata["settlements"].value
    asks = event.metadata["what asks for a person"].value
    assert [line.split(" | ")[0].strip("| ") for line in asks.splitlines()[2:]] == [
        "amazon\\_ca",
        "amazon\\_eu",
        "amazon\\_us",
    ]
    for secret in dagster_place.secrets:
        assert secret not in str(event.metadata)


def test_it_is_made_every_hour_and_never_twice_at_once(dagster_place, tmp_path):
    """Running by default; skipped while one is under way."""
    schedule = dagster_place.defs().resolve_schedule_def(f"{JOB}_schedule")
    assert (schedule.cron_schedule, schedule.default_status) == (CRON, dg.DefaultScheduleStatus.RUNNING)
    folder = tmp_path / "dagster"
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder)) as instance:
        asked = []
        for _ in range(2):
            with dg.build_schedule_context(instance=instance, scheduled_execution_time=datetime.now(UTC)) as context:
                asked.append(len(schedule.evaluate_tick(context).run_requests))
            instance.create_run_for_job(dagster_place.defs().resolve_job_def(JOB), status=dg.DagsterRunStatus.STARTED)
        assert asked == [1, 0]
