"""A worker's name tells whether the process still runs, here; of other machines, and of other words, nobody can say."""

import os
import subprocess
import sys

import pytest

from resources import worker

SHOWS_NAME = "from resources.worker import worker_name; print(worker_name('run-7'), flush=True)"


@pytest.fixture
def other():
    """Another process, still running, with its name."""
    command = [sys.executable, "-c", f"{SHOWS_NAME}; input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process, process.stdout.readline().strip()
        process.kill()


def test_a_process_has_ended_from_its_end_on(other):
    """Also while its parent has not yet asked how it ended."""
    process, name = other
    assert name.endswith(":run-7")
    assert not worker.has_ended(name)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert worker.has_ended(name)


def test_a_number_that_another_process_got_is_another_worker(monkeypatch):
    """The moment of its start stands in the name."""
    name = worker.worker_name("")
    assert not worker.has_ended(name)
    monkeypatch.setattr(worker, "started_at", lambda pid: "another moment")
    assert worker.has_ended(name)


def test_a_process_that_is_hidden_from_us_may_be_at_work(other, monkeypatch):
    """Another account's may be kept out of sight; that it exists is told all the same."""
    _, name = other
    monkeypatch.setattr(worker, "started_at", lambda pid: "")
    monkeypatch.setattr(worker.Path, "exists", lambda path: False)
    assert not worker.has_ended(name)


def test_nobody_can_say_of_another_machine(other, monkeypatch):
    """Not even of one of the same name: a container sees only its own processes."""
    process, name = other
    process.kill()
    process.wait()
    monkeypatch.setattr(worker, "this_machine", lambda: "same host, other processes")
    assert not worker.has_ended(name)


@pytest.mark.parametrize("name", ["", "one", "simulated:1:run", "vm:1:run-7", "vm:x:00000000.00000000:"])
def test_what_is_no_name_of_ours_is_not_dead(name):
    """Names of older versions run out by time."""
    assert not worker.has_ended(name)
