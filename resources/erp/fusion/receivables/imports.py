"""Say where an invoice stands that went in a file of the bulk import and that the books do not show.

In: an invoice, the memory of files and jobs. Out: its fate: on its way, not made and why, or in doubt. A job is over
only at a final word, and its success proves no invoice: a line may be rejected, and holds its siblings back without a
word. Rows that were not imported stay in the interface, where a person may still correct and import them; no read shows
them, so they hold the invoice until a person says that they are gone. Which file carries an invoice is kept before the
call, so that after a lost answer Fusion can be asked whether it has arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ledger.journal import Journal
from resources.clock import Clock
from resources.erp.fusion import job_log
from resources.erp.fusion.jobs import Jobs, JobState, state_of
from resources.erp.fusion.receivables import import_file, payload
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.erp.fusion.settings import FusionSettings
from resources.erp.sent_jobs import JobMemory, SentJob
from resources.erp.target import BooksState, TargetStatus

_SENTENCES_MAX = 5
# A job that is at work is asked again after so many seconds, whichever of its invoices asks.
_WORD_SECONDS = 1


@dataclass(frozen=True)
class Fate:
    """What is known of an invoice that the books do not show.

    `status` is where it stands, None where nothing says so. `doubt` says why its absence is not certain. `needs_sight`
    tells that the status counts only while the books are seen, `is_at_work` that its job has not ended, `is_same` that
    it is what was sent.
    """

    status: TargetStatus | None = None
    doubt: str = ""
    needs_sight: bool = False
    is_at_work: bool = False
    is_same: bool = True


@dataclass(frozen=True)
class _End:
    """The end of a job: its word, the lines of its logs that tell of trouble, and the steps that failed as a whole."""

    word: str
    lines: tuple[str, ...]
    steps: tuple[str, ...]


class Imports:
    """Files of invoices of one site, between the call and the books."""

    def __init__(
        self, settings: FusionSettings, ours: ReceivablesSettings, jobs: Jobs, memory: JobMemory, clock: Clock
    ) -> None:
        self._settings = settings
        self._ours = ours
        self._jobs = jobs
        self._memory = memory
        self._clock = clock
        self._ends: dict[str, _End] = {}
        self._words: dict[str, tuple[float, str]] = {}

    def begin(self, journals: Sequence[Journal]) -> str:
        """Keep, before the call, which file carries these invoices; return its name."""
        now = self._clock.now()
        name = import_file.file_name(journals, now.isoformat(), self._ours)
        self._remember(journals, name, "")
        return name

    def began(self, journals: Sequence[Journal], file: str, request_id: str) -> None:
        """Keep which request carries the file of these invoices."""
        self._remember(journals, file, request_id)

    def forget(self, journals: Sequence[Journal]) -> None:
        """Keep that no file carries these invoices: nothing was loaded."""
        self._remember(journals, "", "")

    def fate(self, journal: Journal) -> Fate:
        """Return what is known of an invoice that the books do not show.

        Raises TargetUnavailable and TargetMisconfigured when Fusion cannot be asked.
        """
        sent = self._memory.recall(_file_key(journal))
        if sent is None or not sent.request_id or sent.request_id in self._ours.imports_confirmed_gone:
            return Fate()
        file = sent.request_id
        known = self._memory.recall(_job_key(journal))
        if known is None or not known.request_id:
            arrived = f"file {file} of it has arrived, and nobody knows its job"
            return Fate(doubt=_unexplained(arrived, file)) if self._has_arrived(file) else Fate()
        word = self._word(known.request_id)
        if not word:
            return Fate(doubt=_unexplained(f"import job {known.request_id} is not known to Fusion", file))
        if state_of(word) is JobState.RUNNING:
            waiting = _waiting(word, f"import job {known.request_id} ({word})")
            return Fate(waiting, is_at_work=True, is_same=_is_same(known, journal))
        return self._ended(journal, file, known, word)

    def _ended(self, journal: Journal, file: str, known: SentJob, word: str) -> Fate:
        """Return the fate of an invoice whose job is over."""
        end = self._end(known.request_id, word)
        number = payload.number(journal, self._settings)
        own = tuple(line for line in end.lines if number in line)
        job = f"import job {known.request_id} ended {word}"
        if not own and not end.steps and not self._is_quiet(known):
            return Fate(_waiting(word, f"its invoice to show: {job}"), is_same=_is_same(known, journal))
        said = own or (self._of_job(end) if end.steps else ())
        silent = () if said else ("no line of its report names it; a line of it may be held back",)
        left = _unexplained(f"{job} and did not make it", file)
        status = TargetStatus(BooksState.ERROR, word, (*said[:_SENTENCES_MAX], *silent, left))
        return Fate(status, needs_sight=not own, is_same=_is_same(known, journal))

    def _of_job(self, end: _End) -> tuple[str, ...]:
        """Return what a job that failed as a whole says of itself, and not of single invoices."""
        start = f"{self._ours.number_word}-A"
        return (*end.steps, *(line for line in end.lines if start not in line))

    def _is_quiet(self, known: SentJob) -> bool:
        """Tell whether what a job made would show by now."""
        quiet = timedelta(seconds=self._settings.quiet_period_seconds)
        return known.sent_at is None or self._clock.now() >= known.sent_at + quiet

    def _word(self, request_id: str) -> str:
        """Return the word of a job, asked once for all its invoices that ask in a moment."""
        if request_id in self._ends:
            return self._ends[request_id].word
        asked_at, word = self._words.get(request_id, (None, ""))
        if asked_at is None or self._clock.monotonic() - asked_at >= _WORD_SECONDS:
            word = self._jobs.word(request_id)
            self._words[request_id] = self._clock.monotonic(), word
        return word

    def _end(self, request_id: str, word: str) -> _End:
        """Read how a job ended, once."""
        if request_id not in self._ends:
            failed = self._jobs.failed_steps(request_id)
            steps = tuple(f"step {step.name} ended {step.word}" for step in failed if step.word.upper() != "WARNING")
            if not steps and word.upper() != "WARNING" and state_of(word) is JobState.FAILED:
                steps = (f"the job ended {word}",)
            every = self._jobs.lines(request_id)
            told = tuple(line for line in every if job_log.is_trouble(line))
            # What ended a job as a whole is told in words that nobody has listed: all of them count.
            rest = tuple(line for line in every if line not in told) if steps else ()
            self._ends[request_id] = _End(word, (*told, *rest), steps)
        return self._ends[request_id]

    def _has_arrived(self, file: str) -> bool:
        return self._settings.are_files_asked_for and bool(self._jobs.files(file.removesuffix(".zip")))

    def _remember(self, journals: Sequence[Journal], file: str, request_id: str) -> None:
        now = self._clock.now()
        kept: dict[str, SentJob] = {}
        for journal in journals:
            kept[_file_key(journal)] = SentJob(file, journal.fingerprint, now)
            kept[_job_key(journal)] = SentJob(request_id, journal.fingerprint, now)
        self._memory.remember_all(kept)


def _is_same(known: SentJob, journal: Journal) -> bool:
    return known.fingerprint == journal.fingerprint


def _waiting(word: str, waiting_for: str) -> TargetStatus:
    return TargetStatus(BooksState.WAITING, word, (), waiting_for)


def _unexplained(what: str, file: str) -> str:
    """Say what is left to a person, and how it ends: in Fusion, then by naming the file as gone."""
    return (
        f"{what}; its rows may stand in the interface: correct and import them in Fusion, or delete all rows of {file} "
        "there and name the file under fusion.receivables.imports_confirmed_gone"
    )


def _file_key(journal: Journal) -> str:
    return f"file {journal.key}"


def _job_key(journal: Journal) -> str:
    return journal.key
