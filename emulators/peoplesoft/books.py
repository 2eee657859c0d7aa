"""The books of one PeopleSoft site: saving journals, looking them up, and an oracle for tests.

What comes in: entries saved through the component interface, the clock, a path for the file (None: in memory). What
goes out: whether and under which key an entry was saved, and what the books hold. `batches` edits and posts,
`people` does what a person does online; `journals`, `lines`, `open_items` and `duplicates` read only the books.
Source: PeopleSoft FSCM 9.2 General Ledger docs; PeopleTools component interface docs.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from emulators.clock import Clock
from emulators.peoplesoft.batches import Batches, instant
from emulators.peoplesoft.edits import Fields, edited
from emulators.peoplesoft.entry import Entry, Message, entered, save_error
from emulators.peoplesoft.journal_table import JournalKey, JournalTable, header_key_of, key_of
from emulators.peoplesoft.people import People
from emulators.peoplesoft.records import HEADER_FIELDS, LINE_FIELDS, Field
from emulators.peoplesoft.site import ANY_SOURCE, OpeningJournal, Site, User
from emulators.peoplesoft.store import Store

CORRECTABLE = ("N", "E", "T")
# Headers that stand for no entry any more, or never did: deleted, cancelled, standard model, entry incomplete.
WITHOUT_EFFECT = ("D", "X", "M", "T")

Given = Mapping[str, str]


@dataclass(frozen=True)
class Saved:
    """What a save came to: the key (perhaps assigned by NEXT) and messages; `is_duplicate` when the key was taken."""

    is_saved: bool
    key: JournalKey
    messages: tuple[Message, ...] = ()
    is_duplicate: bool = False


@dataclass(frozen=True)
class Journal:
    """A journal header as a test wants to see it; `fields` has every record field as text."""

    key: JournalKey
    status: str
    source: str
    currency: str
    description: str
    posted_on: str
    fields: Given


@dataclass(frozen=True)
class Line:
    """A journal line as a test wants to see it: entered amount and base amount, debit positive."""

    key: JournalKey
    number: int
    unit: str
    account: str
    amount: Decimal
    currency: str
    base_amount: Decimal
    reference: str
    description: str
    is_generated: bool
    fields: Given


class Books:
    """All journals of one site, kept in one file or in memory."""

    def __init__(self, site: Site, clock: Clock, state_path: Path | None = None) -> None:
        self.site = site
        self.store = Store(state_path)
        self.table = JournalTable(self.store)
        self.batches = Batches(self.table, site, clock)
        self.people = People(self.table, clock)
        self._clock = clock
        self._settled: tuple[str, int] | None = None
        for opening in site.opening_journals:
            self._open_with(opening)

    def create(self, header: Given, lines: Sequence[Given], operator: User | None, at: datetime | None = None) -> Saved:
        """Save a new journal with status N (T when it has no lines); refuse a key that exists."""
        moment = at or self._clock.now()
        with self.store.transaction():
            entry = entered(header, lines, self.site, moment.date(), operator.default_unit if operator else "")
            if not entry.errors and entry.header["JOURNAL_ID"] == "NEXT":
                entry.header["JOURNAL_ID"] = f"{self.store.count_up('journal_id'):010d}"
            key = key_of(entry.header)
            if not entry.errors and self.table.header(key) is not None:
                duplicate = Message("Error", 18120, 2, self.site.switches.duplicate_text)
                return Saved(False, key, (duplicate, save_error(self.site)), is_duplicate=True)
            errors = entry.errors or self._period_errors(entry.header)
            if errors:
                return Saved(False, key, (*errors, save_error(self.site)))
            self._store(entry, operator.name if operator else "", moment)
        return Saved(True, key)

    def create_later(self, header: Given, lines: Sequence[Given], operator: User | None, seconds: float) -> None:
        """Let a Create go on inside a slow application server and commit that many seconds from now."""
        payload = json.dumps([dict(header), [dict(line) for line in lines], operator.name if operator else ""])
        due = instant(self._clock.now() + timedelta(seconds=seconds))
        self.store.run("INSERT INTO PENDING (DUE, PAYLOAD) VALUES (?, ?)", [due, payload])

    def update(self, key: JournalKey, header: Given, lines: Sequence[Given], *, is_replacing: bool) -> Saved:
        """Change a journal that is not valid yet; it goes back to N and is edited again.

        A supplied line replaces the line of that number when `is_replacing`, else only its supplied fields change.
        """
        with self.store.transaction():
            old = self.table.header(key)
            if old is None:
                return self._not_saved(key, 91, 50, "No rows exist for the specified keys. (91,50)")
            if old["JRNL_HDR_STATUS"] not in CORRECTABLE:
                return self._not_saved(key, 18120, 3, f"Journal cannot be changed in status {old['JRNL_HDR_STATUS']}")
            merged = {**_settable(old, HEADER_FIELDS), **header}
            today = self._clock.now().date()
            entry = entered(merged, self._merged_lines(key, lines, is_replacing), self.site, today, "")
            if entry.errors:
                return Saved(False, key, (*entry.errors, save_error(self.site)))
            self.table.remove(key)
            self._store(entry, old["OPRID"], self._clock.now())
        return Saved(True, key)

    def settle(self) -> None:
        """Let everything happen that was due by now: late saves, edit runs, posting runs."""
        now = instant(self._clock.now())
        if self._settled == (now, self.store.changes):
            return
        with self.store.transaction():
            for row in self.store.rows("SELECT * FROM PENDING WHERE DUE <= ? ORDER BY DUE, ID", [now]):
                self.store.run("DELETE FROM PENDING WHERE ID = ?", [row["ID"]])
                header, lines, operator = json.loads(row["PAYLOAD"])
                self.create(header, lines, self.site.user(operator), datetime.fromisoformat(row["DUE"]))
            self.batches.settle()
        self._settled = now, self.store.changes

    def run_edit(self, key: JournalKey | None = None) -> None:
        """Run the edit now, on one journal or on all in N and E."""
        with self.store.transaction():
            self.batches.run_edit(key)

    def run_post(self, key: JournalKey | None = None) -> None:
        """Run the posting now, on one journal or on all in V and I that nobody holds."""
        with self.store.transaction():
            self.batches.run_post(key)

    def set_periods(
        self, unit: str, first: tuple[int, int], last: tuple[int, int], ledger_group: str = "ACTUALS", source: str = "*"
    ) -> None:
        """Open periods first to last, each (year, period), and close all others; remembered across restarts."""
        self.batches.set_periods(unit, ledger_group, first, last, source or ANY_SOURCE)

    def find(self, beginnings: Given, rows_max: int) -> list[JournalKey]:
        """Return the keys whose fields begin with the given texts, at most so many."""
        found = (
            key_of(row)
            for row in self.table.headers()
            if all(row[name].startswith(text) for name, text in beginnings.items())
        )
        return [key for _, key in zip(range(rows_max), found, strict=False)]

    def journals(self, unit: str | None = None) -> list[Journal]:
        """Return every journal the books hold, deleted ones too, after everything due has happened."""
        self.settle()
        headers = self.table.headers() if unit is None else self.table.headers_of(unit)
        return [_journal(header) for header in headers]

    def lines(self, key: JournalKey | None = None) -> list[Line]:
        """Return the lines of one journal, or of all, generated lines included."""
        self.settle()
        keys = [key] if key else [key_of(header) for header in self.table.headers()]
        return [_line(fields) for each in keys for fields in self.table.lines(each)]

    def open_items(self, unit: str, account: str) -> dict[tuple[str, str], Decimal]:
        """Return the balance of each open item by (reference, currency), over all journals that are or will be posted.

        Balances of zero stay in: a closed item is a fact.
        """
        self.settle()
        balances: dict[tuple[str, str], Decimal] = {}
        for line in self.table.account_lines(unit, account):
            if line["JRNL_HDR_STATUS"] not in WITHOUT_EFFECT:
                key = (line["JRNL_LN_REF"], line["FOREIGN_CURRENCY"])
                balances[key] = balances.get(key, Decimal(0)) + Decimal(line["FOREIGN_AMOUNT"])
        return balances

    def duplicates(self) -> dict[tuple[str, str], list[JournalKey]]:
        """Return live journals that share unit and DESCR254: what exactly-once must keep empty."""
        live = [row for row in self.journals() if row.key.unpost_seq == 0 and row.status not in (*WITHOUT_EFFECT, "U")]
        counted = Counter((row.key.unit, row.description) for row in live if row.description)
        return {
            same: [row.key for row in live if (row.key.unit, row.description) == same]
            for same, count in counted.items()
            if count > 1
        }

    def close(self) -> None:
        """Close the file of the books."""
        self.store.close()

    def _store(self, entry: Entry, operator: str, moment: datetime) -> None:
        flags = dict.fromkeys(
            ("JRNL_PROCESS_REQST", "JRNL_BALANCE_STAT", "JRNL_EDIT_ERR_STAT", "CONTROL_TOTAL_STAT"), "N"
        )
        status = "N" if entry.lines else "T"
        header = {**entry.header, **flags, "OPRID": operator, "JRNL_HDR_STATUS": status}
        self.table.add(header | self.batches.due_fields(moment), entry.lines)

    def _open_with(self, opening: OpeningJournal) -> None:
        """Store a journal of the site's past as posted; once, whatever its date: a demo restarts on another day."""
        unit, journal_id = opening.header["BUSINESS_UNIT"], opening.header["JOURNAL_ID"]
        if any(row["JOURNAL_ID"] == journal_id for row in self.table.headers_of(unit)):
            return
        day = date.fromisoformat(opening.header["JOURNAL_DATE"])
        entry = entered(opening.header, opening.lines, self.site, day, "")
        assert not entry.errors, entry.errors
        header = {**entry.header, "CONTROL_DEBITS": "", "CONTROL_LINES": "", "OPRID": "GLADMIN"}
        outcome = edited(header, list(entry.lines), self.site, True)
        assert outcome.is_valid, outcome.errors
        posted = {"JRNL_HDR_STATUS": "P", "JRNL_PROCESS_REQST": "N", "POSTED_DATE": day.isoformat()}
        posted |= {"JRNL_BALANCE_STAT": "V", "JRNL_EDIT_ERR_STAT": "V", "CONTROL_TOTAL_STAT": "V"}
        self.table.add(header | posted, outcome.lines)

    def _merged_lines(self, key: JournalKey, lines: Sequence[Given], is_replacing: bool) -> list[Given]:
        kept: dict[str, Given] = {
            line["JOURNAL_LINE"]: _settable(line, LINE_FIELDS)
            for line in self.table.lines(key)
            if line["IS_GENERATED"] != "Y"
        }
        for line in lines:
            number = line.get("JOURNAL_LINE", "").strip() or str(len(kept) + 1)
            old = {} if is_replacing else dict(kept.get(number, {}))
            if {"FOREIGN_AMOUNT", "FOREIGN_CURRENCY"} & set(line):
                # A changed entered amount is converted anew.
                old |= {"MONETARY_AMOUNT": "", "RATE_MULT": "", "RATE_DIV": ""}
            kept[number] = {**old, **line, "JOURNAL_LINE": number}
        return list(kept.values())

    def _not_saved(self, key: JournalKey, message_set: int, number: int, text: str) -> Saved:
        return Saved(False, key, (Message("Error", message_set, number, text), save_error(self.site)))

    def _period_errors(self, header: Fields) -> tuple[Message, ...]:
        if not self.site.switches.is_period_checked_at_create:
            return ()
        day = date.fromisoformat(header["JOURNAL_DATE"])
        unit, group, source = header["BUSINESS_UNIT"], header["LEDGER_GROUP"], header["SOURCE"]
        if self.batches.is_period_open(unit, group, source, day):
            return ()
        return (Message("Error", 5010, 2, "Accounting period is not open"),)


def _settable(row: Fields, fields: tuple[Field, ...]) -> Fields:
    return {field.name: row[field.name] for field in fields if field.is_settable}


def _journal(header: Fields) -> Journal:
    return Journal(
        key=key_of(header),
        status=header["JRNL_HDR_STATUS"],
        source=header["SOURCE"],
        currency=header["FOREIGN_CURRENCY"],
        description=header["DESCR254"],
        posted_on=header["POSTED_DATE"],
        fields=header,
    )


def _line(fields: Fields) -> Line:
    return Line(
        key=header_key_of(fields),
        number=int(fields["JOURNAL_LINE"]),
        unit=fields["BUSINESS_UNIT"],
        account=fields["ACCOUNT"],
        amount=Decimal(fields["FOREIGN_AMOUNT"]),
        currency=fields["FOREIGN_CURRENCY"],
        base_amount=Decimal(fields["MONETARY_AMOUNT"] or 0),
        reference=fields["JRNL_LN_REF"],
        description=fields["LINE_DESCR"],
        is_generated=fields["IS_GENERATED"] == "Y",
        fields=fields,
    )
