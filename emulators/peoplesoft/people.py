"""What people of the finance department do to journals online, behind the connector's back.

What comes in: a journal's key. What goes out: another status. Each step raises WrongStatus where PeopleSoft would not
offer it. Source: PeopleSoft FSCM 9.2 General Ledger docs, "Determining the Status of Journals".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from emulators.clock import Clock
from emulators.peoplesoft.batches import instant
from emulators.peoplesoft.edits import Fields
from emulators.peoplesoft.journal_table import JournalKey, JournalTable, key_of
from emulators.peoplesoft.records import plain

# A posted journal is deleted only after it was unposted.
NOT_POSTED = ("N", "E", "T", "V", "U")


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

    def post_again(self, key: JournalKey) -> None:
        """Post an unposted journal again: it counts as before, its UNPOST_SEQ entry aside."""
        self._table.expect(key, ("U",))
        with self._table.store.transaction():
            for row in self._table.headers_of(key.unit):
                other = key_of(row)
                if other[:3] == key[:3] and other.unpost_seq:
                    # The entry that took it back is taken back itself: nothing of the pair is left in the balances.
                    self._table.remove(other)
            self._table.set(key, JRNL_HDR_STATUS="P", POSTED_DATE=self._clock.now().date().isoformat())

    def change_line(self, key: JournalKey, number: int, **fields: str) -> None:
        """Unpost a journal, change fields of one line, and post it again; the header stays what it was."""
        self.unpost(key)
        lines = [{**line, **fields} if line["JOURNAL_LINE"] == str(number) else line for line in self._table.lines(key)]
        self._table.replace_lines(key, lines)
        self.post_again(key)

    def reverse(self, key: JournalKey, day: date) -> JournalKey:
        """Copy a posted journal with opposite signs, under a number of the site's own; return the copy's key."""
        return self._copy(key, day, _negated)

    def move(self, key: JournalKey, day: date) -> JournalKey:
        """Put a journal on another date, which is another key: copy it under its own id, unpost the first one."""
        copied = self._copy(key, day, dict, journal_id=key.id)
        self.unpost(key)
        return copied

    def enter(self, like: JournalKey, day: date, description: str, source: str) -> JournalKey:
        """Enter a posted journal of one's own with the lines of another, other words and another journal source."""
        return self._copy(like, day, dict, DESCR254=description, SOURCE=source)

    def receive(self, like: JournalKey, day: date, reference: str, bank: str) -> JournalKey:
        """Book a bank receipt that closes an open item of a journal: bank against the lines of that reference."""
        items = [line for line in self._table.lines(like) if line["JRNL_LN_REF"] == reference]
        fields = {"DESCR254": "Bank statement", "SOURCE": "BNK"}
        copied = self._copy(like, day, dict, **fields)
        at = {"JOURNAL_ID": copied.id, "JOURNAL_DATE": copied.date}
        banked = [{**line, **at, "ACCOUNT": bank, "JRNL_LN_REF": "", "LINE_DESCR": "Bank statement"} for line in items]
        cleared = [{**_negated(line), **at, "LINE_DESCR": "Bank statement"} for line in items]
        lines = [{**line, "JOURNAL_LINE": str(number)} for number, line in enumerate([*banked, *cleared], start=1)]
        self._table.replace_lines(copied, lines)
        return copied

    def move_to_period(self, key: JournalKey, period: int) -> None:
        """Put a posted journal into another accounting period of the same date, as an adjusting period."""
        self._table.expect(key, ("P",))
        self._table.set(key, ACCOUNTING_PERIOD=str(period))

    def _copy(
        self, key: JournalKey, day: date, changed: Callable[[Fields], Fields], journal_id: str = "", **fields: str
    ) -> JournalKey:
        header = self._table.expect(key, ("P",))
        number = journal_id or f"{self._table.store.count_up('journal_id'):010d}"
        copied = key._replace(id=number, date=day.isoformat())
        dated = {"JOURNAL_ID": copied.id, "JOURNAL_DATE": copied.date, "POSTED_DATE": copied.date}
        dated |= {"FISCAL_YEAR": str(day.year), "ACCOUNTING_PERIOD": str(day.month)}
        lines = [
            {**changed(line), "JOURNAL_ID": copied.id, "JOURNAL_DATE": copied.date} for line in self._table.lines(key)
        ]
        self._table.add({**header, **dated, **fields}, lines)
        return copied

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
