"""The edit and posting runs: how a saved journal becomes valid or erroneous, and then posted.

What comes in: the journals that are due, the site, the clock. What goes out: header statuses, edit errors, generated
lines. Nobody's thread runs these batches: `settle` does what was due whenever somebody looks at the books.
Source: PeopleSoft FSCM 9.2 General Ledger docs, "Requesting Journal Edits", "Determining the Status of Journals".
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from emulators.clock import Clock
from emulators.peoplesoft.edits import Fields, edited
from emulators.peoplesoft.journal_table import JournalKey, JournalTable, key_of
from emulators.peoplesoft.site import ANY_SOURCE, Site

# JRNL_PROCESS_REQST values that keep a valid journal from being posted: approval pending, approval denied.
HELD = ("G", "E")


def instant(moment: datetime) -> str:
    """Return a moment as text that sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class Batches:
    """GL_JEDIT and GLPPPST2 of one site."""

    def __init__(self, table: JournalTable, site: Site, clock: Clock) -> None:
        self._table = table
        self._site = site
        self._clock = clock

    def due_fields(self, saved_at: datetime) -> Fields:
        """Return the header fields that say when a journal saved at that moment is edited and posted."""
        timing = self._site.timing
        return {
            "EDIT_DUE": self._due_after(saved_at, timing.edit_after_seconds),
            "POST_DUE": self._due_after(saved_at, timing.post_after_seconds),
        }

    def settle(self) -> None:
        """Run the batches that were due by now, in the order they were due."""
        now = instant(self._clock.now())
        for header in self._due(("N",), "EDIT_DUE", now):
            self.edit(header)
        for header in self._due(("V", "I"), "POST_DUE", now):
            self.post(header, datetime.fromisoformat(header["POST_DUE"]))

    def run_edit(self, key: JournalKey | None) -> None:
        """Edit one journal now, or all that are not valid; raise WrongStatus when that one is not editable."""
        statuses = ("N", "E")
        for header in [self._table.expect(key, statuses)] if key else self._table.headers_in(statuses):
            self.edit(header)

    def run_post(self, key: JournalKey | None) -> None:
        """Post one journal now, or all valid ones that nobody holds; raise WrongStatus when that one is not valid."""
        statuses = ("V", "I")
        for header in [self._table.expect(key, statuses)] if key else self._table.headers_in(statuses):
            self.post(header, self._clock.now())

    def edit(self, header: Fields) -> None:
        """Edit one journal: V or E, with its errors and generated lines."""
        key = key_of(header)
        day = date.fromisoformat(key.date)
        is_open = self.is_period_open(key.unit, header["LEDGER_GROUP"], header["SOURCE"], day)
        outcome = edited(header, self._table.lines(key), self._site, is_open)
        self._table.replace_lines(key, outcome.lines)
        self._table.replace_errors(key, outcome.errors)
        source = self._site.source(header["SOURCE"])
        needs_approval = source is not None and source.is_approval_required
        self._table.set(
            key,
            JRNL_HDR_STATUS="V" if outcome.is_valid else "E",
            JRNL_PROCESS_REQST=("G" if needs_approval else "P") if outcome.is_valid else "N",
            JRNL_BALANCE_STAT="V" if outcome.is_balanced else "E",
            JRNL_EDIT_ERR_STAT="E" if outcome.errors else "V",
            CONTROL_TOTAL_STAT="V" if outcome.are_control_totals_right else "E",
            PROCESS_INSTANCE=str(self._table.store.count_up("process_instance")),
        )

    def post(self, header: Fields, at: datetime) -> None:
        """Post one valid journal, unless somebody holds it; an interrupted run leaves I and comes back."""
        if header["JRNL_PROCESS_REQST"] in HELD:
            return
        key = key_of(header)
        if header["POST_INTERRUPTIONS"]:
            again = self._due_after(at, self._site.timing.post_after_seconds)
            self._table.set(key, JRNL_HDR_STATUS="I", POST_INTERRUPTIONS="", POST_DUE=again)
        else:
            day = at.date().isoformat()
            self._table.set(key, JRNL_HDR_STATUS="P", JRNL_PROCESS_REQST="N", POSTED_DATE=day)

    def is_period_open(self, unit: str, ledger_group: str, source: str, day: date) -> bool:
        """Say whether the period of a date is open; a source's own range goes before the range of all sources."""
        for wanted in (source, ANY_SOURCE):
            spans = self._spans(unit, ledger_group, wanted)
            if spans:
                return any(first <= (day.year, day.month) <= last for first, last in spans)
        return False

    def set_periods(
        self, unit: str, ledger_group: str, first: tuple[int, int], last: tuple[int, int], source: str
    ) -> None:
        """Open periods first to last and close all others; remembered across restarts."""
        self._table.store.remember(f"periods/{unit}/{ledger_group}/{source}", json.dumps([first, last]))

    def _spans(self, unit: str, ledger_group: str, source: str) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        changed = self._table.store.setting(f"periods/{unit}/{ledger_group}/{source}", "")
        if changed:
            first, last = json.loads(changed)
            return [(tuple(first), tuple(last))]
        wanted = (unit, ledger_group, source)
        return [
            (span.first, span.last)
            for span in self._site.periods
            if (span.unit, span.ledger_group, span.source) == wanted
        ]

    def _due(self, statuses: tuple[str, ...], column: str, now: str) -> list[Fields]:
        headers = [header for header in self._table.headers_in(statuses) if header[column]]
        return sorted((header for header in headers if header[column] <= now), key=lambda header: header[column])

    def _due_after(self, moment: datetime, seconds: float | None) -> str:
        return "" if seconds is None else instant(moment + timedelta(seconds=seconds))
