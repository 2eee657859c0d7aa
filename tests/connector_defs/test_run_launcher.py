"""Runs started as forks of a warm process: launched, killed, ended, outliving it; and files that change under it.

The shipped instance settings over a package of a few lines that the test writes. Every wait has an end; every process
started here is ended here.
"""

import importlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.errors import DagsterLaunchFailedError
from dagster._core.launcher import WorkerStatus
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.storage.dagster_run import DagsterRun
from dagster._daemon.monitoring.concurrency import execute_concurrency_slots_iteration
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration

from connector_defs import run_launcher
from connector_defs.project import PACKAGE
from connector_defs.run_launcher import WarmRunLauncher
from connector_defs.run_server import require_one_thread
from connector_defs.run_worker import WORKER_TAG, RunWorker
from connector_defs.warm_process import NoAnswer, NotReady
from resources.worker import started_at

SECONDS_MAX = 60
CODE = """
import os, pathlib, time
import dagster as dg

HERE = pathlib.Path(__file__).parent
WORD = (HERE / "word.yaml").read_text().strip()

@dg.op
def speak():
    print(f"{WORD} from a child of {os.getppid()}")

@dg.op(pool="erp")
def wait():
    print("waiting", flush=True)
    (HERE.parent / "waiting").touch()
    for _ in range(600):
        if (HERE.parent / "go").exists():
            return
        time.sleep(0.05)

@dg.job(executor_def=dg.in_process_executor)
def speaking():
    speak()

@dg.job(executor_def=dg.in_process_executor)
def waiting():
    wait()

@dg.definitions
def defs():
    with (HERE.parent / "loads").open("a") as file:
        file.write("x")
    return dg.Definitions(jobs=[speaking, waiting])
"""


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for something, not for ever."""
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {SECONDS_MAX} seconds"
        time.sleep(0.02)


@dataclass
class Place:
    """An instance with the shipped settings, and a package with two jobs."""

    folder: Path
    instance: dg.DagsterInstance
    package: str
    started: list[RunWorker] = field(default_factory=list)

    @property
    def launcher(self) -> WarmRunLauncher:
        """Return the launcher that the settings name."""
        launcher = self.instance.run_launcher
        assert isinstance(launcher, WarmRunLauncher)
        return launcher

    def created(self, job: str) -> DagsterRun:
        """Create a run as the run queue finds it."""
        definition = getattr(importlib.import_module(self.package), job)
        pointer = ModuleCodePointer(self.package, "defs", str(self.folder))
        origin = JobPythonOrigin(job, RepositoryPythonOrigin(sys.executable, pointer))
        return self.instance.create_run_for_job(definition, job_code_origin=origin)

    def launch(self, job: str) -> str:
        """Launch a run; return its id."""
        run_id = self.created(job).run_id
        self.instance.launch_run(run_id, None)
        self.started.append(self.worker(run_id))
        return run_id

    def launch_waiting(self) -> str:
        """Launch a run that is in the middle of its only step until somebody says go."""
        for name in ("waiting", "go"):
            (self.folder / name).unlink(missing_ok=True)
        run_id = self.launch("waiting")
        until((self.folder / "waiting").exists, "the step")
        return run_id

    def run(self, run_id: str) -> DagsterRun:
        """Return a run as the storage has it."""
        found = self.instance.get_run_by_id(run_id)
        assert found is not None
        return found

    def worker(self, run_id: str) -> RunWorker:
        """Return the process that is noted for a run."""
        worker = RunWorker.from_tag(self.run(run_id).tags.get(WORKER_TAG))
        assert worker is not None
        return worker

    def ended(self, run_id: str) -> str:
        """Wait for the end of a run and of its process; return the run's status."""
        until(lambda: self.run(run_id).is_finished, f"the end of {run_id}")
        until(lambda: not self.worker(run_id).is_alive, "the end of its process")
        return self.run(run_id).status.value

    def said(self, run_id: str) -> str:
        """Return what the steps of a run wrote to stdout, as the UI shows it."""
        [captured] = [
            entry.dagster_event.logs_captured_data
            for entry in self.instance.all_logs(run_id, of_type=dg.DagsterEventType.LOGS_CAPTURED)
        ]
        data = self.instance.compute_log_manager.get_log_data([run_id, "compute_logs", captured.file_key])
        return (data.stdout or b"").decode()

    def spoken(self) -> tuple[str, int]:
        """Launch a run that speaks; return the word it had loaded, and its parent."""
        run_id = self.launch("speaking")
        assert self.ended(run_id) == "SUCCESS"
        word, _, parent = self.said(run_id).strip().partition(" from a child of ")
        return word, int(parent)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Yield one place for all tests here, since a warm process takes seconds to start."""
    folder = tmp_path_factory.mktemp("runs")
    home = folder / "dagster"
    home.mkdir()
    package = folder / "tiny_runs"
    package.mkdir()
    (package / "__init__.py").write_text(CODE, encoding="utf-8")
    (package / "word.yaml").write_text("good day", encoding="utf-8")
    settings = (PACKAGE.parent / "deploy" / "dagster.yaml").read_text(encoding="utf-8")
    slots = "free_slots_after_run_end_seconds: "
    (home / "dagster.yaml").write_text(settings.replace(f"{slots}60", f"{slots}1"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        patch.syspath_prepend(str(folder))
        with dg.DagsterInstance.from_config(str(home)) as instance:
            made = Place(folder, instance, package.name)
            yield made
            for worker in made.started:
                if worker.is_alive:
                    os.kill(worker.pid, signal.SIGKILL)
        sys.modules.pop(package.name, None)


def test_runs_are_forks_of_one_process_that_loaded_the_definitions_once(place: Place) -> None:
    """Both have the same parent, nothing is loaded again, and what they print is kept for the UI."""
    word, parent = place.spoken()
    loads = (place.folder / "loads").read_text(encoding="utf-8")
    assert (word, parent) == ("good day", place.spoken()[1])
    assert parent != os.getpid()
    assert loads == (place.folder / "loads").read_text(encoding="utf-8") == "x"


def test_a_killed_worker_is_noticed_and_gives_its_pool_slot_back(place: Place) -> None:
    """Run monitoring fails the run; the slot is free again soon after."""
    run_id = place.launch_waiting()
    monitored = SimpleNamespace(instance=place.instance, create_request_context=lambda: None)
    log = logging.getLogger("monitoring")
    assert list(execute_run_monitoring_iteration(monitored, log)) == [None]
    assert place.run(run_id).status.value == "STARTED"
    assert place.instance.event_log_storage.get_concurrency_info("erp").active_slot_count == 1

    os.kill(place.worker(run_id).pid, signal.SIGKILL)
    until(lambda: not place.worker(run_id).is_alive, "the death of the worker")
    assert list(execute_run_monitoring_iteration(monitored, log)) == [None]
    assert place.run(run_id).status.value == "FAILURE"

    def is_free() -> bool:
        assert set(execute_concurrency_slots_iteration(monitored, log)) <= {None}
        return place.instance.event_log_storage.get_concurrency_info("erp").active_slot_count == 0

    until(is_free, "the return of the slot")


def test_a_run_is_ended_by_any_process_of_the_machine(place: Place) -> None:
    """The webserver, not the daemon, ends runs: it knows the worker from the tag only."""
    run_id = place.launch_waiting()
    with dg.DagsterInstance.from_config(place.instance.root_directory) as elsewhere:
        assert elsewhere.run_launcher.terminate(run_id)
        assert place.ended(run_id) == "CANCELED"
        assert not elsewhere.run_launcher.terminate(run_id)


def test_a_changed_file_starts_a_fresh_process_and_disturbs_no_run(place: Place) -> None:
    """The next run has the new content; the one under way goes on."""
    under_way = place.launch_waiting()
    _, before = place.spoken()
    (place.folder / place.package / "word.yaml").write_text("good evening", encoding="utf-8")
    word, after = place.spoken()
    assert word == "good evening"
    assert after != before
    assert not started_at(before)
    (place.folder / "go").touch()
    assert place.ended(under_way) == "SUCCESS"


def test_a_run_outlives_its_launcher(place: Place) -> None:
    """The warm process ends when the daemon's end of its socket closes; the run does not."""
    under_way = place.launch_waiting()
    _, warm = place.spoken()
    place.launcher.dispose()
    assert not started_at(warm)
    assert place.launcher.check_run_worker_health(place.run(under_way)).status is WorkerStatus.RUNNING
    (place.folder / "go").touch()
    assert place.ended(under_way) == "SUCCESS"


