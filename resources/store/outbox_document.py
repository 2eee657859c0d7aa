"""A document of the outbox as its readers see it: where it stands, and what exactly would be booked.

In: rows of the control database. Out: frozen values. The journal is rebuilt when it is asked for, and must still have
the fingerprint it was planned with: what was approved is exactly what is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache

from sqlalchemy import Select, select

from ledger.errors import StoreError
from ledger.journal import Journal, SourceKey
from ledger.posting import PostingState
from resources.store.schema import outbox_contents, outbox_documents


@dataclass(frozen=True)
class OutboxDocument:
    """One document; `state_version` grows with every step, `attempts` with every send.

    `sending_since` is when the last send began, `not_before` the moment before which nobody should go on.
    """

    key: str
    connection: str
    partition: str
    source: SourceKey
    revision: int
    part: int
    parts: int
    state: PostingState
    state_version: int
    fingerprint: str
    set_fingerprint: str
    erp_id: str | None
    reason: str
    mapping_hash: str
    changed_at: datetime
    sending_since: datetime | None
    attempts: int
    not_before: datetime | None
    content: str = field(repr=False)

    @cached_property
    def journal(self) -> Journal:
        """Return the document as it was planned; raise StoreError when what is stored is not that any more."""
        try:
            journal = Journal.from_content(json.loads(self.content))
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged() from error
        if journal.key != self.key or journal.fingerprint != self.fingerprint:
            raise self._damaged()
        return journal

    def _damaged(self) -> StoreError:
        return StoreError(
            f"The stored content of document {self.key} is not what was planned: it was changed in the control "
            "database. Nothing of it is sent. Restore the control database from a backup."
        )


def select_documents() -> Select:
    """Return the query of whole documents, to be narrowed by the caller."""
    return select(outbox_documents, outbox_contents.c.content).join(
        outbox_contents, outbox_contents.c.key == outbox_documents.c.key
    )


@lru_cache(maxsize=1024)
def _source_key(text: str) -> SourceKey:
    return SourceKey(*json.loads(text))


def document_of(row: Mapping) -> OutboxDocument:
    """Return the document of one row, by column, of `select_documents`."""
    return OutboxDocument(
        key=row["key"],
        connection=row["connection"],
        partition=row["partition"],
        source=_source_key(row["source"]),
        revision=row["revision"],
        part=row["part"],
        parts=row["parts"],
        state=PostingState(row["state"]),
        state_version=row["state_version"],
        fingerprint=row["fingerprint"],
        set_fingerprint=row["set_fingerprint"],
        erp_id=row["erp_id"],
        reason=row["reason"],
        mapping_hash=row["mapping_hash"],
        changed_at=row["changed_at"],
        sending_since=row["sending_since"],
        attempts=row["attempts"],
        not_before=row["not_before"],
        content=row["content"],
    )
