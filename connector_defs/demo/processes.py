"""The demonstration's background processes: started, remembered, and ended exactly.

Each is a process group of its own. A file in the demonstration's home remembers group and moment of start, so that
`connector demo --stop` ends what was started there and never another process that got the same number later.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from connector_defs.project import Project
from connector_defs.run_worker import started_at
from ledger.errors import ConfigurationRefused

MEMORY = "demo.json"
GRACE_SECONDS = 15


def demo_home() -> Path:
    """Return the folder of the demonstration with Dagster."""
    return Project().home / "demo"


class Processes:
    """Processes of one demonstration."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """Start a process in a group of its own; what it says goes to `<name>.log`."""
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
        for process in reversed(self._started.values()):
            if process.poll() is None:
                _signal_group(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self._started.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process.pid, signal.SIGKILL)
                process.wait()
            # What it started itself may still be ending.
            _signal_group(process.pid, signal.SIGKILL)
        (self._home / MEMORY).unlink(missing_ok=True)

    def _remember(self) -> None:
        known = {name: {"pid": one.pid, "started": started_at(one.pid)} for name, one in self._started.items()}
        (self._home / MEMORY).write_text(json.dumps(known), encoding="utf-8")


def stop_running() -> str:
    """End a demonstration that another command started; return a sentence."""
    known = running(demo_home())
    for one in known.values():
        _signal_group(one["pid"], signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(started_at(one["pid"]) == one["started"] for one in known.values()):
        time.sleep(0.2)
    for one in known.values():
        if started_at(one["pid"]) == one["started"]:
            _signal_group(one["pid"], signal.SIGKILL)
    (demo_home() / MEMORY).unlink(missing_ok=True)
    return f"Ended: {', '.join(known)}." if known else "No demonstration is running here."


def running(home: Path) -> dict[str, dict]:
    """Return those remembered processes that still run."""
    try:
        known = json.loads((home / MEMORY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: one for name, one in known.items() if one["started"] and started_at(one["pid"]) == one["started"]}


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
