"""The Enterprise Scheduler: submitted jobs, their way through WAIT, RUNNING and PAUSED, and what they do when due.

What comes in: jobs from `erp_integrations.py`, the clock. What goes out: statuses and trees, logs and reports. Nobody's
thread runs a job: `settle` does what was due, in the order it was due, whenever somebody looks at the pod. A parent is
PAUSED while its children run, and takes the worst of their ends. Source of the words:
https://docs.oracle.com/en/cloud/saas/applications-common/25c/oacpr/statuses-of-scheduled-processes.html.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from emulators.clock import Clock
from emulators.fusion.import_zip import LoadFailed
from emulators.fusion.journals import UNPOSTED, Journals, instant
from emulators.fusion.programs import JOURNALS_INTERFACE, Program
from emulators.fusion.site import Site
from emulators.fusion.store import Fields, Store

BULK, LOAD, IMPORT, AUTOPOST, PURGE = "bulk", "load", "import", "autopost", "purge"
# A job that was taken and then forgotten: it has a request id and nothing else.
LOST = "lost:"
WORST_FIRST = ("ERROR", "WARNING", "SUCCEEDED")


@dataclass(frozen=True)
class Course:
    """Seconds after submission at which a job runs, has loaded, has imported, is through, has its final status."""

    starts: float
    children: float
    loaded: float
    imported: float
    through: float
    final: float


class Jobs:
    """All jobs of one pod."""

    def __init__(self, site: Site, store: Store, journals: Journals, clock: Clock) -> None:
        self._site = site
        self._store = store
        self._journals = journals
        self._clock = clock
        self._programs: dict[str, Program] = {}

    def install(self, interface: str, program: Program) -> None:
        """Name the program that works on an interface; until then jobs on it wait."""
        self._programs[interface] = program

    def add(self, fields: Fields, ids_reserved: int, at: datetime) -> str:
        """Submit a job and return its request id; the next ids are its children's."""
        first = self._store.count_up("request_id", 10_073_567)
        for _ in range(ids_reserved):
            self._store.count_up("request_id")
        own = {"ID": str(first), "SUBMITTED_AT": at.isoformat(), "MOVED_ON": "0"}
        own |= {"STATUS": LOST} if fields.get("FORCED") == LOST else {}
        self._store.insert("ESS_REQUEST", {**fields, **own})
        return str(first)

    def request(self, request_id: str) -> Fields | None:
        """Return a job that was submitted from outside, or None."""
        row = self._store.get("ESS_REQUEST", request_id)
        return None if row is None or row["STATUS"] == LOST else row

    def poll(self, request_id: str) -> Fields | None:
        """Return a job after a look at its status; where the pod is so timed, the look moves it on."""
        row = self.request(request_id)
        if row is not None and self._site.timing.seconds_per_poll:
            moved = float(row["MOVED_ON"]) + self._site.timing.seconds_per_poll
            self._store.change("ESS_REQUEST", request_id, MOVED_ON=str(moved))
            self.settle()
            row = self.request(request_id)
        return row

    def settle(self) -> None:
        """Do every step that was due by now, of all jobs in the order of their times."""
        with self._store.transaction():
            while True:
                steps = [step for row in self._underway() if (step := self._next_step(row))]
                if not steps:
                    return
                at, _, row, work = min(steps, key=lambda step: step[:2])
                work(row, at)

    def _underway(self) -> list[Fields]:
        rows = self._store.rows("SELECT * FROM ESS_REQUEST WHERE STATUS = ''")
        return [row for row in rows if interface_of(row) in self._programs]

    def _next_step(self, row: Fields) -> tuple[datetime, int, Fields, Callable[[Fields, datetime], None]] | None:
        if row["FORCED"].startswith("stand:"):
            return None
        course = self.course(row)
        if row["FORCED"].startswith("end:"):
            seconds, work = course.loaded, self._end
        elif work_of(row) in (BULK, LOAD) and not row["LOADED"]:
            seconds, work = course.loaded, self._load
        elif work_of(row) != LOAD and not row["IMPORTED"] and row["LOADED"] != "ERROR":
            seconds, work = course.imported, self._run
        else:
            seconds, work = course.final, self._end
        at = self._submitted(row) + timedelta(seconds=seconds - float(row["MOVED_ON"]))
        return (at, int(row["ID"]), row, work) if at <= self._clock.now() else None

    def course(self, row: Fields) -> Course:
        """Return a job's timetable; a load that failed leaves the import out."""
        timing = self._site.timing
        starts = timing.wait_seconds
        children = starts + timing.running_seconds
        has_load = work_of(row) in (BULK, LOAD)
        loaded = children + (timing.load_seconds if has_load else 0)
        has_import = work_of(row) != LOAD and row["LOADED"] != "ERROR"
        imported = loaded + (timing.import_seconds if has_import else 0)
        through = imported + (timing.output_seconds if work_of(row) == BULK else 0)
        return Course(starts, children, loaded, imported, through, through + timing.completed_seconds)

    def elapsed(self, row: Fields) -> float:
        """Return the seconds a job is on its way."""
        return (self._clock.now() - self._submitted(row)).total_seconds() + float(row["MOVED_ON"])

    def status(self, row: Fields) -> str:
        """Return a job's status of now."""
        if row["STATUS"]:
            return row["STATUS"]
        course, elapsed = self.course(row), self.elapsed(row)
        if elapsed < course.starts:
            return "WAIT"
        if row["FORCED"].startswith("stand:"):
            return row["FORCED"].partition(":")[2]
        if elapsed >= course.through:
            return "COMPLETED"
        return "PAUSED" if work_of(row) == BULK and elapsed >= course.children else "RUNNING"

    def _submitted(self, row: Fields) -> datetime:
        return datetime.fromisoformat(row["SUBMITTED_AT"])

    def _end(self, row: Fields, at: datetime) -> None:
        ends = [row[name] for name in ("LOADED", "IMPORTED") if row[name]]
        worst = next((word for word in WORST_FIRST if word in ends), "SUCCEEDED")
        forced = row["FORCED"].partition(":")[2] if row["FORCED"].startswith("end:") else ""
        self._store.change("ESS_REQUEST", row["ID"], STATUS=forced or worst)

    def _load(self, row: Fields, at: datetime) -> None:
        if row["FORCED"].startswith("load:"):
            self._loaded(row, row["FORCED"].partition(":")[2], "Load File to Interface ended in error.")
            return
        document = self._store.get("DOCUMENT", row["DOCUMENT_ID"])
        content = base64.b64decode(document["CONTENT"]) if document else b""
        try:
            count = self._programs[interface_of(row)].load(content, self.load_id(row))
        except LoadFailed as failed:
            self._loaded(row, "ERROR", str(failed))
            return
        self._loaded(row, "SUCCEEDED", f"{count} rows successfully loaded.")

    def _loaded(self, row: Fields, status: str, log: str) -> None:
        self._store.change("ESS_REQUEST", row["ID"], LOADED=status, LOAD_LOG=log)

    def _run(self, row: Fields, at: datetime) -> None:
        if row["FORCED"].startswith("import:"):
            self._imported(row, row["FORCED"].partition(":")[2], "The program ended before it read a row.")
        elif work_of(row) in (BULK, IMPORT):
            done = self._programs[interface_of(row)].run(row, self.import_id(row), self.load_id(row), at)
            self._imported(row, done.status, done.log, done.report)
        elif work_of(row) == AUTOPOST:
            self._autopost(row, at)
        else:
            count = self._programs[interface_of(row)].purge(row["PARAMETERS"])
            self._imported(row, "SUCCEEDED", f"{count} rows purged from the interface.")

    def _autopost(self, row: Fields, at: datetime) -> None:
        source = self._site.autopost_criteria[row["PARAMETERS"]]
        wanted = [one for one in self._journals.batches() if (one["STATUS"], one["SOURCE"]) == (UNPOSTED, source)]
        posted = [self._journals.post(one["ID"], at) for one in wanted if one["CREATED_AT"] <= instant(at)]
        text = f"{sum(posted)} batches posted, {len(posted) - sum(posted)} batches with errors."
        self._imported(row, "SUCCEEDED" if all(posted) else "WARNING", text)

    def _imported(self, row: Fields, status: str, log: str, report: str = "") -> None:
        self._store.change("ESS_REQUEST", row["ID"], IMPORTED=status, IMPORT_LOG=log, REPORT=report)

    def load_id(self, row: Fields) -> str:
        """Return the request id of the load itself, by which its rows are purged."""
        return str(int(row["ID"]) + 1) if work_of(row) == BULK else row["ID"]

    def import_id(self, row: Fields) -> str:
        """Return the request id of the import itself: the job's own, or its child's."""
        return str(int(row["ID"]) + 4) if work_of(row) == BULK else row["ID"]


def job_of(work: str, interface: str) -> str:
    """Return how a job is kept: its work, and its interface where that is not the one of journals."""
    return work if interface == JOURNALS_INTERFACE else f"{work}:{interface}"


def work_of(row: Fields) -> str:
    """Return what a job does."""
    return row["JOB"].partition(":")[0]


def interface_of(row: Fields) -> str:
    """Return the interface a job works on."""
    return row["JOB"].partition(":")[2] or JOURNALS_INTERFACE
