"""The event log that stays open is Dagster's own, file for file."""

import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from connector_defs.event_log import ENGINES_MAX, KeptEventLogStorage

SETTINGS = "event_log_storage: {module: connector_defs.event_log, class: KeptEventLogStorage}\n"


@dg.job
def nothing() -> None:
    """Hold a name for runs."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a DAGSTER_HOME that names our storage."""
    (tmp_path / "dagster.yaml").write_text(f"{SETTINGS}telemetry: {{enabled: false}}\n", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """Yield an instance; its files are closed afterwards."""
    with dg.DagsterInstance.from_config(str(home)) as made:
        yield made


def messages(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Return what the log of a run says."""
    return [entry.message for entry in instance.all_logs(run_id)]


def test_dagster_reads_what_it_wrote_and_goes_on(home: Path) -> None:
    """Taking the setting out, or putting it in, loses nothing; no file is left beside the logs."""
    with dg.DagsterInstance.from_config(str(home)) as ours:
        assert isinstance(ours.event_log_storage, KeptEventLogStorage)
        run = ours.create_run_for_job(nothing)
        ours.report_engine_event("one", run)
        ours.report_runless_asset_event(dg.AssetMaterialization("journals", partition="1"))
    runs = home / "history" / "runs"
    assert [path.name for path in runs.iterdir() if not path.name.endswith(".db")] == []
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with dg.DagsterInstance.from_config(str(home)) as own:
        assert type(own.event_log_storage) is SqliteEventLogStorage
        own.report_engine_event("two", run)
        assert messages(own, run.run_id) == ["one", "two"]
        assert own.get_materialized_partitions(dg.AssetKey("journals")) == {"1"}
    (home / "dagster.yaml").write_text(SETTINGS, encoding="utf-8")
    with dg.DagsterInstance.from_config(str(home)) as ours:
        assert messages(ours, run.run_id) == ["one", "two"]


def test_a_file_without_tables_gets_them(instance: dg.DagsterInstance, home: Path) -> None:
    """A process that was killed between making a file and filling it leaves such a one."""
    run = instance.create_run_for_job(nothing)
    (home / "history" / "runs" / f"{run.run_id}.db").touch()
    instance.report_engine_event("one", run)
    assert messages(instance, run.run_id) == ["one"]


def test_files_beyond_the_limit_are_closed_and_opened_again(instance: dg.DagsterInstance) -> None:
    """Many runs do not hold many files."""
    runs = [instance.create_run_for_job(nothing) for _ in range(ENGINES_MAX + 2)]
    for run in (*runs, *runs):
        instance.report_engine_event("one", run)
    assert {tuple(messages(instance, run.run_id)) for run in runs} == {("one", "one")}
    storage = instance.event_log_storage
    assert isinstance(storage, KeptEventLogStorage)
    assert len(storage._engines) == ENGINES_MAX


def test_who_watches_a_run_hears_of_every_event(instance: dg.DagsterInstance, home: Path) -> None:
    """The UI follows a run by watching its file, written by another process."""
    run = instance.create_run_for_job(nothing)
    instance.report_engine_event("one", run)
    heard = threading.Event()
    instance.watch_event_logs(run.run_id, None, lambda entry, _: heard.set() if entry.message == "two" else None)
    with dg.DagsterInstance.from_config(str(home)) as other:
        other.report_engine_event("two", run)
        assert heard.wait(20)


def test_wiping_deletes_the_files_that_were_open(instance: dg.DagsterInstance, home: Path) -> None:
    """And the next run starts its own."""
    run = instance.create_run_for_job(nothing)
    instance.report_engine_event("one", run)
    instance.event_log_storage.wipe()
    assert not (home / "history" / "runs" / f"{run.run_id}.db").exists()
    instance.report_engine_event("two", run)
    assert messages(instance, run.run_id) == ["two"]
