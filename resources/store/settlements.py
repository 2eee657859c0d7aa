"""The register of settlements: what was discovered or imported, under the settlement's own id.

In: heads of archived documents. Out: one record per settlement. The same content under another report id is the same
settlement; other content under the same id is kept beside it and changes nothing until a person accepts it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from ledger.errors import InputRefused
from resources.clock import Clock
from resources.store import schema
from resources.store.audit import Audit
from resources.store.columns import facts_text
from resources.store.control import ControlDatabase
from resources.store.prepared import Prepared

_documents = schema.settlement_documents
_reports = schema.settlement_reports


class SettlementElsewhere(InputRefused):
    """Another connection holds this settlement for another seller or another ERP ledger: it would be booked twice."""


class Standing(StrEnum):
    """What a document of a settlement counts for."""

    CURRENT = "current"
    SAME = "same"  # other bytes, content that was decided on before
    OTHER = "other"  # came later with other content; a person has not decided
    SUPERSEDED = "superseded"  # was current until a person accepted another


@dataclass(frozen=True)
class Recorded:
    """What became of a document: the settlement is new, was known with this content, or has changed."""

    outcome: Literal["new", "known", "changed"]


@dataclass(frozen=True)
class SettlementRecord:
    """One settlement as it counts; `facts` are plain JSON values of its head, amounts as text."""

    connection: str
    seller: str
    settlement_id: str
    document_sha: str
    content_hash: str
    source: str
    report_ids: tuple[str, ...]
    facts: dict
    recorded_at: datetime


@dataclass(frozen=True)
class SeenReport:
    """One report as the marketplace listed it; `settlement_id` is empty when no settlement came of it."""

    report_id: str
    report_document_id: str
    settlement_id: str
    recorded_at: datetime


@dataclass(frozen=True)
class SettlementDocument:
    """One document of a settlement, whatever it counts for."""

    document_sha: str
    content_hash: str
    source: str
    standing: Standing
    facts: dict
    recorded_at: datetime


class Settlements:
    """Settlements by connection and id."""

    def __init__(self, control: ControlDatabase, audit: Audit, clock: Clock) -> None:
        self._control = control
        self._audit = audit
        self._clock = clock

    def record(
        self,
        connection: str,
        seller: str,
        settlement_id: str,
        *,
        document_sha: str,
        content_hash: str,
        source: Literal["api", "import"],
        report_id: str,
        facts: dict,
        person: str = "",
        run: str = "",
        exchanges: Sequence[str] = (),
    ) -> Recorded:
        """Register one archived document of a settlement; `report_id` is empty for an imported file.

        `exchanges` are those that brought the document, in order; the events name them.

        `facts["ledger"]` is the ERP ledger's own id. Raises SettlementElsewhere, and registers nothing, when the
        settlement is in another seller's or another ledger's hands.
        """
        told = {"document": document_sha, "content": content_hash, "source": source, "report": report_id}
        told |= {"seller": seller, "head": facts}
        tied = _tied(document_sha, run, person, exchanges)
        values = {"document_sha": document_sha, "content_hash": content_hash, "source": source}
        values |= {"connection": connection, "settlement_id": settlement_id, "facts": facts_text(facts)}
        with self._control.transaction() as transaction:
            _refuse_elsewhere(transaction, connection, settlement_id, seller, facts.get("ledger", ""))
            known = self._known(transaction, connection, settlement_id)
            outcome, standing = _judged(known, document_sha, content_hash)
            now = self._clock.now()
            if outcome == "new":
                settlement = {"connection": connection, "settlement_id": settlement_id, "seller": seller}
                settlement |= {"document_sha": document_sha, "recorded_at": now}
                transaction.execute(insert(schema.settlements), settlement)
            if standing is not None:
                values |= {"standing": standing.value, "recorded_at": now}
                transaction.execute(insert(_documents), values)
                kind = f"settlement_{'seen_again' if outcome == 'known' else outcome}"
                told |= _all_of(exchanges)
                self._audit.append(transaction, connection, kind, told, partition=settlement_id, **tied, at=now)
            self._note_report(transaction, (connection, report_id, ""), settlement_id, tied, exchanges)
        return Recorded(outcome)

    def get(self, connection: str, settlement_id: str) -> SettlementRecord | None:
        """Return one settlement as it counts, None when it was never registered."""
        found = self._records(connection, settlement_id)
        return found[0] if found else None

    def refuse_elsewhere(self, connection: str, settlement_id: str, seller: str, ledger: str) -> None:
        """Raise SettlementElsewhere when another seller, or another connection's other ERP ledger, has it already."""
        with self._control.reading() as reading:
            _refuse_elsewhere(reading, connection, settlement_id, seller, ledger)

    def all(self, connection: str) -> list[SettlementRecord]:
        """Return all settlements of a connection, by id."""
        return self._records(connection)

    def documents(self, connection: str, settlement_id: str) -> list[SettlementDocument]:
        """Return every document of a settlement, the first first."""
        query = select(_documents).where(*_settlement(_documents, connection, settlement_id))
        with self._control.reading() as reading:
            rows = reading.execute(query.order_by(_documents.c.recorded_at, _documents.c.document_sha)).all()
        return [
            SettlementDocument(
                row.document_sha,
                row.content_hash,
                row.source,
                Standing(row.standing),
                json.loads(row.facts),
                row.recorded_at,
            )
            for row in rows
        ]

    def accept(
        self, connection: str, settlement_id: str, document_sha: str, person: str, reason: str, run: str = ""
    ) -> SettlementRecord:
        """Make another document of the settlement count, by a person's decision; accepting it twice changes nothing.

        Raises InputRefused for an unknown document or settlement, and for a decision without person or reason.
        """
        if not person.strip() or not reason.strip():
            raise InputRefused("Accepting another document needs the person who decides and a reason.")
        with self._control.transaction() as transaction:
            standings = {row.document_sha: row for row in self._known(transaction, connection, settlement_id)}
            if document_sha not in standings:
                raise InputRefused(
                    f"Settlement {settlement_id} of {connection} has no document {document_sha[:12]}. "
                    f"It has: {', '.join(sha[:12] for sha in standings) or 'none'}."
                )
            if standings[document_sha].standing != Standing.CURRENT:
                self._make_current(transaction, connection, settlement_id, document_sha)
                told = {"document": document_sha, "reason": reason}
                tied = _tied(document_sha, run, person)
                self._audit.append(
                    transaction, connection, "settlement_accepted", told, partition=settlement_id, **tied
                )
        record = self.get(connection, settlement_id)
        assert record is not None
        return record

    def known_report(self, connection: str, report_document_id: str) -> bool:
        """Tell whether this report document was taken in before."""
        query = select(func.count()).select_from(_reports).where(_reports.c.connection == connection)
        query = query.where(_reports.c.report_document_id == report_document_id, _reports.c.report_document_id != "")
        with self._control.reading() as reading:
            return reading.execute(query).scalar_one() > 0

    def report_names_settlement(self, connection: str, report_document_id: str) -> bool:
        """Tell whether this report document was taken in and led to a registered settlement."""
        query = select(func.count()).select_from(_reports).where(_reports.c.connection == connection)
        query = query.where(_reports.c.report_document_id == report_document_id, _reports.c.settlement_id != "")
        with self._control.reading() as reading:
            return reading.execute(query).scalar_one() > 0

    def remember_report(
        self,
        connection: str,
        report_id: str,
        report_document_id: str,
        settlement_id: str,
        *,
        document_sha: str = "",
        person: str = "",
        run: str = "",
        exchanges: Sequence[str] = (),
    ) -> None:
        """Note that a report document was taken in; `settlement_id` is empty when none was registered.

        `document_sha` is what it was archived as, `exchanges` are those that brought it; the event names them.
        """
        report, tied = (connection, report_id, report_document_id), _tied(document_sha, run, person, exchanges)
        with self._control.transaction() as transaction:
            self._note_report(transaction, report, settlement_id, tied, exchanges)

    def report_documents(self, connection: str, settlement_id: str) -> list[str]:
        """Return the ids under which the marketplace offered this settlement for download."""
        query = select(_reports.c.report_document_id).where(*_settlement(_reports, connection, settlement_id))
        with self._control.reading() as reading:
            return sorted({found for found in reading.execute(query).scalars() if found})

    def reports(self, connection: str) -> list[SeenReport]:
        """Return every report that discovery took in, in the order in which it did, whatever came of it."""
        query = select(_reports).where(_reports.c.connection == connection)
        query = query.order_by(_reports.c.recorded_at, _reports.c.report_id, _reports.c.report_document_id)
        with self._control.reading() as reading:
            rows = reading.execute(query).all()
        offered = {row.report_id for row in rows if row.report_document_id}
        return [
            SeenReport(row.report_id, row.report_document_id, row.settlement_id, row.recorded_at)
            for row in rows
            if row.report_document_id or row.report_id not in offered
        ]

    def _known(self, transaction: Connection, connection: str, settlement_id: str) -> list[Row]:
        table = _documents.c
        query = select(table.document_sha, table.content_hash, table.standing)
        return list(transaction.execute(query.where(*_settlement(_documents, connection, settlement_id))))

    def _make_current(self, transaction: Connection, connection: str, settlement_id: str, document_sha: str) -> None:
        here = _settlement(_documents, connection, settlement_id)
        was_current = _documents.c.standing == Standing.CURRENT.value
        transaction.execute(update(_documents).where(*here, was_current).values(standing=Standing.SUPERSEDED.value))
        chosen = _documents.c.document_sha == document_sha
        content = select(_documents.c.content_hash).where(*here, chosen).scalar_subquery()
        alike = (_documents.c.content_hash == content, _documents.c.standing == Standing.OTHER.value)
        transaction.execute(update(_documents).where(*here, *alike).values(standing=Standing.SAME.value))
        transaction.execute(update(_documents).where(*here, chosen).values(standing=Standing.CURRENT.value))
        there = _settlement(schema.settlements, connection, settlement_id)
        transaction.execute(update(schema.settlements).where(*there).values(document_sha=document_sha))

    def _note_report(
        self,
        transaction: Connection,
        report: tuple[str, str, str],
        settlement_id: str,
        tied: dict[str, str],
        exchanges: Sequence[str],
    ) -> None:
        connection, report_id, report_document_id = report
        if not report_id:
            return
        values = {"connection": connection, "report_id": report_id, "report_document_id": report_document_id}
        known = transaction.execute(select(_reports.c.settlement_id).filter_by(**values)).one_or_none()
        now = self._clock.now()
        if known is None:
            transaction.execute(insert(_reports), values | {"settlement_id": settlement_id, "recorded_at": now})
        elif settlement_id and known.settlement_id != settlement_id:
            transaction.execute(update(_reports).filter_by(**values).values(settlement_id=settlement_id))
        else:
            return
        told = {"report": report_id, "document": report_document_id, "is_new": known is None}
        told |= _all_of(exchanges)
        self._audit.append(transaction, connection, "report_noted", told, partition=settlement_id, **tied, at=now)

    def _records(self, connection: str, settlement_id: str | None = None) -> list[SettlementRecord]:
        wanted = {"of_connection": connection} | ({} if settlement_id is None else {"of_settlement": settlement_id})
        records, reports = _ALL_RECORDS if settlement_id is None else _ONE_RECORD
        with self._control.reading() as reading:
            rows = records.rows(reading, **wanted)
            under: dict[str, set[str]] = {}
            for row in reports.rows(reading, **wanted) if rows else ():
                under.setdefault(row.settlement_id, set()).add(row.report_id)
        return [_record(row, under.get(row.settlement_id, set())) for row in rows]


