"""The warm process: Dagster and the project's definitions loaded once, a worker forked from it for every run.

Started by `connector_defs/warm_process.py` with a socket: JSON lines in and out. First comes what to load, then a line
per run. It opens no database, starts no thread and makes no call, since a fork copies none of that safely; threads are
counted before each fork. It ends when its files are no longer those on disk or its launcher is gone; workers go on.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from dagster._cli.api import execute_run_command
from dagster._core.code_pointer import ModuleCodePointer, PackageCodePointer
from dagster._core.instance.ref import InstanceRef
from dagster._core.origin import JobPythonOrigin
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from dagster._core.storage.sql import get_alembic_config
from dagster._serdes import deserialize_value
from dagster._serdes.config_class import ConfigurableClassData
from dagster._utils.hosted_user_process import recon_repository_from_origin

from connector_defs.run_sources import LoadedSources
from resources.worker import started_at

REAP_SECONDS = 1.0


class Channel:
    """The launcher's end of a socket: one JSON object a line."""

    def __init__(self, number: int) -> None:
        self._socket = socket.socket(fileno=number)
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def question(self) -> dict[str, Any] | None:
        """Wait for the next line, reaping ended workers meanwhile; None when the launcher is gone."""
        # One question at a time, so that nothing is ever left in the file object's buffer.
        while not select.select([self._socket], [], [], REAP_SECONDS)[0]:
            _reap()
        line = self._lines.readline()
        return json.loads(line) if line.endswith("\n") else None

    def answer(self, **given: Any) -> None:
        """Say one line."""
        self._socket.sendall(json.dumps(given).encode() + b"\n")

    def close(self) -> None:
        """Let go of the socket, as every worker does first: the launcher must see that this process ended."""
        self._lines.close()
        self._socket.close()


def main() -> None:
    """Load what the first line asks for, then fork until the launcher is gone or the files have changed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, whose end ends this process
    channel = Channel(int(sys.argv[1]))
    asked = channel.question()
    if asked is None:
        return
    try:
        sources = _load(asked)
        require_one_thread()
    except Exception as error:
        channel.answer(fault=f"{type(error).__name__}: {error}")
        return
    channel.answer(ready=os.getpid())
    while (asked := channel.question()) is not None:
        if changed := sources.changed():
            channel.answer(stale=changed)
            return
        require_one_thread()
        pid = os.fork()
        if not pid:
            _carry(channel, asked["run"])
        channel.answer(pid=pid, started=started_at(pid))


def _load(asked: dict[str, str]) -> LoadedSources:
    """Import and build everything a run needs that costs time."""
    began_ns = time.time_ns()
    instance = deserialize_value(asked["instance"], InstanceRef)
    origin = deserialize_value(asked["origin"], JobPythonOrigin)
    if instance.secrets_loader is not None:
        os.environ.update(instance.secrets_loader.get_secrets_for_environment(asked["location"] or None))
    for stored in instance:
        if isinstance(stored, ConfigurableClassData):
            importlib.import_module(stored.module_name)
    pointer = origin.repository_origin.code_pointer
    repository = recon_repository_from_origin(origin.repository_origin).get_definition()
    repository.load_all_definitions()
    if isinstance(pointer, (ModuleCodePointer, PackageCodePointer)):
        # A worker asks for the definitions up to three times. Dagster takes a repository in place of the function.
        name = pointer.attribute if isinstance(pointer, PackageCodePointer) else pointer.fn_name
        setattr(sys.modules[pointer.module], name, repository)
    _remember_migrations()
    sources = LoadedSources(began_ns)
    gc.collect()
    gc.freeze()  # a worker's collections leave these pages alone, so that they stay shared
    return sources


def _remember_migrations() -> None:
    """Have Dagster's ninety migration scripts read once; opening a database only looks for the newest."""
    ScriptDirectory.from_config = functools.cache(ScriptDirectory.from_config)
    for storage in (sqlite_run_storage, sqlite_schedule_storage):
        ScriptDirectory.from_config(get_alembic_config(storage.__file__)).as_revision_number("head")


def _carry(channel: Channel, run: str) -> None:
    """Be the worker: carry one run as `dagster api execute_run` does, then end without touching the parent's things."""
    code: Any = 1
    try:
        channel.close()
        os.setpgid(0, 0)  # what is sent to the daemon's group is not for a run
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        execute_run_command.main([run], standalone_mode=False)
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code if isinstance(code, int) else 1)


def _reap() -> None:
    """Take note of workers that have ended, so that none stays a zombie."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def require_one_thread() -> None:
    """Raise RuntimeError when a second thread runs: in a fork it would be gone, with whatever lock it held."""
    count = len(list(Path("/proc/self/task").iterdir()))
    if count > 1:
        raise RuntimeError(f"{count} threads run where one may; something that was imported started them")


if __name__ == "__main__":
    main()
