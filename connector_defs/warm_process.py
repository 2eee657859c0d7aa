"""The launcher's side of a warm process: started, asked, and ended, each within bounded time.

In: what to load. Out: a worker per run. A fault before a run was asked for means that nothing was started and another
way may be tried; a fault after that leaves open whether a worker exists, so nothing else may start one.
"""

import json
import select
import socket
import subprocess
import time
from typing import Any

from connector_defs.run_worker import RunWorker
from resources.worker import this_machine

STOP_SECONDS_MAX = 5


class NotReady(Exception):
    """No worker was started, and none will be."""


class NoAnswer(Exception):
    """A worker was asked for, and whether there is one is unknown."""


class WarmProcess:
    """One process with one code location loaded."""

    def __init__(self, python: str, asked: dict[str, str], seconds_max: float) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [python, "-m", "connector_defs.run_server", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                process_group=0,
            )
        try:
            self._say(asked)
            answer = self._answer(seconds_max)
        except (OSError, NoAnswer) as error:
            self.stop()
            raise NotReady(f"the warm process gave no answer: {error}") from None
        if "ready" not in answer:
            self.stop()
            raise NotReady(f"the warm process could not load the definitions: {answer.get('fault')}")

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def start_run(self, run: str, seconds_max: float) -> RunWorker:
        """Fork a worker for a run; raise NotReady when there is none, NoAnswer when that is unknown."""
        try:
            self._say({"run": run})
        except OSError as error:
            raise NotReady(f"the warm process is gone: {error}") from None
        answer = self._answer(seconds_max)
        if "stale" in answer:
            raise NotReady(f"{answer['stale']} changed while the definitions were loaded")
        return RunWorker(answer["pid"], answer["started"], this_machine())

    def stop(self) -> None:
        """End the process; the workers it forked go on."""
        self._socket.close()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _say(self, question: dict[str, Any]) -> None:
        self._socket.sendall(json.dumps(question).encode() + b"\n")

    def _answer(self, seconds_max: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds_max
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                raise NoAnswer(f"nothing within {seconds_max:.0f} seconds")
            piece = self._socket.recv(65536)
            if not piece:
                raise NoAnswer("it ended")
            line += piece
        return json.loads(line)