def _tied(document_sha: str, run: str, person: str, exchanges: Sequence[str] = ()) -> dict[str, str]:
    """Return what an event is tied to: the archived document, who took it in, and the exchange that brought it."""
    exchange = exchanges[-1] if exchanges else ""
    return {"document_key": document_sha, "run": run, "person": person, "exchange": exchange}


def _all_of(exchanges: Sequence[str]) -> dict[str, list[str]]:
    """Return the facts of several exchanges, as steps of a document tell them; one alone is named by the event."""
    return {"exchanges": list(exchanges)} if len(exchanges) > 1 else {}


def _selecting_records() -> tuple[Select, Select]:
    """Return the queries of all settlements of a connection and of their reports: asked for by every stage."""
    table, document = schema.settlements.c, _documents.c
    joined = (table.connection == document.connection) & (table.settlement_id == document.settlement_id)
    joined &= table.document_sha == document.document_sha
    records = select(schema.settlements, document.content_hash, document.source, document.facts)
    records = records.join_from(schema.settlements, _documents, joined).order_by(table.settlement_id)
    reports = select(_reports.c.settlement_id, _reports.c.report_id)
    return (
        records.where(table.connection == bindparam("of_connection")),
        reports.where(_reports.c.connection == bindparam("of_connection")),
    )


