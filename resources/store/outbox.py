"""The outbox: documents stored whole before the first byte leaves, and every step they take, once.

In: sets of journals from the road, steps from the posting protocol and from people. Out: documents with their state.
`plan` and `step` are one transaction each, with the audit events of what they did; a step must be in the table of
legal steps, and comes from the worker whose lease carries the newest fence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from ledger import money
from ledger.errors import ContentChanged, IllegalStep, LeaseLost, StoreError
from ledger.journal import Journal, JournalSet, SourceKey
from ledger.posting import PostingState, require_step
from resources.clock import Clock
from resources.store.audit import Audit
from resources.store.columns import facts_text
from resources.store.control import ControlDatabase
from resources.store.leases import Lease, Leases, set_lease_name
from resources.store.outbox_document import OutboxDocument, document_of, select_documents
from resources.store.outbox_plan import KnownPart, Planned, decide, differing_keys
from resources.store.schema import outbox_contents, outbox_differences, outbox_documents, outbox_sets

_STEP_COLUMNS = ("state", "state_version", "reason", "changed_at", "not_before", "erp_id", "sending_since", "attempts")
_SELECT_DOCUMENT = select_documents().where(outbox_documents.c.key == bindparam("of_key"))
_STEP_DOCUMENT = update(outbox_documents).where(outbox_documents.c.key == bindparam("of_key"))
_STEP_DOCUMENT = _STEP_DOCUMENT.values({name: bindparam(f"to_{name}") for name in _STEP_COLUMNS})

_REPLACED = "replaced by revision {} before anything was sent"
_BY_ITSELF = "the connection posts by itself"
_WITHDRAWN = "withdrawn before anything was sent: the settlement has nothing to post any more"


@dataclass(frozen=True)
class _Actor:
    """Who plans or steps, and for which partition of which connection."""

    connection: str
    partition: str
    run: str
    person: str
    exchange: str = ""


class Outbox:
    """Documents on their way into an ERP."""

    def __init__(self, control: ControlDatabase, audit: Audit, clock: Clock) -> None:
        self._control = control
        self._audit = audit
        self._clock = clock
        self._leases = Leases(control, clock)

    # --- planning ---------------------------------------------------------------------------------------------------

    def plan(
        self,
        connection: str,
        journals: JournalSet,
        *,
        approved: bool,
        mapping_hash: str,
        partition: str,
        run: str = "",
        person: str = "",
        again: bool = False,
    ) -> Planned:
        """Store a whole set as the next revision of its source, if that is what it is.

        "new": stored. "same": known content; planned documents become approved when `approved`. "replaced": documents
        of which nothing was sent gave way. "changed": something may be in the ERP, nothing was stored, one audit event
        per content. "empty": no documents, nothing stored. `again` stores refused or reversed content once more.
        """
        actor = _Actor(connection, partition, run, person)
        source = str(journals.source)
        with self._control.transaction() as transaction:
            revision, fingerprint = self._latest(transaction, source)
            known = self._known(transaction, source, revision)
            wanted = journals.with_revision(max(revision, 1))
            outcome, giving_way = decide(
                known,
                is_same=revision > 0 and fingerprint == wanted.fingerprint,
                is_empty=not journals.journals,
                is_leased=self._is_leased(transaction, source, known),
                again=again,
            )
            differing = differing_keys(known, {one.key: one.fingerprint for one in wanted.journals}) if known else ()
            keys = tuple(part.key for part in known)
            reason = _REPLACED.format(revision + 1) if journals.journals else _WITHDRAWN
            for key in giving_way:
                self._move(transaction, self._row(transaction, key), PostingState.REFUSED, reason, actor)
            if outcome in ("new", "replaced") or giving_way:
                return self._store(
                    transaction, journals.with_revision(revision + 1), actor, mapping_hash, approved, outcome
                )
            if outcome == "same" and approved:
                self._approve_planned(transaction, known, actor)
            if outcome == "changed":
                self._note_difference(transaction, source, revision, wanted, differing, actor)
        return Planned(outcome, revision, keys, differing if outcome in ("changed", "empty") else ())

    def _latest(self, transaction: Connection, source: str) -> tuple[int, str]:
        """Return number and fingerprint of the newest revision; 0 when there is none."""
        query = select(outbox_sets.c.revision, outbox_sets.c.fingerprint).where(outbox_sets.c.source == source)
        row = transaction.execute(query.order_by(outbox_sets.c.revision.desc()).limit(1)).one_or_none()
        return (0, "") if row is None else (row.revision, row.fingerprint)

    def _known(self, transaction: Connection, source: str, revision: int) -> list[KnownPart]:
        table = outbox_documents.c
        query = select(table.key, table.part, table.state, table.fingerprint).where(
            table.source == source, table.revision == revision
        )
        rows = transaction.execute(query.order_by(table.part))
        return [KnownPart(row.key, row.part, PostingState(row.state), row.fingerprint) for row in rows]

    def _is_leased(self, transaction: Connection, source: str, known: list[KnownPart]) -> bool:
        names = [set_lease_name(source), *(part.key for part in known)]
        return self._leases.live_holder(transaction, *names) is not None

    def _store(
        self, transaction: Connection, journals: JournalSet, actor: _Actor, mapping_hash: str, approved: bool, outcome
    ) -> Planned:
        """Store set and documents, then approve them where the connection posts by itself."""
        values = {
            "source": str(journals.source),
            "revision": journals.revision,
            "connection": actor.connection,
            "partition": actor.partition,
            "source_id": journals.source.source_id,
            "parts": len(journals.journals),
            "fingerprint": journals.fingerprint,
            "mapping_hash": mapping_hash,
            "planned_at": self._clock.now(),
            "planned_by": actor.person,
        }
        transaction.execute(insert(outbox_sets), values)
        for journal in journals.journals:
            self._store_document(transaction, journal, journals.fingerprint, actor, mapping_hash)
        if approved:
            known = self._known(transaction, str(journals.source), journals.revision)
            self._approve_planned(transaction, known, actor)
        return Planned(outcome, journals.revision, tuple(one.key for one in journals.journals))

    def _store_document(
        self, transaction: Connection, journal: Journal, set_fingerprint: str, actor: _Actor, mapping_hash: str
    ) -> None:
        if not journal.is_balanced:
            raise StoreError(f"Document {journal.key} is not balanced: {journal.debits} against {journal.credits}.")
        marks = {"fingerprint": journal.fingerprint, "set_fingerprint": set_fingerprint, "mapping_hash": mapping_hash}
        numbers = {"revision": journal.revision, "part": journal.part, "parts": journal.parts}
        values = {
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
            "changed_at": self._clock.now(),
        }
        transaction.execute(insert(outbox_documents), {**values, **marks, **numbers})
        transaction.execute(insert(outbox_contents), {"key": journal.key, "content": facts_text(journal.content())})
        facts = {
            **marks,
            **numbers,
            "to": PostingState.PLANNED.value,
            "unit": journal.unit,
            "accounting_date": journal.accounting_date,
            "currency": journal.currency,
            "debits": money.text(journal.debits, journal.currency),
            "lines": len(journal.lines),
        }
        self._tell(transaction, "document_planned", facts, actor, journal.key)

    def _approve_planned(self, transaction: Connection, known: Iterable[KnownPart], actor: _Actor) -> None:
        for part in known:
            if part.state is PostingState.PLANNED:
                row = self._row(transaction, part.key)
                self._move(transaction, row, PostingState.APPROVED, _BY_ITSELF, actor)

    def _note_difference(
        self,
        transaction: Connection,
        source: str,
        revision: int,
        wanted: JournalSet,
        differing: tuple[str, ...],
        actor: _Actor,
    ) -> None:
        """Write one audit event for content that came too late, once per content."""
        values = {"source": source, "fingerprint": wanted.fingerprint}
        found = select(func.count()).select_from(outbox_differences).filter_by(**values)
        if transaction.execute(found).scalar_one():
            return
        transaction.execute(insert(outbox_differences), {**values, "seen_at": self._clock.now()})
        facts = {**values, "revision": revision, "differing": list(differing)}
        self._tell(transaction, "content_changed", facts, actor, "")

    # --- steps ------------------------------------------------------------------------------------------------------

    def step(
        self,
        key: str,
        to: PostingState,
        reason: str,
        *,
        lease: Lease | None,
        run: str = "",
        person: str = "",
        exchange: str = "",
        erp_id: str | None = None,
        not_before: datetime | None = None,
        facts: dict | None = None,
    ) -> OutboxDocument:
        """Take one document one legal step further, in one transaction with its audit event.

        Raises IllegalStep; LeaseLost when the lease is not the newest, when none is given while another worker holds
        the document, or for `sending` without a live one; ContentChanged when `erp_id` belongs to another document, or
        would change while something may stand in the ERP under the first; StoreError for an unknown key.
        """
        with self._control.transaction() as transaction:
            row = self._row(transaction, key)
            self._require_lease(transaction, row, to, lease)
            actor = _Actor(row.connection, row.partition, run, person, exchange)
            self._require_erp_id(transaction, row, erp_id)
            more = {"fence": lease.fence if lease else None, **({"details": facts} if facts else {})}
            changes = {"erp_id": erp_id or row.erp_id, "not_before": not_before}
            moved = self._move(transaction, row, to, reason, actor, changes, more)
        return moved

    def decide(
        self,
        keys: Iterable[str],
        to: PostingState,
        reason: str,
        *,
        person: str,
        run: str = "",
        facts: dict | None = None,
    ) -> list[OutboxDocument]:
        """Take all documents a person decided on one legal step further, all of them or none, in one transaction.

        Raises IllegalStep and StoreError as `step` does; LeaseLost while a worker holds one of them.
        """
        with self._control.transaction() as transaction:
            rows = [self._row(transaction, key) for key in keys]
            for row in rows:
                self._require_lease(transaction, row, to, None)
            more = {"fence": None, **({"details": facts} if facts else {})}
            return [
                self._move(transaction, row, to, reason, _Actor(row.connection, row.partition, run, person), None, more)
                for row in rows
            ]

    def _move(
        self,
        transaction: Connection,
        row: Row,
        to: PostingState,
        reason: str,
        actor: _Actor,
        changes: dict | None = None,
        more: dict | None = None,
    ) -> OutboxDocument:
        """Write a legal step and its event; return the document as it stands then."""
        present = PostingState(row.state)
        why = require_step(present, to, row.key)
        now = self._clock.now()
        values = {"state": to.value, "state_version": row.state_version + 1, "reason": reason, "changed_at": now}
        values |= {"not_before": None, "erp_id": row.erp_id, **(changes or {})}
        values |= {"sending_since": row.sending_since, "attempts": row.attempts}
        if to is PostingState.SENDING:
            values |= {"sending_since": now, "attempts": row.attempts + 1}
        if to is PostingState.SENDING and not values["erp_id"]:
            raise IllegalStep(f"Document {row.key} cannot be sent before it has the key it will have in the ERP.")
        bound = {f"to_{name}": values[name] for name in _STEP_COLUMNS}
        transaction.execute(_STEP_DOCUMENT, {"of_key": row.key, **bound})
        told = {"from": present.value, "to": to.value, "why": why, "reason": reason, "erp_id": values["erp_id"]}
        told |= {"state_version": values["state_version"], "attempts": values["attempts"], **(more or {})}
        self._tell(transaction, f"document_{to.value}", told, actor, row.key)
        return document_of({**row._mapping, **values})

    def _row(self, transaction: Connection, key: str) -> Row:
        row = transaction.execute(_SELECT_DOCUMENT, {"of_key": key}).one_or_none()
        if row is None:
            raise StoreError(f"The outbox holds no document {key}. List what it holds: connector outbox list")
        return row

    def _require_lease(self, transaction: Connection, row: Row, to: PostingState, lease: Lease | None) -> None:
        set_name = set_lease_name(row.source)
        if lease is not None:
            if lease.name not in (row.key, set_name):
                raise LeaseLost(f"A lease on {lease.name} gives no right to change document {row.key}.")
            self._leases.require(transaction, lease, live=to is PostingState.SENDING)
            return
        if to is PostingState.SENDING:
            raise LeaseLost(f"Document {row.key} cannot be sent without a lease on it.")
        holder = self._leases.live_holder(transaction, row.key, set_name)
        if holder is not None:
            raise LeaseLost(f"Document {row.key} is being worked on by {holder}. Try again when that has ended.")

    def _require_erp_id(self, transaction: Connection, row: Row, erp_id: str | None) -> None:
        if erp_id is None or erp_id == row.erp_id:
            return
        if row.erp_id is not None and row.state != PostingState.APPROVED:
            raise ContentChanged(
                f"Document {row.key} is known to the ERP as {row.erp_id} and cannot become {erp_id} while it is "
                f"{row.state}. Look both up in the ERP before anything is sent again."
            )
        table = outbox_documents.c
        query = select(table.key).where(table.ledger == row.ledger, table.erp_id == erp_id, table.key != row.key)
        other = transaction.execute(query).scalar_one_or_none()
        if other is not None:
            raise ContentChanged(
                f"Document {row.key} cannot use {erp_id} in ledger {row.ledger}: document {other} has it. Nothing was "
                "sent. Report this collision: the ERP could not tell the two apart."
            )

    def _tell(self, transaction: Connection, kind: str, facts: dict, actor: _Actor, key: str) -> None:
        self._audit.append(
            transaction,
            actor.connection,
            kind,
            facts,
            document_key=key,
            partition=actor.partition,
            run=actor.run,
            exchange=actor.exchange,
            person=actor.person,
        )

    # --- reading ----------------------------------------------------------------------------------------------------

    def document(self, key: str) -> OutboxDocument | None:
        """Return one document, None for a key that was never planned."""
        with self._control.reading() as reading:
            row = reading.execute(_SELECT_DOCUMENT, {"of_key": key}).one_or_none()
        return None if row is None else document_of(row._mapping)

    def documents(self, source: SourceKey, revision: int | None = None) -> list[OutboxDocument]:
        """Return all parts of one revision in order, of the newest one by default."""
        table = outbox_documents.c
        newest = select(func.max(table.revision)).where(table.source == str(source)).scalar_subquery()
        query = select_documents().where(table.source == str(source))
        query = query.where(table.revision == (newest if revision is None else revision))
        with self._control.reading() as reading:
            return [document_of(row) for row in reading.execute(query.order_by(table.part)).mappings()]

    def planned_by(self, source: SourceKey, revision: int) -> str:
        """Return the account that planned a revision, "" when there is none."""
        query = select(outbox_sets.c.planned_by).filter_by(source=str(source), revision=revision)
        with self._control.reading() as reading:
            return reading.execute(query).scalar() or ""

    def listing(
        self,
        connection: str | None = None,
        states: Iterable[PostingState] | None = None,
        source_id: str | None = None,
        limit: int = 200,
    ) -> list[OutboxDocument]:
        """Return documents of all revisions, the last changed first."""
        table = outbox_documents.c
        query = select_documents()
        if connection is not None:
            query = query.where(table.connection == connection)
        if states is not None:
            query = query.where(table.state.in_([PostingState(state).value for state in states]))
        if source_id is not None:
            query = query.where(table.source_id == source_id)
        query = query.order_by(table.changed_at.desc(), table.source, table.revision, table.part).limit(limit)
        with self._control.reading() as reading:
            return [document_of(row) for row in reading.execute(query).mappings()]

    # --- leases -----------------------------------------------------------------------------------------------------

    def lease(self, key: str, holder: str, seconds: float) -> Lease | None:
        """Take the lease on a document or any other name; None while it is held, whoever asks."""
        return self._leases.take(key, holder, seconds)

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """Hold on for longer; raise LeaseLost when it was taken over or given back."""
        return self._leases.renew(lease, seconds)

    def release(self, lease: Lease) -> None:
        """Give a lease back; nothing happens when somebody else has it by now."""
        self._leases.release(lease)


__all__ = ["Lease", "Outbox", "OutboxDocument", "Planned"]
