"""Leases: which worker may write, for how long, and a fence that stops the one who was replaced.

In: a name (a document's key, or any other) and who asks. Out: a lease with a fence that grows with every new holder; a
worker that slept through its own end carries an old fence and is refused at its next durable write. A lease binds no
one in the outside world: between the last check and the socket only the ERP's own key can refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, select, update

from ledger.errors import LeaseLost
from resources.clock import Clock
from resources.store import schema
from resources.store.control import ControlDatabase
from resources.store.prepared import Prepared
from resources.worker import has_ended

_LEASE = schema.leases.c
_SELECT_LEASE = Prepared(select(schema.leases).where(_LEASE.name == bindparam("of_name")))
_INSERT_LEASE = Prepared(insert(schema.leases))
_TAKE_LEASE = Prepared(
    update(schema.leases)
    .where(_LEASE.name == bindparam("of_name"))
    .values({name: bindparam(f"to_{name}") for name in ("holder", "fence", "expires_at")})
)
_MOVE_END = Prepared(
    update(schema.leases)
    .where(_LEASE.name == bindparam("of_name"), _LEASE.fence == bindparam("of_fence"))
    .values(expires_at=bindparam("to_expires_at"))
)
_ENDED = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Lease:
    """The right to write under one name until `expires_at`, as long as no later fence exists."""

    name: str
    holder: str
    fence: int
    expires_at: datetime


class Leases:
    """Leases by name, kept in the control database."""

    def __init__(self, control: ControlDatabase, clock: Clock) -> None:
        self._control = control
        self._clock = clock

    def take(self, name: str, holder: str, seconds: float) -> Lease | None:
        """Take a lease that is free, has run out or is a dead process's, with a new fence; None while it is held."""
        now = self._clock.now()
        with self._control.transaction() as transaction:
            row = _SELECT_LEASE.row(transaction, of_name=name)
            if row is not None and row.expires_at > now and not has_ended(row.holder):
                return None
            lease = Lease(name, holder, 1 if row is None else row.fence + 1, now + timedelta(seconds=seconds))
            if row is None:
                _INSERT_LEASE.run(transaction, **vars(lease))
            else:
                taken = {"to_holder": holder, "to_fence": lease.fence, "to_expires_at": lease.expires_at}
                _TAKE_LEASE.run(transaction, of_name=name, **taken)
        return lease

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """Hold on for longer; raise LeaseLost when it was taken over or given back."""
        renewed = Lease(lease.name, lease.holder, lease.fence, self._clock.now() + timedelta(seconds=seconds))
        with self._control.transaction() as transaction:
            self.require(transaction, lease)
            _move_end(transaction, lease, renewed.expires_at)
        return renewed

    def release(self, lease: Lease) -> None:
        """Give a lease back; nothing happens when somebody else has it by now."""
        with self._control.transaction() as transaction:
            _move_end(transaction, lease, _ENDED)

    def run_out(self, holder_ends_with: str) -> None:
        """Let all leases of a worker that is known to be dead run out now, as time would have done.

        Should it live after all, the fence and the ERP's own key refuse it as they refuse every late worker.
        """
        now = self._clock.now()
        table = schema.leases.c
        held = table.expires_at > now, table.holder.endswith(holder_ends_with, autoescape=True)
        with self._control.transaction() as transaction:
            transaction.execute(update(schema.leases).where(*held).values(expires_at=now))

    def require(self, transaction: Connection, lease: Lease, *, live: bool = False) -> None:
        """Raise LeaseLost unless the lease still carries the newest fence (and, if `live`, has not run out).

        An expired lease that nobody took over is still good for writing down what has already happened.
        """
        row = _SELECT_LEASE.row(transaction, of_name=lease.name)
        if row is None or row.fence != lease.fence:
            holder = "nobody" if row is None else row.holder or "another worker"
            raise LeaseLost(
                f"{lease.holder or 'This worker'} lost {lease.name}: {holder} holds it now. Stop; it goes on there."
            )
        if row.expires_at == _ENDED:
            raise LeaseLost(f"{lease.holder or 'This worker'} has given {lease.name} back. Take the lease again first.")
        if live and row.expires_at <= self._clock.now():
            raise LeaseLost(
                f"The lease of {lease.holder or 'this worker'} on {lease.name} has run out. Take it again first."
            )

    def live_holder(self, transaction: Connection, *names: str) -> str | None:
        """Return who holds one of these names at this moment and is not known to be dead, None when nobody does."""
        query = select(schema.leases.c.holder).where(
            schema.leases.c.name.in_(names), schema.leases.c.expires_at > self._clock.now()
        )
        alive = [row.holder for row in transaction.execute(query) if not has_ended(row.holder)]
        return None if not alive else alive[0] or "another worker"


def set_lease_name(source: str) -> str:
    """Return the name under which a whole set of documents is leased; `source` is the text of its SourceKey."""
    return f"set:{source}"


def _move_end(transaction: Connection, lease: Lease, expires_at: datetime) -> None:
    _MOVE_END.run(transaction, of_name=lease.name, of_fence=lease.fence, to_expires_at=expires_at)
