"""What people of the finance department do to journals online, behind the connector's back.

What comes in: a journal's key. What goes out: another status. Each step raises WrongStatus where PeopleSoft would not
offer it. Source: PeopleSoft FSCM 9.2 General Ledger docs, "Determining the Status of Journals".
"""

from __future__ import annotations

from decimal import Decimal

from emulators.clock import Clock
from emulators.peoplesoft.batches import instant
from emulators.peoplesoft.edits import Fields
from emulators.peoplesoft.journal_table import JournalKey, JournalTable
from emulators.peoplesoft.records import plain

NOT_POSTED = ("N", "E", "T", "V")


class People:
    """The online pages of one site."""

    def __init__(self, table: JournalTable, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def approve(self, key: JournalKey) -> None:
        """Approve a valid journal; the next posting run takes it, where one is scheduled."""
        header = self._table.expect(key, ("V",))
        due = instant(self._clock.now()) if header["POST_DUE"] else ""
        self._table.set(key, JRNL_PROCESS_REQST="P", POST_DUE=due)

    def deny(self, key: JournalKey) -> None:
        """Deny a valid journal; it stays valid and is not posted."""
        self._table.expect(key, ("V",))
        self._table.set(key, JRNL_PROCESS_REQST="E")

    def delete(self, key: JournalKey, *, is_row_removed: bool = False) -> None:
        """Delete a journal that is not posted: status D, or no row at all where the site removes it."""
        self._table.expect(key, NOT_POSTED)
        if is_row_removed:
            self._table.remove(key)
        else:
            self._table.set(key, JRNL_HDR_STATUS="D", JRNL_PROCESS_REQST="X")

    def cancel(self, key: JournalKey) -> None:
        """Cancel a journal that is not posted: status X."""
        self._table.expect(key, NOT_POSTED)
        self._table.set(key, JRNL_HDR_STATUS="X")

    def unpost(self, key: JournalKey) -> JournalKey:
        """Unpost a journal: it becomes U; a posted entry with the next UNPOST_SEQ reverses it. Return that key."""
        with self._table.store.transaction():
            header = self._table.expect(key, ("P",))
            same = [
                row for row in self._table.headers_of(key.unit) if (row["JOURNAL_ID"], row["JOURNAL_DATE"]) == key[1:3]
            ]
            reverse = key._replace(unpost_seq=max(int(row["UNPOST_SEQ"]) for row in same) + 1)
            lines = [_negated(line) for line in self._table.lines(key)]
            posted_on = self._clock.now().date().isoformat()
            self._table.set(key, JRNL_HDR_STATUS="U")
            self._table.add({**header, "UNPOST_SEQ": str(reverse.unpost_seq), "POSTED_DATE": posted_on}, lines)
        return reverse

    def interrupt_post(self, key: JournalKey) -> None:
        """Let the next posting run of this journal break off half way: status I, completed by the run after it."""
        self._table.set(key, POST_INTERRUPTIONS="1")

    def set_control_totals(self, key: JournalKey, *, debits: Decimal | None = None, lines: int | None = None) -> None:
        """Enter control totals for the next edit to compare; None leaves one out."""
        entered_debits = "" if debits is None else plain(debits)
        self._table.set(key, CONTROL_DEBITS=entered_debits, CONTROL_LINES="" if lines is None else str(lines))


def _negated(line: Fields) -> Fields:
    amounts = ("FOREIGN_AMOUNT", "MONETARY_AMOUNT", "STATISTIC_AMOUNT")
    return {**line, **{name: plain(-Decimal(line[name])) for name in amounts if line[name]}}
