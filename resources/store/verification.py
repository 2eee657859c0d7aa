"""Whether the control database still says what was done: every chain, every balance, and where each document stands.

In: one reading of the control database. Out: a verdict that names the first bad row, its column and what was expected.
What is read is what the tables hold; that their indexes say the same is looked at last. The chains are recomputed
first; what they tell is then the measure for the rows of the outbox, of the review queue, of people and of
configuration changes, and for the stored content of every document. The comparisons are pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from ledger import money
from ledger.errors import ConnectorError
from ledger.journal import Journal
from resources.store.as_stored import columns_of, is_text, tables_alone, undecoded
from resources.store.audit import Verdict, connections_in, nameless_in, verdict_on
from resources.store.columns import facts_text
from resources.store.control import ControlDatabase
from resources.store.index_check import Astray, first_astray
from resources.store.retelling import NOT_TOLD, PROVED, Event, Retelling
from resources.store.row_chain import CHAINED, Ends, count, first_broken, stray_head
from resources.store.schema import metadata, outbox_contents

_SHOWN_MAX = 80
_MAKE_INDEXES_ANEW = (
    "All rows are as they were written. Stop every run, let SQLite make its indexes anew (sqlite3 control.db REINDEX), "
    "look at the disk, and verify again."
)
_MAKE_ANEW = (
    "All rows that are compared are as they were written. Stop every run, look at the disk, and restore a backup or "
    "let SQLite write the file anew (sqlite3 control.db VACUUM); then verify again."
)


@dataclass(frozen=True)
class BadRow:
    """The first row that is not what it should be; `key` are the values of its primary key."""

    table: str
    key: tuple
    column: str
    expected: str
    found: str
    cure: str = "Compare with a backup before anything else is posted."

    @property
    def sentence(self) -> str:
        """Say which row it is and what was expected."""
        row = f"Row {' '.join(str(part) for part in self.key)} of {self.table}: " if self.key else ""
        return f"{row}{self.column} should be {self.expected}, and is {self.found}."


@dataclass(frozen=True)
class Verification:
    """What was recomputed: chains by connection, and how many rows of each table were compared.

    `older` counts those among them that are not proved whole: what an earlier version wrote without telling of it.
    """

    chains: dict[str, Verdict]
    rows: dict[str, int]
    first_bad: BadRow | None
    older: dict[str, int] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        """Tell whether everything is as it was written."""
        return self.first_bad is None


def verify(control: ControlDatabase) -> Verification:
    """Recompute everything that can be recomputed, as of one moment; nothing is changed."""
    with control.reading() as reading, undecoded(reading):
        with tables_alone(reading):
            verification = _recomputed(reading)
        if verification.is_ok:
            verification = replace(verification, first_bad=_index_astray(first_astray(reading)))
    return verification


def _recomputed(reading: Connection) -> Verification:
    told, ends = Retelling(), Ends()

    def take(row: Row) -> None:
        event = _event(row)
        told.take(event)
        ends.take(event.connection, event.sequence, event.facts)

    names = connections_in(reading)
    chains = {name: verdict_on(reading, name, take) for name in names}
    bad = next((_bad_event(name, verdict) for name, verdict in chains.items() if not verdict.ok), None)
    bad = bad or _nameless(nameless_in(reading))
    if bad is not None:
        return Verification(chains, {}, bad)
    bad = _stray(told)
    rows = {name: len(those) for name, those in told.tables.items()}
    older = {name: sum(NOT_TOLD in row.values() for row in those.values()) for name, those in told.tables.items()}
    for name in PROVED:
        stored = _stored(reading, metadata.tables[name])
        if name == "settlement_reports":
            untold = _take_out_untold(stored, told, names)
            rows[name] += untold
            older[name] += untold
        bad = bad or first_difference(name, told.tables[name], stored)
    query = select(outbox_contents.c.key, outbox_contents.c.content).order_by(outbox_contents.c.key)
    with reading.execute(query.execution_options(yield_per=100)) as contents:
        bad = bad or first_bad_content(told.promises, contents)
    for table in CHAINED:
        broken = None if bad else first_broken(reading, table, ends)
        bad = bad or (BadRow(table.name, broken[0], "the row", "as it was written", broken[1]) if broken else None)
        rows[table.name], older[table.name] = count(reading, table)
    bad = bad or _stray_head(stray_head(reading))
    return Verification(chains, rows, bad, {name: number for name, number in older.items() if number})


def first_difference(
    table: str, expected: Mapping[tuple, Mapping[str, Any]], found: Mapping[tuple, Mapping[str, Any]]
) -> BadRow | None:
    """Return the first row that is not what the events tell, one too many, or one that is missing."""
    for key, row in found.items():
        wanted = expected.get(key)
        if wanted is None:
            return BadRow(table, key, _key_columns(table), "told of by an event", "in no event")
        for column, value in row.items():
            if wanted[column] is not NOT_TOLD and value != wanted[column]:
                return BadRow(table, key, column, _shown(wanted[column]), _shown(value))
    missing = next((key for key in expected if key not in found), None)
    return None if missing is None else BadRow(table, missing, _key_columns(table), "there", "missing")


def first_bad_content(promises: Mapping[str, Mapping[str, Any]], found: Iterable[tuple[str, str]]) -> BadRow | None:
    """Return the first stored document that is not, to the byte and to the cent, what was planned."""
    table, seen = outbox_contents.name, set()
    for key, content in found:
        promise = promises.get(key)
        if promise is None:
            return BadRow(table, (key,), "key", "told of by an event", "in no event")
        difference = _content_difference(key, content, promise)
        if difference is not None:
            return BadRow(table, (key,), "content", *difference)
        seen.add(key)
    missing = next((key for key in promises if key not in seen), None)
    return None if missing is None else BadRow(table, (missing,), "key", "there", "missing")


def _content_difference(key: str, content: str, promise: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what was promised and what is there instead, None where a document is what was planned."""
    try:
        plain = json.loads(content)
        journal = Journal.from_content(plain)
        is_as_written = facts_text(plain) == content
    except (ConnectorError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        return "a journal", f"none that can be read ({type(error).__name__})"
    if not is_as_written:
        return "written as the connector writes", "the same values written otherwise"
    debits, credits = (money.text(amount, journal.currency) for amount in (journal.debits, journal.credits))
    facts = {
        "key": (key, journal.key),
        "fingerprint": (promise["fingerprint"], journal.fingerprint),
        "number of parts": (promise["parts"], journal.parts),
        "debits": (promise["debits"], debits),
        "credits": (promise["debits"], credits),
        "currency": (promise["currency"], journal.currency),
        "unit": (promise["unit"], journal.unit),
        "accounting date": (promise["accounting_date"], journal.accounting_date.isoformat()),
        "lines": (promise["lines"], len(journal.lines)),
    }
    for name, (wanted, is_) in facts.items():
        if wanted != is_:
            return f"of {name} {_shown(wanted)}", _shown(is_)
    return None


def _stray(told: Retelling) -> BadRow | None:
    """Return an event that belongs to nothing, or a set of which not every part was planned."""
    if told.stray:
        return BadRow("audit_events", (told.stray,), "facts", "about something that was begun", "about nothing")
    parts: dict[tuple, int] = {}
    for row in told.tables["outbox_documents"].values():
        parts[row["source"], row["revision"]] = parts.get((row["source"], row["revision"]), 0) + 1
    for key, row in told.tables["outbox_sets"].items():
        planned = parts.get(key, 0)
        if planned != row["parts"]:
            return BadRow("outbox_sets", key, "parts", f"{planned}, as many as were planned", str(row["parts"]))
    return None


def _take_out_untold(reports: dict[tuple, dict[str, Any]], told: Retelling, chains: Iterable[str]) -> int:
    """Take out the reports that 0.1.0 noted without an event; return how many these are."""
    known = told.tables["settlement_reports"]
    untold = [key for key, row in reports.items() if key not in known and not _is_told(told, chains, row)]
    for key in untold:
        del reports[key]
    return len(untold)


def _is_told(told: Retelling, chains: Iterable[str], row: Mapping[str, Any]) -> bool:
    """Tell whether an event should tell of a report."""
    if not is_text(row["recorded_at"]):
        return True
    is_younger = row["recorded_at"] >= told.reports_since.get(row["connection"], "~")
    return is_younger or row["connection"] not in chains


def _bad_event(connection: str, verdict: Verdict) -> BadRow:
    key = (connection, verdict.first_bad)
    return BadRow("audit_events", key, "hash", "that of an unbroken chain", f"not: {verdict.sentence.rstrip('.')}")


def _stray_head(key: tuple | None) -> BadRow | None:
    """Return the end of a chain of rows that no table has."""
    return None if key is None else BadRow("row_chains", key, "table_name", "a table with chains", _shown(key[1]))


def _index_astray(astray: Astray | None) -> BadRow | None:
    """Return the index that says something else than its table; the rows themselves are as they were written."""
    if astray is None:
        return None
    if not astray.index:
        return BadRow("", (), "The file of the control database", "whole", f"not: {astray.said}", _MAKE_ANEW)
    column, expected = f"index {astray.index}", f"as the table {astray.table} is"
    return BadRow(astray.table, astray.key, column, expected, f"not: {astray.said}", _MAKE_INDEXES_ANEW)


def _nameless(found: str | bytes | None) -> BadRow | None:
    """Return an event of a chain that has no name; an event that was taken from a chain is missed there first."""
    if found is None:
        return None
    return BadRow("audit_events", (repr(found),), "connection", "the name of a connection", "no text")


def _event(row: Row) -> Event:
    names = ("connection", "sequence", "at", "kind", "document_key", "partition", "run", "person")
    return Event(**{name: getattr(row, name) for name in names}, facts=json.loads(row.facts))


def _stored(reading: Connection, table: Table) -> dict[tuple, dict[str, Any]]:
    """Return all rows as they are stored, by primary key."""
    names, keys = [one.name for one in table.columns], [one.name for one in table.primary_key]
    rows: Iterable[Row] = reading.execute(select(*columns_of(table)).order_by(*table.primary_key))
    plain = (dict(zip(names, row, strict=True)) for row in rows)
    return {tuple(row[name] for name in keys): row for row in plain}


def _key_columns(table: str) -> str:
    return ", ".join(column.name for column in metadata.tables[table].primary_key)


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."
