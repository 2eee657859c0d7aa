"""The road as Dagster runs it: assets, partitions, checks that stop, sensor and discovery."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import dagster as dg

from assets.road import STAGES
from assets.stages.checks import CHECKS
from connector_defs.components.connection_component import connection_definitions
from connector_defs.connections import connection
from connector_defs.demo.place import CONNECTIONS
from connector_defs.resources import StoresResource
from tests.fusion_connection import write_connection

CONNECTION = "amazon_us"


def _checks(result) -> dict[str, dg.AssetCheckEvaluation]:
    events = (event for event in result.all_events if event.event_type_value == "ASSET_CHECK_EVALUATION")
    return {event.event_specific_data.check_name: event.event_specific_data for event in events}


def test_each_connection_has_the_road_with_its_partitions(dagster_place):
    """Asset keys are connection/asset, each partitioned by settlement, each downstream of the one before."""
    graph = dagster_place.defs().resolve_asset_graph()
    for name in CONNECTIONS:
        keys = [dg.AssetKey([name, stage.asset]) for stage in STAGES]
        assert set(keys) <= graph.get_all_asset_keys()
        for before, after in pairwise(keys):
            assert graph.get(after).parent_keys == {before}
            assert graph.get(after).partitions_def.name == f"{name}_settlements"


def test_every_check_named_is_a_check_of_its_asset(dagster_place):
    """The table of checks and what Dagster shows are the same, but for what the demonstration has switched off."""
    graph = dagster_place.defs().resolve_asset_graph()
    shown = {
        (key.asset_key.path[-1], key.name) for key in graph.asset_check_keys if key.asset_key.path[0] == CONNECTION
    }
    off = {"accruals", "vat_transactions", "receivable_invoices", "invoice_postings", "cost_postings"}
    off |= {"input_tax_postings", "item_postings", "fba_returns", "fba_replacements", "return_postings"}
    off |= {"fulfilled_shipments", "master_data"}
    assert shown == {(asset, one.name) for asset, checks in CHECKS.items() if asset not in off for one in checks}


def test_a_settlement_goes_from_report_to_reconciled_in_one_run(dagster_place):
    """All checks pass for its own partition, the journal stands once in PeopleSoft, nothing is a float."""
    settlement = dagster_place.settlement_ids[0]
    result = dagster_place.run(settlement)
    assert result.success
    checks = _checks(result)
    assert all(check.passed for check in checks.values())
    assert {check.partition for check in checks.values()} == {settlement}
    proof = result.asset_materializations_for_node(f"{CONNECTION}__reconciliations")[0].metadata
    assert (proof["total"].value, proof["difference"].value) == ("1058.59", "0.00")
    assert (
        "svg"
        in result.asset_materializations_for_node(f"{CONNECTION}__mapped_lines")[0].metadata["gross to deposit"].value
    )
    values = [
        value.value
        for one in result.get_asset_materialization_events()
        for value in one.materialization.metadata.values()
    ]
    assert not any(isinstance(value, float) for value in values)


def test_materializing_again_posts_nothing_twice(dagster_place):
    """A second and third run find the work done."""
    for _ in range(3):
        assert dagster_place.run(dagster_place.settlement_ids[0]).success
    journals = [one for one in dagster_place.peoplesoft.books.journals() if one.key.id.startswith("A")]
    assert len(journals) == 1
    assert dagster_place.peoplesoft.books.duplicates() == {}


def test_an_unmapped_line_stops_its_settlement_before_the_journal(dagster_place):
    """The check says which label; nothing downstream runs; the other settlement is not touched."""
    odd = dagster_place.settlement_ids[1]
    result = dagster_place.run(odd)
    assert not result.success
    check = _checks(result)["every_line_mapped"]
    assert (check.passed, check.partition, check.severity) == (False, odd, dg.AssetCheckSeverity.ERROR)
    assert "Moon Landing Fee" in check.metadata["says"].value
    made = {one.asset_key.path[-1] for one in result.get_asset_materialization_events()}
    assert made == {"settlement_reports", "settlement_lines", "mapped_lines"}
    assert [item.code for item in dagster_place.stores.review.listing(CONNECTION)] == ["unmapped_label"]


def test_a_key_that_is_no_settlement_gets_a_sentence(dagster_place):
    """A person may add any partition in the UI."""
    dagster_place.settlement_ids.append("hello")
    result = dagster_place.run("hello")
    failures = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    assert "knows no settlement hello" in str(failures[0].event_specific_data.error)


def test_the_sensor_adds_partitions_and_asks_only_for_what_is_due(dagster_place):
    """Not automatic: partitions appear, no run is asked for. Automatic: one run per settlement, the same key twice."""
    import connector_defs.sensors as sensors
    from assets.stages.partitions import settlement_partitions
    from resources.clock import SystemClock

    partitions = settlement_partitions(CONNECTION)
    job = dagster_place.defs().resolve_job_def(f"{CONNECTION}_settlement_road")
    for is_automatic, asked in ((False, 0), (True, 2)):
        sensor = sensors.due_sensor(
            CONNECTION, partitions, [job], lambda: (dagster_place.stores, SystemClock()), is_automatic
        )
        ticks = [sensor(dg.build_sensor_context(instance=dagster_place.instance)) for _ in range(2)]
        keys = [[request.run_key for request in tick.run_requests] for tick in ticks]
        assert [len(one) for one in keys] == [asked, asked]
        assert keys[0] == keys[1]
        added = ticks[0].dynamic_partitions_requests[0]
        assert sorted(added.partition_keys) == dagster_place.settlement_ids


def test_the_sensor_asks_anew_for_a_row_whose_run_died_before_it_began(dagster_place):
    """Its key would start nothing again; while the run is under way the same key is asked for."""
    import connector_defs.sensors as sensors
    from assets.stages.partitions import settlement_partitions
    from resources.clock import ManualClock

    stores, partitions = dagster_place.stores, settlement_partitions(CONNECTION)
    clock = ManualClock(datetime.now(UTC) + timedelta(seconds=60))
    job = dagster_place.defs().resolve_job_def(f"{CONNECTION}_settlement_road")
    sensor = sensors.due_sensor(CONNECTION, partitions, [job], lambda: (stores, clock), True)

    def keys() -> list[str]:
        tick = sensor(dg.build_sensor_context(instance=dagster_place.instance))
        return [one.run_key for one in getattr(tick, "run_requests", None) or ()]

    first, other = keys()
    run = dagster_place.instance.create_run_for_job(job, tags={sensors.RUN_KEY_TAG: first})
    assert keys() == [first, other]
    dagster_place.instance.report_run_failed(run)
    assert keys() == [other]
    clock.advance(11)
    again = [key for key in keys() if key != other]
    assert len(again) == 1
    assert again != [first]
    reasons = [row.reason for row in stores.due.listing(CONNECTION)]
    assert f"failure 1: run {run.run_id} ended before it began" in reasons


def test_discovery_imports_what_waits_in_the_folder(dagster_place):
    """A whole file becomes a settlement with a partition, a wrong one is put aside with its reason."""
    folder = dagster_place.home / "import" / CONNECTION
    folder.mkdir(parents=True)
    (folder / "page.txt").write_text("<html>sign in</html>")
    import os

    os.utime(folder / "page.txt", (1, 1))
    job = dagster_place.defs().resolve_job_def(f"{CONNECTION}_discovery")
    result = job.execute_in_process(instance=dagster_place.instance, raise_on_error=False)
    assert result.success, "Amazon is out of reach here: discovery says so and keeps what it has"
    assert (folder / "refused" / "page.txt.why.txt").read_text().startswith("page.txt is an HTML page")
    assert dagster_place.instance.get_dynamic_partitions(f"{CONNECTION}_settlements") == dagster_place.settlement_ids


def test_no_secret_stands_in_event_log_metadata_or_files(dagster_place, caplog):
    """Every demo secret and the vault's key are looked for in what Dagster keeps, says and shows, and on disk."""
    result = dagster_place.run(dagster_place.settlement_ids[0])
    failed = dagster_place.run(dagster_place.settlement_ids[1])
    key = (dagster_place.home / "vault.key").read_text().strip()
    secrets = [*dagster_place.secrets, key]
    kept = [repr(event) for run in (result, failed) for event in run.all_events]
    kept += [repr(record) for record in dagster_place.instance.all_logs(result.run_id)]
    kept += [repr(dagster_place.defs().resources), caplog.text]
    files = [
        path for path in dagster_place.home.rglob("*") if path.is_file() and path.name not in ("vault.key", "vault")
    ]
    assert len(kept) > 50
    assert len(files) > 10
    for secret in secrets:
        assert len(secret) > 8
        assert not [text for text in kept if secret in text]
        assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_a_connection_that_bills_shows_its_invoices_behind_the_events(tmp_path):
    """Events feed invoices, invoices their postings; a connection that bills nothing has neither."""
    receivables = {
        "business_unit": "US1 Business Unit",
        "transaction_source": "ZB Connector",
        "invoice_type": "Invoice",
        "credit_memo_type": "Credit Memo",
    }
    project = write_connection(tmp_path / "project", tmp_path / "home", receivables=receivables)
    opened = connection(project, "amazon_us")
    invoicing = {"shipped_from": "2026-09-01", "bill_to": {"*": "1008"}}
    books = type(opened.settings.books).model_validate(opened.settings.books.model_dump() | {"invoicing": invoicing})
    billing = replace(opened, settings=opened.settings.model_copy(update={"books": books}))
    graph = _graph_of(billing)
    made, posted, events = (
        dg.AssetKey(["amazon_us", name]) for name in ("receivable_invoices", "invoice_postings", "financial_events")
    )
    assert graph.get(made).parent_keys == {events}
    assert graph.get(posted).parent_keys == {made}
    assert not {made, posted} & set(_graph_of(opened).get_all_asset_keys())


def _graph_of(opened):
    """Return the assets of one connection alone."""
    shared = dg.Definitions(resources={"stores": StoresResource()})
    return dg.Definitions.merge(connection_definitions(opened), shared).resolve_asset_graph()
