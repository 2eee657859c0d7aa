"""The demonstration's background processes: started, remembered, and ended exactly.

Each is a session of its own, which holds what it starts in turn: a run of Dagster outlives its daemon, not the
demonstration. A file in the demonstration's home remembers session and moment of start, so that `connector demo --stop`
ends what was started there and never another process that got the same number later.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from connector_defs.project import Project
from ledger.errors import ConfigurationRefused
from resources.worker import started_at

MEMORY = "demo.json"
GRACE_SECONDS = 15


def demo_home() -> Path:
    """Return the folder of the demonstration with Dagster.

    In a shell that has read the demonstration's environment, its folder is the project's home already.
    """
    home = Project().home
    return home if (home / MEMORY).exists() else home / "demo"


class Processes:
    """Processes of one demonstration."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """Start a process in a session of its own; what it says goes to `<name>.log`."""
        with (self._home / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                list(command),
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started[name] = process
        self._remember()
        return process

    def require_alive(self) -> None:
        """Raise ConfigurationRefused when one has ended by itself, with the place of its log."""
        for name, process in self._started.items():
            if process.poll() is not None:
                raise ConfigurationRefused(
                    f"{name} ended by itself with code {process.returncode}. Its last words are in "
                    f"{self._home / name}.log."
                )

    def wait(self) -> None:
        """Wait until one of them ends."""
        while all(process.poll() is None for process in self._started.values()):
            time.sleep(0.5)

    def stop(self) -> None:
        """End all, the last started first, and forget them."""
        running = [process.pid for process in reversed(self._started.values()) if process.poll() is None]
        members = {number: mark for pid in running for number, mark in _members(pid).items()}
        _end(members, lambda: all(process.poll() is not None for process in self._started.values()))
        for process in self._started.values():
            process.wait()
        (self._home / MEMORY).unlink(missing_ok=True)

    def _remember(self) -> None:
        known = {name: {"pid": one.pid, "started": started_at(one.pid)} for name, one in self._started.items()}
        (self._home / MEMORY).write_text(json.dumps(known), encoding="utf-8")


def stop_running() -> str:
    """End a demonstration that another command started; return a sentence."""
    known = running(demo_home())
    members = {number: mark for one in known.values() for number, mark in _members(one["pid"]).items()}
    _end(members, lambda: not running(demo_home()))
    (demo_home() / MEMORY).unlink(missing_ok=True)
    return f"Ended: {', '.join(known)}." if known else "No demonstration is running here."


def running(home: Path) -> dict[str, dict]:
    """Return those remembered processes that still run."""
    try:
        known = json.loads((home / MEMORY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: one for name, one in known.items() if one["started"] and started_at(one["pid"]) == one["started"]}


def _members(session: int) -> dict[int, str]:
    """Return the processes of a session, each with the mark of its start."""
    return {number: started_at(number) for number in _numbers() if _session_of(number) == session}


def _numbers() -> list[int]:
    if Path("/proc/self/stat").exists():
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    told = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=False)
    return [int(number) for number in told.stdout.split()]


def _session_of(number: int) -> int | None:
    try:
        return os.getsid(number)
    except (ProcessLookupError, PermissionError):
        return None


def _end(members: Mapping[int, str], is_over: Callable[[], bool]) -> None:
    """Ask processes to end, wait a while until that is over, and kill what is left of them."""
    _signal(members, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and not is_over():
        time.sleep(0.1)
    _signal(members, signal.SIGKILL)


def _signal(members: Mapping[int, str], number: signal.Signals) -> None:
    for pid, mark in members.items():
        if mark and started_at(pid) == mark:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
