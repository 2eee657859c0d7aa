"""What changed in the files that decide what is booked, and whose hand it was.

In: the mapping, the connection file, the list of orders before go-live and the catalogue as a run reads them. Out: one
row and one audit event per content, with the account that owns the file and the account whose run first read it, and
the content archived under its SHA-256. A change is confirmed when somebody who had no hand in it approves journals made
with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from resources.clock import Clock
from resources.store.audit import Audit
from resources.store.control import ControlDatabase
from resources.store.documents import DocumentStore
from resources.store.prepared import Prepared
from resources.store.schema import configuration_changes

_CHANGE = configuration_changes.c
# Every run notes every file that it reads.
_SELECT_LATEST = Prepared(
    select(_CHANGE.sha256)
    .where(
        _CHANGE.connection == bindparam("of_connection"),
        _CHANGE.kind == bindparam("of_kind"),
        _CHANGE.name == bindparam("of_name"),
    )
    .order_by(_CHANGE.id.desc())
)


@dataclass(frozen=True)
class ConfigurationFile:
    """A file as a run reads it, with the account it belongs to.

    `kind` is `mapping`, `connection`, `orders` or `catalogue`.
    """

    kind: str
    name: str
    content: bytes
    owner: str


@dataclass(frozen=True)
class ConfigurationChange:
    """One content of a file that counted from `seen_at` on; `sha256` names it in the document store."""

    id: int
    connection: str
    kind: str
    name: str
    sha256: str
    previous_sha256: str
    owner: str
    person: str
    run: str
    seen_at: datetime
    confirmed_by: str

    @property
    def hands(self) -> frozenset[str]:
        """Return the accounts that had a hand in it."""
        return frozenset({self.owner, self.person} - {""})


class Configuration:
    """Changes of configuration files in the control database."""

    def __init__(self, control: ControlDatabase, audit: Audit, documents: DocumentStore, clock: Clock) -> None:
        self._control = control
        self._audit = audit
        self._documents = documents
        self._clock = clock

    def note(self, connection: str, file: ConfigurationFile, *, person: str, run: str = "") -> bool:
        """Keep what a run reads; return whether it is other than what was read before."""
        sha256 = hashlib.sha256(file.content).hexdigest()
        with self._control.reading() as reading:
            if self._latest(reading, connection, file) == sha256:
                return False
        self._documents.put_bytes(file.content)
        with self._control.transaction() as transaction:
            previous = self._latest(transaction, connection, file)
            if previous == sha256:
                return False
            said = {"kind": file.kind, "name": file.name, "sha256": sha256, "previous_sha256": previous}
            values = {**said, "connection": connection, "owner": file.owner, "person": person, "run": run}
            values |= {"seen_at": self._clock.now(), "confirmed_by": ""}
            inserted = transaction.execute(insert(configuration_changes).values(values))
            facts = {**said, "owner": file.owner, "change": inserted.inserted_primary_key[0]}
            facts["seen_at"] = values["seen_at"]
            self._audit.append(transaction, connection, "configuration_changed", facts, run=run, person=person)
        return True

    def is_noted(self, connection: str, file: ConfigurationFile) -> bool:
        """Tell whether this content is the last one that a run has used."""
        with self._control.reading() as reading:
            return self._latest(reading, connection, file) == hashlib.sha256(file.content).hexdigest()

    def changes(self, connection: str | None = None) -> list[ConfigurationChange]:
        """Return every change, the first first."""
        query = select(configuration_changes).order_by(configuration_changes.c.id)
        if connection is not None:
            query = query.where(configuration_changes.c.connection == connection)
        with self._control.reading() as reading:
            return [ConfigurationChange(**row._asdict()) for row in reading.execute(query)]

    def unconfirmed(self, connection: str) -> list[ConfigurationChange]:
        """Return the changes that nobody else has looked at yet."""
        return [one for one in self.changes(connection) if not one.confirmed_by]

    def confirm(self, connection: str, person: str, identities: frozenset[str], until: datetime) -> None:
        """Let a person's approval of journals planned at `until` stand for the changes they were made with.

        Those in which the person had a hand stay as they are; so does what changed later.
        """
        known = [one for one in self.unconfirmed(connection) if one.seen_at <= until]
        ids = [one.id for one in known if not one.hands & identities]
        if not ids:
            return
        with self._control.transaction() as transaction:
            chosen = update(configuration_changes).where(configuration_changes.c.id.in_(ids))
            transaction.execute(chosen.values(confirmed_by=person))
            self._audit.append(transaction, connection, "configuration_confirmed", {"changes": ids}, person=person)

    def content(self, sha256: str) -> bytes:
        """Return an archived file; raises StoreError when it is missing or damaged."""
        return self._documents.read_bytes(sha256)

    def _latest(self, reading: Connection, connection: str, file: ConfigurationFile) -> str:
        row = _SELECT_LATEST.row(reading, of_connection=connection, of_kind=file.kind, of_name=file.name)
        return row.sha256 if row else ""
