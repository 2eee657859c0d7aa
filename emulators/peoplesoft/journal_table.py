"""Headers, lines and edit errors of all journals, as rows of the store.

What comes in: keys and record fields. What goes out: fields as text, ordered; nothing here decides anything, the
steps of a journal's life are in `batches.py` and `people.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from emulators.peoplesoft.edits import EditError, Fields
from emulators.peoplesoft.records import plain
from emulators.peoplesoft.store import ERROR_COLUMNS, HEADER_COLUMNS, LINE_COLUMNS, Store

_OF_HEADER = "BUSINESS_UNIT = ? AND JOURNAL_ID = ? AND JOURNAL_DATE = ? AND UNPOST_SEQ = ?"
_OF_LINES = "HEADER_UNIT = ? AND JOURNAL_ID = ? AND JOURNAL_DATE = ? AND UNPOST_SEQ = ?"
_HEADER_ORDER = "ORDER BY BUSINESS_UNIT, JOURNAL_ID, JOURNAL_DATE, CAST(UNPOST_SEQ AS INTEGER)"
_JOINED = (
    "SELECT L.*, H.JRNL_HDR_STATUS, H.SOURCE, H.DESCR254, H.FISCAL_YEAR, H.ACCOUNTING_PERIOD"
    " FROM JRNL_LN L JOIN JRNL_HEADER H ON H.BUSINESS_UNIT = L.HEADER_UNIT"
    " AND H.JOURNAL_ID = L.JOURNAL_ID AND H.JOURNAL_DATE = L.JOURNAL_DATE AND H.UNPOST_SEQ = L.UNPOST_SEQ"
)


class JournalKey(NamedTuple):
    """The natural key of a journal; `date` is ISO, `unpost_seq` 0 for a live journal."""

    unit: str
    id: str
    date: str
    unpost_seq: int = 0


class WrongStatus(Exception):
    """Somebody asked for a step that the journal's status does not allow."""


def key_of(header: Mapping[str, str]) -> JournalKey:
    """Return the key of a header's fields."""
    sequence = int(header["UNPOST_SEQ"] or 0)
    return JournalKey(header["BUSINESS_UNIT"], header["JOURNAL_ID"], header["JOURNAL_DATE"], sequence)


def header_key_of(line: Mapping[str, str]) -> JournalKey:
    """Return the key of the journal a line belongs to."""
    return JournalKey(line["HEADER_UNIT"], line["JOURNAL_ID"], line["JOURNAL_DATE"], int(line["UNPOST_SEQ"]))


