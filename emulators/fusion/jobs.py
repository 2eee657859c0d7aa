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
from emulators.fusion.gl_interface import LoadFailed, interface_rows
from emulators.fusion.journal_import import ImportOrder, JournalImport
from emulators.fusion.journals import UNPOSTED, Journals, instant
from emulators.fusion.site import Site
from emulators.fusion.store import Fields, Store

BULK, LOAD, IMPORT, AUTOPOST, PURGE = "bulk", "load", "import", "autopost", "purge"
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

    def __init__(self, site: Site, store: Store, journals: Journals, importer: JournalImport, clock: Clock) -> None:
        self._site = site
        self._store = store
        self._journals = journals
        self._importer = importer
        self._clock = clock

    def add(self, fields: Fields, ids_reserved: int, at: datetime) -> str:
        """Submit a job and return its request id; the next ids are its children's."""
        first = self._store.count_up("request_id", 10_073_567)
        for _ in range(ids_reserved):
            self._store.count_up("request_id")
        own = {"ID": str(first), "SUBMITTED_AT": at.isoformat(), "MOVED_ON": "0"}
        self._store.insert("ESS_REQUEST", {**fields, **own})
        return str(first)

    def request(self, request_id: str) -> Fields | None:
        """Return a job that was submitted from outside, or None."""
        return self._store.get("ESS_REQUEST", request_id)

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
        return self._store.rows("SELECT * FROM ESS_REQUEST WHERE STATUS = ''")

    def _next_step(self, row: Fields) -> tuple[datetime, int, Fields, Callable[[Fields, datetime], None]] | None:
        if row["FORCED"].startswith("stand:"):
            return None
        course = self.course(row)
        if row["FORCED"].startswith("end:"):
            seconds, work = course.loaded, self._end
        elif row["JOB"] in (BULK, LOAD) and not row["LOADED"]:
            seconds, work = course.loaded, self._load
        elif row["JOB"] != LOAD and not row["IMPORTED"] and row["LOADED"] != "ERROR":
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
        has_load = row["JOB"] in (BULK, LOAD)
        loaded = children + (timing.load_seconds if has_load else 0)
        has_import = row["JOB"] != LOAD and row["LOADED"] != "ERROR"
        imported = loaded + (timing.import_seconds if has_import else 0)
        through = imported + (timing.output_seconds if row["JOB"] == BULK else 0)
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
        return "PAUSED" if row["JOB"] == BULK and elapsed >= course.children else "RUNNING"

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
        ignored = self._site.switches.are_extra_columns_ignored
        try:
            content = base64.b64decode(document["CONTENT"]) if document else b""
            rows = interface_rows(content, are_extra_columns_ignored=ignored)
        except LoadFailed as failed:
            self._loaded(row, "ERROR", str(failed))
            return
        for one in rows:
            number = str(self._store.count_up("interface_row"))
            self._store.insert("GL_INTERFACE", {**one, "ID": number, "LOAD_REQUEST_ID": self.load_id(row)})
        self._loaded(row, "SUCCEEDED", f"{len(rows)} rows successfully loaded.")

    def _loaded(self, row: Fields, status: str, log: str) -> None:
        self._store.change("ESS_REQUEST", row["ID"], LOADED=status, LOAD_LOG=log)

    def _run(self, row: Fields, at: datetime) -> None:
        if row["FORCED"].startswith("import:"):
            self._imported(row, row["FORCED"].partition(":")[2], "The program ended before it read a row.")
        elif row["JOB"] in (BULK, IMPORT):
            done = self._importer.run(self.order_of(row), self.import_id(row), row["CLIENT_ID"], at)
            self._imported(row, done.status, done.log, done.report)
        elif row["JOB"] == AUTOPOST:
            self._autopost(row, at)
        else:
            count = self._store.run("DELETE FROM GL_INTERFACE WHERE LOAD_REQUEST_ID = ?", [row["PARAMETERS"]])
            self._imported(row, "SUCCEEDED", f"{count} rows purged from the interface.")

    def _autopost(self, row: Fields, at: datetime) -> None:
        source = self._site.autopost_criteria[row["PARAMETERS"]]
        wanted = [one for one in self._journals.batches() if (one["STATUS"], one["SOURCE"]) == (UNPOSTED, source)]
        posted = [self._journals.post(one["ID"], at) for one in wanted if one["CREATED_AT"] <= instant(at)]
        text = f"{sum(posted)} batches posted, {len(posted) - sum(posted)} batches with errors."
        self._imported(row, "SUCCEEDED" if all(posted) else "WARNING", text)

    def _imported(self, row: Fields, status: str, log: str, report: str = "") -> None:
        self._store.change("ESS_REQUEST", row["ID"], IMPORTED=status, IMPORT_LOG=log, REPORT=report)

    def order_of(self, row: Fields) -> ImportOrder:
        """Return what an import job was asked for; its parameters were checked when it was submitted."""
        _, source, ledger_id, group_id, suspense, summary, _ = row["PARAMETERS"].split(",")
        ledger = self._site.ledger(int(ledger_id))
        assert ledger is not None
        return ImportOrder(source, ledger, group_id, suspense == "Y", summary == "Y")

    def load_id(self, row: Fields) -> str:
        """Return the request id of the load itself, by which its rows are purged."""
        return str(int(row["ID"]) + 1) if row["JOB"] == BULK else row["ID"]

    def import_id(self, row: Fields) -> str:
        """Return the request id of the import itself: the job's own, or its child's."""
        return str(int(row["ID"]) + 4) if row["JOB"] == BULK else row["ID"]
