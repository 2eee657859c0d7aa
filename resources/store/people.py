"""People who sign with a named key: their public keys, who made them, and until when they count.

In: names and public keys. Out: people, each change with its event in the installation's own audit chain. The private
halves are in the vault; nothing here can sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from ledger.errors import InputRefused
from resources.clock import Clock
from resources.store import schema
from resources.store.audit import Audit
from resources.store.control import ControlDatabase

# The audit chain of what belongs to no connection; no connection can have this name.
INSTALLATION = "(installation)"
_NAME = re.compile(r"[a-z][a-z0-9_.-]{1,39}")


@dataclass(frozen=True)
class Signer:
    """One person with a named key; `ended_at` None while the key counts."""

    name: str
    public_key: str
    added_by: str
    added_at: datetime
    ended_by: str
    ended_at: datetime | None


class People:
    """Named keys in the control database."""

    def __init__(self, control: ControlDatabase, audit: Audit, clock: Clock) -> None:
        self._control = control
        self._audit = audit
        self._clock = clock

    def add(self, name: str, public_key: str, added_by: str, keep_private: Callable[[], None] = lambda: None) -> None:
        """Let a key count under a name; raises InputRefused for a name that cannot be used or is taken for ever.

        A name is never given twice: what it signed must keep meaning the same person. `keep_private` stores the private
        half once the name is known to be free; where it raises, nobody was added. Should the process die right after
        it, the private half is nobody's, and the next key of that name takes its place.
        """
        if not _NAME.fullmatch(name):
            raise InputRefused(f"{name[:60]!r} cannot name a person: small letters, digits, _ . and -, a letter first.")
        now = self._clock.now()
        values = {"name": name, "public_key": public_key, "added_by": added_by, "added_at": now}
        with self._control.transaction() as transaction:
            if transaction.execute(select(schema.people).filter_by(name=name)).one_or_none() is not None:
                raise InputRefused(f"There is or was a key of {name}; a name is not given twice. Choose another.")
            transaction.execute(insert(schema.people), {**values, "ended_by": "", "ended_at": None})
            facts = {"name": name, "public_key": public_key, "added_at": now}
            self._audit.append(transaction, INSTALLATION, "key_added", facts, person=added_by)
            keep_private()

    def end(self, name: str, ended_by: str) -> None:
        """Let a key count no longer; what it has signed stays signed. Raises InputRefused for an unknown name."""
        with self._control.transaction() as transaction:
            query = select(schema.people).where(schema.people.c.name == name, schema.people.c.ended_at.is_(None))
            if transaction.execute(query).one_or_none() is None:
                raise InputRefused(f"No key of {name} counts. List them: connector people list")
            values = {"ended_by": ended_by, "ended_at": self._clock.now()}
            transaction.execute(update(schema.people).where(schema.people.c.name == name).values(values))
            facts = {"name": name, "ended_at": values["ended_at"]}
            self._audit.append(transaction, INSTALLATION, "key_ended", facts, person=ended_by)

    def counting(self, name: str) -> Signer:
        """Return a person whose key counts; raises InputRefused for every other name."""
        signer = next((one for one in self.listing() if one.name == name and one.ended_at is None), None)
        if signer is None:
            raise InputRefused(f"No key of {name} counts. List them: connector people list")
        return signer

    def listing(self) -> list[Signer]:
        """Return everybody who has or had a key, by name."""
        with self._control.reading() as reading:
            rows = reading.execute(select(schema.people).order_by(schema.people.c.name)).all()
        return [Signer(**row._asdict()) for row in rows]
