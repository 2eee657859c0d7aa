"""What is made by month, as a connection has it in Dagster: lineage, partitions, one run a month, months asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from assets.stages.month_names import YOUNG
from assets.stages.month_stages import month_stages
from assets.stages.resumption import SETTLEMENT_KIND
from connector_defs.connections import connection
from connector_defs.month_schedule import month_schedule
from connector_defs.project import Project
from ledger.month import Month
from resources.clock import ManualClock

CONNECTION = "amazon_us"
JOB = f"{CONNECTION}_month_end"


def test_months_begin_with_the_days_and_end_with_the_last_that_is_over(dagster_place):
    """Every asset shows what it reads; one job makes them all; a month without balances is no failure."""
    defs = dagster_place.defs()
    graph = defs.resolve_asset_graph()
    books = connection(Project(), CONNECTION).settings.books
    begin, stages = books.books_from - timedelta(days=45), month_stages(books)
    now = datetime.now(UTC)
    for name, stage in stages.items():
        node = graph.get(dg.AssetKey([CONNECTION, name]))
        keys = node.partitions_def.get_partition_keys(now)
        assert (keys[0], keys[-1]) == (str(Month.of(begin)), str(Month.of(now.date()).before))
        there = {one.path[-1] for one in graph.get_all_asset_keys() if one.path[0] == CONNECTION}
        assert {one.path[-1] for one in node.parent_keys} == set(stage.reads) & there
    job = defs.resolve_job_def(JOB)
    assert {one.path[-1] for one in job.asset_layer.executable_asset_keys} == set(stages)
    done = job.execute_in_process(instance=dagster_place.instance, partition_key=keys[-1])
    says = {one.check_name: one.metadata["says"].value for one in done.get_asset_check_evaluations()}
    assert "No balances are kept" in says["balance_rolls_forward"]


def test_a_young_month_is_asked_for_every_morning_and_an_old_one_is_not(dagster_place):
    """Once a day in the time zone of the books; after twenty days a person asks."""
    shipped = dagster_place.defs().resolve_schedule_def(f"{JOB}_schedule")
    assert (shipped.cron_schedule, shipped.execution_timezone) == ("50 6 * * *", "America/New_York")
    assert shipped.default_status == dg.DefaultScheduleStatus.RUNNING
    job = dagster_place.defs().resolve_job_def(JOB)
    end = datetime(2026, 11, 1, tzinfo=UTC)

    def tick(now: datetime):
        made = month_schedule(CONNECTION, job, "UTC", Month(2026, 8), lambda: (None, ManualClock(now)))
        with dg.build_schedule_context(instance=dagster_place.instance) as context:
            return made(context)

    for days in (0, 1, YOUNG.days):
        [request] = tick(end + timedelta(days=days))
        assert (request.partition_key, request.run_key) == ("2026-10", f"2026-10:{(end + timedelta(days=days)).date()}")
    assert tick(end + YOUNG + timedelta(hours=1)).skip_message.startswith("No month has ended within the last 20 days")


def test_a_month_that_failed_or_that_a_person_wants_again_is_asked_for_by_the_sensor(dagster_place):
    """That asset alone; rows for months that do not exist here are closed."""
    stores, now = dagster_place.stores, datetime.now(UTC)
    this = Month.of(now.date())
    names = [f"month_proofs-{one}" for one in (this.before, this, Month(1999, 1))]
    for name in names:
        stores.due.ask(CONNECTION, SETTLEMENT_KIND, name, now - timedelta(seconds=1), "review item 1 resolved: retry")
    sensor = dagster_place.defs().resolve_sensor_def(f"{CONNECTION}_due")
    tick = sensor(dg.build_sensor_context(instance=dagster_place.instance, definitions=dagster_place.defs()))
    [request] = [one for one in tick.run_requests if one.job_name == JOB]
    assert request.partition_key == str(this.before)
    assert [one.path[-1] for one in request.asset_selection] == ["month_proofs"]
    left = [row.partition for row in stores.due.listing(CONNECTION) if row.partition.startswith("month_proofs")]
    assert left == names[:1]
