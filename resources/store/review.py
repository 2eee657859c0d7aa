"""The review queue: everything that stops money, with a sentence, an origin and the actions that end it.

In: findings of stages and of the posting protocol. Out: items, open until a person decides or the finding is gone. The
same finding is one item however often it is found; resolving it asks for its settlement, so that the road goes on.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from ledger.errors import Finding, InputRefused
from resources.clock import Clock
from resources.store.audit import Audit
from resources.store.columns import facts_text
from resources.store.control import ControlDatabase
from resources.store.due import SETTLEMENT_KIND, Due
from resources.store.prepared import Prepared
from resources.store.schema import review_items

OPEN = "open"
RESOLVED = "resolved"
CLEARED = "cleared"
CLEARED_BY_ITSELF = "cleared by itself"


@dataclass(frozen=True)
class ReviewItem:
    """One item; `resolution` is the action that ended it, `resolution_reason` why, `details` plain JSON values.

    `proposed_*` are what one person wants and a second has to confirm, empty where nobody proposed anything.
    """

    id: int
    connection: str
    partition: str
    code: str
    document_key: str
    origin: str
    sentence: str
    cure: str
    amount: Decimal | None
    is_blocking: bool
    details: dict
    actions: tuple[str, ...]
    state: str
    opened_at: datetime
    opened_run: str
    ended_at: datetime | None
    ended_run: str
    person: str
    resolution: str
    resolution_reason: str
    proposed_action: str = ""
    proposed_by: str = ""
    proposed_reason: str = ""


class Review:
    """Items in the control database."""

    def __init__(self, control: ControlDatabase, audit: Audit, clock: Clock) -> None:
        self._control = control
        self._audit = audit
        self._clock = clock
        self._due = Due(control, clock)

    def open(
        self,
        connection: str,
        partition: str,
        finding: Finding,
        *,
        document_key: str = "",
        actions: tuple[str, ...] = ("retry",),
        run: str = "",
    ) -> int:
        """Open an item for a finding; while one is open for it, that one is brought up to date instead."""
        with self._control.transaction() as transaction:
            return self._open(transaction, connection, partition, finding, document_key, actions, run)

    def sync(
        self,
        connection: str,
        partition: str,
        findings: Iterable[Finding],
        codes: set[str] | None,
        run: str = "",
        *,
        document_key: str = "",
        actions: tuple[str, ...] = ("retry",),
        staying: Collection[int] = (),
    ) -> None:
        """Make the open items of some codes (None: of all) those of `findings`, in one transaction.

        Items of the same partition and `document_key` whose finding is gone are closed as cleared by themselves, but
        for those whose number is `staying`.
        """
        found = {(one.code, one.origin): one for one in findings}
        with self._control.transaction() as transaction:
            for finding in found.values():
                self._open(transaction, connection, partition, finding, document_key, actions, run)
            query = select(review_items).filter_by(
                connection=connection, partition=partition, document_key=document_key, state=OPEN
            )
            for row in transaction.execute(query.order_by(review_items.c.id)).all():
                if (
                    (codes is None or row.code in codes)
                    and (row.code, row.origin) not in found
                    and row.id not in staying
                ):
                    self._end(transaction, row, CLEARED, "", CLEARED_BY_ITSELF, "", run)

    def listing(
        self, connection: str | None = None, state: str | None = OPEN, partition: str | None = None
    ) -> list[ReviewItem]:
        """Return items, the oldest first; `state` None returns all."""
        return self._items(connection=connection, state=state, partition=partition)

    def get(self, item_id: int) -> ReviewItem | None:
        """Return one item, None for an unknown number."""
        found = self._items(id=item_id)
        return found[0] if found else None

    def propose(
        self, item_id: int, action: str, person: str, reason: str, run: str = "", facts: dict | None = None
    ) -> ReviewItem:
        """Keep what one person wants until a second one confirms it; the item stays open.

        Raises InputRefused as `resolve` does.
        """
        _require_person(person, reason)
        values = {"proposed_action": action, "proposed_by": person, "proposed_reason": reason}
        with self._control.transaction() as transaction:
            row = self._open_row(transaction, item_id, action)
            transaction.execute(update(review_items).where(review_items.c.id == item_id).values(values))
            told = {"item": item_id, "code": row.code, "action": action, "reason": reason, **(facts or {})}
            self._audit.append(
                transaction,
                row.connection,
                "review_proposed",
                told,
                document_key=row.document_key,
                partition=row.partition,
                run=run,
                person=person,
            )
            return self._one(transaction, item_id)

    def resolve(
        self, item_id: int, action: str, person: str, reason: str, run: str = "", facts: dict | None = None
    ) -> ReviewItem:
        """End an item by a person's decision, and ask for its settlement at once; `facts` go into the audit trail.

        Raises InputRefused for an unknown or ended item, an action it does not have, or a missing person or reason.
        """
        _require_person(person, reason)
        with self._control.transaction() as transaction:
            row = self._open_row(transaction, item_id, action)
            self._end(transaction, row, RESOLVED, action, reason, person, run, facts)
            why = f"review item {item_id} resolved: {action}"
            self._due.ask_within(transaction, row.connection, SETTLEMENT_KIND, row.partition, self._clock.now(), why)
            return self._one(transaction, item_id)

    def decisions(self, connection: str, partition: str | None, *codes: str) -> list[ReviewItem]:
        """Return what people decided on some codes, the oldest first; `partition` None returns those of all."""
        return self._items(codes, connection=connection, state=RESOLVED, partition=partition)

    def _open(
        self,
        transaction: Connection,
        connection: str,
        partition: str,
        finding: Finding,
        document_key: str,
        actions: tuple[str, ...],
        run: str,
    ) -> int:
        key = {"connection": connection, "partition": partition, "code": finding.code}
        key |= {"document_key": document_key, "origin": finding.origin}
        said = _said(finding, actions)
        row = transaction.execute(select(review_items).filter_by(**key, state=OPEN)).one_or_none()
        if row is not None:
            if any(getattr(row, name) != value for name, value in said.items()):
                # What was proposed was proposed on what the item said before.
                voided = {"proposed_action": "", "proposed_by": "", "proposed_reason": ""}
                transaction.execute(update(review_items).where(review_items.c.id == row.id).values(said | voided))
                told = {"item": row.id, "code": finding.code, **said}
                self._told(transaction, key, "review_updated", told, run)
            return row.id
        now = self._clock.now()
        values = {**key, **said, "state": OPEN, "opened_at": now, "opened_run": run}
        values |= {"ended_run": "", "person": "", "resolution": "", "resolution_reason": ""}
        item_id = transaction.execute(insert(review_items).values(values)).inserted_primary_key[0]
        told = {"item": item_id, "code": finding.code, "origin": finding.origin, "opened_at": now, **said}
        self._told(transaction, key, "review_opened", told, run)
        return item_id

    def _told(self, transaction: Connection, key: dict, kind: str, told: dict, run: str) -> None:
        """Write what an item says now into the audit trail."""
        at = {name: key[name] for name in ("document_key", "partition")}
        self._audit.append(transaction, key["connection"], kind, told, **at, run=run)

    def _end(
        self,
        transaction: Connection,
        row: Row,
        state: str,
        resolution: str,
        reason: str,
        person: str,
        run: str,
        facts: dict | None = None,
    ) -> None:
        values = {"state": state, "ended_at": self._clock.now(), "ended_run": run, "person": person}
        values |= {"resolution": resolution, "resolution_reason": reason}
        transaction.execute(update(review_items).where(review_items.c.id == row.id).values(values))
        told = {"item": row.id, "code": row.code, "action": resolution, "reason": reason, **(facts or {})}
        told["ended_at"] = values["ended_at"]
        self._audit.append(
            transaction,
            row.connection,
            f"review_{state}",
            told,
            document_key=row.document_key,
            partition=row.partition,
            run=run,
            person=person,
        )

    def _open_row(self, transaction: Connection, item_id: int, action: str) -> Row:
        """Return an open item that takes the action; raise InputRefused otherwise."""
        row = transaction.execute(select(review_items).where(review_items.c.id == item_id)).one_or_none()
        if row is None:
            raise InputRefused(f"There is no review item {item_id}. List the open ones: connector review list")
        if row.state != OPEN:
            how = row.resolution or row.resolution_reason
            raise InputRefused(f"Review item {item_id} has ended already ({row.state}: {how}). Nothing was changed.")
        allowed = json.loads(row.actions)
        if action not in allowed:
            words = f"it takes: {', '.join(allowed)}"
            raise InputRefused(f"Review item {item_id} cannot be resolved with {action!r}; {words}.")
        return row

    def _one(self, transaction: Connection, item_id: int) -> ReviewItem:
        return _item(transaction.execute(select(review_items).where(review_items.c.id == item_id)).one())

    def _items(self, codes: tuple[str, ...] = (), **wanted: str | int | None) -> list[ReviewItem]:
        """Return items of one of these codes, if any are named, and of these columns; None stands for any value."""
        bound = {f"of_{name}": value for name, value in wanted.items() if value is not None}
        statement = _selecting(frozenset(bound), len(codes))
        bound |= {f"code_{number}": code for number, code in enumerate(codes)}
        with self._control.reading() as reading:
            return [_item(row) for row in statement.rows(reading, **bound)]


@cache
def _selecting(names: frozenset[str], codes: int) -> Prepared:
    """Return the query of items by these columns and by one of so many codes: every stage looks at the queue."""
    query = select(review_items).where(
        *(review_items.c[name.removeprefix("of_")] == bindparam(name) for name in sorted(names))
    )
    if codes:
        query = query.where(or_(*(review_items.c.code == bindparam(f"code_{number}") for number in range(codes))))
    return Prepared(query.order_by(review_items.c.id))


def _said(finding: Finding, actions: tuple[str, ...]) -> dict:
    """Return the columns that say what was found, which may be told better the next time."""
    return {
        "sentence": finding.sentence,
        "cure": finding.cure,
        "amount": None if finding.amount is None else format(finding.amount, "f"),
        "is_blocking": finding.is_blocking,
        "details": facts_text(finding.details),
        "actions": facts_text(list(actions)),
    }


def _require_person(person: str, reason: str) -> None:
    if not person.strip() or not reason.strip():
        raise InputRefused("Resolving a review item needs the person who decides and a reason.")


def _item(row: Row) -> ReviewItem:
    values = row._asdict()
    values["amount"] = None if row.amount is None else Decimal(row.amount)
    values["details"] = json.loads(row.details)
    values["actions"] = tuple(json.loads(row.actions))
    return ReviewItem(**values)