_RECORDS, _REPORTS_OF_RECORDS = _selecting_records()
_ALL_RECORDS = Prepared(_RECORDS), Prepared(_REPORTS_OF_RECORDS)
_ONE_RECORD = (
    Prepared(_RECORDS.where(schema.settlements.c.settlement_id == bindparam("of_settlement"))),
    Prepared(_REPORTS_OF_RECORDS.where(_reports.c.settlement_id == bindparam("of_settlement"))),
)


def _judged(known: list[Row], document_sha: str, content_hash: str) -> tuple[str, Standing | None]:
    """Return the outcome for a document, and as what it is to be stored; None when it is stored already."""
    if not known:
        return "new", Standing.CURRENT
    stored = {row.document_sha: Standing(row.standing) for row in known}
    if document_sha in stored:
        return ("changed" if stored[document_sha] is Standing.OTHER else "known"), None
    decided = {row.content_hash for row in known if row.standing != Standing.OTHER}
    return ("known", Standing.SAME) if content_hash in decided else ("changed", Standing.OTHER)


def _refuse_elsewhere(reading: Connection, connection: str, settlement_id: str, seller: str, ledger: str) -> None:
    """Compare sellers with every record, ERP ledgers with those of other connections that name theirs."""
    table, document = schema.settlements.c, _documents.c
    joined = (table.connection == document.connection) & (table.settlement_id == document.settlement_id)
    joined &= table.document_sha == document.document_sha
    query = select(table.connection, table.seller, document.facts)
    query = query.join_from(schema.settlements, _documents, joined).where(table.settlement_id == settlement_id)
    for row in reading.execute(query.order_by(table.connection)):
        theirs = json.loads(row.facts).get("ledger", "") or ledger
        is_other_ledger = row.connection != connection and bool(ledger) and theirs != ledger
        if row.seller == seller and not is_other_ledger:
            continue
        owner = f"seller {row.seller}" if row.seller != seller else f"ledger {theirs}"
        raise SettlementElsewhere(
            f"Settlement {settlement_id} belongs to {owner} of connection {row.connection}, not to "
            f"{seller if row.seller != seller else ledger}: booked in {connection} too it would be booked twice. "
            f"Nothing was registered. Its place is there: connector import FILE --connection {row.connection}"
        )


def _settlement(table, connection: str, settlement_id: str) -> tuple:
    return table.c.connection == connection, table.c.settlement_id == settlement_id


def _record(row: Row, report_ids: set[str]) -> SettlementRecord:
    return SettlementRecord(
        connection=row.connection,
        seller=row.seller,
        settlement_id=row.settlement_id,
        document_sha=row.document_sha,
        content_hash=row.content_hash,
        source=row.source,
        report_ids=tuple(sorted(report_ids)),
        facts=json.loads(row.facts),
        recorded_at=row.recorded_at,
    )
