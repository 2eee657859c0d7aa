"""Which request of an ERP carries which document, where an ERP takes documents as jobs that end later.

In: the key of what was asked for, and the job that was answered. Out: the same job, in this process or in a later one.
The memory lasts in the control database (`resources/store/erp_jobs.py`); the one here lives as long as its process.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class SentJob:
    """The request that carries a document, the fingerprint of what was sent with it, and when that was, if known."""

    request_id: str
    fingerprint: str
    sent_at: datetime | None = field(default=None, compare=False)


class JobMemory(Protocol):
    """Which request carries which document, over the life of a process and better longer."""

    def recall(self, key: str) -> SentJob | None: ...

    def remember(self, key: str, job: SentJob) -> None: ...

    def remember_all(self, jobs: Mapping[str, SentJob]) -> None: ...


class MemoryJobs:
    """A memory of one process, shared by its threads."""

    def __init__(self) -> None:
        self._jobs: dict[str, SentJob] = {}
        self._lock = threading.Lock()

    def recall(self, key: str) -> SentJob | None:
        """Return the newest job of a key, or None."""
        with self._lock:
            return self._jobs.get(key)

    def remember(self, key: str, job: SentJob) -> None:
        """Keep a job in place of the one before."""
        with self._lock:
            self._jobs[key] = job

    def remember_all(self, jobs: Mapping[str, SentJob]) -> None:
        """Keep several jobs, all or none."""
        with self._lock:
            self._jobs.update(jobs)