def test_where_nothing_can_be_forked_a_run_starts_cold(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes longer, says why, and is a run like any other."""

    def refused(*_: object) -> RunWorker:
        raise NotReady("2 threads run")

    monkeypatch.setattr(place.launcher, "_forked", refused)
    run_id = place.launch("speaking")
    assert place.ended(run_id) == "SUCCESS"
    [why] = [one.message for one in place.instance.all_logs(run_id) if "Starts cold" in one.message]
    assert "2 threads run" in why


def test_a_process_with_a_second_thread_does_not_fork() -> None:
    """A fork has one thread, and whatever lock the other held stays locked."""
    over = threading.Event()
    second = threading.Thread(target=over.wait)
    second.start()
    try:
        with pytest.raises(RuntimeError, match="threads run where one may"):
            require_one_thread()
    finally:
        over.set()
        second.join()


def test_a_code_location_that_cannot_be_warmed_is_not_tried_for_every_run(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs would otherwise wait for it each time."""
    tried: list[str] = []

    def broken(python: str, *_: object) -> None:
        tried.append(python)
        raise NotReady("it could not load")

    place.launcher.dispose()
    monkeypatch.setattr(run_launcher, "WarmProcess", broken)
    launcher = WarmRunLauncher()
    launcher.register_instance(place.instance)
    run = place.created("speaking")
    assert run.job_code_origin is not None
    for _ in range(2):
        with pytest.raises(NotReady, match="could not load"):
            launcher._forked(run, run.job_code_origin, "")
    assert tried == [sys.executable]


def test_a_launch_without_an_answer_fails_with_a_sentence(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a worker exists is unknown then, so none is started beside it."""

    def silent(*_: object) -> RunWorker:
        raise NoAnswer("nothing within 20 seconds")

    monkeypatch.setattr(place.launcher, "_forked", silent)
    with pytest.raises(DagsterLaunchFailedError, match=r"nothing within 20 seconds.*Launch it again"):
        place.instance.launch_run(place.created("speaking").run_id, None)


def test_a_number_that_another_process_got_is_not_the_worker(place: Place) -> None:
    """The moment of birth and the machine count, and a tag that is not ours says nothing."""
    me = RunWorker.of(os.getpid())
    assert me.is_alive
    assert RunWorker.from_tag(me.tag()) == me
    for other in (replace(me, started="1"), replace(me, started=""), replace(me, machine="another")):
        assert not other.is_alive
        assert not other.interrupt()
    assert RunWorker.from_tag("[]") is RunWorker.from_tag(None) is None
    run = place.created("speaking")
    health = place.launcher.check_run_worker_health
    assert health(run).status is WorkerStatus.RUNNING
    gone = health(run.with_tags({WORKER_TAG: replace(me, machine="another").tag()}))
    assert gone.status is WorkerStatus.NOT_FOUND
    assert "another machine" in str(gone.msg)
