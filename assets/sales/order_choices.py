"""Which orders are invoiced and which are revenue of their settlement: one of the two, for ever.

An order is invoiced once an invoice of it was planned; it is revenue once a settlement that may be in the books booked
its sale as revenue. Both are read from what is stored of the documents themselves, so that no list of choices can say
otherwise than the books.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.posting.document_sets import DEAD
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from ledger.journal import SETTLEMENT, Journal, SourceKey
from ledger.order_adjustments import Adjusted, adjusts, number_of
from ledger.order_documents import CREDIT_MEMO, INVOICE
from ledger.policy import Invoicing
from ledger.posting import MAY_EXIST, PostingState
from ledger.reversal import KIND as REVERSAL_KIND
from ledger.reversal import undone_by
from resources.store.outbox import OutboxDocument
from resources.store.outbox_reading import Standing

_MAPPED_TABLE = "mapped_lines"
_NOBODY = "(none)"


@dataclass(frozen=True)
class Billed:
    """What was billed of an order so far, and credited."""

    invoices: tuple[Journal, ...] = ()
    credits: tuple[Journal, ...] = ()

    def with_document(self, journal: Journal) -> "Billed":
        """Return the same with one more invoice or credit memo, unless it is among them."""
        name = "credits" if journal.source.kind == CREDIT_MEMO else "invoices"
        known: tuple[Journal, ...] = getattr(self, name)
        if any(one.source == journal.source for one in known):
            return self
        return replace(self, **{name: (*known, journal)})

    def credits_before(self, on: date, transaction_id: str) -> list[Journal]:
        """Return the credit memos of earlier refunds, so that a refund takes back the same whenever it is looked at.

        What adjusts an invoice is always among them: it never takes what a refund has taken, so it changes none.
        """
        return [
            one
            for one in self.credits
            if adjusts(one.source.source_id)
            or (one.billing and (one.accounting_date, one.billing.transaction_id) < (on, transaction_id))
        ]

    @property
    def refunds(self) -> tuple[Journal, ...]:
        """Return the credit memos that refunds made."""
        return tuple(one for one in self.credits if not adjusts(one.source.source_id))

    @property
    def adjusting_credits(self) -> tuple[Journal, ...]:
        """Return the credit memos of what was billed too much."""
        return tuple(one for one in self.credits if adjusts(one.source.source_id))

    def adjusted(self, sent: Journal) -> Adjusted:
        """Return an invoice with what adjusted it, in the order in which that was made."""
        ours = [
            one for one in (*self.invoices, *self.credits) if adjusts(one.source.source_id) == sent.source.source_id
        ]
        return Adjusted(sent, tuple(sorted(ours, key=lambda one: number_of(one.source.source_id))), self.credits)


def owed(journal: Journal) -> Decimal:
    """Return what an order document moves on the order's receivable, debit positive."""
    assert journal.billing is not None, "every order document has its billing"
    return sum((one.amount for one in journal.lines if one.account == journal.billing.receivable), Decimal(0))


def billed_before(road: Road, orders: Iterable[str]) -> dict[str, Billed]:
    """Return what stands of invoices and credit memos of some orders, the oldest first; what was given up is none."""
    found: dict[str, Billed] = {}
    wanted = set(orders)
    invoices, credits = (_of_orders(road, kind, wanted) for kind in (INVOICE, CREDIT_MEMO))
    for order in wanted & (invoices.keys() | credits.keys()):
        found[order] = Billed(
            *(tuple(_journals(road, of_kind.get(order, []))) for of_kind in (invoices, credits)),
        )
    return found


def sent_invoices(road: Road, orders: Iterable[str]) -> dict[SourceKey, OutboxDocument]:
    """Return the invoices of some orders that may be in the ERP, by what makes their posting key."""
    found = {}
    for standing in invoices_by_order(road, orders).values():
        for one in standing:
            document = road.stores.outbox.document(one.key) if one.state in MAY_EXIST else None
            if document is not None:
                found[document.source] = document
    return found


def _journals(road: Road, standing: Iterable[Standing]) -> list[Journal]:
    documents = (road.stores.outbox.document(one.key) for one in standing)
    journals = [one.journal for one in documents if one is not None]
    return sorted(journals, key=lambda one: (one.accounting_date, one.key))


def invoices_by_order(road: Road, orders: Iterable[str] | None = None) -> dict[str, list[Standing]]:
    """Return the invoices of each order that has any, of these orders or of all; what was given up is none."""
    return _of_orders(road, INVOICE, None if orders is None else set(orders))


def credits_by_order(road: Road, orders: Iterable[str] | None = None) -> dict[str, list[Standing]]:
    """Return the credit memos of each order's refunds, as `invoices_by_order`; what adjusts an invoice is no refund."""
    found = _of_orders(road, CREDIT_MEMO, None if orders is None else set(orders))
    refunds = {order: [one for one in memos if not adjusts(one.source_id)] for order, memos in found.items()}
    return {order: memos for order, memos in refunds.items() if memos}