class JournalTable:
    """The journal records over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def header(self, key: JournalKey) -> Fields | None:
        """Return one header's fields, or None."""
        rows = self.store.rows(f"SELECT * FROM JRNL_HEADER WHERE {_OF_HEADER}", _bound(key))
        return rows[0] if rows else None

    def expect(self, key: JournalKey, statuses: Iterable[str]) -> Fields:
        """Return one header's fields; raise WrongStatus when it is absent or in another status."""
        header = self.header(key)
        if header is None:
            raise WrongStatus(f"There is no journal {key.unit} {key.id} {key.date} {key.unpost_seq}.")
        if header["JRNL_HDR_STATUS"] not in statuses:
            raise WrongStatus(f"Journal {key.id} has status {header['JRNL_HDR_STATUS']}, needed is {statuses}.")
        return header

    def headers(self) -> list[Fields]:
        """Return all headers by key."""
        return self.store.rows(f"SELECT * FROM JRNL_HEADER {_HEADER_ORDER}")

    def headers_of(self, unit: str) -> list[Fields]:
        """Return all headers of a unit by id, date and UNPOST_SEQ."""
        return self.store.rows(f"SELECT * FROM JRNL_HEADER WHERE BUSINESS_UNIT = ? {_HEADER_ORDER}", [unit])

    def headers_in(self, statuses: tuple[str, ...]) -> list[Fields]:
        """Return all headers in one of these statuses."""
        marks = ", ".join("?" for _ in statuses)
        return self.store.rows(
            f"SELECT * FROM JRNL_HEADER WHERE JRNL_HDR_STATUS IN ({marks}) {_HEADER_ORDER}", statuses
        )

    def lines(self, key: JournalKey) -> list[Fields]:
        """Return a journal's lines by number."""
        order = "ORDER BY CAST(JOURNAL_LINE AS INTEGER), BUSINESS_UNIT"
        return self.store.rows(f"SELECT * FROM JRNL_LN WHERE {_OF_LINES} {order}", _bound(key))

    def account_lines(self, unit: str, account: str) -> list[Fields]:
        """Return the lines of one account in one unit, each with its header's status, source and period."""
        where = "WHERE L.BUSINESS_UNIT = ? AND L.ACCOUNT = ? ORDER BY L.JOURNAL_DATE, L.JOURNAL_ID"
        return self.store.rows(f"{_JOINED} {where}", [unit, account])

    def keys_with_reference(self, unit: str, beginning: str) -> set[JournalKey]:
        """Return the unit's journals that have a line whose JRNL_LN_REF begins so."""
        where = "WHERE HEADER_UNIT = ? AND substr(JRNL_LN_REF, 1, ?) = ?"
        return {
            header_key_of(line)
            for line in self.store.rows(f"SELECT * FROM JRNL_LN {where}", [unit, len(beginning), beginning])
        }

    def errors(self, key: JournalKey) -> list[EditError]:
        """Return what the last edit of a journal found."""
        return [
            EditError(
                line=int(row["JOURNAL_LINE"]),
                field=row["FIELDNAME"],
                message_set=int(row["MESSAGE_SET_NBR"]),
                message_number=int(row["MESSAGE_NBR"]),
                text=row["MESSAGE_TEXT"],
            )
            for row in self.store.rows(f"SELECT * FROM EDIT_ERROR WHERE {_OF_LINES} ORDER BY rowid", _bound(key))
        ]

    def add(self, header: Fields, lines: Sequence[Fields]) -> None:
        """Insert a journal whole."""
        with self.store.transaction():
            self.store.insert("JRNL_HEADER", HEADER_COLUMNS, {**header, **_totals(lines)})
            self._add_lines(key_of(header), lines)

    def set(self, key: JournalKey, **fields: str) -> None:
        """Change fields of a header."""
        spelled = ", ".join(f"{name} = ?" for name in fields)
        self.store.run(f"UPDATE JRNL_HEADER SET {spelled} WHERE {_OF_HEADER}", [*fields.values(), *_bound(key)])

    def replace_lines(self, key: JournalKey, lines: Sequence[Fields]) -> None:
        """Put other lines in place of a journal's lines; the header's totals follow."""
        with self.store.transaction():
            self.store.run(f"DELETE FROM JRNL_LN WHERE {_OF_LINES}", _bound(key))
            self._add_lines(key, lines)
            self.set(key, **_totals(lines))

    def replace_errors(self, key: JournalKey, errors: Iterable[EditError]) -> None:
        """Put other errors in place of a journal's edit errors."""
        with self.store.transaction():
            self.store.run(f"DELETE FROM EDIT_ERROR WHERE {_OF_LINES}", _bound(key))
            for error in errors:
                facts = [*_bound(key), str(error.line), error.field, str(error.message_set)]
                row = zip(ERROR_COLUMNS, [*facts, str(error.message_number), error.text], strict=True)
                self.store.insert("EDIT_ERROR", ERROR_COLUMNS, dict(row))

    def remove(self, key: JournalKey) -> None:
        """Remove every row of a journal."""
        with self.store.transaction():
            self.store.run(f"DELETE FROM JRNL_HEADER WHERE {_OF_HEADER}", _bound(key))
            self.store.run(f"DELETE FROM JRNL_LN WHERE {_OF_LINES}", _bound(key))
            self.store.run(f"DELETE FROM EDIT_ERROR WHERE {_OF_LINES}", _bound(key))

    def _add_lines(self, key: JournalKey, lines: Iterable[Fields]) -> None:
        stamp = dict(zip(("HEADER_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ"), _bound(key), strict=True))
        for line in lines:
            self.store.insert("JRNL_LN", LINE_COLUMNS, {**line, **stamp})


def _bound(key: JournalKey) -> list[str]:
    return [key.unit, key.id, key.date, str(key.unpost_seq)]


def _totals(lines: Sequence[Fields]) -> Fields:
    amounts = [Decimal(line["FOREIGN_AMOUNT"] or 0) for line in lines]
    return {
        "JRNL_TOTAL_LINES": str(len(lines)),
        "JRNL_TOTAL_DEBITS": plain(sum((amount for amount in amounts if amount > 0), Decimal(0))),
        "JRNL_TOT_CREDITS": plain(-sum((amount for amount in amounts if amount < 0), Decimal(0))),
    }
