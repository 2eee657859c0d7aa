"""Ask for the posting job, where a site does not post by itself: once for a batch that holds exactly our journal.

In: a batch read back to the cent. Out: what it waits for now, or that its job is over. The job posts every unposted
batch of its criteria set, so a second request posts nothing twice; still one is sent per batch as far as its answer is
known, and a job that ended without posting is a person's matter. Source:
docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-erpintegrations-post.html (submitESSJobRequest).
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import TargetError
from ledger.journal import Journal
from resources.erp.fusion import reply
from resources.erp.fusion.books import Batch
from resources.erp.fusion.door import Door
from resources.erp.fusion.jobs import Jobs, JobState, state_of
from resources.erp.fusion.settings import FusionSettings
from resources.erp.sent_jobs import JobMemory, SentJob


@dataclass(frozen=True)
class Asked:
    """What an unposted batch waits for; `is_over` where its job has ended and nobody is at work on it."""

    sentence: str
    is_over: bool = False


class Postings:
    """The posting job of one site."""

    def __init__(self, settings: FusionSettings, door: Door, jobs: Jobs, memory: JobMemory) -> None:
        self._settings = settings
        self._door = door
        self._jobs = jobs
        self._memory = memory

    def ask(self, journal: Journal, batch: Batch) -> Asked:
        """Ask for the job unless it was asked for; return what the batch waits for.

        Raises TargetUnavailable and TargetMisconfigured when Fusion cannot be asked.
        """
        key = f"post {journal.key} {batch.id}"
        known = self._memory.recall(key)
        if known is None:
            return Asked(self._submit(key, batch))
        word = self._jobs.word(known.request_id)
        if state_of(word) is JobState.RUNNING:
            return Asked(f"posting job {known.request_id} ({word or 'no status yet'})")
        sentence = (
            f"posting job {known.request_id} ended {word} and left batch {batch.id} unposted; look at its output, and "
            f"at criteria set {self._settings.posting_criteria_set}, and post the batch"
        )
        return Asked(sentence, is_over=True)

    def _submit(self, key: str, batch: Batch) -> str:
        body = {
            "OperationName": "submitESSJobRequest",
            "JobPackageName": self._settings.posting_package,
            "JobDefName": self._settings.posting_job,
            "ESSParameters": self._settings.posting_criteria_set,
        }
        what = f"The posting job for batch {batch.id}"
        try:
            request_id = reply.request_id(what, self._door.write(what, body), body)
        except TargetError as error:
            return f"posting: {error}"
        self._memory.remember(key, SentJob(request_id, ""))
        return f"posting job {request_id}"
