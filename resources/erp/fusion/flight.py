"""Say where a journal stands that was handed over and has no batch yet: in its import job, or left in the interface.

In: a journal, the memory of jobs. Out: its standing, or None when nothing is known of it. A job that ended badly leaves
its rows in the interface, where a person may still correct and import them: that holds the journal until somebody says
that they are gone, because no read shows the interface. A request that Fusion does not know any more, which it answers
with an empty status, is no job to wait for, and no proof that nothing came of it either.
"""

from __future__ import annotations

from ledger.errors import TargetMisconfigured
from ledger.journal import Journal
from resources.erp.fusion import natural_key, payload
from resources.erp.fusion.jobs import Jobs, JobState, state_of
from resources.erp.fusion.settings import FusionSettings
from resources.erp.sent_jobs import JobMemory, SentJob
from resources.erp.target import BooksState, FoundDocument, TargetStatus

# What stands for the empty status of a request that Fusion does not know.
_NO_STATUS = "no status"
# Where no line of a failed job's logs sounds like a reason, its last ones are told.
_LAST_LINES = 5


class Flight:
    """Journals between the call and the books."""

    def __init__(self, settings: FusionSettings, jobs: Jobs, memory: JobMemory) -> None:
        self._settings = settings
        self._jobs = jobs
        self._memory = memory

    def began(self, journal: Journal, request_id: str) -> None:
        """Keep which request carries a journal."""
        self._memory.remember(journal.key, SentJob(request_id, journal.fingerprint))

    def standing(self, journal: Journal, *, with_reasons: bool) -> TargetStatus | None:
        """Return where a journal without a batch stands; None when no request of it is known.

        ABSENT means that its job has succeeded or is not known to Fusion, or that a person has said that its rows are
        gone. Raises TargetUnavailable and TargetMisconfigured.
        """
        known = self._memory.recall(journal.key)
        if known is None:
            return None
        if self._is_confirmed_gone(journal):
            return TargetStatus(BooksState.ABSENT, "")
        word = self._jobs.word(known.request_id)
        state = state_of(word)
        if not word:
            return TargetStatus(BooksState.ABSENT, _NO_STATUS)
        if state is JobState.RUNNING:
            return TargetStatus(BooksState.WAITING, word, (), f"import job {known.request_id} ({word})")
        failed = self._jobs.failed_steps(known.request_id)
        if state is JobState.SUCCEEDED and not failed:
            return TargetStatus(BooksState.ABSENT, word)
        messages = self._messages(journal, known, word, with_reasons)
        steps = tuple(f"step {step.name} ended {step.word}" for step in failed)
        return TargetStatus(BooksState.ERROR, word, (*messages, *steps))

    def under_way(self, journal: Journal) -> str:
        """Return how an earlier send stands that may still come in, "" when none may; raises as `standing`."""
        standing = self.standing(journal, with_reasons=False)
        is_over = standing is None or (standing.state is BooksState.ABSENT and standing.erp_status != _NO_STATUS)
        return "" if is_over else standing.erp_status

    def trace(self, journal: Journal) -> tuple[FoundDocument | None, str]:
        """Return a journal without a batch as `find` reports it, or why its absence is not certain.

        Both are empty when nothing of it is known. A job that succeeded and made no batch explains nothing: where a
        parameter names another ledger or group it imports no row, and ours stay in the interface.
        """
        if self._is_confirmed_gone(journal):
            return None, ""
        known = self._memory.recall(journal.key)
        if known is None:
            arrived = "a file of it has arrived, and nobody knows its job"
            return None, self._unexplained(journal, arrived) if self._has_arrived(journal) else ""
        standing = self.standing(journal, with_reasons=False)
        if standing is None or standing.state is BooksState.ABSENT:
            is_lost = standing is not None and standing.erp_status == _NO_STATUS
            what = "is not known to Fusion" if is_lost else "succeeded and made no batch"
            return None, self._unexplained(journal, f"import job {known.request_id} {what}")
        return self._on_its_way(journal, standing, known), ""

    def _unexplained(self, journal: Journal, what: str) -> str:
        """Say what nobody can explain, and how a person ends it: in Fusion, then by naming the group as gone."""
        return (
            f"{what}; its rows may stand in the interface under group {natural_key.group_id(journal.key)}: import them "
            "in Fusion, or delete them there and name the group under fusion.groups_confirmed_gone"
        )

    def _on_its_way(self, journal: Journal, standing: TargetStatus, known: SentJob) -> FoundDocument:
        return FoundDocument(
            erp_id=natural_key.batch_name(journal, self._settings),
            state=standing.state,
            erp_status=standing.erp_status,
            currency=journal.currency,
            debits=journal.debits,
            credits=journal.credits,
            lines=len(journal.lines),
            accounting_date=journal.accounting_date,
            key_matches=journal.key,
            description=payload.description_text(journal, self._settings),
            is_same=known.fingerprint == journal.fingerprint,
            source_id=journal.source.source_id,
        )

    def _has_arrived(self, journal: Journal) -> bool:
        """Tell whether Fusion holds a file of this journal."""
        if not self._settings.are_files_asked_for:
            return False
        try:
            return bool(self._jobs.files(natural_key.file_name(journal, self._settings).removesuffix(".zip")))
        except TargetMisconfigured as error:
            raise TargetMisconfigured(
                f"{error} Or set are_files_asked_for: false in the Fusion settings, where the site cannot be asked "
                "which files have arrived."
            ) from None

    def _is_confirmed_gone(self, journal: Journal) -> bool:
        return natural_key.group_id(journal.key) in self._settings.groups_confirmed_gone

    def _messages(self, journal: Journal, known: SentJob, word: str, with_reasons: bool) -> tuple[str, ...]:
        group = natural_key.group_id(journal.key)
        left = (
            f"import job {known.request_id} ended {word} and made no batch; its rows may stand in the interface under "
            f"group {group}: correct and import them in Fusion, or delete them there and name the group under "
            "fusion.groups_confirmed_gone"
        )
        if not with_reasons:
            return (left,)
        reasons = self._jobs.reasons(known.request_id) or self._jobs.lines(known.request_id)[-_LAST_LINES:]
        return (*reasons, left)
