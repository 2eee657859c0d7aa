"""Search the books for every batch of a source, and prove that a search would have seen it.

In: sources and the journals asked for. Out: found documents over all revisions and parts, and the name of a batch of
our ledger that came back through the very search. A user without data access gets 200 with no rows, and a filter in the
wrong grammar finds nothing without a word, so an empty answer alone says nothing. Source:
docs.oracle.com/en/cloud/saas/financials/23d/farfa/api-journal-batches.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ledger.errors import TargetUnavailable
from ledger.journal import Journal, SourceKey
from resources.erp.fusion import books, filters, natural_key
from resources.erp.fusion.books import Batch, Held
from resources.erp.fusion.door import Door
from resources.erp.fusion.filters import Condition
from resources.erp.fusion.rows import Row
from resources.erp.fusion.settings import FusionSettings
from resources.erp.target import BooksState, FoundDocument

BATCHES = "journalBatches"
_KEY = "JeBatchId"
# How many of the newest batches are looked at for one of our ledger that can be searched for.
_CONTROLS_TRIED = 25
_CONTROL_LENGTH = 40
_MONTHS_OVER = 120
_POSTED_KEPT = 5_000


class Search:
    """Searches of one site."""

    def __init__(self, settings: FusionSettings, door: Door) -> None:
        self._settings = settings
        self._door = door
        self._posted: dict[str, Held | None] = {}

    def documents(self, sources: Sequence[SourceKey], asked: Mapping[str, Journal]) -> dict[str, FoundDocument]:
        """Return found documents by their name; `asked` maps our batch names to the journals that should have them.

        Of two batches of one name the posted one, else the older, is the document; the other is told as a repetition.
        A batch that has one of our names within its own, as a reversal made by a person has, is a document as well.
        """
        found: dict[str, FoundDocument] = {}
        for source in sources:
            prefix = natural_key.reference_text(source, self._settings)
            for held in self._of_our_ledger(self._naming(prefix)):
                name = held.batch.own_name or held.batch.name
                journal, is_second = asked.get(name), name in found
                others = tuple(asked.values())
                one = books.found(held, journal, self._settings, others, is_second=is_second)
                found[one.erp_id] = one
        return found

    def listing(self, since: date) -> list[FoundDocument]:
        """Return every batch under our word, dated since a day, whoever made it."""
        found = []
        seen: set[str] = set()
        over = _periods_before(since, self._settings)
        batches = self.beginning_with(f"{self._settings.reference_word} ")
        for held in self._of_our_ledger(one for one in batches if one.period not in over):
            is_second = held.batch.own_name in seen
            seen.add(held.batch.own_name)
            if held.day >= since:
                found.append(books.found(held, None, self._settings, is_second=is_second))
        return sorted(found, key=lambda one: one.erp_id)

    def beginning_with(self, prefix: str) -> list[Batch]:
        """Return our batches whose name begins so, the posted ones first, then the oldest."""
        return self._sorted(self._batches([filters.begins_with("BatchName", prefix)]), prefix)

    def _naming(self, prefix: str) -> list[Batch]:
        """Return our batches whose name begins so, and after them those that name one of them."""
        batches = self._batches([filters.holds("BatchName", prefix)])
        others = [one for one in batches if not one.own_name and prefix in one.name]
        return [*self._sorted(batches, prefix), *sorted(others, key=lambda one: int(one.id))]

    def of_journal(self, journal: Journal) -> list[Batch]:
        """Return the batches of one journal: none, one, or an alarm."""
        name = natural_key.batch_name(journal, self._settings)
        return [one for one in self.beginning_with(name) if one.own_name == name]

    def of_group(self, journal: Journal) -> list[Batch]:
        """Return the batches whose name holds the journal's group id, ours or not."""
        group = str(natural_key.group_id(journal.key))
        found = self._batches([filters.holds("BatchName", group)])
        return [one for one in found if re.search(rf"(?<!\d){group}(?!\d)", one.name)]

    def of_period(self, period: str) -> list[Batch]:
        """Return all batches of a period, whoever made them."""
        return self._batches([filters.equals("DefaultPeriodName", period)])

    def held(self, batch: Batch) -> Held | None:
        """Read what stands in a batch; None when it is one of another ledger.

        Raises TargetUnavailable when the books show no journal, or a journal without lines or date.
        """
        headers = self._headers(batch)
        if not headers:
            raise TargetUnavailable(f"Batch {batch.name} came back from Fusion without journals.")
        ours = [one for one in headers if one.text("LedgerName") in ("", self._settings.ledger_name)]
        if not ours:
            return None
        lines = [line for header in ours for line in self._lines(batch, header)]
        day = ours[0].day("DefaultEffectiveDate")
        if not lines or day is None:
            raise TargetUnavailable(f"Batch {batch.name} came back from Fusion without lines or without a date.")
        currencies = sorted({one.currency for one in lines})
        return Held(batch, day, ours[0].text("PeriodName"), "/".join(currencies), tuple(lines))

    def held_posted(self, batch: Batch) -> Held | None:
        """Read what stands in a posted batch, once per process: its lines change no more; raises as `held`."""
        if batch.id not in self._posted:
            if len(self._posted) >= _POSTED_KEPT:
                self._posted.clear()
            self._posted[batch.id] = self.held(batch)
        return self._posted[batch.id]

    def days_of(self, source_id: str) -> list[date]:
        """Return the dates of all our batches that name a source, of whatever kind of document."""
        if not source_id:
            return []
        batches = self._batches([filters.holds("BatchName", source_id)])
        return [held.day for held in self._of_our_ledger(one for one in batches if one.own_name)]

    def errors(self, batch: Batch) -> tuple[str, ...]:
        """Return what the books say is wrong with a batch, line by line."""
        said = []
        for row in self._door.first_page(f"{BATCHES}/{batch.id}/child/journalErrors"):
            number, text = row.text("JeLineNumber"), row.text("ErrorMessage") or row.text("ErrorMessageName")
            said.append(f"line {number}: {text}" if number else text)
        return tuple(dict.fromkeys(one for one in (batch.error, *said) if one))

    def control(self, unit: str) -> str:
        """Return the name of a batch that was named for a unit and came back, or "" when none came back."""
        name = self._settings.controls[unit]
        return next((one.name for one in self._batches([filters.begins_with("BatchName", name)])), "")

    def ledger_control(self) -> str:
        """Return the name of a batch of our ledger that came back through the searching read, or ""."""
        newest = self._door.rows(BATCHES, key=_KEY, newest_first=True, at_most=_CONTROLS_TRIED)
        for batch in (books.batch(row, self._settings) for row in newest):
            beginning = re.match(r"[A-Za-z0-9_. /:()-]*", batch.name)[0][:_CONTROL_LENGTH].rstrip()
            if not beginning or not self._is_of_our_ledger(batch):
                continue
            seen = self._batches([filters.begins_with("BatchName", beginning)])
            if any(one.id == batch.id for one in seen):
                return batch.name
        return ""

    def _is_of_our_ledger(self, batch: Batch) -> bool:
        return any(one.text("LedgerName") == self._settings.ledger_name for one in self._headers(batch))

    def _of_our_ledger(self, batches: Iterable[Batch]) -> list[Held]:
        return [held for held in map(self.held, batches) if held is not None]

    def _batches(self, conditions: Sequence[Condition]) -> list[Batch]:
        return [books.batch(row, self._settings) for row in self._door.rows(BATCHES, conditions, key=_KEY)]

    def _sorted(self, batches: Iterable[Batch], prefix: str) -> list[Batch]:
        # A wildcard in the name (_ in some grammars) finds more than the text itself.
        ours = [one for one in batches if one.own_name and one.name.startswith(prefix)]
        return sorted(ours, key=lambda one: (one.state is not BooksState.POSTED, int(one.id)))

    def _headers(self, batch: Batch) -> list[Row]:
        path = f"{BATCHES}/{batch.id}/child/journalHeaders"
        return self._door.rows(path, key="JournalName", with_links=True)

    def _lines(self, batch: Batch, header: Row) -> list[books.BookLine]:
        key = header.child_key("journalHeaders")
        path = f"{BATCHES}/{batch.id}/child/journalHeaders/{key}/child/journalLines"
        currency = header.text("CurrencyCode")
        return [books.line(row, currency, self._settings) for row in self._door.rows(path, key="JeLineNumber")]


def _periods_before(day: date, settings: FusionSettings) -> frozenset[str]:
    """Return the names of the periods that are over before a day; batches of them need not be opened."""
    months = (day.year * 12 + day.month - 1 - back for back in range(1, _MONTHS_OVER + 1))
    return frozenset(settings.period_name(date(month // 12, month % 12 + 1, 1)) for month in months)
