"""Requests that an ERP answered with the number of a job, kept until the document stands in its books.

In: the key of a document (or of what else was asked for) and its job. Out: the newest job of that key, also after a
restart. Losing a row costs no safety, only knowledge: a document without a known job is looked for in the books, and
where the ERP cannot say what became of it, a person is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, insert, select

from resources.clock import Clock
from resources.erp.sent_jobs import SentJob
from resources.store.control import ControlDatabase
from resources.store.schema import erp_jobs


class ErpJobs:
    """A memory of jobs in the control database, shared by all processes; see `resources.erp.sent_jobs.JobMemory`."""

    def __init__(self, control: ControlDatabase, clock: Clock) -> None:
        self._control = control
        self._clock = clock

    def recall(self, key: str) -> SentJob | None:
        """Return the newest job of a key, or None."""
        with self._control.reading() as reading:
            row = reading.execute(select(erp_jobs).where(erp_jobs.c.key == key)).one_or_none()
        return None if row is None else SentJob(row.request_id, row.fingerprint, row.sent_at)

    def remember(self, key: str, job: SentJob) -> None:
        """Keep a job in place of the one before."""
        self.remember_all({key: job})

    def remember_all(self, jobs: Mapping[str, SentJob]) -> None:
        """Keep several jobs in place of those before, all or none."""
        now = self._clock.now()
        rows = [
            {"key": key, "request_id": job.request_id, "fingerprint": job.fingerprint, "sent_at": job.sent_at or now}
            for key, job in jobs.items()
        ]
        if not rows:
            return
        with self._control.transaction() as transaction:
            transaction.execute(delete(erp_jobs).where(erp_jobs.c.key == bindparam("of_key")), _keys(jobs))
            transaction.execute(insert(erp_jobs), rows)


def _keys(jobs: Mapping[str, SentJob]) -> list[dict[str, str]]:
    return [{"of_key": key} for key in jobs]
