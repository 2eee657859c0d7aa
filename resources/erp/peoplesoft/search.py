"""Search the books for every document of a source, and prove that a search would have seen it.

In: sources, units and the journals asked for. Out: found documents over all revisions and parts, and per unit the name
of a record that came back through the very query that searches. Descriptions begin with the source's reference, so one
search by beginning finds everything; what was asked for and not seen that way is looked for by its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from string import ascii_lowercase, ascii_uppercase

from ledger.journal import Journal, SourceKey
from resources.erp.peoplesoft import books, payload, queries
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row
from resources.erp.target import FoundDocument

Ask = Callable[..., list[Row]]

_DAY = timedelta(days=1)
# No journal of ours is dated further ahead than that.
_AHEAD = timedelta(days=800)
_DIGITS = "0123456789"
# What our descriptions go on with after our word: a settlement's digits, or the name of another kind of document.
_FIRST_LETTERS = _DIGITS + ascii_lowercase + ascii_uppercase
# Ids have up to 20 digits; a seller's own begin alike.
_LISTED_DEPTH_MAX = 24

# A search that reaches its row limit is narrowed by one more character of revision or part, this deep.
_NARROWED_MAX = 8


class Search:
    """Searches of one site; `ask` runs a query and raises what the client's verbs raise."""

    def __init__(self, profile: PeopleSoftProfile, ask: Ask) -> None:
        self._profile = profile
        self._ask = ask

    def documents(
        self, sources: Sequence[SourceKey], units: Sequence[str], asked: Mapping[str, Journal]
    ) -> dict[str, FoundDocument]:
        """Return found documents by natural key; `asked` maps natural keys to the journals that should have them."""
        found: dict[str, FoundDocument] = {}
        for unit in units:
            for source in sources:
                prefix = payload.reference_text(source, self._profile)
                for head, lines in books.journals_of(self._begins_with(unit, prefix), self._profile):
                    one = asked.get(head.erp_id)
                    found[head.erp_id] = books.found(head, lines, one, self._profile, tuple(asked.values()))
        for erp_id, journal in asked.items():
            head = None if erp_id in found else self.header(journal)
            if head is not None:
                journals = books.journals_of(self.lines(journal), self._profile)
                head, lines = journals[0] if journals else (head, [])
                found[head.erp_id] = books.found(head, lines, journal, self._profile)
        return found

    def listing(self, units: Sequence[str], since: date) -> list[FoundDocument]:
        """Return every journal under our source dated since a day: of our journal source, or naming a settlement.

        A person's own journal may begin with the same word; under another journal source it is no business of ours.
        """
        found: dict[str, FoundDocument] = {}
        for unit in units:
            for head, lines in books.journals_of(self._under_our_word(unit), self._profile):
                one = books.found(head, lines, None, self._profile)
                if head.day >= since and (one.source_id or head.source in ("", self._profile.source)):
                    found[head.erp_id] = one
            for row in self.of_source(unit, since, since + _AHEAD):
                if books.is_live(row) and books.header(row).erp_id not in found:
                    found |= self._whole(books.header(row))
        return sorted(found.values(), key=lambda one: one.erp_id)

    def of_source(self, unit: str, first: date, last: date) -> list[Row]:
        """Return headers of our journal source dated within a span; an answer cut short is asked for in halves."""
        try:
            return self._ask(
                "by_source",
                BUSINESS_UNIT=unit,
                SOURCE=self._profile.source,
                FROM_DATE=first.isoformat(),
                TO_DATE=last.isoformat(),
            )
        except queries.Truncated:
            if first == last:
                raise
        middle = first + (last - first) // 2
        return [*self.of_source(unit, first, middle), *self.of_source(unit, middle + _DAY, last)]

    def _whole(self, head: books.Header) -> dict[str, FoundDocument]:
        """Return a journal by its header, with what its lines come to."""
        key = {"BUSINESS_UNIT": head.unit, "JOURNAL_ID": head.journal_id, "JOURNAL_DATE": head.day.isoformat()}
        rows = queries.once_each(self._ask("lines", **key), self._profile.ledger)
        return {
            one.erp_id: books.found(one, lines, None, self._profile)
            for one, lines in books.journals_of(rows, self._profile)
        }

    def _under_our_word(self, unit: str) -> list[Row]:
        """Return lines of journals whose description begins with our word; too many are read in narrower pieces."""
        word = f"{self._profile.reference_word} "
        try:
            rows = self._ask("by_reference", BUSINESS_UNIT=unit, REFERENCE=word.strip())
        except queries.Truncated:
            pieces = [self._narrowed(unit, f"{word}{letter}", 1) for letter in _FIRST_LETTERS]
            rows = [row for piece in pieces for row in piece]
        ours = [row for row in rows if row.text("DESCR254", "").startswith(word)]
        return queries.once_each(ours, self._profile.ledger)

    def _narrowed(self, unit: str, beginning: str, depth: int) -> list[Row]:
        """Return lines under one beginning; our descriptions go on with digits and blanks after a digit."""
        try:
            return self._ask("by_reference", BUSINESS_UNIT=unit, REFERENCE=beginning)
        except queries.Truncated:
            if depth >= _LISTED_DEPTH_MAX:
                raise
            following = _DIGITS if beginning[-1].isdigit() else _FIRST_LETTERS
            pieces = [self._narrowed(unit, f"{beginning}{letter}", depth + 1) for letter in following]
            # A prompt takes no blank at its end, so what goes on with a blank is asked for up to the letter after it.
            if beginning[-1].isdigit():
                pieces += [self._narrowed(unit, f"{beginning} {letter}", depth + 2) for letter in "rp"]
            return [row for piece in pieces for row in piece]

    def control(self, unit: str) -> str:
        """Return the name of a record of the unit that came back through the searching query, or "" when none did."""
        reference = self._profile.controls.get(unit)
        if reference is None:
            rows = self._ask("control", BUSINESS_UNIT=unit)
            if not rows:
                return ""
            reference = payload.prompt_text(rows[0].text("DESCR254", "")) or self._line_reference(rows[0])
        if not reference:
            return ""
        try:
            seen = self._ask("by_reference", BUSINESS_UNIT=unit, REFERENCE=reference)
        except queries.Truncated:
            return reference  # Too many to list, and so certainly visible.
        return seen[0].text("JOURNAL_ID") if seen else ""

    def is_confirmed_empty(self, unit: str) -> bool:
        """Tell whether a person has said that the unit's ledger is empty; a control that is named says it is not."""
        return unit in self._profile.units_confirmed_empty and unit not in self._profile.controls

    def header(self, journal: Journal) -> books.Header | None:
        """Return the header of one journal by its key, or None; reversals of an unpost are not it."""
        rows = [row for row in self.of_journal("by_key", journal) if books.is_live(row)]
        return books.header(rows[0], rows[0].text("FOREIGN_CURRENCY", "")) if rows else None

    def lines(self, journal: Journal) -> list[Row]:
        """Return the lines of one journal by its key, each once."""
        rows = queries.once_each(self.of_journal("lines", journal), self._profile.ledger)
        return [row for row in rows if books.is_live(row)]

    def of_journal(self, purpose: str, journal: Journal) -> list[Row]:
        """Run one of the queries that take a journal's key."""
        unit, identifier, day = payload.natural_key(journal, self._profile)
        return self._ask(purpose, BUSINESS_UNIT=unit, JOURNAL_ID=identifier, JOURNAL_DATE=day)

    def _begins_with(self, unit: str, prefix: str, depth: int = 0) -> list[Row]:
        """Return lines of journals whose description begins so; too many are read in narrower pieces.

        Our descriptions go on with digits, ` p`, digits and `/`, so the pieces together are the whole.
        """
        try:
            rows = self._ask("by_reference", BUSINESS_UNIT=unit, REFERENCE=prefix)
        except queries.Truncated:
            if depth >= _NARROWED_MAX:
                raise
            narrower = [f"{prefix}{digit}" for digit in "0123456789"]
            if prefix[-1].isdigit():
                is_part = " p" in prefix.rsplit(" r", 1)[-1]
                narrower.append(f"{prefix}/" if is_part else f"{prefix} p")
            return [row for one in narrower for row in self._begins_with(unit, one, depth + 1)]
        ours = [row for row in rows if row.text("DESCR254").startswith(prefix)]
        return queries.once_each(ours, self._profile.ledger)

    def _line_reference(self, control: Row) -> str:
        """Return a line's reference of a journal that has no description, or ""."""
        key = {field: control.text(field) for field in ("BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE")}
        references = (row.text("JRNL_LN_REF", "") for row in self._ask("lines", **key))
        return next((payload.prompt_text(one) for one in references if one), "")
