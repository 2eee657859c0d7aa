"""What is read by day, as a connection has it: partitions, schedule, back-pressure, days asked for by a person."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
import yaml
from pydantic import ValidationError

from assets.stages.day_stages import DAY_STAGES
from assets.stages.resumption import SETTLEMENT_KIND
from connector_defs.components.connection_component import connection_definitions
from connector_defs.connections import Connection, connection
from connector_defs.day_schedules import RANGE_END_TAG, RANGE_START_TAG
from connector_defs.day_sources import DaySources, day_stages, first_day
from connector_defs.project import PACKAGE, Project
from ledger.policy import Policy

CONNECTION = "amazon_us"
JOB = f"{CONNECTION}_financial_events"
KEY = dg.AssetKey([CONNECTION, "financial_events"])
SHIPPED_INSTANCE = PACKAGE.parent / "deploy" / "dagster.yaml"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def books(**changes: object) -> Policy:
    """Return accounting settings."""
    return Policy(time_zone="America/New_York", **changes)


@pytest.mark.parametrize(
    "sources, policy, first",
    [
        ({"events_from": "2025-01-01"}, {"books_from": "2026-10-01"}, date(2025, 1, 1)),
        ({}, {"books_from": "2026-10-01"}, date(2026, 8, 17)),
        ({}, {"books_from": ["24758260539"]}, date(2026, 8, 1)),
        ({}, {}, date(2026, 8, 1)),
    ],
)
def test_days_begin_with_the_setting_or_before_the_books(sources, policy, first):
    """And stay where they are from load to load: without any date they move once a month."""
    settings = DaySources(**sources)
    assert first_day(settings, books(**policy), NOW) == first
    assert first_day(settings, books(**policy), NOW + timedelta(days=7)) == first


def test_each_source_may_be_switched_off():
    """What is off has neither asset nor schedule; the VAT report, which needs a role of its own, is off by itself."""
    invoicing = {"shipped_from": "2026-09-01", "bill_to": {"*": "1008"}}
    dated = invoicing | {"dated_by": "shipment_report"}
    costs = {"catalogue": "products.csv", "cost_of_goods": {"shipped_from": "2026-09-01"}}
    wanted = {"input_tax": "when_invoiced", "create_missing_items": True}
    policy = Policy(time_zone="UTC", invoicing=dated, **wanted, **costs)
    billed = Policy(time_zone="UTC", invoicing=invoicing)
    assert set(day_stages(DaySources(), billed)) == set(DAY_STAGES) - {
        "fulfilled_shipments",
        "vat_transactions",
        "fba_returns",
        "fba_replacements",
        "cost_postings",
        "return_postings",
        "input_tax_postings",
        "item_postings",
    }
    assert set(day_stages(DaySources(), policy)) == set(DAY_STAGES) - {"vat_transactions"}
    for name in DAY_STAGES:
        assert set(day_stages(DaySources(**{"vat_transactions": True, name: "off"}), policy)) == set(DAY_STAGES) - {
            name
        }


def test_every_source_has_a_switch_and_a_schedule():
    """The table of day assets and the settings name the same."""
    settings = DaySources()
    for name in DAY_STAGES:
        assert getattr(settings, name) is (name != "vat_transactions")
        assert getattr(settings.schedules, name)


@pytest.mark.parametrize(
    "given", [{"schedules": {"financial_events": "hourly"}}, {"financial_event": "off"}, {"events_from": "soon"}]
)
def test_what_is_misspelt_is_refused(given):
    """Before Dagster loads it."""
    with pytest.raises(ValidationError):
        DaySources(**given)


def test_a_connection_without_a_source_has_nothing_of_it(dagster_place):
    """Switched off in its settings."""
    opened = connection(Project(), CONNECTION)
    off = opened.settings.model_copy(update={"by_day": DaySources(**dict.fromkeys(DAY_STAGES, "off"))})
    defs = connection_definitions(Connection(CONNECTION, off, opened.mapping_path))
    assert not {one.key.path[-1] for one in defs.assets} & set(DAY_STAGES)
    left = {f"{CONNECTION}_{one}_schedule" for one in ("discovery", "source_proofs", "month_end")}
    assert {one.name for one in defs.schedules} == left


def test_the_asset_has_a_partition_per_day_up_to_today(dagster_place):
    """From 45 days before the books begin; one run may take many."""
    node = dagster_place.defs().resolve_asset_graph().get(KEY)
    begin = connection(Project(), CONNECTION).settings.books.books_from - timedelta(days=45)
    keys = node.partitions_def.get_partition_keys(datetime.now(UTC))
    assert (keys[0], keys[-1]) == (begin.isoformat(), datetime.now(UTC).date().isoformat())
    assert node.backfill_policy == dg.BackfillPolicy.single_run()


def test_what_asks_a_marketplace_leaves_a_slot_for_posting(dagster_place):
    """Discovery and reading by day take turns by the shipped settings; what asks no marketplace waits for none."""
    runs = yaml.safe_load(SHIPPED_INSTANCE.read_text())["concurrency"]["runs"]
    [turns] = runs["tag_concurrency_limits"]
    assert turns == {"key": "connector/fetch", "limit": 1}
    assert turns["limit"] < runs["max_concurrent_runs"]
    tags = {job.name: job.tags for job in dagster_place.defs().resolve_all_job_defs()}
    in_turn = {name.removeprefix(f"{CONNECTION}_") for name, of_job in tags.items() if turns["key"] in of_job}
    of_its_own = {"bank_deposits", *(name for name, stage in DAY_STAGES.items() if stage.reads)}
    assert in_turn & set(DAY_STAGES) == {name for name in DAY_STAGES if f"{CONNECTION}_{name}" in tags} - of_its_own
    assert "discovery" in in_turn
    assert not in_turn & {"settlement_road", "review_queue", "erp_documents", "month_end", *of_its_own}
    first = [tags[f"{CONNECTION}_{name}"]["dagster/priority"] for name in ("discovery", "financial_events")]
    assert [int(one) for one in first] == [1, -1]


def test_what_reads_days_or_files_asks_no_marketplace():
    """The table says so of each; who fetches says nothing and takes its turn."""
    silent = {name for name, stage in DAY_STAGES.items() if not stage.asks_marketplace}
    posting = {"invoice_postings", "cost_postings", "return_postings", "input_tax_postings"}
    assert silent == {"bank_deposits", "receivable_invoices", *posting}


@pytest.fixture
def kept(tmp_path):
    """Yield an instance on disk: a tick opens the instance by what it is told of it."""
    folder = tmp_path / "dagster"
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder)) as instance:
        yield instance


def _tick(place, instance, job=JOB):
    schedule = place.defs().resolve_schedule_def(f"{job}_schedule")
    with dg.build_schedule_context(instance=instance, scheduled_execution_time=datetime.now(UTC)) as context:
        return schedule.evaluate_tick(context)


def test_a_tick_asks_for_one_run_over_the_days_that_are_wanted(dagster_place, kept):
    """Nothing was fetched yet: everything from the first day on, in one run of a range."""
    schedule = dagster_place.defs().resolve_schedule_def(f"{JOB}_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("*/15 * * * *", "UTC")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    [request] = _tick(dagster_place, kept).run_requests
    begin = connection(Project(), CONNECTION).settings.books.books_from - timedelta(days=45)
    assert request.partition_key is None
    assert request.tags[RANGE_START_TAG] == begin.isoformat()
    assert request.tags[RANGE_END_TAG] == datetime.now(UTC).date().isoformat()


@pytest.mark.parametrize("name", [JOB, f"{CONNECTION}_discovery"])
@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_a_tick_is_skipped_while_a_run_is_under_way(dagster_place, kept, status, name):
    """It says which one; once that is over, the next tick asks again. Nothing piles up behind a dead marketplace."""
    run = kept.create_run_for_job(dagster_place.defs().resolve_job_def(name), status=status)
    skipped = _tick(dagster_place, kept, name)
    assert skipped.run_requests == []
    assert skipped.skip_message == f"Run {run.run_id} of {name} is not over yet."
    kept.report_run_failed(run)
    assert len(_tick(dagster_place, kept, name).run_requests) == 1


def test_a_day_that_a_person_wants_again_is_asked_for_by_the_sensor(dagster_place):
    """A day, or the asset as a whole; rows for what is not fetched here are closed."""
    stores, now = dagster_place.stores, datetime.now(UTC)
    today = now.date()
    for partition in (
        f"financial_events-{today}",
        "financial_events",
        "financial_events-1999-01-01",
        f"financial_events-{today + timedelta(days=3)}",
    ):
        stores.due.ask(
            CONNECTION, SETTLEMENT_KIND, partition, now - timedelta(seconds=1), "review item 1 resolved: retry"
        )
    sensor = dagster_place.defs().resolve_sensor_def(f"{CONNECTION}_due")
    tick = sensor(dg.build_sensor_context(instance=dagster_place.instance, definitions=dagster_place.defs()))
    asked = [(one.job_name, one.partition_key) for one in tick.run_requests if one.job_name == JOB]
    assert asked == [(JOB, today.isoformat())] * 2
    assert len({one.run_key for one in tick.run_requests}) == len(tick.run_requests)
    left = {row.partition for row in stores.due.listing(CONNECTION) if row.partition.startswith("financial")}
    assert left == {"financial_events", f"financial_events-{today}"}


def test_a_run_without_amazon_fails_and_leaves_no_day(dagster_place):
    """Amazon is out of reach here: the run says so, nothing is staged, nothing waits for a person.

    Yesterday, because Amazon has nothing to tell yet of a day that has just begun.
    """
    job = dagster_place.defs().resolve_job_def(JOB)
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    result = job.execute_in_process(instance=dagster_place.instance, partition_key=yesterday, raise_on_error=False)
    assert not result.success
    assert dagster_place.stores.warehouse.currents(CONNECTION, "financial_events") == []
