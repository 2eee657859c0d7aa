"""What planning writes of a set and of its documents, and what the audit trail is told of it; pure.

In: journals, and who plans them for which partition. Out: columns of rows and facts of events. What an event tells here
is what verification proves the rows with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ledger import money
from ledger.errors import ContentChanged
from ledger.journal import Journal, JournalSet
from ledger.posting import PostingState


@dataclass(frozen=True)
class Actor:
    """Who plans or steps, when, and for which partition of which connection; rows and events bear the same moment."""

    connection: str
    partition: str
    run: str
    person: str
    at: datetime
    exchange: str = ""


def set_row(journals: JournalSet, actor: Actor, mapping_hash: str) -> dict:
    """Return the row of a whole set."""
    return {
        "source": str(journals.source),
        "revision": journals.revision,
        "connection": actor.connection,
        "partition": actor.partition,
        "source_id": journals.source.source_id,
        "parts": len(journals.journals),
        "fingerprint": journals.fingerprint,
        "mapping_hash": mapping_hash,
        "planned_at": actor.at,
        "planned_by": actor.person,
    }


def emptied_facts(row: dict) -> dict:
    """Return what is told of a set without documents: no document could tell it."""
    return {name: row[name] for name in ("source", "revision", "parts", "fingerprint", "mapping_hash")}


def document_row(journal: Journal, actor: Actor, set_fingerprint: str, mapping_hash: str) -> dict:
    """Return the row of one document that was planned just now."""
    return {
        **_marks(journal, set_fingerprint, mapping_hash),
        "key": journal.key,
        "source": str(journal.source),
        "connection": actor.connection,
        "partition": actor.partition,
        "ledger": journal.source.ledger,
        "source_id": journal.source.source_id,
        "state": PostingState.PLANNED.value,
        "state_version": 1,
        "reason": "planned",
        "attempts": 0,
        "changed_at": actor.at,
    }


def planned_facts(journal: Journal, set_fingerprint: str, mapping_hash: str) -> dict:
    """Return what is told of a document when it is planned."""
    return {
        **_marks(journal, set_fingerprint, mapping_hash),
        "to": PostingState.PLANNED.value,
        "unit": journal.unit,
        "accounting_date": journal.accounting_date,
        "currency": journal.currency,
        "debits": money.text(journal.debits, journal.currency),
        "lines": len(journal.lines),
        **({"reverses": journal.reverses} if journal.reverses else {}),
        **({"takes_along": list(journal.takes_along)} if journal.takes_along else {}),
        **({"refund_id": journal.billing.refund_id} if journal.billing and journal.billing.refund_id else {}),
    }


def require_same_lines(planned: Journal, standing: Journal) -> None:
    """Raise ContentChanged unless two documents are one but for their date, the words for it, and their revision."""
    dated = {
        name: getattr(standing, name) for name in ("revision", "accounting_date", "original_period", "description")
    }
    if replace(planned, **dated) != standing:
        raise ContentChanged(f"Document {standing.key} is not what was planned as {planned.key} on another date.")


def _marks(journal: Journal, set_fingerprint: str, mapping_hash: str) -> dict:
    return {
        "fingerprint": journal.fingerprint,
        "set_fingerprint": set_fingerprint,
        "mapping_hash": mapping_hash,
        "revision": journal.revision,
        "part": journal.part,
        "parts": journal.parts,
    }
