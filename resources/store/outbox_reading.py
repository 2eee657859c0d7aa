"""The outbox as it is read: one document, the parts of a revision, a listing, who planned what and when.

In: keys, sources and what narrows a listing. Out: documents as they stand now; nothing here writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, select

from ledger.journal import SourceKey
from ledger.posting import PostingState
from resources.store import outbox_statements as statements
from resources.store.control import ControlDatabase
from resources.store.outbox_document import OutboxDocument, document_of, select_documents
from resources.store.schema import outbox_contents, outbox_documents, outbox_sets


@dataclass(frozen=True)
class Standing:
    """Where one document of some kind stands, without its content."""

    key: str
    source_id: str
    revision: int
    state: PostingState
    fingerprint: str
    erp_id: str


class OutboxReading:
    """Documents on their way into an ERP, for readers."""

    _control: ControlDatabase

    def document(self, key: str) -> OutboxDocument | None:
        """Return one document, None for a key that was never planned."""
        with self._control.reading() as reading:
            row = statements.SELECT_DOCUMENT.row(reading, of_key=key)
        return None if row is None else document_of(row._asdict())

    def documents(self, source: SourceKey, revision: int | None = None) -> list[OutboxDocument]:
        """Return all parts of one revision in order, of the newest one by default."""
        wanted = {"of_source": str(source)} | ({} if revision is None else {"of_revision": revision})
        statement = statements.SELECT_NEWEST if revision is None else statements.SELECT_REVISION
        with self._control.reading() as reading:
            return [document_of(row._asdict()) for row in statement.rows(reading, **wanted)]

    def planned_by(self, source: SourceKey, revision: int) -> str:
        """Return the account that planned a revision, "" when there is none."""
        return self._of_set(outbox_sets.c.planned_by, source, revision) or ""

    def planned_at(self, source: SourceKey, revision: int) -> datetime | None:
        """Return when a revision was planned, None when there is none."""
        return self._of_set(outbox_sets.c.planned_at, source, revision)

    def _of_set(self, column: Column, source: SourceKey, revision: int) -> Any:
        query = select(column).filter_by(source=str(source), revision=revision)
        with self._control.reading() as reading:
            return reading.execute(query).scalar()

    def of_kind(self, seller: str, ledger: str, kind: str) -> list[Standing]:
        """Return where every document of a seller's kind stands in a ledger, of all revisions, in order of source."""
        table = outbox_documents.c
        names = ("key", "source_id", "revision", "state", "fingerprint", "erp_id")
        start = json.dumps([seller, ledger, kind], separators=(",", ":"))[:-1] + ","
        query = select(*(table[name] for name in names)).where(
            table.ledger == ledger, table.source.startswith(start, autoescape=True)
        )
        with self._control.reading() as reading:
            rows = reading.execute(query.order_by(table.source, table.revision, table.part)).all()
        return [
            Standing(row.key, row.source_id, row.revision, PostingState(row.state), row.fingerprint, row.erp_id or "")
            for row in rows
        ]

    def listing(
        self,
        connection: str | None = None,
        states: Iterable[PostingState] | None = None,
        source_id: str | None = None,
        partition: str | None = None,
        limit: int = 200,
        *,
        erp_name: str | None = None,
        belongs_to: str | None = None,
        refund_id: str | None = None,
    ) -> list[OutboxDocument]:
        """Return documents of all revisions, the last changed first.

        `erp_name` is the ERP's key or words of it, `belongs_to` what several sources have in common, such as an order,
        `refund_id` the marketplace's id of the refund that a credit memo is for.
        """
        table = outbox_documents.c
        query = select_documents()
        if connection is not None:
            query = query.where(table.connection == connection)
        if states is not None:
            query = query.where(table.state.in_([PostingState(state).value for state in states]))
        if source_id is not None:
            query = query.where(table.source_id == source_id)
        if belongs_to is not None:
            query = query.where(table.source_id.startswith(f"{belongs_to}.", autoescape=True))
        if partition is not None:
            query = query.where(table.partition == partition)
        if erp_name is not None:
            query = query.where((" " + table.erp_id + " ").contains(f" {erp_name} ", autoescape=True))
        if refund_id is not None:
            named = json.dumps({"refund_id": refund_id}, separators=(",", ":"))[1:-1]
            query = query.where(outbox_contents.c.content.contains(named, autoescape=True))
        query = query.order_by(table.changed_at.desc(), table.source, table.revision, table.part).limit(limit)
        with self._control.reading() as reading:
            return [document_of(row) for row in reading.execute(query).mappings()]
