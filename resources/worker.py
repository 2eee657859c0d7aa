"""Who works: a name of a process that tells later, and to another process, whether it still runs.

In: the number of a process, or the name of a worker as a lease holds it. Out: marks of the moment a process began and
of the machine; a number alone would not do, for after the process is gone another one may get it. Whether a process
of another machine still runs nobody here can tell.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
from pathlib import Path

_NAME = re.compile(r"[^:]*:(?P<pid>\d+):(?P<machine>[0-9a-f]{8})\.(?P<started>[0-9a-f]{8}):.*", re.DOTALL)


def started_at(pid: int) -> str:
    """Return a mark of the moment a process began, empty when there is none of that number or it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        # proc(5): state is the first field after the name, starttime the twentieth.
        return "" if fields[0] in ("Z", "X") else fields[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
    told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return told.stdout.strip()


def this_machine() -> str:
    """Return a name of this machine since it was last started, and of whose processes are seen here.

    As far as the system tells. Containers may share a machine and see only their own processes.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        boot = space = ""
    return f"{socket.gethostname()} {boot} {space}".strip()


def worker_name(run: str) -> str:
    """Return the name of this process at work on a run ("" for the command line), as a lease holds it.

    It ends with the run and begins with what a person can look up: host and process number.
    """
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_mark(this_machine())}.{_mark(started_at(pid))}:{run}"


def has_ended(worker: str) -> bool:
    """Tell whether a worker is known to run no more: a process of this machine that is gone.

    False for what is no such name, for processes of other machines, which may be at work, and for a process of another
    account that the system shows to nobody else (proc(5), hidepid).
    """
    named = _NAME.fullmatch(worker)
    if named is None or named["machine"] != _mark(this_machine()):
        return False
    pid = int(named["pid"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # It is there, and another account's.
    started = started_at(pid)
    return _mark(started) != named["started"] if started else Path(f"/proc/{pid}").exists()


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
