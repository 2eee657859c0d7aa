"""The outbox: documents stored whole before the first byte leaves, and every step they take, once.

In: sets of journals from the road, steps from the posting protocol and from people. Out: documents with their state.
`plan` and `step` are one transaction each, with the audit events of what they did; a step must be in the table of
legal steps, and comes from the worker whose lease carries the newest fence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from ledger.errors import ContentChanged, IllegalStep, LeaseLost, StoreError, UndoneMeanwhile
from ledger.journal import Journal, JournalSet, SourceKey
from ledger.posting import PostingState, require_step
from resources.clock import Clock
from resources.store import outbox_statements as statements
from resources.store.audit import Audit
from resources.store.columns import facts_text
from resources.store.control import ControlDatabase
from resources.store.due import SETTLEMENT_KIND, Due
from resources.store.leases import Lease, Leases, set_lease_name
from resources.store.outbox_document import OutboxDocument, document_of
from resources.store.outbox_plan import KnownPart, Planned, decide, differing_keys
from resources.store.outbox_reading import OutboxReading
from resources.store.outbox_rows import (
    Actor,
    document_row,
    emptied_facts,
    planned_facts,
    require_same_lines,
    set_row,
)
from resources.store.prepared import Row

_REPLACED = "replaced by revision {} before anything was sent"
_BY_ITSELF = "the connection posts by itself"
# `document_planned` tells of a document that is new; one that is planned once more has lost its approval.
_KIND_OF_STEP = {PostingState.PLANNED: "document_unapproved"}
_WITHDRAWN = "withdrawn before anything was sent: the settlement has nothing to post any more"


class Outbox(OutboxReading):
    """Documents on their way into an ERP."""

    def __init__(self, control: ControlDatabase, audit: Audit, clock: Clock) -> None:
        self._control = control
        self._audit = audit
        self._clock = clock
        self._leases = Leases(control, clock)
        self._due = Due(control, clock)

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
        beside: frozenset[str] = frozenset(),
    ) -> Planned:
        """Store a whole set as the next revision of its source, if that is what it is.

        "new": stored. "same": known content; planned documents become approved when `approved`. "replaced": documents
        of which nothing was sent gave way. "changed": something may be in the ERP, nothing was stored, one audit event
        per content. "empty": no documents, nothing stored. "reversed": it stays out of the books, nothing stored.
        `again` stores refused or reversed content once more. `beside` are posted documents of the newest revision that
        the set completes, such as the rest of a reversal: they stand, and do not keep it from being stored.
        """
        source = str(journals.source)
        with self._control.transaction() as transaction:
            actor = Actor(connection, partition, run, person, self._clock.now())
            revision, fingerprint = self._latest(transaction, source)
            stored = self._known(transaction, source, revision) if revision else []
            known = [one for one in stored if one.key not in beside]
            wanted = journals.with_revision(max(revision, 1))
            outcome, giving_way = decide(
                known,
                is_same=revision > 0 and fingerprint == wanted.fingerprint,
                is_empty=not journals.journals,
                is_leased=bool(known) and self._is_leased(transaction, source, known),
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
        row = statements.SELECT_LATEST_SET.row(transaction, of_source=source)
        return (0, "") if row is None else (row.revision, row.fingerprint)

    def _known(self, transaction: Connection, source: str, revision: int) -> list[KnownPart]:
        rows = statements.SELECT_PARTS.rows(transaction, of_source=source, of_revision=revision)
        return [KnownPart(row.key, row.part, PostingState(row.state), row.fingerprint) for row in rows]

    def _is_leased(self, transaction: Connection, source: str, known: list[KnownPart]) -> bool:
        names = [set_lease_name(source), *(part.key for part in known)]
        return self._leases.live_holder(transaction, *names) is not None

    def _store(
        self, transaction: Connection, journals: JournalSet, actor: Actor, mapping_hash: str, approved: bool, outcome
    ) -> Planned:
        """Store set and documents, then approve them where the connection posts by itself."""
        row = set_row(journals, actor, mapping_hash)
        statements.INSERT_SET.run(transaction, **row)
        for journal in journals.journals:
            self._store_document(transaction, journal, journals.fingerprint, actor, mapping_hash)
        if not journals.journals:
            self._tell(transaction, "set_emptied", emptied_facts(row), actor, "")
        if approved:
            known = self._known(transaction, str(journals.source), journals.revision)
            self._approve_planned(transaction, known, actor)
        return Planned(outcome, journals.revision, tuple(one.key for one in journals.journals))

    def _store_document(
        self, transaction: Connection, journal: Journal, set_fingerprint: str, actor: Actor, mapping_hash: str
    ) -> None:
        if not journal.is_balanced:
            raise StoreError(f"Document {journal.key} is not balanced: {journal.debits} against {journal.credits}.")
        statements.INSERT_DOCUMENT.run(transaction, **document_row(journal, actor, set_fingerprint, mapping_hash))
        statements.INSERT_CONTENT.run(transaction, key=journal.key, content=facts_text(journal.content()))
        facts = planned_facts(journal, set_fingerprint, mapping_hash)
        self._tell(transaction, "document_planned", facts, actor, journal.key)

    def _approve_planned(self, transaction: Connection, known: Iterable[KnownPart], actor: Actor) -> None:
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
        actor: Actor,
    ) -> None:
        """Write one audit event for content that came too late, once per content."""
        values = {"source": source, "fingerprint": wanted.fingerprint}
        narrowed = {f"of_{name}": value for name, value in values.items()}
        if statements.COUNT_DIFFERENCES.row(transaction, **narrowed).number:
            return
        statements.INSERT_DIFFERENCE.run(transaction, **values, seen_at=actor.at)
        facts = {**values, "revision": revision, "differing": list(differing)}
        self._tell(transaction, "content_changed", facts, actor, "")

    def take_over(
        self, standing: JournalSet, reason: str, *, person: str, run: str = "", exchange: str = "", facts: dict
    ) -> None:
        """Make the newest revision what the ERP holds under our keys: on other dates, or as a later revision.

        Whole or not at all, with an event per document; what is new to these records is left in review, where the road
        looks for it by key. Raises IllegalStep for a document that was sent from here or is not in review,
        ContentChanged for lines that are not the planned ones, LeaseLost while a worker holds one of them.
        """
        source = str(standing.source)
        with self._control.transaction() as transaction:
            revision, _ = self._latest(transaction, source)
            rows = statements.SELECT_REVISION.rows(transaction, of_source=source, of_revision=revision)
            actor = Actor(rows[0].connection, rows[0].partition, run, person, self._clock.now(), exchange)
            is_later = standing.revision > revision
            for row, journal in zip(rows, standing.journals, strict=True):
                self._require_lease(transaction, row, PostingState.REVIEW, None)
                require_same_lines(document_of(row._asdict()).journal, journal)
                if (is_later or row.fingerprint != journal.fingerprint) and (row.attempts or row.erp_id):
                    raise IllegalStep(f"Document {row.key} was sent from here: the ERP is asked for it by its own key.")
                if not is_later and row.fingerprint != journal.fingerprint:
                    self._redate(transaction, row, journal, standing.fingerprint, actor, facts)
            if is_later:
                self._give_way(transaction, rows, standing, reason, actor, facts)
                return
            narrowed = {"of_source": source, "of_revision": revision, "to_fingerprint": standing.fingerprint}
            statements.UPDATE_SET_FINGERPRINT.run(transaction, **narrowed)
            statements.UPDATE_SET.run(transaction, **narrowed)

    def _redate(
        self, transaction: Connection, row: Row, journal: Journal, set_fingerprint: str, actor: Actor, facts: dict
    ) -> None:
        if row.state != PostingState.REVIEW:
            raise IllegalStep(f"Document {row.key} is {row.state} by now, and keeps its date.")
        statements.UPDATE_CONTENT.run(transaction, of_key=row.key, to_content=facts_text(journal.content()))
        statements.UPDATE_FINGERPRINT.run(transaction, of_key=row.key, to_fingerprint=journal.fingerprint)
        told = planned_facts(journal, set_fingerprint, row.mapping_hash) | {"to": row.state, "details": facts}
        self._tell(transaction, "document_redated", told, actor, row.key)

    def _give_way(
        self, transaction: Connection, rows: list[Row], standing: JournalSet, reason: str, actor: Actor, facts: dict
    ) -> None:
        more = {"details": facts}
        for row in rows:
            said = f"gives way to revision {standing.revision}, which the ERP holds"
            self._move(transaction, row, PostingState.REFUSED, said, actor, None, more)
        planned = self._store(transaction, standing, actor, rows[0].mapping_hash, False, "new")
        for key in planned.keys:
            self._move(transaction, self._row(transaction, key), PostingState.REVIEW, reason, actor, None, more)

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
        unless_begun: Iterable[SourceKey] = (),
    ) -> OutboxDocument:
        """Take one document one legal step further, in one transaction with its audit event.

        Raises UndoneMeanwhile where a document of the sources in `unless_begun` is planned, under way or done;
        IllegalStep; LeaseLost when the lease is not the newest, when none is given while another worker holds the
        document, or for `sending` without a live one; ContentChanged when `erp_id` belongs to another document, or
        would change while something may stand in the ERP under the first; StoreError for an unknown key.
        """
        with self._control.transaction() as transaction:
            row = self._row(transaction, key)
            self._require_lease(transaction, row, to, lease)
            self._require_none_begun(transaction, row, unless_begun)
            actor = Actor(row.connection, row.partition, run, person, self._clock.now(), exchange)
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
        only_from: frozenset[PostingState] | None = None,
    ) -> list[OutboxDocument]:
        """Take all documents a person decided on one legal step further, all or none, and ask for their partitions.

        One transaction: a decision that is kept is acted on, whoever dies after it. `only_from` are the states the
        person saw them in. Raises IllegalStep and StoreError as `step` does, and IllegalStep for a document that has
        moved on since; LeaseLost while a worker holds one of them.
        """
        with self._control.transaction() as transaction:
            rows = [self._row(transaction, key) for key in keys]
            for row in rows:
                self._require_lease(transaction, row, to, None)
                if only_from is not None and row.state not in only_from:
                    raise IllegalStep(f"Document {row.key} is {row.state} by now, and cannot become {to} any more.")
            more = {"fence": None, **({"details": facts} if facts else {})}
            now = self._clock.now()
            actors = [Actor(row.connection, row.partition, run, person, now) for row in rows]
            for connection, partition in dict.fromkeys((row.connection, row.partition) for row in rows):
                self._due.ask_within(transaction, connection, SETTLEMENT_KIND, partition, now, reason)
            return [
                self._move(transaction, row, to, reason, actor, None, more)
                for row, actor in zip(rows, actors, strict=True)
            ]

    def _move(
        self,
        transaction: Connection,
        row: Row,
        to: PostingState,
        reason: str,
        actor: Actor,
        changes: dict | None = None,
        more: dict | None = None,
    ) -> OutboxDocument:
        """Write a legal step and its event; return the document as it stands then."""
        present = PostingState(row.state)
        why = require_step(present, to, row.key)
        values = {"state": to.value, "state_version": row.state_version + 1, "reason": reason, "changed_at": actor.at}
        values |= {"not_before": None, "erp_id": row.erp_id, **(changes or {})}
        values |= {"sending_since": row.sending_since, "attempts": row.attempts}
        if to is PostingState.SENDING:
            values |= {"sending_since": actor.at, "attempts": row.attempts + 1}
        if to is PostingState.SENDING and not values["erp_id"]:
            raise IllegalStep(f"Document {row.key} cannot be sent before it has the key it will have in the ERP.")
        moved = {f"to_{name}": value for name, value in values.items()}
        statements.STEP_DOCUMENT.run(transaction, of_key=row.key, **moved)
        told = {"from": present.value, "to": to.value, "why": why, "reason": reason, "erp_id": values["erp_id"]}
        told |= {"state_version": values["state_version"], "attempts": values["attempts"], **(more or {})}
        if values["not_before"] is not None:
            told["not_before"] = values["not_before"]
        self._tell(transaction, _KIND_OF_STEP.get(to, f"document_{to.value}"), told, actor, row.key)
        return document_of({**row._asdict(), **values})

    def _row(self, transaction: Connection, key: str) -> Row:
        row = statements.SELECT_DOCUMENT.row(transaction, of_key=key)
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

    def _require_none_begun(self, transaction: Connection, row: Row, sources: Iterable[SourceKey]) -> None:
        for source in sources:
            begun = statements.SELECT_BEGUN.row(transaction, of_source=str(source))
            if begun is not None:
                raise UndoneMeanwhile(
                    f"Document {row.key} is not sent: {begun.key}, beside which it must not stand, is planned by now."
                )

    def _require_erp_id(self, transaction: Connection, row: Row, erp_id: str | None) -> None:
        if erp_id is None or erp_id == row.erp_id:
            return
        if row.erp_id is not None and row.state != PostingState.APPROVED:
            raise ContentChanged(
                f"Document {row.key} is known to the ERP as {row.erp_id} and cannot become {erp_id} while it is "
                f"{row.state}. Look both up in the ERP before anything is sent again."
            )
        narrowed = {"of_ledger": row.ledger, "of_erp_id": erp_id, "of_key": row.key}
        other = statements.SELECT_OTHER_OF_ERP_ID.row(transaction, **narrowed)
        if other is not None:
            raise ContentChanged(
                f"Document {row.key} cannot use {erp_id} in ledger {row.ledger}: document {other.key} has it. Nothing "
                "was sent. Report this collision: the ERP could not tell the two apart."
            )

    def _tell(self, transaction: Connection, kind: str, facts: dict, actor: Actor, key: str) -> None:
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
            at=actor.at,
        )

    # --- leases -----------------------------------------------------------------------------------------------------

    def lease(self, key: str, holder: str, seconds: float) -> Lease | None:
        """Take the lease on a document or any other name; None while it is held, whoever asks."""
        return self._leases.take(key, holder, seconds)

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """Hold on for longer; raise LeaseLost when it was taken over or given back."""
        return self._leases.renew(lease, seconds)

    def run_out(self, run: str) -> None:
        """Let the leases of a run that is known to be over run out now."""
        self._leases.run_out(f":{run}")

    def release(self, lease: Lease) -> None:
        """Give a lease back; nothing happens when somebody else has it by now."""
        self._leases.release(lease)


__all__ = ["Lease", "Outbox", "OutboxDocument", "Planned"]
