"""A day asset as Dagster runs it: one day, a range in one run, checks per day, days that are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import dagster as dg
import httpx
import pytest

from assets.stages.checks import CHECKS
from assets.stages.day_factory import day_asset
from assets.stages.days import DayStage
from tests.assets.event_rig import DAYS, STAGE, TODAY, Events, at
from tests.resources.amazon.client.transactions import money, sale
from tests.resources.transport.rig import START

KEY = dg.AssetKey(["shop", "financial_events"])
CHECK_NAMES = {check.name for check in CHECKS["financial_events"]}
FIRST = TODAY - timedelta(days=10)


class Place:
    """The asset of one connection, and an instance that remembers its runs."""

    def __init__(self, events: Events, instance: dg.DagsterInstance) -> None:
        self.events = events
        self.instance = instance
        self.load(STAGE)

    def load(self, stage: DayStage) -> None:
        """Make the asset of a stage."""
        self.asset = day_asset("shop", stage, FIRST, lambda context: self.events.road, set())
        job = dg.define_asset_job("fetch", selection=dg.AssetSelection.assets(self.asset))
        self.defs = dg.Definitions(assets=[self.asset], jobs=[job], executor=dg.in_process_executor)

    def run(self, first, last=None) -> dg.ExecuteInProcessResult:
        """Run one day, or a range as schedule and backfill do."""
        job = self.defs.resolve_job_def("fetch")
        if last is None:
            return job.execute_in_process(instance=self.instance, partition_key=first.isoformat(), raise_on_error=False)
        tags = {"dagster/asset_partition_range_start": first.isoformat()}
        tags |= {"dagster/asset_partition_range_end": last.isoformat()}
        return job.execute_in_process(instance=self.instance, tags=tags, raise_on_error=False)

    def materialized(self) -> dict[str, dict]:
        """Return the metadata of the days that are there."""
        found = self.instance.fetch_materializations(KEY, limit=100).records
        return {
            one.partition_key: {name: value.value for name, value in one.asset_materialization.metadata.items()}
            for one in reversed(found)
        }

    def checked(self, check: str) -> dict[str | None, bool]:
        """Return what a check said of each partition; None is the whole range."""
        history = self.instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(KEY, check), 100)
        return {one.partition: one.status.value == "SUCCEEDED" for one in reversed(history)}


@pytest.fixture
def place(stores):
    """Yield a connection with an instance of its own."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield Place(Events(stores, f"c{uuid4().hex}"), instance)


def test_a_day_is_materialized_with_its_figures_and_checks(place):
    """Its partition, its metadata, a verdict of each check for the very day."""
    place.events.told = [sale("T1", at(TODAY))]
    assert place.run(TODAY).success
    shown = place.materialized()[TODAY.isoformat()]
    assert (shown["transactions"], shown["cash view, USD"], shown["dagster/row_count"]) == (1, "85.00", 2)
    assert "Shipment" in shown["table"]
    assert shown["document"].startswith("/")
    assert not any(isinstance(value, float) for value in shown.values())
    for check in CHECK_NAMES:
        assert place.checked(check) == {TODAY.isoformat(): True}


def test_a_range_is_one_run_with_a_materialization_and_verdicts_per_day(place):
    """Dagster records no partition for a range, so each day's verdict stands beside the one over all."""
    place.events.told = [sale("a", at(DAYS[0])), sale("b", at(DAYS[2]), totalAmount=money(80))]
    assert place.run(DAYS[0], TODAY).success
    assert place.events.asked == [(DAYS[0], TODAY)]
    shown = place.materialized()
    assert [shown[day.isoformat()]["transactions"] for day in DAYS] == [1, 0, 1, 0]
    says = place.checked("leaves_sum_to_total")
    assert says == {None: False, **{day.isoformat(): day != DAYS[2] for day in DAYS}}
    history = place.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(KEY, "leaves_sum_to_total"), 100
    )
    [whole] = [one for one in history if one.partition is None]
    said = whole.event.dagster_event.event_specific_data
    assert said.metadata["says"].value == f"1 of 4 days: {DAYS[2]}."
    assert said.severity == dg.AssetCheckSeverity.WARN


def test_a_refused_day_is_not_materialized_and_the_others_are(place):
    """The run is red and says which day and why; what was made is there with its checks."""
    place.events.told = [sale("a", at(DAYS[0])), sale(None, at(DAYS[1])), sale("c", at(DAYS[2]))]
    result = place.run(DAYS[0], TODAY)
    assert not result.success
    assert set(place.materialized()) == {day.isoformat() for day in DAYS if day != DAYS[1]}
    assert place.checked("statuses_known")[DAYS[0].isoformat()]
    assert not place.checked("statuses_known")[DAYS[1].isoformat()]
    [failure] = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    words = str(failure.event_specific_data.error)
    assert f"1 of 4 days of financial_events cannot be taken over. {DAYS[1]}:" in words
    assert "has no transactionId" in words


def test_what_was_fetched_before_amazon_stopped_answering_is_materialized(place):
    """A long range that breaks off goes on from there."""
    days = [TODAY - timedelta(days=number) for number in range(10, -1, -1)]
    place.load(replace(STAGE, days_per_window=4))
    place.events.broken = lambda after, before: httpx.Response(503) if after.date() > days[3] else None
    assert not place.run(days[0], days[-1]).success
    assert set(place.materialized()) == {day.isoformat() for day in days[:4]}


def test_partitions_begin_with_a_day_and_end_with_today(place):
    """Today is one, though it is not over."""
    keys = place.asset.partitions_def.get_partition_keys(START)
    assert (keys[0], keys[-1]) == (FIRST.isoformat(), TODAY.isoformat())