def _of_orders(road: Road, kind: str, wanted: set[str] | None) -> dict[str, list[Standing]]:
    found: dict[str, list[Standing]] = {}
    for one in road.stores.outbox.of_kind(road.seller, road.ledger, kind):
        order = one.source_id.partition(".")[0]
        if one.state not in DEAD and (wanted is None or order in wanted):
            found.setdefault(order, []).append(one)
    return found


def undone_orders(road: Road, orders: Iterable[str]) -> set[str]:
    """Return the orders of which an invoice is reversed and was not billed again."""
    newest: dict[str, Standing] = {}
    for one in road.stores.outbox.of_kind(road.seller, road.ledger, INVOICE):
        newest[one.source_id] = one  # in order of revision
    wanted = set(orders)
    undone = {one.source_id.partition(".")[0] for one in newest.values() if one.state is PostingState.REVERSED}
    return undone & wanted


def orders_in_books(road: Road, kind: str, until: date) -> frozenset[str]:
    """Return the orders that have an invoice, or a refund's credit memo, in the books that is dated by a day."""
    posted = [
        one
        for one in road.stores.outbox.of_kind(road.seller, road.ledger, kind)
        if one.state is PostingState.POSTED and not adjusts(one.source_id)
    ]
    documents = (road.stores.outbox.document(one.key) for one in posted)
    return frozenset(
        one.source.belongs_to for one in documents if one is not None and one.journal.accounting_date <= until
    )


def being_reversed(road: Road) -> set[tuple[str, int]]:
    """Return the invoices, by id and revision, of which a reversal was planned and not given up."""
    every = road.stores.outbox.of_kind(road.seller, road.ledger, REVERSAL_KIND)
    begun = [one.source_id for one in every if one.state is not PostingState.REFUSED]
    undone = (undone_by(SourceKey(road.seller, road.ledger, REVERSAL_KIND, one)) for one in begun)
    return {(one.source_id, one.revision) for one in undone if one.kind == INVOICE}


def dismissed(road: Road, code: str) -> set[str]:
    """Return the origins of what people dismissed of a code, whatever day it was told of."""
    items = road.stores.review.listing(road.connection, state=None)
    return {one.origin for one in items if one.code == code and one.resolution == "dismiss"}


def orders_in(road: Road, *files: Path) -> set[str]:
    """Return the orders in staged files."""
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        sql = (
            "SELECT DISTINCT order_id FROM read_parquet($rows, union_by_name = true) WHERE coalesce(order_id, '') <> ''"
        )
        found = duck.sql(sql, params={"rows": [str(one) for one in files]}).fetchall()
    return {order_id for (order_id,) in found}


def billing_begins(road: Road, invoicing: Invoicing) -> datetime:
    """Return the moment from which shipments are billed, in UTC without zone like the staged columns."""
    start = datetime.combine(invoicing.shipped_from, datetime.min.time(), tzinfo=road.policy.zone)
    return start.astimezone(UTC).replace(tzinfo=None)


def shipped(road: Road, orders: Iterable[str], files: Iterable[Path]) -> dict[str, datetime]:
    """Return when some orders were first shipped, as these transactions tell it."""
    bound = {"events": [str(one) for one in files], "orders": sorted(set(orders))}
    if not bound["events"] or not bound["orders"]:
        return {}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        return {
            row["order_id"]: row["shipped_at"] for row in dicts(duck.sql(statement("shipped_orders"), params=bound))
        }


def shipped_before(road: Road, orders: Iterable[str], invoicing: Invoicing) -> set[str]:
    """Return which of some orders were first shipped before orders are billed: all of them is revenue when settled."""
    begins = billing_begins(road, invoicing)
    versions = road.stores.warehouse.currents(road.connection, EVENTS_TABLE)
    early = [road.stores.warehouse.path(one) for one in versions if one.partition <= begins.date().isoformat()]
    return {order for order, moment in shipped(road, orders, early).items() if moment < begins}


def settled_files(road: Road, besides: str = "") -> dict[str, str]:
    """Return the mapped lines of the settlements that may be in the books, and of one more: file -> settlement."""
    held = {
        one.source_id
        for one in road.stores.outbox.of_kind(road.seller, road.ledger, SETTLEMENT)
        if one.state in MAY_EXIST or one.state in (PostingState.PLANNED, PostingState.APPROVED)
    }
    versions = road.stores.warehouse.currents(road.connection, _MAPPED_TABLE)
    wanted = held | {besides}
    return {str(road.stores.warehouse.path(one)): one.partition for one in versions if one.partition in wanted}


def revenue_orders(road: Road, *events: Path, besides: Iterable[str] = ()) -> dict[str, str]:
    """Return the orders of a day's transactions whose sale a settlement has booked as revenue, with that settlement.

    `besides` are orders that are asked for as well.
    """
    files = settled_files(road)
    if not files:
        return {}
    bound = {"movements": list(files), "events": [str(one) for one in events], "besides": [_NOBODY, *besides]}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(statement("revenue_orders"), params=bound))
    return {row["order_id"]: files[row["filename"]] for row in rows}
