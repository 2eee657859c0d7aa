"""Dagster's run launcher of this project: a run starts as a fork of a warm process, in a fraction of a second.

Named in `deploy/dagster.yaml`. In: a run. Out: a worker process of its own on this machine, remembered in a tag of the
run, so that any process of this machine can ask after it or end it. Where nothing can be forked (another system than
Linux, definitions that start threads) the worker is started cold, and an event of the run says why.
"""

import math
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from dagster import Field, Int
from dagster._core.errors import DagsterLaunchFailedError
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._core.origin import JobPythonOrigin
from dagster._core.storage.dagster_run import DagsterRun
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass, serialize_value
from dagster._serdes.config_class import ConfigurableClassData

from connector_defs.run_worker import WORKER_TAG, RunWorker
from connector_defs.warm_process import NoAnswer, NotReady, WarmProcess

TRY_AGAIN_SECONDS = 300

# Of this process, not of a launcher: Dagster makes a second launcher when two threads ask for the first at once.
_WARM: dict[str, WarmProcess] = {}
_ONE_AT_A_TIME = threading.Lock()


class WarmRunLauncher(RunLauncher, ConfigurableClass):
    """Fork a worker per run from a process that has loaded the code location already."""

    def __init__(
        self,
        load_seconds_max: int = 60,
        start_seconds_max: int = 20,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:
        self._inst_data = inst_data
        self._load_seconds_max = load_seconds_max
        self._start_seconds_max = start_seconds_max
        self._faults: dict[str, tuple[float, NotReady]] = {}
        self._cold: list[subprocess.Popen[bytes]] = []
        super().__init__()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """Return what the instance settings say."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Field]:
        """Return the settings under `config` in dagster.yaml."""
        return {
            "load_seconds_max": Field(Int, default_value=60, description="Until the definitions must be loaded."),
            "start_seconds_max": Field(Int, default_value=20, description="Until a worker must be forked."),
        }

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        """Make the launcher from its settings."""
        return cls(inst_data=inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a worker for a run and note it; raise DagsterLaunchFailedError when it is unknown whether one is."""
        run = context.dagster_run
        origin = run.job_code_origin
        if origin is None:
            raise DagsterLaunchFailedError(f"Run {run.run_id} does not say where its code is.")
        worker = self._started(run, origin)
        self._instance.add_run_tags(run.run_id, {WORKER_TAG: worker.tag()})

    def _started(self, run: DagsterRun, origin: JobPythonOrigin) -> RunWorker:
        carried = ExecuteRunArgs(origin, run.run_id, self._instance.get_ref(), set_exit_code_on_failure=True)
        try:
            return self._forked(run, origin, serialize_value(carried))
        except NotReady as fault:
            self._instance.report_engine_event(f"Starts cold, which takes seconds: {fault}.", run, cls=type(self))
            return self._started_cold([origin.executable_path, "-m", "dagster", *carried.get_command_args()[-3:]])
        except NoAnswer as fault:
            raise DagsterLaunchFailedError(
                f"Run {run.run_id} was handed to the warm process, which gave no answer ({fault}). Launch it again; "
                "a worker that started all the same ends by itself, because its run has failed."
            ) from None

    def _forked(self, run: DagsterRun, origin: JobPythonOrigin, carried: str) -> RunWorker:
        """Fork a worker from the warm process of a code location; a fresh one when that is gone or has old files."""
        if sys.platform != "linux":
            raise NotReady("forking a loaded process is safe on Linux only")
        key = serialize_value(origin.repository_origin)
        with _ONE_AT_A_TIME:
            if key in _WARM:
                with suppress(NotReady):
                    return self._fork(key, carried)
            self._load(key, run, origin)
            return self._fork(key, carried)

    def _fork(self, key: str, carried: str) -> RunWorker:
        try:
            return _WARM[key].start_run(carried, self._start_seconds_max)
        except (NotReady, NoAnswer):
            _WARM.pop(key).stop()
            raise

    def _load(self, key: str, run: DagsterRun, origin: JobPythonOrigin) -> None:
        """Start a warm process; one that could not be is not tried again for a while, so that runs do not wait."""
        since, fault = self._faults.get(key, (-math.inf, None))
        if fault is not None and time.monotonic() - since < TRY_AGAIN_SECONDS:
            raise fault
        asked = {
            "instance": serialize_value(self._instance.get_ref()),
            "origin": serialize_value(origin),
            "location": run.remote_job_origin.location_name if run.remote_job_origin else "",
        }
        try:
            _WARM[key] = WarmProcess(origin.executable_path, asked, self._load_seconds_max)
            self._faults.pop(key, None)
        except NotReady as error:
            self._faults[key] = (time.monotonic(), error)
            raise

    def _started_cold(self, command: list[str]) -> RunWorker:
        self._cold = [one for one in self._cold if one.poll() is None]  # asking also reaps those that ended
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
        self._cold.append(process)
        return RunWorker.of(process.pid)

    def terminate(self, run_id: str) -> bool:
        """Ask the worker of a run to end; return whether there was one."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        worker = RunWorker.from_tag(run.tags.get(WORKER_TAG))
        if worker is not None and worker.interrupt():
            return True
        self._instance.report_engine_event(_gone(worker), run, cls=type(self))
        return False

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Say that run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Say whether the worker of a run lives; of one that this launcher did not start, nothing is known."""
        worker = RunWorker.from_tag(run.tags.get(WORKER_TAG))
        if worker is None or worker.is_alive:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, _gone(worker))

    def dispose(self) -> None:
        """End the warm processes; runs under way go on."""
        with _ONE_AT_A_TIME:
            while _WARM:
                _WARM.popitem()[1].stop()


def _gone(worker: RunWorker | None) -> str:
    if worker is None:
        return "No process is noted for this run: it was not started by this launcher, or has not started yet."
    if not worker.is_of_this_machine:
        return f"Process {worker.pid} ran on another machine, or on this one before it was started again."
    return f"Process {worker.pid} has ended without reporting the end of its run: it was killed, or ran out of memory."
